"""The duty roster, the reception log and the call log of the front desk."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from kedang.kernel import clock

NAMED, UNNAMED, NEW = "转原招商经理", "说不出姓名", "新客户"
BROUGHT_NAMED, BROUGHT = "老客户介绍并指定", "老客户介绍未指定"
BASES = [NAMED, UNNAMED, NEW, BROUGHT_NAMED, BROUGHT]
AWAY, NEGLECTED = "对方不在场", "无故未转接"


class DutyTurn(models.Model):
    """当班: who receives on a day in a unit."""

    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="+", verbose_name="部门")
    day = models.DateField("日期")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="duty_turns", verbose_name="当班人"
    )
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="排班人")

    class Meta:
        ordering: ClassVar = ["day"]
        verbose_name = "当班"
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit", "day"], name="duty_turn_once")]


class Reception(models.Model):
    """接待登记: one visitor at the desk, what was asked first, and to whom he went."""

    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="+", verbose_name="接待部门")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="receptions", verbose_name="接待人")
    visitor = models.CharField("来访客户", max_length=120)
    phone = models.CharField("联系方式", max_length=40, blank=True, default="")
    basis = models.CharField("接待依据", max_length=10, choices=[(each, each) for each in BASES])
    named = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="所找的招商经理"
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, blank=True, related_name="receptions", verbose_name="客户"
    )
    introducer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="介绍人"
    )
    note = models.CharField("说明", max_length=200, blank=True, default="")
    occurred_at = models.DateTimeField("到访时间")
    recorded_at = models.DateTimeField("登记时间", default=clock.now)
    handed_at = models.DateTimeField("已联系时间", null=True, blank=True)
    verdict = models.CharField("核实结果", max_length=8, blank=True, default="")
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="核实人"
    )

    class Meta:
        ordering: ClassVar = ["-occurred_at", "-id"]
        verbose_name = "接待登记"
        indexes: ClassVar = [
            models.Index(fields=["-occurred_at"], name="reception_recent"),
            models.Index(fields=["by", "-occurred_at"], name="reception_of_receiver"),
        ]


class CallLog(models.Model):
    """来电记录: a call that the desk put through to somebody."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="calls", verbose_name="接听人"
    )  # fmt: skip
    caller = models.CharField("来电客户", max_length=120, blank=True, default="")
    phone = models.CharField("来电号码", max_length=40, blank=True, default="")
    note = models.CharField("事由", max_length=200, blank=True, default="")
    occurred_at = models.DateTimeField("来电时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人")

    class Meta:
        ordering: ClassVar = ["-occurred_at", "-id"]
        verbose_name = "来电记录"
        indexes: ClassVar = [models.Index(fields=["person", "-occurred_at"], name="call_of_person")]
