"""How expense claims and contracts are undone when their entry is corrected."""

from __future__ import annotations

from django.db.models import F

from kedang.customers.models import FileSummary
from kedang.kernel.actions.correcting import Undone, undoes
from kedang.kernel.actions.deed import Deed
from kedang.kernel.ledger.models import Event
from kedang.trade.models import IN_FORCE, PAID, VOIDED, Contract, ExpenseClaim


@undoes("expense.submitted")
def take_back_claim(entry: Event, deed: Deed) -> Undone:
    """A claim not paid yet is void; money that has been paid must come back by finance."""
    claim = ExpenseClaim.objects.select_for_update().filter(pk=entry.data.get("expense")).first()
    if claim is None or claim.state == VOIDED:
        return Undone([], [])
    if claim.state == PAID:
        return Undone([], [f"{claim.amount} 元已经报销，须由财务另行收回"])
    ExpenseClaim.objects.filter(pk=claim.pk).update(state=VOIDED)
    if claim.customer_id:
        FileSummary.objects.filter(pk=claim.customer_id).update(expense_fen=F("expense_fen") - claim.amount_fen)
    return Undone(["报销单作废，金额不再计入"], [])


@undoes("contract.registered")
def take_back_contract(entry: Event, deed: Deed) -> Undone:
    """A contract that was registered by mistake is void; one that was ended stays as it was."""
    contract = Contract.objects.select_for_update().filter(pk=entry.data.get("contract")).first()
    if contract is None or contract.state == VOIDED:
        return Undone([], [])
    if contract.state != IN_FORCE:
        return Undone([], ["合同已经终止，保留原样"])
    Contract.objects.filter(pk=contract.pk).update(state=VOIDED)
    return Undone(["合同登记作废"], ["双方已经签署的文本不因此失效"])
