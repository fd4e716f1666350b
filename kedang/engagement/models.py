"""What happened with a customer (跟进) and what is planned (拜访计划)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kedang.kernel import clock

CONTACT_KINDS = ["电话", "上门拜访", "微信", "邮件", "短信", "信函", "传真", "长途电话", "询价", "其他"]
VISIT = "上门拜访"


class ContactRecord(models.Model):
    """A contact with a customer. `occurred_at` is when it happened, `recorded_at` when it was written down."""

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="contact_records", verbose_name="客户"
    )
    kind = models.CharField("方式", max_length=20, choices=[(kind, kind) for kind in CONTACT_KINDS])
    content = models.TextField("内容", blank=True, default="")
    with_person = models.CharField("对方联系人", max_length=60, blank=True, default="")
    occurred_at = models.DateTimeField("时间")
    recorded_at = models.DateTimeField("登记时间", default=clock.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="contact_records", verbose_name="我方经办"
    )
    typed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="代录人"
    )
    next_at = models.DateTimeField("下次联系时间", null=True, blank=True)
    event = models.BigIntegerField(null=True, blank=True)
    corrected_at = models.DateTimeField("更正时间", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-occurred_at", "-id"]
        verbose_name = "跟进记录"
        indexes: ClassVar = [
            models.Index(fields=["customer", "-occurred_at"], name="contact_record_recent"),
            models.Index(fields=["by", "occurred_at"], name="contact_record_by"),
            models.Index(fields=["occurred_at"], name="contact_record_at"),
        ]


class VisitPlan(models.Model):
    """A planned visit. Whether it was missed (未执行) follows from the clock; see selectors.visit_state."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="visit_plans", verbose_name="客户")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="visit_plans", verbose_name="拜访人"
    )
    planned_on = models.DateField("计划日期")
    purpose = models.CharField("目的", max_length=200, blank=True, default="")
    record = models.OneToOneField(
        ContactRecord, models.PROTECT, null=True, blank=True, related_name="visit_plan", verbose_name="拜访记录"
    )
    cancelled_at = models.DateTimeField("取消时间", null=True, blank=True)
    created_at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering: ClassVar = ["planned_on", "id"]
        verbose_name = "拜访计划"
        indexes: ClassVar = [
            models.Index(fields=["planned_on"], name="visit_plan_open", condition=Q(record=None, cancelled_at=None)),
        ]


from kedang.engagement.desk.models import CallLog, DutyTurn, Reception  # noqa: E402, F401  (tables of the same app)
