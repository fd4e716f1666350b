"""An import of a list: the file, how it was read, what was chosen, and what became of each row."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from kedang.kernel import clock


class Stage(models.TextChoices):
    """Where an import stands."""

    ARRANGING = "arranging", "待核对"
    RUNNING = "running", "导入中"
    DONE = "done", "已完成"
    UNDOING = "undoing", "撤销中"
    UNDONE = "undone", "已撤销"
    DROPPED = "dropped", "已放弃"


class RowState(models.TextChoices):
    """What is known of a row: found by the check, or come of the import."""

    BAD = "bad", "有错误"
    SAME = "same", "重复"
    LIKE = "like", "疑似重复"
    TWIN = "twin", "表内重复"
    CREATED = "created", "新建"
    UPDATED = "updated", "覆盖"
    SKIPPED = "skipped", "跳过"
    FAILED = "failed", "失败"
    WAITING = "waiting", "须审批"


CHECKED = (RowState.BAD, RowState.SAME, RowState.LIKE, RowState.TWIN)
RESULTS = (RowState.CREATED, RowState.UPDATED, RowState.SKIPPED, RowState.FAILED, RowState.WAITING)
SETTLED = (RowState.CREATED, RowState.UPDATED, RowState.WAITING)
"""Rows that a corrected workbook does not bring a second time."""


class Import(models.Model):
    """One list brought in by one person. Its rows' personal content stays in the file; rows keep only outcomes."""

    number = models.CharField("导入编号", max_length=40, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="导入人")
    at = models.DateTimeField("上传时间", default=clock.now)
    blob = models.ForeignKey("blobs.Blob", models.PROTECT, related_name="+", verbose_name="文件")
    sheet = models.CharField("工作表", max_length=120, blank=True, default="")
    table = models.JSONField(default=dict)
    layout = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    stage = models.CharField("状态", max_length=12, choices=Stage.choices, default=Stage.ARRANGING)
    checked = models.JSONField(null=True)
    """Figures of the last check of all rows; None while there is none."""
    check_job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, related_name="+")
    counts = models.JSONField(default=dict)
    job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, related_name="+")
    undo_job = models.ForeignKey("jobs.Job", models.SET_NULL, null=True, related_name="+")
    continues = models.ForeignKey("self", models.PROTECT, null=True, related_name="continued_by", verbose_name="续自")
    started_at = models.DateTimeField("开始导入", null=True)
    finished_at = models.DateTimeField("完成", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)
    undo_reason = models.CharField("撤销原因", max_length=200, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = "导入"
        indexes: ClassVar = [models.Index(fields=["by", "-id"], name="import_by_person")]

    def __str__(self) -> str:
        return self.number


class ImportRow(models.Model):
    """One row of a list: outcomes and messages, never its content."""

    batch = models.ForeignKey(Import, models.PROTECT, related_name="rows", verbose_name="导入", db_index=False)
    line = models.PositiveIntegerField("行号")
    origin = models.PositiveIntegerField("原行号")
    """Line in the first file of a chain of corrected workbooks; the line itself in a first file."""
    state = models.CharField("结果", max_length=8, choices=RowState.choices)
    customer = models.BigIntegerField("客户档案", null=True)
    request = models.BigIntegerField("审批", null=True)
    message = models.TextField("说明", blank=True, default="")
    errors = models.JSONField(default=dict)
    found = models.JSONField(default=list)
    """Ids of files that may be the same customer; whether a reader may know of them is asked when they are shown."""
    choice = models.CharField("处理", max_length=30, blank=True, default="")
    """Of 逐条: skip, new, or overwrite:<file>."""
    undone = models.CharField("撤销", max_length=8, blank=True, default="")
    """done, or kept (with the reason in undo_note)."""
    undo_note = models.CharField("撤销说明", max_length=300, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["line"]
        verbose_name = "导入行"
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "line"], name="import_row_once")]
        indexes: ClassVar = [
            models.Index(fields=["batch", "state", "line"], name="import_row_state"),
            models.Index(fields=["customer"], name="import_row_customer", condition=models.Q(customer__isnull=False)),
        ]
