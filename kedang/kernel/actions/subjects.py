"""Whom a schedule asks: holders of a role, persons, units, or the company."""

from __future__ import annotations

from typing import Any

from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import FactStore
from kedang.kernel.norms.people import Bearer, holders_of
from kedang.kernel.norms.store import Version, fact_store
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

Subject = tuple[dict[str, Any], str, Bearer | None]


def subjects_of(version: Version, norm: CompiledNorm) -> list[Subject]:
    """The persons, units or the company that a schedule asks: (variables, subject, bearer of `each`)."""
    kind, role = norm.for_each
    facts = fact_store()
    if kind == "holder":
        people = holders_of(version, role, {}, facts)
        return [({"person": p}, f"person:{p}", Bearer(person=p)) for p in people]
    if kind == "person":
        return [({"person": p}, f"person:{p}", Bearer(person=p)) for p in people_in(version)]
    if kind == "unit":
        return [({"unit": u}, f"unit:{u}", Bearer(unit=u)) for u in _units_of(version, role, facts)]
    return [({}, "company", None)]


def people_in(version: Version) -> list[int]:
    """Active persons in a regulation's scope."""
    if version.units is None:
        return list(Person.objects.filter(is_active=True).order_by("id").values_list("id", flat=True))
    return list(org.members_of(version.units).order_by("id").values_list("id", flat=True))


def _units_of(version: Version, role: str, facts: FactStore) -> list[int]:
    """Units in which the role is held; without a role all in scope."""
    if not role:
        return sorted(version.units if version.units is not None else {unit.pk for unit in org.unit_tree()})
    people = holders_of(version, role, {}, facts)
    found = {unit for units in org.units_of_many(people).values() for unit in units}
    return sorted(found if version.units is None else found & version.units)
