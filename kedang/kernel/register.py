"""The enforcement register: every clause of a regulation, what enforces it, and what that did in a month.

Reads only. A figure and the cases behind it come from one filter (`FIGURES`), so they cannot differ. The number of queries
is the same for ten clauses and for a hundred. A norm that names several clauses counts under each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal

from django.db.models import Count, Q, QuerySet

from kedang.kernel import clock, files, ledger
from kedang.kernel.actions import access
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty, DutyState, PackVersion
from kedang.kernel.norms.owners import governs, posts_of
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.norms.wording import CAPABILITIES, Enforcer, Parameter, enforcers_of, parameters_of
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

UNSEEN = "（无权查看的客户）"
ON_TIME = (DutyState.DONE, DutyState.LATE_EXCUSED)
PAGE = 30


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


def _duty_filter(figure: Figure, month: Month, now: datetime) -> Q:
    """The duties a figure counts, without pack and clause."""
    first, after = month.span
    if figure.source == "opened":
        return Q(opened_at__gte=first, opened_at__lt=after) & ~Q(state__in=UNCOUNTED)
    if figure.source == "done":
        return Q(done_at__gte=first, done_at__lt=after, state__in=figure.states)
    return Q(state=DutyState.OPEN, due_at__lt=now, paused_at=None)


def _event_filter(kinds: Iterable[str], month: Month) -> Q:
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
        return Q(bearer__in=self.people) | Q(taken_by__in=self.people)

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
    """({clause: {figure: count}}, {figure: cases over all clauses, each once}) in four queries."""
    found: dict[str, dict[str, int]] = {}
    once: dict[str, int] = {}
    now = clock.now()

    def add(norm: str, clause: str, key: str, count: int) -> None:
        once[key] = once.get(key, 0) + count
        for number in _clauses_of(version, norm, clause):
            row = found.setdefault(number, {})
            row[key] = row.get(key, 0) + count

    for figures in (["opened"], ["met", "late"], ["overdue"]):
        for row in _grouped(Q(seen.duties(), pack=version.pack), ["norm", "clause"], figures, month, now):
            for key in figures:
                add(row["norm"], row["clause"], key, row[key])
    events = Event.objects.filter(
        _event_filter(KIND_TO_FIGURE, month), seen.events(), pack=version.pack, clause__in=_numbers(version)
    )
    for row in events.order_by().values("norm", "clause", "kind").annotate(n=Count("pk")):
        add(row["norm"], row["clause"], KIND_TO_FIGURE[row["kind"]], row["n"])
    return found, once


def _grouped(where: Q, by: list[str], figures: list[str], month: Month, now: datetime) -> Iterable[Mapping[str, Any]]:
    """Counts of duties for some figures in one query, a row a group."""
    filters = {key: _duty_filter(FIGURES[key], month, now) for key in figures}
    either = Q()
    for each in filters.values():
        either |= each
    rows: Any = Duty.objects.filter(where, either).order_by().values(*by)
    found: Iterable[Mapping[str, Any]] = rows.annotate(
        **{key: Count("pk", filter=each) for key, each in filters.items()}
    )
    return found


def _numbers(version: Version) -> list[str]:
    return list(version.regulation.pack.clauses)


def _clauses_of(version: Version, norm: str, clause: str) -> tuple[str, ...]:
    """All the clauses of the norm, as the version shown knows it; else the one that was written down."""
    known = version.regulation.by_id.get(norm.removeprefix(f"{version.pack}."))
    return known.clauses if known and clause in known.clauses else (clause,)


def _of_clause(version: Version, clause: str) -> Q:
    """The rows that count under a clause: written down under it, or made by a norm that names it as well."""
    also = [norm for norm in version.regulation.norms if clause in norm.clauses]
    by_norm = Q(pk__in=())
    for norm in also:
        by_norm |= Q(norm=norm.qid, clause__in=norm.clauses)
    return Q(clause=clause) | by_norm


# ---- the view ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """One figure of one clause."""

    figure: Figure
    count: int


@dataclass(frozen=True)
class ClauseView:
    """One clause in the regulation's own order and numbering."""

    number: str
    title: str
    text: str
    reading: str
    declined: str
    deferred: str
    enforcers: tuple[Enforcer, ...]
    figures: tuple[Counted, ...]

    @property
    def state(self) -> str:
        """执行, 不执行, or 待功能建成."""
        return "不执行" if self.declined else "待功能建成" if self.deferred else "系统执行"


@dataclass(frozen=True)
class RegulationView:
    """One regulation as 制度 shows it."""

    version: Version
    month: Month
    sight: Sight
    clauses: tuple[ClauseView, ...]
    parameters: tuple[Parameter, ...]
    versions: tuple[PackVersion, ...]
    totals: tuple[Counted, ...]
    """Cases by figure over all clauses, each case once though its norm names several; zeros left out."""


def version_for(pack: str) -> Version:
    """The version in force of a regulation; NotFound when there is none."""
    version = regulations().version(pack)
    if version is None:
        raise NotFound("没有这部制度，或者它还没有生效。")
    return version


def regulation_view(pack: str, person: Person, month: Month | None = None, *, figures: bool = True) -> RegulationView:
    """The regulation clause by clause with the month's figures (if asked for) that this person may see."""
    version = version_for(pack)
    month = month or Month.of(None)
    seen = sight(person, version)
    counted, once = clause_figures(version, month, seen) if figures else ({}, {})
    rows = PackVersion.objects.filter(pack=pack).select_related("loaded_by", "adopted_by").order_by("-version")
    return RegulationView(
        version=version,
        month=month,
        sight=seen,
        clauses=tuple(_clause(version, number, counted.get(number, {})) for number in _numbers(version)),
        parameters=tuple(parameters_of(version)),
        versions=tuple(rows.defer("sources")),
        totals=tuple(Counted(figure, once[key]) for key, figure in FIGURES.items() if once.get(key)),
    )


def _clause(version: Version, number: str, counted: Mapping[str, int]) -> ClauseView:
    entry = version.regulation.pack.clauses[number]
    enforcers = enforcers_of(version, version.regulation.clause_enforcers.get(number, ()))
    kinds = {one.rule for one in enforcers}
    figures = [
        Counted(figure, counted.get(key, 0))
        for key, figure in FIGURES.items()
        if counted.get(key) or kinds.intersection(figure.shown_for)
    ]
    return ClauseView(
        number,
        entry.title,
        entry.text,
        entry.reading,
        entry.declined or "",
        CAPABILITIES.get(entry.deferred or "", entry.deferred or ""),
        tuple(enforcers),
        tuple(figures),
    )


@dataclass(frozen=True)
class Keeping:
    """How a regulation was kept in a month, over all its duties."""

    met: int = 0
    late: int = 0
    overdue: int = 0

    @property
    def due(self) -> int:
        """What was closed this month or should have been closed by now."""
        return self.met + self.late + self.overdue

    @property
    def rate(self) -> int | None:
        """Per cent on time; None when nothing was due."""
        return round(100 * self.met / self.due) if self.due else None


def keeping(versions: Iterable[Version], person: Person, month: Month) -> dict[str, Keeping]:
    """{pack: Keeping} for many regulations in two queries, each within what the person may see."""
    versions, posts, now = list(versions), posts_of(person), clock.now()
    packs = {version.pack for version in versions}
    whole = {version.pack for version in versions if governs(person, version, posts)}
    either = Q(pack__in=whole)
    if packs - whole:
        own = Sight(False, frozenset({person.pk, *org.subordinates(person)}))
        either |= Q(pack__in=packs - whole) & own.duties()
    found: dict[str, dict[str, int]] = {pack: {} for pack in packs}
    for figures in (["met", "late"], ["overdue"]):
        for row in _grouped(either, ["pack"], figures, month, now):
            found[row["pack"]] |= {key: row[key] for key in figures}
    return {pack: Keeping(**numbers) for pack, numbers in found.items()}


# ---- cases ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One row behind a figure."""

    at: datetime | None
    what: str
    who: str
    file: int | None = None
    file_name: str = ""
    """The customer's name when the reader may know of the file, else （无权查看的客户）; '' when it is about none."""
    known: bool = False
    due: datetime | None = None
    state: str = ""
    proposal: int | None = None


@dataclass(frozen=True)
class Cases:
    """A page of cases."""

    rows: list[Case] = field(default_factory=list)
    page: int = 1
    more: bool = False
    everybody: bool = True
    """False: only the reader's own and his subordinates' cases are listed."""


def cases(pack: str, clause: str, figure: str, month: Month, person: Person, page: int = 1) -> Cases:
    """The rows behind a figure, newest first; NotFound for a clause or figure that the regulation does not have."""
    version = version_for(pack)
    if figure not in FIGURES or clause not in version.regulation.pack.clauses:
        raise NotFound
    spec, seen = FIGURES[figure], sight(person, version)
    start = (page - 1) * PAGE
    if spec.source == "event":
        events = Event.objects.filter(
            _event_filter(spec.kinds, month), _of_clause(version, clause), seen.events(), pack=pack
        )
        found: list[Any] = list(
            events.select_related("actor", "on_behalf_of").order_by("-id")[start : start + PAGE + 1]
        )
    else:
        found = list(_duties(version, clause, spec, month, seen)[start : start + PAGE + 1])
    rows = found[:PAGE]
    names = _names(person, {row.file for row in rows if row.file})
    return Cases([_case(row, names, spec.source) for row in rows], page, len(found) > PAGE, seen.everybody)


def _duties(version: Version, clause: str, spec: Figure, month: Month, seen: Sight) -> QuerySet[Duty]:
    rows = Duty.objects.filter(
        _duty_filter(spec, month, clock.now()), _of_clause(version, clause), seen.duties(), pack=version.pack
    )
    order = {"opened": "-opened_at", "done": "-done_at", "open": "due_at"}[spec.source]
    return rows.select_related("bearer", "unit", "taken_by").order_by(order, "id")


def _names(person: Person, ids: set[int]) -> dict[int, str]:
    """Names of the files that the person may know of."""
    reach = access.reach(person.pk, "list") if ids else None
    return {key: view.name for key, view in files.views(ids).items() if reach is not None and reach.holds(view)}


def _case(row: Duty | Event, names: Mapping[int, str], source: Source) -> Case:
    known = row.file in names
    name = "" if row.file is None else names.get(row.file, UNSEEN)
    if isinstance(row, Duty):
        who = row.taken_by or row.bearer
        at = row.done_at if source == "done" else row.opened_at
        return Case(
            at,
            row.title,
            who.name if who else row.unit.name if row.unit else _role_name(row.role),
            row.file,
            name,
            known,
            row.due_at,
            row.get_state_display(),
        )
    actor = row.on_behalf_of or row.actor
    proposal = row.data.get("proposal") if row.kind == "proposal.opened" else None
    what = ledger.sentence(row) if known or row.file is None else ledger.label(row)
    return Case(row.recorded_at, what, actor.name if actor else "系统", row.file, name, known, proposal=proposal)


def _role_name(qid: str) -> str:
    pack, _, role = qid.partition(".")
    version = regulations().version(pack) if pack else None
    known = version.regulation.pack.roles.get(role) if version else None
    return known.name if known else ""
