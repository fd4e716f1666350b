"""People at the customer (联系人)."""

from __future__ import annotations

from typing import Any

from kedang.customers import history, search
from kedang.customers.actions.owners import CUSTOMER, file_lock
from kedang.customers.history import CONTACT_LABELS, FieldChange
from kedang.customers.models import Contact, Customer, PhoneDigits
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft

DECISION_ROLES = ["决策人", "影响人", "使用人", "经办人", "其他"]


def _fields(required: bool) -> list[F]:
    personal = {"personal": True, "purpose": "业务联络", "group": "contact"}
    return [
        F("name", "姓名", "text", required=required, max=60, **personal),
        F("post", "职务", "text", max=60),
        F("phone", "电话", "phone", **personal),
        F("email", "邮箱", "email", **personal),
        F("decision_role", "决策角色", "choice", values=DECISION_ROLES),
        F("primary", "首要联系人", "bool"),
    ]


@action(
    "customer.add_contact",
    "添加联系人",
    events=("customer.contact_added",),
    locks=file_lock,
    args=[CUSTOMER, *_fields(required=True)],
)
def add_contact(
    *,
    deed: Deed,
    customer: int,
    name: str,
    post: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    decision_role: str | None = None,
    primary: bool | None = None,
) -> int:
    """Add a contact; the first one of a file becomes the primary one. Invalid when the same name and phone is there."""
    row = history.locked(customer)
    return write_contact(
        row, deed, name=name, primary=bool(primary),
        post=post or "", phone=phone or "", email=email or "", decision_role=decision_role or "",
    ).pk  # fmt: skip


def write_contact(row: Customer, deed: Deed, *, name: str, primary: bool = False, **fields: str) -> Contact:
    """Add a contact to a locked file, with event, history and search."""
    held = Contact.objects.filter(customer=row, left_at=None)
    if held.filter(name=name, phone=fields.get("phone", "")).exists():
        raise Invalid({"name": f"重复：联系人“{name}”已登记"})
    if primary:
        held.filter(primary=True).update(primary=False)
    contact = Contact.objects.create(
        customer=row, name=name, primary=primary or not held.filter(primary=True).exists(), **fields
    )
    history.write_digits(row, contact.phone, contact)
    search.reindex(row)
    given = {"name": name, **{key: value for key, value in fields.items() if value}}
    event = deed.record(
        "customer.contact_added",
        file=row.pk,
        data={"contact": contact.pk},
        values=[ValueDraft(key, new=value) for key, value in given.items()],
    )
    change = FieldChange(f"contact:{contact.pk}", "联系人", "", name, "contact")
    history.write_changes(row, [change], deed, event=event.pk)
    history.touch(row.pk, deed)
    return contact


@action(
    "customer.update_contact",
    "修改联系人",
    events=("customer.contact_updated",),
    locks=file_lock,
    args=[
        CUSTOMER,
        F("contact", "联系人", "contact", required=True),
        *_fields(required=False),
        F("clear", "清空的栏目", "choices", values={key: CONTACT_LABELS[key] for key in ("post", "phone", "email", "decision_role")}),
        F("left", "已停用", "bool"),
    ],
)  # fmt: skip
def update_contact(
    *,
    deed: Deed,
    customer: int,
    contact: int,
    primary: bool | None = None,
    left: bool | None = None,
    clear: list[str] | None = None,
    **given: Any,
) -> int:
    """Change a contact's fields, make him the primary one, or mark that he has left; old values stay in the history."""
    row = history.locked(customer)
    person = Contact.objects.filter(pk=contact, customer=row).first()
    if person is None:
        raise Invalid({"contact": "这个客户没有这个联系人"})
    wanted = {field: value for field, value in given.items() if value is not None}
    wanted |= {field: "" for field in clear or () if field not in wanted}
    change_contact(row, person, deed, wanted=wanted, primary=primary, left=left)
    return person.pk


def change_contact(
    row: Customer,
    person: Contact,
    deed: Deed,
    *,
    wanted: dict[str, str],
    primary: bool | None = None,
    left: bool | None = None,
) -> list[FieldChange]:
    """Write a contact's changes to a locked file, with event, history and search. [] when nothing differs."""
    changes = _apply(person, wanted)
    if left is not None and left != (person.left_at is not None):
        person.left_at = deed.now if left else None
        person.primary = person.primary and not left
        changes.append(FieldChange("left", "状态", "在用" if left else "停用", "停用" if left else "在用", "contact"))
    if primary and not person.primary and person.left_at is None:
        Contact.objects.filter(customer=row, primary=True).update(primary=False)
        person.primary = True
        changes.append(FieldChange("primary", "首要联系人", "否", "是", "contact"))
    if not changes:
        return []
    person.version += 1
    person.save()
    if any(change.field in ("phone", "left") for change in changes):
        PhoneDigits.objects.filter(customer=row, contact=person).delete()
        history.write_digits(row, "" if person.left_at else person.phone, person)
    search.reindex(row)
    _record(row, person, deed, changes)
    return changes


def _apply(person: Contact, wanted: dict[str, str]) -> list[FieldChange]:
    changes = []
    for field, value in wanted.items():
        old = getattr(person, field)
        if old != value:
            changes.append(FieldChange(field, CONTACT_LABELS[field], old, value, "contact"))
            setattr(person, field, value)
    return changes


def _record(row: Customer, person: Contact, deed: Deed, changes: list[FieldChange]) -> None:
    event = deed.record(
        "customer.contact_updated",
        file=row.pk,
        data={"contact": person.pk, "fields": "、".join(change.label for change in changes)},
        values=[value for value in history.value_drafts(changes) if value.field in CONTACT_LABELS],
    )
    named = [
        FieldChange(f"contact:{person.pk}.{change.field}", f"联系人{person.name}·{change.label}", change.old, change.new, "contact")
        for change in changes
    ]  # fmt: skip
    history.write_changes(row, named, deed, event=event.pk)
    history.touch(row.pk, deed)
