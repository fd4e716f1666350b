"""Whose file it is: transfer, assignment by a norm, release to the pool, collaborators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kedang.customers import history
from kedang.customers.models import READ, WRITE, Collaborator, Customer
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F

CUSTOMER = F("customer", "客户", "customer", required=True)
REASON = F("reason", "原因", "text", max=200)


def file_lock(args: Mapping[str, Any]) -> Iterable[str]:
    """Deeds about one file wait for one another."""
    return [f"file:{args.get('customer')}"]


@action(
    "customer.transfer",
    "转移客户",
    events=("customer.transferred",),
    locks=file_lock,
    args=[CUSTOMER, F("to", "接收人", "person", required=True), REASON],
)
def transfer_customer(*, deed: Deed, customer: int, to: int, reason: str | None = None) -> int:
    """Pass a file to another owner; Invalid when he owns it already, has left, or belongs to no unit."""
    return _pass_on(deed, customer, to, reason or "", "customer.transferred")


@action(
    "customer.assign_owner",
    "指派负责人",
    events=("customer.assigned",),
    locks=file_lock,
    system=True,
    args=[CUSTOMER, F("to", "负责人", "person", required=True), REASON],
)
def assign_owner(*, deed: Deed, customer: int, to: int, reason: str | None = None) -> int:
    """Give a file to the person a norm or a manager chose; a norm may find that it is his already."""
    if deed.by is None:
        from kedang.customers.claims.actions import found_by_norm

        row = history.locked(customer)
        found_by_norm(row, to, deed)
        if row.owner_id == to:
            return row.pk
    return _pass_on(deed, customer, to, reason or "", "customer.assigned")


def _pass_on(deed: Deed, customer: int, to: int, reason: str, kind: str) -> int:
    row = history.locked(customer)
    person = history.able_person(to, "to")
    if row.owner_id == person.pk:
        raise Invalid({"to": f"{person.name}已是负责人"})
    former = row.owner_id
    history.give_to(row, person, deed, reason=reason)
    data = {"to": person.pk, "to_name": person.name, "former": former, "reason": reason or None}
    deed.record(kind, file=row.pk, data=data)
    return row.pk


@action(
    "customer.release",
    "放入公海",
    events=("customer.released",),
    locks=file_lock,
    system=True,
    args=[CUSTOMER, F("reason", "原因", "text", required=True, max=200)],
)
def release_customer(*, deed: Deed, customer: int, reason: str) -> int:
    """Put a file into the pool: it has no owner until someone takes it."""
    row = history.locked(customer)
    if row.owner_id is None:
        raise Invalid({"customer": "该客户已在公海"})
    former = row.owner_id
    history.give_to(row, None, deed, reason=reason)
    deed.record("customer.released", file=row.pk, data={"former": former, "reason": reason})
    return row.pk


@action(
    "customer.take",
    "领取客户",
    events=("customer.taken",),
    locks=file_lock,
    needs="list",
    args=[CUSTOMER],
)
def take_customer(*, deed: Deed, customer: int) -> int:
    """Become the owner of a file in the pool; Invalid when somebody has it already, who may have been quicker by a second."""
    row = history.locked(customer)
    if row.owner is not None:
        raise Invalid({"customer": f"该客户已由{row.owner.name}负责，不在公海"})
    assert deed.by is not None
    history.give_to(row, history.able_person(deed.by.pk, "customer"), deed, reason="从公海领取")
    deed.record("customer.taken", file=row.pk, data={"to": deed.by.pk, "to_name": deed.by.name})
    return row.pk


@action(
    "customer.add_collaborator",
    "添加协作人",
    events=("customer.collaborator_added",),
    locks=file_lock,
    args=[
        CUSTOMER,
        F("person", "协作人", "person", required=True),
        F("access", "权限", "choice", values=[WRITE, READ], default=WRITE),
    ],
)
def add_collaborator(*, deed: Deed, customer: int, person: int, access: str | None = WRITE) -> int:
    """Let another person work on the file."""
    row = history.locked(customer)
    helper = history.able_person(person, "person")
    if row.owner_id == helper.pk:
        raise Invalid({"person": f"{helper.name}是负责人，不必再加为协作人"})
    if Collaborator.objects.filter(customer=row, person=helper, until=None).exists():
        raise Invalid({"person": f"{helper.name}已是协作人"})
    line = Collaborator.objects.create(customer=row, person=helper, access=access or WRITE, since=deed.now)
    data = {"person": helper.pk, "person_name": helper.name, "access": line.access}
    deed.record("customer.collaborator_added", file=row.pk, data=data)
    return line.pk


@action(
    "customer.remove_collaborator",
    "移除协作人",
    events=("customer.collaborator_removed",),
    locks=file_lock,
    args=[CUSTOMER, F("person", "协作人", "person", required=True)],
)
def remove_collaborator(*, deed: Deed, customer: int, person: int) -> int:
    """End somebody's work on the file; the line stays with its end."""
    row: Customer = history.locked(customer)
    line = Collaborator.objects.filter(customer=row, person_id=person, until=None).select_related("person").first()
    if line is None:
        raise Invalid({"person": "这个人不是协作人"})
    line.until = deed.now
    line.save(update_fields=["until"])
    data = {"person": person, "person_name": line.person.name}
    deed.record("customer.collaborator_removed", file=row.pk, data=data)
    return line.pk
