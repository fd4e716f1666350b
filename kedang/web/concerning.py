"""Whom a page concerns: those over whom a regulation speaks of what it shows."""

from __future__ import annotations

from kedang.kernel.norms.people import roles_of
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person


def concerns(person: Person, event: str) -> bool:
    """Whether a regulation over the person's departments, or one in which he holds a role, speaks of an event."""
    speaking = [
        version
        for version in regulations().in_force()
        if event in {*version.regulation.assigns_on, *version.regulation.opens_on, *version.regulation.reacts_on}
    ]
    if not speaking:
        return False
    units = org.units_of(person)
    if any(version.covers(None, units) for version in speaking):
        return True
    packs = {version.pack for version in speaking}
    return any(role.partition(".")[0] in packs for role in roles_of(person.pk, regulations()))


def keeps_registers(person: Person) -> bool:
    """Whether a regulation in which he holds a role has a secret form that is filed in a register."""
    packs = {
        version.pack
        for version in regulations().in_force()
        if any(form.confidential and form.about != "customer" for form in version.regulation.pack.forms.values())
    }
    return bool(packs) and any(role.partition(".")[0] in packs for role in roles_of(person.pk, regulations()))
