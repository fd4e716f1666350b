"""What waits for a person: open duties, ballots, proposals to settle, unread notices."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from kedang.kernel import clock
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.models import Notice
from kedang.kernel.norms import deciders
from kedang.kernel.norms.models import Duty, DutyState, Proposal, ProposalState
from kedang.kernel.norms.people import roles_of
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person


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
    now = clock.now()
    numbers = _waiting(person, roles, units)
    found = numbers.aggregate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now, paused_at=None)))
    return Counts(
        duties=found["n"],
        late=found["late"],
        ballots=approvals.pending_count(person),
        proposals=_to_settle(person, roles).count(),
        notices=Notice.objects.filter(person=person, read_at=None).count(),
    )


def duties_for(person: Person, regs: Regulations | None = None) -> QuerySet[Duty]:
    """Open duties the person bears, has taken, or may take for a unit he leads or a role he holds; soonest first."""
    roles, units = standing(person, regs)
    rows = _waiting(person, roles, units)
    return rows.select_related("bearer", "unit", "taken_by").order_by("due_at", "id")


def proposals_for(person: Person, regs: Regulations | None = None) -> QuerySet[Proposal]:
    """Open proposals that the regulation gives this person to settle, the oldest first."""
    roles, _ = standing(person, regs)
    return _to_settle(person, roles).select_related("person", "unit").order_by("opened_at", "id")


def notices_for(person: Person) -> QuerySet[Notice]:
    """Notices not read yet, newest first."""
    return Notice.objects.filter(person=person, read_at=None).order_by("-at", "-id")


def mark_read(person: Person, before: int) -> int:
    """Note that the person has read the notices up to an id; how many. Reading is no deed and leaves no event."""
    unread = Notice.objects.filter(person=person, read_at=None, pk__lte=before)
    return unread.update(read_at=clock.now())


def standing(person: Person, regs: Regulations | None = None) -> tuple[set[str], set[int]]:
    """(roles the person holds, units he leads): for whom he may act on duties that name no person."""
    return set(roles_of(person.pk, regs or regulations())), org.headed_units(person)


def _waiting(person: Person, roles: set[str], units: set[int]) -> QuerySet[Duty]:
    """A duty somebody else has taken waits for him alone.

    Each ground is a query of its own, for its own index: as one condition with OR, SQLite reads every open duty there is.
    """
    open_now = Duty.objects.filter(state=DutyState.OPEN).order_by().values("pk")
    grounds = [open_now.filter(bearer=person, taken_by=None), open_now.filter(taken_by=person)]
    if units:
        grounds.append(open_now.filter(unit_id__in=units, bearer=None, taken_by=None))
    if roles:
        grounds.append(open_now.filter(role__in=roles, bearer=None, unit=None, taken_by=None))
    return Duty.objects.filter(pk__in=grounds[0].union(*grounds[1:], all=True))


def _to_settle(person: Person, roles: set[str]) -> QuerySet[Proposal]:
    """Open proposals that wait for this person; nobody settles what concerns himself."""
    return Proposal.objects.filter(deciders.to_settle(person, roles), state=ProposalState.OPEN)
