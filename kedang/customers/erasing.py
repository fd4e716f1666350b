"""What the customers app keeps about a destroyed file: who it was about goes, that there was a file stays."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from kedang.customers.claims.models import Claim, Conflict, Likeness
from kedang.customers.importing import spooling
from kedang.customers.importing.models import Import, ImportRow
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
from kedang.kernel.blobs import service as blobs
from kedang.kernel.blobs.models import Blob
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
            _imported(file, at),
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


def _imported(file: int, at: datetime) -> int:
    """Rows of import lists that made or met this file, and the workbooks that held it: a list is destroyed as a whole,
    together with those that it corrected. What came of its other rows stays."""
    rows = ImportRow.objects.filter(customer=file)
    batches = set(rows.values_list("batch", flat=True))
    while earlier := set(Import.objects.filter(continued_by__in=batches).values_list("pk", flat=True)) - batches:
        batches |= earlier
    for batch in Import.objects.filter(pk__in=batches).select_related("blob"):
        transaction.on_commit(partial(spooling.forget_read, batch.blob.sha256, batch.sheet), robust=True)
    held = blobs.erase(
        Blob.objects.filter(pk__in=Import.objects.filter(pk__in=batches).values("blob"), gone_at=None), at
    )
    return held + rows.update(message="", errors={}, found=[])


register(FileBound("customers", "客户资料、联系人与变更", erase))
