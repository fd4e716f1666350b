"""Custody, archiving, handing over and sending out of one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from kedang.customers import history
from kedang.customers.models import Customer
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.org.models import Person
from kedang.records.models import Custody, Dispatch, Handover

CUSTOMER = F("customer", "客户", "customer", required=True)


def file_lock(args: Mapping[str, Any]) -> Iterable[str]:
    """Deeds about one file wait for one another."""
    return [f"file:{args.get('customer')}"]


def custody_of(row: Customer) -> Custody | None:
    """Who keeps the file now."""
    return Custody.objects.filter(customer=row, end=None).select_related("custodian").first()


def doer(deed: Deed) -> Person:
    """The person whose deed it is; keeping is never done by 系统."""
    if deed.person is None:
        raise Invalid("须由人办理")
    return deed.person


@action(
    "record.assign_custodian",
    "指定保管人",
    needs="list",
    events=("record.custodian_assigned",),
    locks=file_lock,
    args=[CUSTOMER, F("person", "保管人", "person", required=True)],
)
def assign_custodian(*, deed: Deed, customer: int, person: int) -> int:
    """Name the first custodian of a file."""
    row = history.locked(customer)
    held = custody_of(row)
    if held:
        raise Invalid({"person": f"保管人已是{held.custodian.name}，更换请登记交接"})
    keeper = history.able_person(person, "person")
    line = Custody.objects.create(customer=row, custodian=keeper, handed_over_on=deed.now.date(), start=deed.now)
    data = {"person": keeper.pk, "person_name": keeper.name}
    deed.record("record.custodian_assigned", file=row.pk, data=data)
    return line.pk


@action(
    "record.change_custodian",
    "更换保管人",
    needs="list",
    events=("record.custodian_changed",),
    locks=file_lock,
    args=[
        CUSTOMER,
        F("to", "接收人", "person", required=True),
        F("handed_over_on", "交接日期", "date", required=True),
    ],
)
def change_custodian(*, deed: Deed, customer: int, to: int, handed_over_on: date) -> int:
    """Pass custody on: from whom, to whom, on which day."""
    row = history.locked(customer)
    held = custody_of(row)
    if held is None:
        raise Invalid({"customer": "尚未指定保管人，请先指定"})
    keeper = history.able_person(to, "to")
    if keeper.pk == held.custodian_id:
        raise Invalid({"to": f"{keeper.name}已是保管人"})
    if not held.start.date() <= handed_over_on <= deed.now.date():
        raise Invalid({"handed_over_on": f"交接日期须在 {held.start:%Y-%m-%d} 到今天之间"})
    held.end = deed.now
    held.save(update_fields=["end"])
    line = Custody.objects.create(
        customer=row, custodian=keeper, received_from=held.custodian, handed_over_on=handed_over_on, start=deed.now
    )
    data = {
        "person": keeper.pk,
        "person_name": keeper.name,
        "former": held.custodian_id,
        "former_name": held.custodian.name,
        "handed_over_on": handed_over_on,
    }
    deed.record("record.custodian_changed", file=row.pk, data=data)
    return line.pk


@action(
    "record.hand_over",
    "移交档案材料",
    needs="list",
    events=("record.handed_over",),
    locks=file_lock,
    args=[CUSTOMER, F("form", "表单", "integer")],
)
def hand_over(*, deed: Deed, customer: int, form: int | None = None) -> int:
    """Hand material to the custodian, who must accept it (`record.receive`) before it counts as received."""
    row = history.locked(customer)
    if Handover.objects.filter(customer=row, form=form, received_at=None).exists():
        raise Invalid({"customer": "已移交，等待保管人接收"})
    line = Handover.objects.create(customer=row, form=form, handed_by=doer(deed), handed_at=deed.now)
    deed.record("record.handed_over", file=row.pk, data={"handover": line.pk, "form": form})
    return line.pk


@action("record.receive", "接收档案材料", needs="list", events=("record.received",), locks=file_lock, args=[CUSTOMER])
def receive(*, deed: Deed, customer: int) -> int:
    """Accept what was handed over, the oldest first; who handed it over cannot accept it himself."""
    row = history.locked(customer)
    line = Handover.objects.filter(customer=row, received_at=None).order_by("handed_at", "id").first()
    if line is None:
        raise Invalid({"customer": "没有待接收的移交"})
    if line.handed_by_id == doer(deed).pk:
        raise Invalid({"customer": "移交人不能自己接收，须由保管人接收"})
    line.received_by, line.received_at = doer(deed), deed.now
    line.save(update_fields=["received_by", "received_at"])
    deed.record("record.received", file=row.pk, data={"handover": line.pk})
    return line.pk


@action(
    "record.send",
    "外发档案",
    events=("record.sent",),
    locks=file_lock,
    args=[
        CUSTOMER,
        F("person", "接收人（本公司人员）", "person"),
        F("to", "接收方（公司以外）", "text", max=120),
        F("note", "说明", "text", max=200),
    ],
)
def send_record(
    *, deed: Deed, customer: int, person: int | None = None, to: str | None = None, note: str | None = None
) -> int:
    """Write down that the file was sent out, to whom and why; Invalid when nobody is named."""
    row = history.locked(customer)
    receiver = Person.objects.filter(pk=person).values_list("name", flat=True).first() if person else None
    to = receiver or to
    if not to:
        raise Invalid({"person": "请选择接收人，或写明接收方"})
    line = Dispatch.objects.create(customer=row, to=to, note=note or "", by=doer(deed), sent_at=deed.now)
    deed.record(
        "record.sent",
        file=row.pk,
        data={"dispatch": line.pk, "to": to, "person": person},
        values=[ValueDraft("note", new=note)] if note else [],
    )
    return line.pk
