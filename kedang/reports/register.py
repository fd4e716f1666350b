"""The enforcement register: how often each clause was met, late, refused or approved, and the cases behind each figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, Q, QuerySet

from kedang.kernel import clock
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.people import roles_of
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.org.models import Person
from kedang.reports.enforcers import Enforcer, enforcers_of, value_of

FIGURES = {"met": "按时", "late": "逾期", "refused": "拒绝", "approved": "批准", "open": "未办", "warned": "提醒"}
EVENTS = {"norm.refused": "refused", "approval.approved": "approved", "norm.warned": "warned", "norm.reasoned": "warned"}
MET = (DutyState.DONE, DutyState.LATE_EXCUSED)
LIMIT = 200


@dataclass(frozen=True)
class Month:
    """One calendar month in Shanghai."""

    first: date

    @classmethod
    def of(cls, text: str | None) -> Month:
        """'2026-11'; this month for anything else."""
        try:
            return cls(date.fromisoformat(f"{text}-01"))
        except ValueError:
            return cls(clock.today().replace(day=1))

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
        last = self.first.replace(day=1)
        return Month(last.replace(year=last.year - 1, month=12) if last.month == 1 else last.replace(month=last.month - 1))

    @property
    def next(self) -> Month | None:
        """The month after, none after this one."""
        first = self.first
        after = first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)
        return Month(after) if after <= clock.today() else None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the first instant to before the last."""
        first = self.first
        after = first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)
        return clock.at_time(first, time()), clock.at_time(after, time())


@dataclass(frozen=True)
class ClauseRow:
    """One clause of the regulation as 制度 shows it."""

    number: str
    title: str
    text: str
    reading: str
    declined: str
    deferred: str
    enforcers: list[Enforcer]
    figures: list[tuple[str, str, int]]
    """(key, label, count), only those that are not zero."""


def clause_rows(version: Version, month: Month | None) -> list[ClauseRow]:
    """Every clause in the regulation's own order; with figures when a month is given. Two queries."""
    counted = clause_figures(version, month) if month else {}
    rows = []
    for number, entry in version.regulation.pack.clauses.items():
        names = tuple(version.regulation.clause_enforcers.get(number, ()))
        figures = [(key, label, counted.get(number, {}).get(key, 0)) for key, label in FIGURES.items()]
        rows.append(
            ClauseRow(
                number,
                entry.title,
                entry.text,
                entry.reading,
                entry.declined or "",
                entry.deferred or "",
                enforcers_of(version, names),
                [figure for figure in figures if figure[2]],
            )
        )
    return rows


def clause_figures(version: Version, month: Month) -> dict[str, dict[str, int]]:
    """{clause: {figure: count}}: duties and events of a norm count for every clause that the norm names."""
    found: dict[str, dict[str, int]] = {}

    def add(clauses: tuple[str, ...], key: str, count: int) -> None:
        for clause in clauses:
            row = found.setdefault(clause, {})
            row[key] = row.get(key, 0) + count

    first, after = month.span
    duties = Duty.objects.filter(pack=version.pack).order_by().values("norm", "clause")
    for row in duties.annotate(**{key: Count("pk", filter=_duty_filter(key, first, after)) for key in ("met", "late", "open")}):
        for key in ("met", "late", "open"):
            if row[key]:
                add(_clauses(version, row["norm"], row["clause"]), key, row[key])
    events = Event.objects.filter(pack=version.pack, kind__in=EVENTS, recorded_at__gte=first, recorded_at__lt=after)
    for row in events.order_by().values("norm", "clause", "kind").annotate(n=Count("pk")):
        add(_clauses(version, row["norm"], row["clause"]), EVENTS[row["kind"]], row["n"])
    return found


def _duty_filter(key: str, first: datetime, after: datetime) -> Q:
    if key == "met":
        return Q(state__in=MET, done_at__gte=first, done_at__lt=after)
    if key == "late":
        return Q(breached_at__gte=first, breached_at__lt=after)
    return Q(state=DutyState.OPEN)


def _clauses(version: Version, norm: str, clause: str) -> tuple[str, ...]:
    """All the clauses of the norm, as the version in force knows it; else the one that was written down."""
    known = version.regulation.by_id.get(norm.removeprefix(f"{version.pack}."))
    return known.clauses if known else (clause,)


@dataclass(frozen=True)
class Case:
    """One case behind a figure."""

    at: datetime | None
    file: int | None
    what: str
    who: str
    state: str = ""
    due: datetime | None = None


def cases(version: Version, clause: str, figure: str, month: Month) -> list[Case]:
    """The cases that make up a figure, newest first; the same filters as the count."""
    first, after = month.span
    norms = [norm.qid for norm in version.regulation.norms if clause in norm.clauses]
    by_clause = Q(norm__in=norms) | (Q(clause=clause) & ~Q(norm__in=[norm.qid for norm in version.regulation.norms]))
    if figure in ("met", "late", "open"):
        return _duties(Duty.objects.filter(by_clause, _duty_filter(figure, first, after), pack=version.pack))
    kinds = [kind for kind, key in EVENTS.items() if key == figure]
    events = Event.objects.filter(by_clause, pack=version.pack, kind__in=kinds, recorded_at__gte=first, recorded_at__lt=after)
    return _events(events)


def _duties(rows: QuerySet[Duty]) -> list[Case]:
    found = rows.select_related("bearer", "unit").order_by("-opened_at", "-id")[:LIMIT]
    return [
        Case(one.done_at or one.breached_at or one.opened_at, one.file, one.title, _bearer(one), one.get_state_display(), one.due_at)
        for one in found
    ]


def _bearer(duty: Duty) -> str:
    return duty.bearer.name if duty.bearer else duty.unit.name if duty.unit else ""


def _events(rows: QuerySet[Event]) -> list[Case]:
    found = rows.select_related("actor").order_by("-id")[:LIMIT]
    return [Case(one.recorded_at, one.file, _what(one.data), one.actor.name if one.actor else "系统") for one in found]


def _what(data: dict[str, Any]) -> str:
    head = str(data.get("label") or data.get("title") or "")
    why = str(data.get("why") or data.get("reason") or "")
    return f"{head}：{why}" if head and why else head or why


def may_see_figures(person: Person, version: Version) -> bool:
    """Who owns the regulation sees how it is kept; the administrator too, who has to keep it running."""
    owner = version.regulation.pack.owner
    return person.is_admin or bool(owner and f"{version.pack}.{owner}" in roles_of(person.pk, regulations()))


def parameters_of(version: Version) -> list[tuple[str, str, str, str]]:
    """(name, value, clauses, reading) of every parameter."""
    rows = []
    for name, spec in version.regulation.pack.parameters.items():
        clauses = spec.clause if isinstance(spec.clause, str) else "、".join(spec.clause)
        rows.append((spec.name or name, value_of(version, name), clauses, spec.reading))
    return rows
