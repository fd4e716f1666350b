"""The figures beside a clause: what each counts, whose cases a reader sees, and the counting itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from django.db.models import Q
from django.db.models.expressions import RawSQL

from kedang.kernel import clock
from kedang.kernel.norms import tallies
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.owners import governs
from kedang.kernel.norms.store import Version
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.register.own import Row, own_duties, own_events

ON_TIME = (DutyState.DONE, DutyState.LATE_EXCUSED)


@dataclass(frozen=True)
class Month:
    """One calendar month in Shanghai."""

    first: date

    @classmethod
    def of(cls, text: str | None) -> Month:
        """'2026-11' of this century; this month for anything else."""
        try:
            asked = date.fromisoformat(f"{text}-01")
        except ValueError:
            asked = date.min
        return cls(asked if 2000 <= asked.year <= 2100 else clock.today().replace(day=1))

    @property
    def key(self) -> str:
        """'2026-11'."""
        return f"{self.first:%Y-%m}"

    @property
    def label(self) -> str:
        """'2026年11月'."""
        return f"{self.first.year}年{self.first.month}月"

    @property
    def previous(self) -> Month:
        """The month before."""
        return self._moved(-1)

    @property
    def following(self) -> Month:
        """The month after, come or not."""
        return self._moved(1)

    @property
    def next(self) -> Month | None:
        """The month after, none after this one."""
        after = self._moved(1)
        return after if after.first <= clock.today() else None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the first instant to before the last."""
        return clock.at_time(self.first, time()), clock.at_time(self._moved(1).first, time())

    def _moved(self, by: int) -> Month:
        at = self.first.year * 12 + self.first.month - 1 + by
        return Month(date(at // 12, at % 12 + 1, 1))


# ---- figures -------------------------------------------------------------------------------------------------------

Source = Literal["opened", "done", "open", "event"]


@dataclass(frozen=True)
class Figure:
    """A number beside a clause: from duties (by when they opened, closed, or stand open) or from events of some kinds."""

    key: str
    label: str
    source: Source
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    shown_for: tuple[str, ...] = ()
    """Kinds of norm beside which it stands even when it is zero."""
    tone: str = ""
    meaning: str = ""


DUTIES = ("duty", "schedule")
FIGURES: dict[str, Figure] = {
    each.key: each
    for each in (
        Figure("opened", "产生", "opened", shown_for=DUTIES, meaning="本月产生的待办（作废、豁免的不计）"),
        Figure(
            "met", "按时", "done", ON_TIME, shown_for=DUTIES, tone="met", meaning="本月办结，没有超过期限（含宽限内）"
        ),
        Figure(
            "late",
            "逾期办结",
            "done",
            (DutyState.LATE,),
            shown_for=DUTIES,
            tone="late",
            meaning="本月办结，但超过了期限",
        ),
        Figure(
            "overdue", "逾期未办", "open", shown_for=DUTIES, tone="late", meaning="到现在仍未办结、期限已过，不分月份"
        ),
        Figure(
            "refused",
            "拒绝",
            "event",
            kinds=("norm.refused",),
            shown_for=("prohibition",),
            tone="late",
            meaning="本月被系统拒绝的办理",
        ),
        Figure(
            "warned",
            "提示",
            "event",
            kinds=("norm.warned", "norm.reasoned", "norm.confirmed"),
            meaning="本月经提示、说明原因或确认后办理",
        ),
        Figure(
            "broken", "违反", "event", kinds=("norm.breached",), tone="late", meaning="本月登记的、违反本条的外部行为"
        ),
        Figure("asked", "报批", "event", kinds=("approval.asked",), shown_for=("approval",), meaning="本月提交的审批"),
        Figure(
            "approved",
            "批准",
            "event",
            kinds=("approval.approved",),
            shown_for=("approval",),
            tone="met",
            meaning="本月批准的申请",
        ),
        Figure("rejected", "不批准", "event", kinds=("approval.rejected",), meaning="本月审批人拒绝的次数"),
        Figure("filed", "办理", "event", kinds=("form.filed", "flow.moved"), meaning="本月按本条提交的表单和流转"),
        Figure(
            "acted",
            "通知指派",
            "event",
            kinds=("norm.notified", "norm.assigned"),
            meaning="系统本月按本条发出的通知和指派",
        ),
        Figure("proposals", "建议", "event", kinds=("proposal.opened",), meaning="本月提出、等人裁定的建议"),
    )
}
KIND_TO_FIGURE = {kind: figure.key for figure in FIGURES.values() for kind in figure.kinds}
UNCOUNTED = (DutyState.VOID, DutyState.WAIVED)


def duty_filter(figure: Figure, month: Month, now: datetime) -> Q:
    """The duties a figure counts, without pack and clause."""
    first, after = month.span
    if figure.source == "opened":
        return Q(opened_at__gte=first, opened_at__lt=after) & ~Q(state__in=UNCOUNTED)
    if figure.source == "done":
        return Q(done_at__gte=first, done_at__lt=after, state__in=figure.states)
    return Q(state=DutyState.OPEN, due_at__lt=now, paused_at=None)


def event_filter(kinds: Iterable[str], month: Month) -> Q:
    """The events of some kinds in a month."""
    first, after = month.span
    late = Q(kind="norm.breached", subject__startswith="duty:")  # those are counted as duties
    return Q(kind__in=list(kinds), recorded_at__gte=first, recorded_at__lt=after) & ~late


@dataclass(frozen=True)
class Sight:
    """Whose cases a reader sees: everybody's, or those of himself and of whom he leads."""

    everybody: bool
    people: frozenset[int] = frozenset()

    def duties(self) -> Q:
        """Over Duty."""
        if self.everybody:
            return Q()
        # By person first: joined with OR to what else is asked, SQLite would go through all duties of the month.
        people = sorted(self.people)
        marks = ", ".join(["%s"] * len(people))
        sql = " UNION ".join(
            f"SELECT id FROM {Duty._meta.db_table} WHERE {column} IN ({marks})"  # noqa: S608
            for column in ("bearer_id", "taken_by_id")
        )
        return Q(pk__in=RawSQL(sql, [*people, *people]))  # noqa: S611

    def events(self) -> Q:
        """Over Event. What the system itself notes about a case has no actor and is left to those who see everything."""
        if self.everybody:
            return Q()
        return Q(actor__in=self.people) | Q(on_behalf_of__in=self.people)


def sight(person: Person, version: Version) -> Sight:
    """Everything for the regulation's owner, the general manager and administrators; else oneself and those below."""
    if governs(person, version):
        return Sight(True)
    return Sight(False, frozenset({person.pk, *org.subordinates(person)}))


def clause_figures(version: Version, month: Month, seen: Sight) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """({clause: {figure: count}}, {figure: cases over all clauses, each once}), in a number of queries that depends on
    nothing. Everybody's are read from what is kept counted; one's own are few and counted afresh."""
    found: dict[str, dict[str, int]] = {}
    once: dict[str, int] = {}
    known = set(numbers_of(version))
    for pack, norm, clause, key, count in _everybodys(version, month) if seen.everybody else _own(month, seen):
        if pack != version.pack or clause not in known:
            continue
        once[key] = once.get(key, 0) + count
        for number in _clauses_of(version, norm, clause):
            row = found.setdefault(number, {})
            row[key] = row.get(key, 0) + count
    return found, once


WHAT_TO_FIGURE = {
    "opened": "opened",
    "due:open": "overdue",
    **{f"done:{state}": each.key for each in FIGURES.values() if each.source == "done" for state in each.states},
    **{f"event:{kind}": key for kind, key in KIND_TO_FIGURE.items()},
}
"""As `tallies` calls what each figure counts."""


def _everybodys(version: Version, month: Month) -> Iterable[Row]:
    for each in tallies.of_month([version.pack], *month.span, list(KIND_TO_FIGURE)):
        yield each.pack, each.norm, each.clause, WHAT_TO_FIGURE[each.what], each.n


def _own(month: Month, seen: Sight) -> Iterable[Row]:
    """Of every regulation: there are few, and they are found by person."""
    yield from own_duties(seen.people, *month.span, clock.now())
    for pack, norm, clause, kind, n in own_events(seen.people, *month.span, list(KIND_TO_FIGURE)):
        yield pack, norm, clause, KIND_TO_FIGURE[kind], n


def numbers_of(version: Version) -> list[str]:
    """The regulation's clauses in its own order."""
    return list(version.regulation.pack.clauses)


def _clauses_of(version: Version, norm: str, clause: str) -> tuple[str, ...]:
    """All the clauses of the norm, as the version shown knows it; else the one that was written down."""
    known = version.regulation.by_id.get(norm.removeprefix(f"{version.pack}."))
    return known.clauses if known and clause in known.clauses else (clause,)


def of_clause(version: Version, clause: str) -> Q:
    """The rows that count under a clause: written down under it, or made by a norm that names it as well."""
    also = [norm for norm in version.regulation.norms if clause in norm.clauses]
    by_norm = Q(pk__in=())
    for norm in also:
        by_norm |= Q(norm=norm.qid, clause__in=norm.clauses)
    return Q(clause=clause) | by_norm
