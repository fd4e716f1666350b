"""customer.register: one deed opens the file with its number, its first contact and its owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from kedang.customers import history, identity, search
from kedang.customers.models import INDIVIDUAL, ORGANISATION, Contact, Customer, FileSummary, PhoneDigits
from kedang.kernel import files
from kedang.kernel.actions import Deed, action, flows
from kedang.kernel.actions.deed import Happening
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.names import normalize_name
from kedang.kernel.norms.numbers import next_number
from kedang.kernel.org.models import Person, Unit
from kedang.kernel.rows import insert

COLUMNS = [field.attname for field in Customer._meta.concrete_fields if not field.primary_key]
NUMBER = "KH-{year}-{seq:5}"
SOURCES = [
    "促销",
    "搜索引擎",
    "广告",
    "转介绍",
    "线上注册",
    "线上咨询",
    "预约上门",
    "陌拜",
    "电话咨询",
    "邮件咨询",
    "展会",
    "其他",
]


def identity_locks(args: Mapping[str, Any]) -> Iterable[str]:
    """Two registrations of one name or code wait for each other, so the second one sees the first."""
    locks = []
    if args.get("name"):
        locks.append(f"identity:{normalize_name(args['name'])}")
    if args.get("credit_code"):
        locks.append(f"identity:code:{args['credit_code']}")
    return locks


FILE_FIELDS = [
    F("credit_code", "统一社会信用代码", "credit_code"),
    F("phone", "联系电话", "phone", personal=True, purpose="业务联络", group="contact"),
    F("address", "地址", "address", max=200),
    F("nature", "企业性质", "text", max=40),
    F("parent_unit", "主管单位", "text", max=120),
    F("source", "来源", "text", max=40),
]


@action(
    "customer.register",
    "登记客户",
    needs="none",
    events=("customer.registered",),
    locks=identity_locks,
    args=[
        F("name", "客户名称", "text", required=True, min=2, max=120),
        F("kind", "客户性质", "choice", values=[ORGANISATION, INDIVIDUAL], default=ORGANISATION),
        *FILE_FIELDS,
        F("contact_name", "联系人", "text", max=60, personal=True, purpose="业务联络", group="contact"),
        F("contact_post", "联系人职务", "text", max=60),
        F("contact_phone", "联系人电话", "phone", personal=True, purpose="业务联络", group="contact"),
        F("unit", "归属部门", "unit"),
        F("owner", "负责人", "person"),
        F("terms", "分类", "json"),
    ],
)
def register_customer(
    *,
    deed: Deed,
    name: str,
    kind: str | None = ORGANISATION,
    credit_code: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    nature: str | None = None,
    parent_unit: str | None = None,
    source: str | None = None,
    contact_name: str | None = None,
    contact_post: str | None = None,
    contact_phone: str | None = None,
    unit: int | None = None,
    owner: int | None = None,
    terms: Mapping[str, str] | None = None,
) -> int:
    """Open a customer file and return its id; Invalid at name or credit_code when there is one already.

    `terms` are the classes that the regulations over this file know, {id: value or label}; required ones must be there.
    """
    kind = kind or ORGANISATION
    found = identity.blocking(name=name, kind=kind, credit_code=credit_code, phone=phone)
    if found:
        raise Invalid(identity.messages(deed.by, found))
    keeper = _owner(deed, owner)
    row = Customer(
        name=name,
        kind=kind,
        credit_code=credit_code or None,
        phone=phone or "",
        address=address or "",
        nature=nature or "",
        parent_unit=parent_unit or "",
        source=source or "",
        owner=keeper,
        owner_since=deed.now,
        unit_id=_unit(unit) or history.home_unit(keeper),
        registered_by=deed.person,
        registered_on=deed.now.date(),
        updated_at=deed.now,
    )
    history.set_name_keys(row)
    row.number = next_number("customer", NUMBER, deed.now.date(), taken=_taken)
    [row.pk] = insert(Customer, [{name: getattr(row, name) for name in COLUMNS}])
    insert(FileSummary, [{"customer_id": row.pk}])
    history.open_ownership(row, deed, reason="登记")
    contact = _first_contact(row, contact_name, contact_post, contact_phone)
    _index(row, contact)
    view = files.FileView(row.pk, row.name, row.number, row.owner_id, row.unit_id)
    deed.record_all([*_events(row, contact), *flows.classify_new(view, terms or {}, deed)])
    files.know(view)
    return row.pk


def _owner(deed: Deed, owner: int | None) -> Person:
    if owner is not None:
        return history.able_person(owner, "owner")
    if deed.person is None:
        raise Invalid({"owner": "须指定负责人"})
    return deed.person


def _unit(unit: int | None) -> int | None:
    if unit is not None and not Unit.objects.filter(pk=unit, closed_on=None).exists():
        raise Invalid({"unit": "没有这个部门，或部门已撤销"})
    return unit


def _taken(number: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {Customer._meta.db_table} WHERE number = %s", [number])  # noqa: S608
        return cursor.fetchone() is not None


def _first_contact(row: Customer, name: str | None, post: str | None, phone: str | None) -> Contact | None:
    if not name:
        if phone or post:
            raise Invalid({"contact_name": "填了联系人职务或电话，须填联系人姓名"})
        return None
    contact = Contact(customer=row, name=name, post=post or "", phone=phone or "", primary=True)
    values = {"customer_id": row.pk, "name": name, "post": contact.post, "phone": contact.phone, "primary": True}
    [contact.pk] = insert(Contact, [values])
    return contact


def _index(row: Customer, contact: Contact | None) -> None:
    phones = [(row.phone, None), (contact.phone if contact else "", contact)]
    digits = [(history.main_digits(phone), of.pk if of else None) for phone, of in phones if phone]
    insert(PhoneDigits, [{"customer_id": row.pk, "contact_id": of, "digits": number} for number, of in digits])
    search.index_new(row, contacts=[contact.name] if contact else [], phones=[number for number, _ in digits])


def _events(row: Customer, contact: Contact | None) -> Iterable[Happening]:
    values = [
        ValueDraft("name", new=row.name),
        ValueDraft("phone", new=row.phone),
        ValueDraft("address", new=row.address),
    ]
    yield Happening(
        "customer.registered",
        file=row.pk,
        data={"number": row.number, "kind": row.kind, "source": row.source or None},
        values=[value for value in values if value.new],
    )
    if contact:
        details = [ValueDraft("name", new=contact.name), ValueDraft("phone", new=contact.phone)]
        yield Happening(
            "customer.contact_added",
            file=row.pk,
            data={"contact": contact.pk},
            values=[value for value in details if value.new],
        )
