"""A frozen report. Written once; its digest stands in the ledger, so that a later change would show."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from kedang.kernel import clock

DAY, WEEK, MONTH = "day", "week", "month"
KINDS = {DAY: "日报", WEEK: "周报", MONTH: "月报"}


class FrozenReport(models.Model):
    """The figures of one day, week or month in one scope, as they stood when somebody froze them."""

    kind = models.CharField("种类", max_length=8, choices=list(KINDS.items()))
    first = models.DateField("起")
    last = models.DateField("止")
    scope = models.CharField("范围", max_length=8)
    scope_name = models.CharField("范围名称", max_length=60)
    cut_off = models.DateTimeField("统计截止", default=clock.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="frozen_reports", verbose_name="冻结人"
    )
    note = models.CharField("说明", max_length=200, blank=True, default="")
    # {figures: [{key, label, unit, value, text, definition …}], clauses: [{title, clause, due, met …}]}; never a customer's name.
    content = models.JSONField("内容")
    digest = models.CharField("摘要", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "冻结的报告"
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["by", "-id"], name="frozen_by")]

    def __str__(self) -> str:
        """'业务一部 月报 2026-03-01 至 2026-03-31'."""
        return f"{self.scope_name} {self.get_kind_display()} {self.first} 至 {self.last}"

    @property
    def running(self) -> bool:
        """Whether the period was not over yet when it was frozen."""
        return clock.local(self.cut_off).date() <= self.last


def digest_of(row: FrozenReport) -> str:
    """SHA-256 over everything that must not change."""
    told: dict[str, Any] = {
        "kind": row.kind, "first": str(row.first), "last": str(row.last), "scope": row.scope, "scope_name": row.scope_name,
        "by": row.by_id, "note": row.note, "content": row.content,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
