"""A scenario's given customer: complete unless the scenario empties something, and silent: it triggers no norm."""

from __future__ import annotations

from datetime import date
from typing import Any

from kedang.customers import search
from kedang.customers.history import set_name_keys, write_digits
from kedang.customers.models import Collaborator, Contact, Customer, FileSummary, OwnerHistory
from kedang.kernel import clock
from kedang.kernel.org.models import Person, Unit
from kedang.kernel.org.selectors import primary_appointment, root_unit

DEFAULTS = {
    "phone": "0379-64912345",
    "address": "示范路1号",
    "nature": "有限责任公司",
    "parent_unit": "无",
    "source": "自行开发",
    "kind": "组织",
}


def make_customer(
    name: str,
    *,
    owner: Person | None,
    unit: Unit | None,
    by: Person,
    attributes: dict[str, Any],
    collaborators: list[Person],
    custodian: Person | None,
    archived: bool | date,
) -> int:
    """Make a customer file outside the deeds; the id of its row."""
    given = {**DEFAULTS, **{k: "" if v is None else v for k, v in attributes.items()}}
    contact_name = given.pop("contact_name", "张联系")
    home = unit or _unit_of(owner or by)
    row = Customer(
        number=f"KH-S-{Customer.objects.count() + 1:04}",
        name=name,
        owner=owner,
        unit=home,
        registered_by=by,
        registered_on=clock.today(),
        owner_since=clock.now(),
        credit_code=given.pop("credit_code", None) or None,
    )
    for field, value in given.items():
        if not hasattr(row, field):
            raise ValueError(f"客户没有“{field}”这一项")
        setattr(row, field, value)
    set_name_keys(row)
    row.save()
    if contact_name:
        Contact.objects.create(customer=row, name=contact_name, primary=True)
    FileSummary.objects.get_or_create(customer=row)
    OwnerHistory.objects.create(customer=row, owner=owner, unit=home, start=clock.now(), by=by)
    Collaborator.objects.bulk_create(Collaborator(customer=row, person=person) for person in collaborators)
    if row.phone:
        write_digits(row, row.phone)
    search.reindex(row)
    for extra in EXTRAS:
        extra(row.pk, custodian=custodian, archived=archived)
    return row.pk


def find_customer(name: str) -> int | None:
    """A customer by its present name."""
    return Customer.objects.filter(name=name).values_list("id", flat=True).first()


EXTRAS: list[Any] = []
"""What apps above add to a given customer (records: its keeper, whether it is archived)."""


def _unit_of(person: Person) -> Unit:
    primary = primary_appointment(person)
    found = primary.unit if primary else root_unit()
    assert found is not None
    return found
