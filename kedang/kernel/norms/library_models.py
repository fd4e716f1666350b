"""Rows of what the company adds to a regulation: readings of clauses, and forms out of use (see `library`)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class Interpretation(models.Model):
    """条款解释: how the company reads a clause; shown to everybody beside it, never taken back, only followed by another."""

    pack = models.CharField("制度", max_length=80)
    clause = models.CharField("条款", max_length=40)
    text = models.TextField("解释")
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        app_label = "norms"
        verbose_name = verbose_name_plural = "条款解释"
        indexes = [models.Index(fields=["pack", "clause", "-at"], name="interpretation_of_clause")]


class RetiredForm(models.Model):
    """停用的表单: not filed any more from `since` until it is taken back into use."""

    form = models.CharField("表单", max_length=120)
    since = models.DateTimeField("停用时间")
    until = models.DateTimeField("恢复时间", null=True, blank=True)
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("原因", max_length=200, blank=True, default="")

    class Meta:
        app_label = "norms"
        verbose_name = verbose_name_plural = "停用的表单"
        constraints = [models.UniqueConstraint(fields=["form"], condition=Q(until=None), name="form_retired_once")]
