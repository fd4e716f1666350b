"""How entries about contacts and visits are undone when they are corrected."""

from __future__ import annotations

from django.db.models import F

from kedang.customers.models import FileSummary
from kedang.engagement.models import ContactRecord, VisitPlan
from kedang.kernel import clock
from kedang.kernel.actions.correcting import Undone, undoes
from kedang.kernel.actions.deed import Deed
from kedang.kernel.ledger.models import Event


@undoes("contact.recorded", "visit.recorded")
def take_back_contact(entry: Event, deed: Deed) -> Undone:
    """The record stays, marked; counts and the list's columns leave it out, and a plan it had completed is open again."""
    record = ContactRecord.objects.filter(pk=entry.data.get("contact")).first()
    if record is None:
        return Undone([], [])
    ContactRecord.objects.filter(pk=record.pk).update(corrected_at=deed.now)
    said = ["跟进次数和最后跟进时间重新计算"]
    if VisitPlan.objects.filter(record=record).update(record=None):
        said.append("拜访计划恢复为未执行")
    newest = ContactRecord.objects.filter(customer=record.customer_id, corrected_at=None).first()
    mine = FileSummary.objects.filter(pk=record.customer_id)
    mine.filter(contact_count__gt=0).update(contact_count=F("contact_count") - 1)
    mine.update(
        last_contact_at=newest.occurred_at if newest else None,
        last_contact_kind=newest.kind if newest else "",
        last_contact_text=newest.content[:80] if newest else "",
        next_contact_on=clock.local(newest.next_at).date() if newest and newest.next_at else None,
    )
    return Undone(said, ["对方已经收到的联系无法收回"] if entry.kind == "contact.recorded" else [])


@undoes("visit.planned")
def take_back_plan(entry: Event, deed: Deed) -> Undone:
    """A plan is called off; one that was carried out stays with its record."""
    plan = VisitPlan.objects.filter(pk=entry.data.get("visit")).first()
    if plan is None or plan.cancelled_at:
        return Undone([], [])
    if plan.record_id:
        return Undone([], ["已按这个计划登记的拜访记录仍在"])
    VisitPlan.objects.filter(pk=plan.pk).update(cancelled_at=deed.now)
    return Undone(["拜访计划取消"], [])
