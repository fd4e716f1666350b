"""作废: a file that was opened by mistake. It stays with everything said about it; nothing more is asked of anybody for it."""

from __future__ import annotations

from kedang.customers import history
from kedang.customers.history import FieldChange
from kedang.customers.models import VOID, Collaborator, Customer, OwnerHistory, PhoneDigits
from kedang.kernel.actions import Deed
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.norms.models import Duty, DutyState


def void_file(row: Customer, deed: Deed, *, reason: str) -> None:
    """Void a locked file: its duties end, its owner's time ends, its name and code are free again. Invalid when it is void."""
    if row.status == VOID:
        raise Invalid({"customer": "这份档案已经作废"})
    changes = [FieldChange("status", "状态", row.status, VOID)]
    if row.credit_code:
        # Another file may carry the code from now on; this one's is in its history.
        changes.append(FieldChange("credit_code", history.LABELS["credit_code"], row.credit_code, ""))
        row.credit_code = None
    row.status = VOID
    row.version += 1
    row.updated_at = deed.now
    row.save()
    OwnerHistory.objects.filter(customer=row, end=None).update(end=deed.now)
    Collaborator.objects.filter(customer=row, until=None).update(until=deed.now)
    PhoneDigits.objects.filter(customer=row).delete()
    Duty.objects.filter(file=row.pk, state=DutyState.OPEN).update(
        state=DutyState.VOID, breach_check_at=None, next_remind_at=None, closing_note=f"档案作废：{reason}"[:200]
    )
    said = [*history.value_drafts(changes[1:]), ValueDraft("reason", new=reason)]
    event = deed.record("customer.voided", file=row.pk, values=said)
    history.write_changes(row, changes, deed, event=event.pk, reason=reason[:200])
