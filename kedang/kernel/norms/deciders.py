"""Who decides a proposal when the regulation names nobody: the superior of the person or of the department concerned.

Set-wise, so that the list of what waits for somebody and the single check cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from kedang.kernel.norms.models import Proposal
from kedang.kernel.norms.owners import GENERAL_MANAGER
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person, Unit
from kedang.kernel.picking import pick


def answering_to(person: Person, **among: Any) -> tuple[set[int], set[int]]:
    """(people, units) whose superior this person is: the nearest head above, else the general manager. Only those whom one
    of these proposals concerns are asked about, and not the whole company: every page asks it of the open ones."""
    held = org.held_by(person)
    me: set[int | None] = {person.pk} if any(each.is_head for each in held) else set()
    me |= {None} if any(each.post == GENERAL_MANAGER for each in held) else set()
    asked = set(pick(Proposal, ("person_id", "unit_id"), decider_role="", **among)) if me else set()
    if not asked:
        return set(), set()
    parents: dict[int, int | None] = dict(pick(Unit, ("id", "parent_id"), id__gt=0))
    people = {who for who, _ in asked if who is not None and who != person.pk}
    main = {who: found[0].unit for who, found in org.held_by_many(people).items() if found}
    units = {unit for who, unit in asked if who is None and unit is not None}
    heads = {unit: head.pk for unit, head in org.heads_of_many(_upwards({*main.values(), *units}, parents)).items()}
    return (
        {who for who, unit in main.items() if _above(unit, who, parents, heads) in me},
        {unit for unit in units if _above(unit, heads.get(unit), parents, heads) in me},
    )


def _upwards(units: set[int], parents: Mapping[int, int | None]) -> set[int]:
    """The units and all above them."""
    found: set[int] = set()
    for unit in units:
        at: int | None = unit
        while at is not None and at not in found:
            found.add(at)
            at = parents.get(at)
    return found


def _above(unit: int, but: int | None, parents: Mapping[int, int | None], heads: Mapping[int, int]) -> int | None:
    """The nearest head from a unit upwards who is not the one concerned; None when there is none."""
    at: int | None = unit
    while at is not None:
        head = heads.get(at)
        if head is not None and head != but:
            return head
        at = parents.get(at)
    return None


def to_settle(person: Person, roles: set[str], **among: Any) -> Q:
    """Over Proposal: those that the regulation, or in its silence the line of command, gives this person to decide. With
    conditions (`state="open"`) the answer is good only for proposals that meet them."""
    people, units = answering_to(person, **among)
    unnamed = Q(person__in=people) | Q(person=None, unit__in=units)
    if person.is_admin:
        unnamed |= Q(person=None, unit=None)
    return (Q(decider_role__in=roles) | (Q(decider_role="") & unnamed)) & ~Q(person=person)


def settles(person: Person, row: Proposal, roles: set[str]) -> bool:
    """The same question about one proposal."""
    return Proposal.objects.filter(to_settle(person, roles, id=row.pk), pk=row.pk).exists()
