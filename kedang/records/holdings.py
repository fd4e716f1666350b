"""Files that a person keeps as custodian, and originals he has on loan."""

from __future__ import annotations

from collections.abc import Iterator

from kedang.kernel import holdings
from kedang.kernel.actions.deed import Deed
from kedang.kernel.errors import Invalid
from kedang.kernel.holdings import Held, Holding
from kedang.kernel.org.models import Person
from kedang.records.actions.keeping import change_custodian
from kedang.records.models import Custody, Loan


def _kept(person: Person) -> Iterator[Held]:
    rows = Custody.objects.filter(custodian=person, end=None).select_related("customer").order_by("customer__sort_key")
    for row in rows:
        yield Held(row.customer_id, f"保管 {row.customer.number} {row.customer.name}", row.customer_id)


def _pass_custody(ref: int, giver: Person, receiver: Person, deed: Deed, reason: str) -> None:
    if Custody.objects.filter(customer=ref, custodian=giver, end=None).exists():
        change_custodian(deed=deed, customer=ref, to=receiver.pk, handed_over_on=deed.now.date())


def _borrowed(person: Person) -> Iterator[Held]:
    rows = Loan.objects.filter(borrower=person, registered_at__isnull=False, returned_at=None).select_related(
        "customer"
    )
    for row in rows.order_by("pk"):
        yield Held(row.pk, f"借出未还 {row.customer.number} {row.customer.name}", row.customer_id)


def _return_first(ref: int, giver: Person, receiver: Person, deed: Deed, reason: str) -> None:
    """A loan is not passed from hand to hand: it is given back, and the successor borrows anew."""
    if Loan.objects.filter(pk=ref, returned_at=None).exists():
        raise Invalid("借出的档案要先归还登记，接收人需要的另行借阅")


holdings.register(Holding("custody", "保管的档案", _kept, _pass_custody, 15))
holdings.register(Holding("loans", "借出未还的档案", _borrowed, _return_first, 16))
