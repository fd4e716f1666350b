"""One row an uploaded file; the content lies in the store under its SHA-256, shared by rows with the same bytes."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kedang.kernel import clock


class Blob(models.Model):
    """What was uploaded, by whom, and which customer file it belongs to once a deed has named it."""

    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.PositiveBigIntegerField("大小")
    type = models.CharField("类型", max_length=120)
    name = models.CharField("原文件名", max_length=255)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上传人")
    at = models.DateTimeField("上传时间", default=clock.now)
    file = models.BigIntegerField("客户档案", null=True, blank=True)
    kept_at = models.DateTimeField("存入时间", null=True, blank=True)
    """None: a draft, which only its uploader can name and which is swept after a day."""
    gone_at = models.DateTimeField("销毁时间", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name = "文件"
        indexes: ClassVar = [
            models.Index(fields=["sha256"], name="blob_content", condition=Q(gone_at=None)),
            models.Index(fields=["file"], name="blob_of_file"),
            models.Index(fields=["at"], name="blob_draft", condition=Q(kept_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:12]})"
