"""Keeping of files: who is custodian, what was archived, handed over, sent out and counted."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kedang.kernel import clock


class Custody(models.Model):
    """保管人 of a file from `start` until `end`; a change names both sides and the day of handing over."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="custody", verbose_name="客户")
    custodian = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="custody", verbose_name="保管人"
    )
    received_from = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="移交人"
    )
    handed_over_on = models.DateField("交接日期")
    start = models.DateTimeField("起", default=clock.now)
    end = models.DateTimeField("止", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-start", "-id"]
        verbose_name = "保管记录"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer"], condition=Q(end=None), name="custody_one_open"),
        ]


class Handover(models.Model):
    """移交 of material to the custodian; `received_at` when the custodian has accepted it."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="handovers", verbose_name="客户")
    # The filed form that is handed over (kernel FormRecord id), when it is one form and not the whole file.
    form = models.BigIntegerField(null=True, blank=True)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="移交人")
    handed_at = models.DateTimeField("移交时间", default=clock.now)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="接收人"
    )
    received_at = models.DateTimeField("接收时间", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-handed_at", "-id"]
        verbose_name = "移交记录"
        indexes: ClassVar = [models.Index(fields=["customer"], name="handover_waiting", condition=Q(received_at=None))]


class Dispatch(models.Model):
    """外发: a file sent to somebody outside its keeping."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="dispatches", verbose_name="客户")
    to = models.CharField("接收方", max_length=120)
    note = models.CharField("说明", max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人")
    sent_at = models.DateTimeField("外发时间", default=clock.now)

    class Meta:
        ordering: ClassVar = ["-sent_at", "-id"]
        verbose_name = "外发记录"


class InventoryCount(models.Model):
    """盘点: one person counted on one day what he keeps."""

    counted_on = models.DateField("盘点日期")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="盘点人")
    expected = models.PositiveIntegerField("应有")
    found = models.PositiveIntegerField("实有")
    at = models.DateTimeField("登记时间", default=clock.now)

    class Meta:
        ordering: ClassVar = ["-counted_on", "-id"]
        verbose_name = "盘点"


class InventoryLine(models.Model):
    """One file of a count; a missing one may be found later."""

    count = models.ForeignKey(InventoryCount, models.PROTECT, related_name="lines", verbose_name="盘点")
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="inventory_lines", verbose_name="客户"
    )
    present = models.BooleanField("在库")
    found_at = models.DateTimeField("找到时间", null=True, blank=True)
    found_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="补登人"
    )
    note = models.CharField("说明", max_length=200, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["count", "id"]
        verbose_name = "盘点明细"
        constraints: ClassVar = [models.UniqueConstraint(fields=["count", "customer"], name="inventory_line_once")]
        indexes: ClassVar = [
            models.Index(fields=["customer"], name="inventory_missing", condition=Q(present=False, found_at=None)),
        ]
