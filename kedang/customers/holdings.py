"""The files and collaborations that a person holds, and how they pass on when he leaves."""

from __future__ import annotations

from collections.abc import Iterator

from kedang.customers import history
from kedang.customers.actions.owners import add_collaborator, remove_collaborator
from kedang.customers.models import DESTROYED, Collaborator, Customer
from kedang.kernel import holdings
from kedang.kernel.actions.deed import Deed, Happening
from kedang.kernel.holdings import Held, Holding
from kedang.kernel.org.models import Person


def _owned(person: Person) -> Iterator[Held]:
    rows = Customer.objects.filter(owner=person).exclude(status=DESTROYED).order_by("sort_key", "pk")
    for pk, number, name in rows.values_list("pk", "number", "name"):
        yield Held(pk, f"{number} {name}", pk)


def _pass_file(ref: int, giver: Person, receiver: Person, deed: Deed, reason: str) -> None:
    row = history.locked(ref)
    if row.owner_id != giver.pk:
        return
    heir = history.able(receiver, "receiver")
    history.give_to(row, heir, deed, reason=reason)
    data = {"to": heir.pk, "to_name": heir.name, "former": giver.pk, "reason": reason, "succeeds": True}
    deed.record("customer.transferred", file=row.pk, data=data)


def _helped(person: Person) -> Iterator[Held]:
    rows = (
        Collaborator.objects.filter(person=person, until=None).select_related("customer").order_by("customer__sort_key")
    )
    for row in rows:
        yield Held(row.customer_id, f"协作 {row.customer.number} {row.customer.name}", row.customer_id)


def _pass_help(ref: int, giver: Person, receiver: Person, deed: Deed, reason: str) -> None:
    row = history.locked(ref)
    if not Collaborator.objects.filter(customer=row, person=giver, until=None).exists():
        return
    remove_collaborator(deed=deed, customer=ref, person=giver.pk)
    known = Collaborator.objects.filter(customer=row, person=receiver, until=None).exists()
    if row.owner_id != receiver.pk and not known:
        add_collaborator(deed=deed, customer=ref, person=receiver.pk)


def _owner_left(person: Person, deed: Deed) -> None:
    """Each customer whose contact leaves has it on its file: regulations say who tells them."""
    data = {"person": person.pk, "name": person.name}
    deed.record_all([Happening("customer.owner_left", file=held.ref, data=data) for held in _owned(person)])


holdings.register(Holding("files", "负责的客户档案", _owned, _pass_file, 10, _owner_left))
holdings.register(Holding("collaborations", "协作的客户档案", _helped, _pass_help, 20))
