"""Writing to a file so that nothing is lost: fields with old and new value, owners with their time, phones and search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedang.customers import search
from kedang.customers.models import (
    ACTIVE,
    POOL,
    Change,
    Collaborator,
    Contact,
    Customer,
    FormerName,
    OwnerHistory,
    PhoneDigits,
)
from kedang.kernel.actions import Deed
from kedang.kernel.errors import Conflict, Invalid, NotFound
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.names import digits, normalize_name, pinyin_initials, sort_key
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.rows import insert

LABELS = {
    "name": "客户名称", "kind": "客户性质", "credit_code": "统一社会信用代码", "phone": "联系电话", "address": "地址",
    "nature": "企业性质", "parent_unit": "主管单位", "source": "来源",
}  # fmt: skip
GROUPS = {"phone": "contact", "contact_name": "contact", "credit_code": "credit"}
CONTACT_LABELS = {"name": "姓名", "post": "职务", "phone": "电话", "email": "邮箱", "decision_role": "决策角色"}


class EditConflict(Conflict):
    """A stale save. `rows` holds, per field that differs, mine, theirs and the original; nothing is written."""

    def __init__(self, rows: list[dict[str, Any]], version: int) -> None:
        super().__init__(
            "保存期间他人已修改这份档案，请逐项选择保留哪一个值。",
            current={row["field"]: row["theirs"] for row in rows},
            mine={row["field"]: row["mine"] for row in rows},
        )
        self.rows = rows
        self.version = version


@dataclass(frozen=True)
class FieldChange:
    """One field's change, as text."""

    field: str
    label: str
    old: str
    new: str
    group: str = "base"


def locked(customer: int) -> Customer:
    """The file, locked until the deed ends; NotFound when there is none."""
    row = Customer.objects.select_for_update().filter(pk=customer).first()
    if row is None:
        raise NotFound()
    return row


def text_of(value: Any) -> str:
    """A stored value as the change history shows it."""
    return "" if value is None else str(value)


# ---- fields ----------------------------------------------------------------------------------------------------------


def check_version(row: Customer, version: int | None, wanted: Mapping[str, Any]) -> None:
    """Raise EditConflict when the form started from an older version and would overwrite what stands now."""
    if version is None or version == row.version:
        return
    if version > row.version:
        raise Invalid({"version": "页面内容与系统不符，请刷新后重试"})
    original = _values_at(row, version)
    rows = [
        {
            "field": field,
            "label": LABELS[field],
            "mine": text_of(mine),
            "theirs": text_of(getattr(row, field)),
            "original": original.get(field, text_of(getattr(row, field))),
        }
        for field, mine in wanted.items()
        if text_of(mine) != text_of(getattr(row, field))
    ]
    if rows:
        raise EditConflict(rows, row.version)


def _values_at(row: Customer, version: int) -> dict[str, str]:
    """Field values as they were in that version, for fields changed since: the old value of the first later change."""
    values: dict[str, str] = {}
    later = Change.objects.filter(customer=row, version__gt=version).order_by("version", "id")
    for change in later:
        values.setdefault(change.field, change.old)
    return values


def apply_fields(row: Customer, wanted: Mapping[str, Any]) -> list[FieldChange]:
    """Set the fields that differ on the row (not yet saved) and say what changed."""
    changes = []
    for field, value in wanted.items():
        stored = value if field == "credit_code" else text_of(value)
        old = getattr(row, field)
        if text_of(old) == text_of(stored):
            continue
        changes.append(FieldChange(field, LABELS[field], text_of(old), text_of(stored), GROUPS.get(field, "base")))
        setattr(row, field, stored)
    return changes


def save_fields(row: Customer, changes: list[FieldChange], deed: Deed) -> None:
    """Save the row as a new version with what follows from a name or phone: sort keys, former name, digits, search."""
    by_field = {change.field: change for change in changes}
    if "name" in by_field:
        former = by_field["name"].old
        FormerName.objects.create(customer=row, name=former, normalized_name=normalize_name(former), until=deed.now)
        set_name_keys(row)
    if "phone" in by_field:
        write_digits(row, row.phone)
    row.version += 1
    row.updated_at = deed.now
    row.save()
    if by_field.keys() & {"name", "phone", "credit_code"}:
        search.reindex(row)


def name_keys(name: str) -> dict[str, str]:
    """What is derived from the name: the key 查重 compares, the sort key, the initials."""
    return {
        "normalized_name": normalize_name(name),
        "sort_key": sort_key(name),
        "initials": pinyin_initials(name)[:120],
    }


def set_name_keys(row: Customer) -> None:
    """Put them on a row whose name has changed."""
    for field, value in name_keys(row.name).items():
        setattr(row, field, value)


def write_changes(
    row: Customer, changes: Iterable[FieldChange], deed: Deed, *, event: int | None, reason: str = ""
) -> None:
    """The change history of a deed: old, new, who, for whom, why, and the event."""
    Change.objects.bulk_create(
        Change(
            customer=row,
            field=change.field,
            label=change.label,
            group=change.group,
            old=change.old,
            new=change.new,
            by=deed.by,
            on_behalf_of=deed.on_behalf_of,
            at=deed.now,
            reason=reason,
            event=event,
            version=row.version,
        )
        for change in changes
    )


def value_drafts(changes: Iterable[FieldChange]) -> list[ValueDraft]:
    """The same changes as personal values beside the event."""
    return [ValueDraft(change.field, change.old, change.new) for change in changes]


def write_digits(row: Customer, phone: str, contact: Contact | None = None) -> None:
    """Keep the digits of one phone (the file's own, or one contact's) for 查重."""
    PhoneDigits.objects.filter(customer=row, contact=contact).delete()
    if number := main_digits(phone):
        PhoneDigits.objects.create(customer=row, contact=contact, digits=number)


def main_digits(phone: str) -> str:
    """The digits that identify a phone: without the extension and without +86."""
    number = digits(phone.split("转")[0])
    return number.removeprefix("86") if phone.startswith("+86") else number


# ---- owner -----------------------------------------------------------------------------------------------------------


def home_unit(person: Person) -> int:
    """The unit of a person's primary appointment; Invalid when there is none, for a file must lie somewhere."""
    unit = org.home_unit(person)
    if unit is None:
        raise Invalid({"owner": f"{person.name}没有任职部门，不能作为负责人"})
    return unit


def able_person(person_id: int, field: str) -> Person:
    """A person who can be given work; Invalid at the field otherwise."""
    return able(Person.objects.filter(pk=person_id).first(), field)


def able(person: Person | None, field: str) -> Person:
    """The same of a person who has been looked up."""
    if person is None:
        raise Invalid({field: "没有这个人"})
    if not person.is_active or person.left_on:
        raise Invalid({field: f"{person.name}已停用或离职，请另选"})
    return person


def give_to(row: Customer, owner: Person | None, deed: Deed, *, reason: str, unit: int | None = None) -> None:
    """Pass the file to another owner (None: to the pool) and close the former one's time. The unit follows the owner."""
    OwnerHistory.objects.filter(customer=row, end=None).update(end=deed.now)
    row.owner = owner
    row.owner_since = deed.now if owner else None
    row.status = ACTIVE if owner else POOL
    if owner:
        row.unit_id = unit or home_unit(owner)
        # An owner is not his own helper.
        Collaborator.objects.filter(customer=row, person=owner, until=None).update(until=deed.now)
    row.updated_at = deed.now
    row.save()
    open_ownership(row, deed, reason=reason)


def open_ownership(row: Customer, deed: Deed, *, reason: str = "") -> None:
    """Start the line of the owner history that the row now states."""
    open_ownerships([(row.pk, {"owner_id": row.owner_id, "unit_id": row.unit_id}, deed)], reason)


def open_ownerships(rows: Sequence[tuple[int, Mapping[str, Any], Deed]], reason: str) -> None:
    """Start the lines of several files' owner histories: (file, its owner_id and unit_id, the deed)."""
    insert(OwnerHistory, ownerships(rows, reason), keys=False)


def ownerships(rows: Sequence[tuple[int, Mapping[str, Any], Deed]], reason: str) -> list[dict[str, Any]]:
    """Those lines."""
    return [
        {
            "customer_id": pk, "owner_id": row["owner_id"], "unit_id": row["unit_id"], "start": deed.now,
            "by_id": deed.by.pk if deed.by else None, "reason": reason,
        }
        for pk, row, deed in rows
    ]  # fmt: skip


def touch(customer: int, deed: Deed) -> None:
    """Put the file on top of lists sorted by latest activity; the version of its fields stays."""
    Customer.objects.filter(pk=customer).exclude(updated_at__gt=deed.now).update(updated_at=deed.now)
