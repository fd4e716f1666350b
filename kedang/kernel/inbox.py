"""What waits for a person: open duties, ballots, proposals to settle, unread notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from kedang.kernel import clock, direct, once
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.models import Notice
from kedang.kernel.norms import deciders
from kedang.kernel.norms.models import Duty, DutyState, Proposal, ProposalState
from kedang.kernel.norms.people import roles_of
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.picking import count


@dataclass(frozen=True)
class Counts:
    """The badges of the navigation."""

    duties: int
    late: int
    ballots: int
    proposals: int
    notices: int


def counts(person: Person, regs: Regulations | None = None) -> Counts:
    """How much waits, by the same conditions that the lists use."""
    roles, units = standing(person, regs)
    waiting, late = once.remember(("waiting", person.pk), lambda: _count_waiting(person, roles, units))
    return Counts(
        duties=waiting,
        late=late,
        ballots=approvals.pending_count(person),
        proposals=_count_to_settle(person, roles),
        notices=count(Notice, person_id=person.pk, read_at=None),
    )


def duties_for(person: Person, regs: Regulations | None = None) -> QuerySet[Duty]:
    """Open duties the person bears, has taken, or may take for a unit he leads or a role he holds; soonest first."""
    roles, units = standing(person, regs)
    rows = _waiting(person, roles, units)
    return rows.select_related("bearer", "unit", "taken_by").order_by("due_at", "id")


def sorts_for(person: Person, regs: Regulations | None = None) -> list[tuple[str, int, str, int]]:
    """(norm, version, form to draft, how many) of the same duties; the badge of the page needs not count them again."""
    roles, units = standing(person, regs)
    sql, values = _union("norm, version, awaits_form, due_at", _grounds(person, roles, units))
    now = connection.ops.adapt_datetimefield_value(clock.now())
    rows = direct.fetch(
        "SELECT norm, version, awaits_form, count(*), count(CASE WHEN due_at < %s THEN 1 END)"  # noqa: S608
        f" FROM ({sql}) AS waiting GROUP BY norm, version, awaits_form",
        [now, *values],
    )
    once.memory()["waiting", person.pk] = sum(row[3] for row in rows), sum(row[4] for row in rows)
    return [row[:4] for row in rows]


def proposals_for(person: Person, regs: Regulations | None = None) -> QuerySet[Proposal]:
    """Open proposals that the regulation gives this person to settle, the oldest first."""
    roles, _ = standing(person, regs)
    return _to_settle(person, roles).select_related("person", "unit").order_by("opened_at", "id")


def notices_for(person: Person) -> QuerySet[Notice]:
    """Notices not read yet, newest first."""
    return Notice.objects.filter(person=person, read_at=None).order_by("-at", "-id")


def read_by(person: Person) -> QuerySet[Notice]:
    """Notices that he has read, the one read last first."""
    return Notice.objects.filter(person=person, read_at__isnull=False).order_by("-read_at", "-id")


def mark_read(person: Person, before: int) -> int:
    """Note that the person has read the notices up to an id; how many. Reading is no deed and leaves no event."""
    unread = Notice.objects.filter(person=person, read_at=None, pk__lte=before)
    return unread.update(read_at=clock.now())


def standing(person: Person, regs: Regulations | None = None) -> tuple[set[str], set[int]]:
    """(roles the person holds, units he leads): for whom he may act on duties that name no person."""
    return set(roles_of(person.pk, regs or regulations())), org.headed_units(person)


Ground = dict[str, Any]
"""Columns and what stands in them: a value, one of several, or nothing."""


def _grounds(person: Person, roles: set[str], units: set[int]) -> list[Ground]:
    """Why a duty waits for a person, no duty under two of them. A duty somebody else has taken waits for him alone."""
    grounds: list[Ground] = [{"bearer_id": person.pk, "taken_by_id": None}, {"taken_by_id": person.pk}]
    if units:
        grounds.append({"unit_id": sorted(units), "bearer_id": None, "taken_by_id": None})
    if roles:
        grounds.append({"role": sorted(roles), "bearer_id": None, "unit_id": None, "taken_by_id": None})
    return grounds


def _union(column: str, grounds: list[Ground]) -> tuple[str, list[Any]]:
    """A column of the open duties under each ground, as SQL.

    Each ground is a query of its own, for its own index: as one condition with OR, SQLite reads every open duty there is.
    And every page counts them, so composing the query must not cost more than running it.
    """
    parts, values = [], []
    for ground in grounds:
        terms = ["state = %s"]
        values.append(DutyState.OPEN.value)
        for name, value in ground.items():
            if value is None:
                terms.append(f"{name} IS NULL")
                continue
            several = value if isinstance(value, list) else [value]
            terms.append(f"{name} IN ({', '.join(['%s'] * len(several))})")
            values += several
        parts.append(f"SELECT {column} FROM {Duty._meta.db_table} WHERE {' AND '.join(terms)}")  # noqa: S608
    return " UNION ALL ".join(parts), values


def _waiting(person: Person, roles: set[str], units: set[int]) -> QuerySet[Duty]:
    """The open duties that wait for a person."""
    sql, values = _union("id", _grounds(person, roles, units))
    return Duty.objects.filter(pk__in=RawSQL(sql, values))  # noqa: S611 (columns are named above, values are bound)


def _count_waiting(person: Person, roles: set[str], units: set[int]) -> tuple[int, int]:
    """(how many wait, how many of them are past due), of the very same duties."""
    sql, values = _union("due_at", _grounds(person, roles, units))
    now = connection.ops.adapt_datetimefield_value(clock.now())
    sql = f"SELECT count(*), count(CASE WHEN due_at < %s THEN 1 END) FROM ({sql}) AS waiting"  # noqa: S608
    waiting, late = direct.fetch(sql, [now, *values])[0]
    return waiting, late


def _count_to_settle(person: Person, roles: set[str]) -> int:
    """How many those are; composed anew only for whom more than the roles he holds must be asked."""
    open_ = ProposalState.OPEN.value
    if person.is_admin or any(deciders.answering_to(person, state=open_)):
        return _to_settle(person, roles).count()
    own = count(Proposal, state=open_, decider_role=roles, person_id=person.pk)
    return count(Proposal, state=open_, decider_role=roles) - own


def _to_settle(person: Person, roles: set[str]) -> QuerySet[Proposal]:
    """Open proposals that wait for this person; nobody settles what concerns himself."""
    open_ = ProposalState.OPEN.value
    return Proposal.objects.filter(deciders.to_settle(person, roles, state=open_), state=open_)
