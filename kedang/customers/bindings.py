"""What form fields bind to (`binds: customer.address`): reading fills the form in, writing goes through the history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from kedang.customers import bound, history
from kedang.customers.actions.changing import write_fields
from kedang.customers.actions.contacts import change_contact, write_contact
from kedang.customers.models import Contact, Customer
from kedang.kernel.actions import Deed
from kedang.kernel.norms.vocabulary import Binding, register

TYPES = {"kind": "choice", "credit_code": "credit_code", "phone": "phone", "address": "address"}


def _reader(field: str) -> Callable[[int], Any]:
    return lambda customer: Customer.objects.filter(pk=customer).values_list(field, flat=True).first() or None


def _many_reader(
    field: str, rows: Callable[[Collection[int]], Mapping[int, bound.Fields | None]]
) -> Callable[..., Mapping[int, Any]]:
    return lambda ids: {file: row[field] for file, row in rows(ids).items() if row is not None}


def _writer(field: str) -> Callable[..., None]:
    def write(customer: int, value: Any, deed: Deed) -> None:
        if value is not None:
            write_fields(history.locked(customer), {field: value}, deed)

    return write


def _primary(customer: int) -> Contact | None:
    return Contact.objects.filter(customer=customer, left_at=None).order_by("-primary", "id").first()


def read_contact_name(customer: int) -> str | None:
    """The primary contact's name."""
    held = _primary(customer)
    return held.name if held else None


def write_contact_name(customer: int, value: Any, deed: Deed) -> None:
    """Make the person of that name the primary contact; one not known yet is added."""
    if not value:
        return
    row = history.locked(customer)
    known = Contact.objects.filter(customer=row, name=value, left_at=None).first()
    if known is None:
        write_contact(row, deed, name=value, primary=True)
    elif not known.primary:
        change_contact(row, known, deed, wanted={}, primary=True)


def read_contact_phone(customer: int) -> str | None:
    """The primary contact's phone."""
    held = _primary(customer)
    return (held.phone or None) if held else None


def write_contact_phone(customer: int, value: Any, deed: Deed) -> None:
    """Set the primary contact's phone; without a contact there is nothing to set it on and the file's phone is used."""
    row = history.locked(customer)
    held = _primary(customer)
    if value and held:
        change_contact(row, held, deed, wanted={"phone": value})
    elif value:
        write_fields(row, {"phone": value}, deed)


for _field, _label in history.LABELS.items():
    register(
        Binding(
            f"customer.{_field}", _label, TYPES.get(_field, "text"), _reader(_field), _writer(_field),
            history.GROUPS.get(_field, "base"), _many_reader(_field, bound.files_of),
        )
    )  # fmt: skip
register(
    Binding(
        "customer.contact_name",
        "联系人",
        "text",
        read_contact_name,
        write_contact_name,
        "contact",
        _many_reader("name", bound.primaries_of),
    )
)
register(
    Binding(
        "customer.contact_phone",
        "联系人电话",
        "phone",
        read_contact_phone,
        write_contact_phone,
        "contact",
        _many_reader("phone", bound.primaries_of),
    )
)
