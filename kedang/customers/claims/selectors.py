"""Reading conflicts and lines of the register, as far as a person may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from kedang.customers.claims.facts import day_of
from kedang.customers.claims.models import OPEN, Claim, Conflict
from kedang.customers.visibility import visible_files
from kedang.kernel import clock
from kedang.kernel.errors import NotFound
from kedang.kernel.org.models import Person

MINE, THEIRS, WAITING = "归本人", "冲撞－归他人", "归属待裁定"
LIMIT = 200


@dataclass(frozen=True)
class Side:
    """One line of the register in a conflict."""

    person: int
    name: str
    unit: str
    file: int
    file_name: str
    recorded_at: datetime
    said_at: datetime | None
    odd: bool
    source: str
    state: str
    first: bool


@dataclass(frozen=True)
class ConflictView:
    """A conflict with both lines beside one another."""

    row: Conflict
    sides: tuple[Side, ...]

    @property
    def waiting(self) -> bool:
        """Whether a person must still decide."""
        return self.row.state == OPEN

    @property
    def tied(self) -> bool:
        """Whether several wrote the customer down in the first minute."""
        return sum(1 for side in self.sides if side.first) > 1


def conflicts(person: Person, *, waiting: bool | None = None) -> list[ConflictView]:
    """Conflicts about files the person may know of, the newest first; five queries however many there are."""
    rows = Conflict.objects.filter(customer__in=visible_files(person, "list"))
    if waiting is not None:
        rows = rows.filter(winner__isnull=waiting)
    joined = rows.select_related("customer__owner", "customer__unit", "other", "opened_by", "winner", "settled_by")
    return _views(list(joined[:LIMIT]))


def conflict_for(person: Person, pk: int) -> ConflictView:
    """One conflict; NotFound when the person may not know of the file."""
    rows = Conflict.objects.filter(pk=pk, customer__in=visible_files(person, "list"))
    joined = rows.select_related("customer__owner", "customer__unit", "other", "opened_by", "winner", "settled_by")
    found = _views(list(joined))
    if not found:
        raise NotFound
    return found[0]


def _views(rows: list[Conflict]) -> list[ConflictView]:
    files = {pk for row in rows for pk in (row.customer_id, row.other_id) if pk}
    held: dict[int, list[Claim]] = defaultdict(list)
    for claim in Claim.objects.filter(customer__in=files).select_related("person", "customer", "customer__unit"):
        held[claim.customer_id].append(claim)
    return [ConflictView(row, _sides(row, held)) for row in rows]


def _sides(row: Conflict, held: dict[int, list[Claim]]) -> tuple[Side, ...]:
    lines = [*held[row.customer_id], *(held[row.other_id] if row.other_id else [])]
    lines.sort(key=lambda each: (each.recorded_at, each.pk))
    earliest = lines[0].recorded_at.replace(second=0, microsecond=0) if lines else None
    return tuple(
        Side(
            person=each.person_id,
            name=each.person.name,
            unit=each.customer.unit.name,
            file=each.customer_id,
            file_name=each.customer.name,
            recorded_at=each.recorded_at,
            said_at=each.said_at,
            odd=each.odd,
            source=each.source,
            state=_state(row, each.person_id),
            first=each.recorded_at.replace(second=0, microsecond=0) == earliest,
        )
        for each in lines
    )


def _state(row: Conflict, person: int) -> str:
    if row.winner_id is None:
        return WAITING
    return MINE if row.winner_id == person else THEIRS


@dataclass(frozen=True)
class Line:
    """One line of a person's own register."""

    claim: Claim
    state: str


def lines_of(person: Person, day: date | None = None) -> list[Line]:
    """What a person has written down on a day, in order, and what became of it; three queries."""
    start, end = day_of(day or clock.today())
    rows = list(
        Claim.objects.filter(person=person, recorded_at__gte=start, recorded_at__lt=end).select_related("customer")
    )
    return [Line(row, state) for row, state in zip(rows, _states(rows), strict=True)]


def claims_on(file: int) -> list[Line]:
    """The register's lines on one customer, the first one first."""
    rows = list(Claim.objects.filter(customer=file).select_related("customer", "person"))
    return [Line(row, state) for row, state in zip(rows, _states(rows), strict=True)]


def lost_since(person: Person, since: datetime) -> list[str]:
    """Names of the customers that he wrote down and that were found to be another's since then."""
    rows = Conflict.objects.filter(settled_at__gte=since, customer__claims__person=person).exclude(winner=person)
    return sorted(set(rows.exclude(winner=None).values_list("customer__name", flat=True)))


def _states(rows: Iterable[Claim]) -> list[str]:
    files = {row.customer_id for row in rows}
    newest: dict[int, Conflict] = {}
    for each in Conflict.objects.filter(customer__in=files).order_by("opened_at", "id"):
        newest[each.customer_id] = each
    return [_line_state(row, newest.get(row.customer_id)) for row in rows]


def _line_state(claim: Claim, conflict: Conflict | None) -> str:
    if conflict is not None:
        return _state(conflict, claim.person_id)
    return MINE if claim.customer.owner_id == claim.person_id else "归他人"
