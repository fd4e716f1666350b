"""A claim is one line of the register, stamped by the system; a conflict is two claims on one customer."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kedang.kernel import clock

LATER, SAME_MINUTE, APPEAL = "先后登记", "同时登记", "主张归属"
OPEN, SETTLED = "待裁定", "已认定"


class Claim(models.Model):
    """登记: this person wrote this customer down at this time. Typed times are kept beside it and never used."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="claims", verbose_name="客户")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="claims", verbose_name="登记人"
    )  # fmt: skip
    recorded_at = models.DateTimeField("登记时间", default=clock.now)
    said_at = models.DateTimeField("自填登记时间", null=True, blank=True)
    source = models.CharField("来源", max_length=20, blank=True, default="")
    intended = models.BooleanField("意向客户", default=False)
    need = models.CharField("意向说明", max_length=200, blank=True, default="")
    event = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["recorded_at", "id"]
        verbose_name = "客户登记"
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "person"], name="claim_once_a_person")]
        indexes: ClassVar = [models.Index(fields=["person", "-recorded_at"], name="claim_of_person")]

    @property
    def odd(self) -> bool:
        """Whether the typed time lies before the minute in which the claim was made."""
        return self.said_at is not None and self.said_at < self.recorded_at.replace(second=0, microsecond=0)


class Conflict(models.Model):
    """客户冲撞认定记录: who wrote the customer down when, whose it was found to be, by which clause or whose decision."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="conflicts", verbose_name="客户")
    other = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="疑似同一客户"
    )
    cause = models.CharField("起因", max_length=8)
    ground = models.CharField("理由", max_length=400, blank=True, default="")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="提出人")
    opened_at = models.DateTimeField("提出时间", default=clock.now)
    winner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="认定归属"
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="裁定人"
    )
    settled_at = models.DateTimeField("认定时间", null=True, blank=True)
    basis = models.CharField("依据", max_length=400, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-opened_at", "-id"]
        verbose_name = "客户冲撞"
        indexes: ClassVar = [
            models.Index(fields=["-opened_at"], name="conflict_waiting", condition=Q(winner=None)),
            models.Index(fields=["customer", "-opened_at"], name="conflict_of_file"),
        ]

    @property
    def state(self) -> str:
        """待裁定 or 已认定."""
        return SETTLED if self.winner_id else OPEN


class Likeness(models.Model):
    """疑似同一人: a file that was opened although another looks like the same customer."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="alike", verbose_name="客户")
    other = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+", verbose_name="疑似同一人")
    agrees = models.CharField("相同之处", max_length=60, blank=True, default="")
    noted_at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        verbose_name = "疑似同一人"
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "other"], name="likeness_once")]
