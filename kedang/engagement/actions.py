"""Contacts and visits. They happen in the world and are only reported here, so norms never refuse the report."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import F as Col
from django.db.models import Q, QuerySet

from kedang.customers import history
from kedang.customers.models import Customer, FileSummary
from kedang.engagement.models import CONTACT_KINDS, VISIT, ContactRecord, VisitPlan
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft

CUSTOMER = F("customer", "客户", "customer", required=True)
MUST_SAY = {"信函", "传真", "长途电话", "上门拜访"}
"""Kinds whose record is worth nothing without a summary (1.6.2a)."""


@action(
    "contact.record",
    "写跟进",
    place="outside",
    needs="list",
    events=("contact.recorded",),
    locks=lambda args: [f"file:{args.get('customer')}"],
    args=[
        CUSTOMER,
        F("kind", "方式", "choice", values=CONTACT_KINDS, default="电话"),
        F("content", "内容", "long_text", max=4000),
        F("with_person", "对方联系人", "text", max=60, personal=True, purpose="业务联络", group="contact"),
        F("next_at", "下次联系时间", "datetime"),
        F("occurred_at", "时间", "datetime"),
    ],
)
def record_contact(
    *,
    deed: Deed,
    customer: int,
    kind: str | None = "电话",
    content: str | None = None,
    with_person: str | None = None,
    next_at: datetime | None = None,
    occurred_at: datetime | None = None,
) -> int:
    """Write down a contact; returns its id. Deadlines count from when it happened, not from now."""
    kind = kind or "电话"
    if kind in MUST_SAY and not content:
        raise Invalid({"content": f"{kind}须填写内容摘要"})
    row = history.locked(customer)
    record = _write(deed, row, kind, content, with_person, occurred_at, next_at)
    event = deed.record(
        "contact.recorded",
        file=row.pk,
        occurred_at=record.occurred_at,
        data={"contact": record.pk, "kind": kind},
        values=_values(record),
    )
    ContactRecord.objects.filter(pk=record.pk).update(event=event.pk)
    return record.pk


def _write(
    deed: Deed,
    row: Customer,
    kind: str,
    content: str | None,
    with_person: str | None,
    occurred_at: datetime | None,
    next_at: datetime | None = None,
) -> ContactRecord:
    moment = occurred_at or deed.now
    if moment > deed.now:
        raise Invalid({"occurred_at": "时间不能晚于现在"})
    if next_at and next_at <= moment:
        raise Invalid({"next_at": "下次联系时间须晚于本次"})
    if deed.person is None:
        raise Invalid("跟进须由人登记")
    record = ContactRecord.objects.create(
        customer=row,
        kind=kind,
        content=content or "",
        with_person=with_person or "",
        occurred_at=moment,
        recorded_at=deed.now,
        by=deed.person,
        typed_by=deed.by if deed.on_behalf_of else None,
        next_at=next_at,
    )
    _summarise(record)
    history.touch(row.pk, deed)
    return record


def _summarise(record: ContactRecord) -> None:
    """The list's columns: a back-dated record counts, but does not stand in for a later one."""
    mine = FileSummary.objects.filter(pk=record.customer_id)
    mine.update(contact_count=Col("contact_count") + 1)
    newest = mine.filter(Q(last_contact_at=None) | Q(last_contact_at__lte=record.occurred_at))
    newest.update(
        last_contact_at=record.occurred_at,
        last_contact_kind=record.kind,
        last_contact_text=record.content[:80],
        next_contact_on=record.next_at.date() if record.next_at else None,
    )


def _values(record: ContactRecord) -> list[ValueDraft]:
    values = [ValueDraft("content", new=record.content), ValueDraft("with_person", new=record.with_person)]
    return [value for value in values if value.new]


@action(
    "visit.plan",
    "制定拜访计划",
    needs="list",
    events=("visit.planned",),
    locks=lambda args: [f"file:{args.get('customer')}"],
    args=[
        CUSTOMER,
        F("planned_on", "计划日期", "date", required=True),
        F("purpose", "目的", "text", max=200),
        F("person", "拜访人", "person"),
    ],
)
def plan_visit(
    *, deed: Deed, customer: int, planned_on: date, purpose: str | None = None, person: int | None = None
) -> int:
    """Plan a visit from today on; returns the plan's id."""
    if planned_on < deed.now.date():
        raise Invalid({"planned_on": "计划日期不能早于今天"})
    if planned_on > deed.now.date() + timedelta(days=366):
        raise Invalid({"planned_on": "计划日期不能晚于一年以后"})
    visitor = history.able_person(person, "person") if person else deed.person
    if visitor is None:
        raise Invalid({"person": "须指定拜访人"})
    row = history.locked(customer)
    if _open_plans(row).filter(person=visitor, planned_on=planned_on).exists():
        raise Invalid({"planned_on": f"重复：{visitor.name}当天已有对该客户的拜访计划"})
    plan = VisitPlan.objects.create(
        customer=row, person=visitor, planned_on=planned_on, purpose=purpose or "", created_at=deed.now
    )
    deed.record(
        "visit.planned",
        file=row.pk,
        data={"visit": plan.pk, "planned_on": planned_on, "person": visitor.pk},
        values=[ValueDraft("purpose", new=purpose)] if purpose else [],
    )
    return plan.pk


def _open_plans(row: Customer) -> QuerySet[VisitPlan]:
    return VisitPlan.objects.filter(customer=row, record=None, cancelled_at=None)


@action(
    "visit.record",
    "登记拜访",
    place="outside",
    needs="list",
    events=("visit.recorded",),
    locks=lambda args: [f"file:{args.get('customer')}"],
    args=[
        CUSTOMER,
        F("visit", "拜访计划", "integer"),
        F("content", "内容", "long_text", required=True, max=4000),
        F("with_person", "对方联系人", "text", max=60, personal=True, purpose="业务联络", group="contact"),
        F("next_at", "下次联系时间", "datetime"),
        F("occurred_at", "时间", "datetime"),
    ],
)
def record_visit(
    *,
    deed: Deed,
    customer: int,
    content: str,
    visit: int | None = None,
    with_person: str | None = None,
    next_at: datetime | None = None,
    occurred_at: datetime | None = None,
) -> int:
    """Write down a visit; it completes the named plan, else the visitor's oldest open one. Returns the record's id."""
    row = history.locked(customer)
    plan = _plan_for(deed, row, visit)
    record = _write(deed, row, VISIT, content, with_person, occurred_at, next_at)
    event = deed.record(
        "visit.recorded",
        file=row.pk,
        occurred_at=record.occurred_at,
        data={"contact": record.pk, "visit": plan.pk if plan else None, "kind": VISIT},
        values=_values(record),
    )
    ContactRecord.objects.filter(pk=record.pk).update(event=event.pk)
    if plan:
        VisitPlan.objects.filter(pk=plan.pk).update(record=record)
    return record.pk


def _plan_for(deed: Deed, row: Customer, visit: int | None) -> VisitPlan | None:
    if visit is None:
        return _open_plans(row).filter(person=deed.person).order_by("planned_on", "id").first()
    plan = VisitPlan.objects.filter(pk=visit, customer=row).first()
    if plan is None:
        raise Invalid({"visit": "这个客户没有这个拜访计划"})
    if plan.record_id or plan.cancelled_at:
        raise Invalid({"visit": "这个拜访计划已完成或已取消"})
    return plan


@action(
    "visit.cancel",
    "取消拜访计划",
    needs="list",
    events=("visit.cancelled",),
    locks=lambda args: [f"file:{args.get('customer')}"],
    args=[
        CUSTOMER,
        F("visit", "拜访计划", "integer", required=True),
        F("reason", "原因", "text", required=True, max=200),
    ],
)
def cancel_visit(*, deed: Deed, customer: int, visit: int, reason: str) -> int:
    """Call a planned visit off; the plan stays with its reason in the ledger."""
    row = history.locked(customer)
    plan = _plan_for(deed, row, visit)
    assert plan is not None
    VisitPlan.objects.filter(pk=plan.pk).update(cancelled_at=deed.now)
    data = {"visit": plan.pk, "planned_on": plan.planned_on, "reason": reason}
    deed.record("visit.cancelled", file=row.pk, data=data)
    return plan.pk
