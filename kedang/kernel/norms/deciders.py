"""Who decides a proposal when the regulation names nobody: the superior of the person or of the department concerned.

Set-wise, so that the list of what waits for somebody and the single check cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from kedang.kernel.norms.models import Proposal
from kedang.kernel.norms.owners import GENERAL_MANAGER
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Appointment, Person, Unit


def answering_to(person: Person) -> tuple[set[int], set[int]]:
    """(people, units) whose superior this person is: the nearest head above, else the general manager."""
    held = Appointment.objects.filter(org.current(), person=person).values_list("unit_id", "post__is_head", "post__key")
    rows = list(held)
    leads = {unit for unit, is_head, _ in rows if is_head}
    last = any(key == GENERAL_MANAGER for _, _, key in rows)
    if not leads and not last:
        return set(), set()
    known = Unit.objects.all() if last else Unit.objects.filter(pk__in=org.unit_subtree(leads))
    parents = dict(known.values_list("pk", "parent_id"))
    heads = {unit: head.pk for unit, head in org.heads_of_many(parents).items()}
    me = {person.pk} | ({None} if last else set())
    units = {unit for unit in parents if _above(unit, heads.get(unit), parents, heads) in me}
    main: dict[int, int] = {}
    members = Appointment.objects.filter(org.current(), unit__in=parents).order_by("-primary", "start", "id")
    for who, unit in members.values_list("person_id", "unit_id"):
        main.setdefault(who, unit)
    people = {who for who, unit in main.items() if _above(unit, who, parents, heads) in me}
    return people - {person.pk}, units


def _above(unit: int, but: int | None, parents: Mapping[int, int | None], heads: Mapping[int, int]) -> int | None:
    """The nearest head from a unit upwards who is not the one concerned; None when there is none."""
    at: int | None = unit
    while at is not None:
        head = heads.get(at)
        if head is not None and head != but:
            return head
        at = parents.get(at)
    return None


def to_settle(person: Person, roles: set[str]) -> Q:
    """Over Proposal: those that the regulation, or in its silence the line of command, gives this person to decide."""
    people, units = answering_to(person)
    unnamed = Q(person__in=people) | Q(person=None, unit__in=units)
    if person.is_admin:
        unnamed |= Q(person=None, unit=None)
    return (Q(decider_role__in=roles) | (Q(decider_role="") & unnamed)) & ~Q(person=person)


def settles(person: Person, row: Proposal, roles: set[str]) -> bool:
    """The same question about one proposal."""
    return Proposal.objects.filter(to_settle(person, roles), pk=row.pk).exists()
