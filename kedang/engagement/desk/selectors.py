"""Reading the desk's day: roster, receptions and calls, as far as a person may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from kedang.customers.claims.facts import day_of
from kedang.customers.claims.models import Claim, Likeness
from kedang.customers.visibility import visible_files
from kedang.engagement.desk.models import NAMED, CallLog, DutyTurn, Reception
from kedang.kernel import clock
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person


@dataclass(frozen=True)
class Alike:
    """A file that looks like the visitor's, and who wrote it down when."""

    file: int
    name: str
    owner: str
    claimed: str
    agrees: str


@dataclass(frozen=True)
class ReceptionView:
    """One reception with what became of it."""

    row: Reception
    owner: str
    alike: tuple[Alike, ...]
    waiting: Duty | None
    """The open duty to reach the manager asked for."""
    late: bool
    known: bool = True
    """Whether the reader may know of the file; else only what was typed at the desk is shown."""

    @property
    def state(self) -> str:
        """已联系, 待联系, 未转接待核实, the finding, or who receives."""
        if self.row.basis != NAMED:
            return f"{self.owner}接待" if self.owner else "待指派"
        if self.row.verdict:
            return self.row.verdict
        if self.late:
            return "未转接待核实"
        return "已联系" if self.row.handed_at else "待联系"


def receptions(person: Person, day: date | None = None, limit: int = 200) -> list[ReceptionView]:
    """The day's receptions that concern the person or lie in his list; five queries however many."""
    start, end = day_of(day or clock.today())
    headed = org.unit_subtree(org.headed_units(person))
    mine = Q(by=person) | Q(named=person) | Q(unit__in=headed) | Q(customer__in=visible_files(person, "list"))
    rows = Reception.objects.filter(mine, occurred_at__gte=start, occurred_at__lt=end)
    found = list(rows.select_related("by", "named", "customer__owner", "introducer", "verified_by")[:limit])
    files = [pk for row in found for pk in (row.customer_id, row.introducer_id) if pk]
    known = set(visible_files(person, "list").filter(pk__in=files).values_list("pk", flat=True)) if files else set()
    for row in found:
        if row.introducer_id not in known:
            row.introducer = None
    alike = _alike(person, [pk for pk in files if pk in known])
    duties = _duties([f"reception:{row.pk}" for row in found])
    return [_view(row, alike, duties.get(f"reception:{row.pk}"), row.customer_id in known) for row in found]


def _duties(subjects: Sequence[str]) -> dict[str, Duty]:
    """The duty about each subject. The norms are named because the index over subjects begins with them."""
    norms = [norm.qid for version in regulations().versions for norm in version.regulation.norms]
    return {each.subject: each for each in Duty.objects.filter(norm__in=norms, subject__in=subjects)}


def _view(row: Reception, alike: dict[int, list[Alike]], duty: Duty | None, known: bool) -> ReceptionView:
    owner = row.customer.owner if row.customer and known else None
    late = duty is not None and duty.due_at is not None and (duty.done_at or clock.now()) > duty.due_at
    waiting = duty if duty is not None and duty.state == DutyState.OPEN else None
    return ReceptionView(
        row, owner.name if owner else "", tuple(alike.get(row.customer_id or 0, ())), waiting, late, known
    )


def _alike(person: Person, files: list[int]) -> dict[int, list[Alike]]:
    rows = list(Likeness.objects.filter(customer__in=files).select_related("other__owner"))
    others = {row.other_id for row in rows}
    known = set(visible_files(person, "list").filter(pk__in=others).values_list("pk", flat=True)) if others else set()
    first: dict[int, Claim] = {}
    for claim in Claim.objects.filter(customer__in=others).select_related("person").order_by("-recorded_at", "-id"):
        first[claim.customer_id] = claim
    found: dict[int, list[Alike]] = defaultdict(list)
    for row in rows:
        if row.other_id in known:
            claim = first.get(row.other_id)
            said = f"{claim.person.name} {clock.local(claim.recorded_at):%Y-%m-%d} 登记" if claim else ""
            owner = row.other.owner.name if row.other.owner else ""
            found[row.customer_id].append(Alike(row.other_id, row.other.name, owner, said, row.agrees))
    return found


def calls(person: Person, day: date | None = None, limit: int = 200) -> list[CallLog]:
    """The day's calls that the person wrote down, took, or whose takers he leads."""
    start, end = day_of(day or clock.today())
    mine = Q(by=person) | Q(person=person) | Q(person__in=org.subordinates(person))
    rows = CallLog.objects.filter(mine, occurred_at__gte=start, occurred_at__lt=end)
    return list(rows.select_related("person", "by")[:limit])


@dataclass(frozen=True)
class Turn:
    """One day of a roster."""

    day: date
    person: str
    person_id: int | None


def roster(unit: int, first: date, days: int = 14) -> list[Turn]:
    """Who is on duty in a unit day by day; one query."""
    held = {
        turn.day: turn
        for turn in DutyTurn.objects.filter(unit=unit, day__gte=first, day__lt=first + timedelta(days=days))
        .select_related("person")
        .order_by("day")
    }
    every = [first + timedelta(days=n) for n in range(days)]
    return [
        Turn(day, held[day].person.name if day in held else "", held[day].person_id if day in held else None)
        for day in every
    ]


def on_duty_today() -> list[DutyTurn]:
    """Who receives today, unit by unit."""
    return list(DutyTurn.objects.filter(day=clock.today()).select_related("unit", "person").order_by("unit__path"))


def receiving_units() -> set[int]:
    """Departments that had somebody on duty lately or will have soon."""
    near = clock.today() - timedelta(days=14)
    return set(DutyTurn.objects.filter(day__gte=near).order_by().values_list("unit_id", flat=True).distinct())


def to_register(person: Person, day: date) -> list[dict[str, str]]:
    """What the desk noted for a person on a day: visitors given to him and calls put through, as rows of a register."""
    start, end = day_of(day)
    came = Reception.objects.filter(customer__owner=person, occurred_at__gte=start, occurred_at__lt=end)
    rows = [
        {"name": row.customer.name, "kind": row.customer.kind, "phone": row.phone, "source": "老客户带来" if row.introducer_id else "来访"}
        for row in came.exclude(basis=NAMED).select_related("customer").order_by("occurred_at")
        if row.customer
    ]  # fmt: skip
    rang = CallLog.objects.filter(person=person, occurred_at__gte=start, occurred_at__lt=end).exclude(caller="")
    return rows + [{"name": row.caller, "phone": row.phone, "source": "来电"} for row in rang.order_by("occurred_at")]
