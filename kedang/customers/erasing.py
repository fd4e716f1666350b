"""What the customers app keeps about a destroyed file: who it was about goes, that there was a file stays."""

from __future__ import annotations

from datetime import datetime

from kedang.customers.claims.models import Claim, Conflict, Likeness
from kedang.customers.importing.models import ImportRow
from kedang.customers.models import (
    DESTROYED,
    Change,
    Collaborator,
    Contact,
    Customer,
    FileSummary,
    FormerName,
    OwnerHistory,
    PhoneDigits,
    SearchText,
    Star,
)
from kedang.kernel.filebound import FileBound, register


def erase(file: int, at: datetime) -> int:
    """Blank a file's identity, contacts, changes and search text; how many rows."""
    return sum(
        (
            _identity(file, at),
            PhoneDigits.objects.filter(customer=file).delete()[0],
            Contact.objects.filter(customer=file).update(
                name="（已销毁）", post="", phone="", email="", decision_role=""
            ),
            FormerName.objects.filter(customer=file).delete()[0],
            Change.objects.filter(customer=file).update(old="", new="", reason=""),
            OwnerHistory.objects.filter(customer=file).update(reason=""),
            Collaborator.objects.filter(customer=file, until=None).update(until=at),
            SearchText.objects.filter(customer=file).delete()[0],
            Star.objects.filter(customer=file).delete()[0],
            FileSummary.objects.filter(customer=file).update(last_contact_text="", next_contact_on=None),
            Claim.objects.filter(customer=file).update(need=""),
            Conflict.objects.filter(customer=file).update(ground="", basis=""),
            Likeness.objects.filter(customer=file).delete()[0],
            _imported(file),
        )
    )


def _identity(file: int, at: datetime) -> int:
    """The name gives way to the number: what remains names nobody."""
    number = Customer.objects.filter(pk=file).values_list("number", flat=True).first() or ""
    name = f"已销毁档案{number}"
    return Customer.objects.filter(pk=file).update(
        name=name, normalized_name=name, sort_key=name, initials="", credit_code=None, phone="", address="", nature="",
        parent_unit="", source="", status=DESTROYED, updated_at=at,
    )  # fmt: skip


def _imported(file: int) -> int:
    """Rows of import lists that made or met this file."""
    return ImportRow.objects.filter(customer=file).update(message="", errors={}, found=[])


register(FileBound("customers", "客户资料、联系人与变更", erase))
