"""The items (件) of a customer file: numbered within it, kept in versions, never deleted one by one."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from kedang.kernel import clock

OPEN, INTERNAL, SECRET, TOP_SECRET = "公开", "内部", "商业秘密", "核心商业秘密"
SECRECY = [OPEN, INTERNAL, SECRET, TOP_SECRET]
PERSON = settings.AUTH_USER_MODEL


class Item(models.Model):
    """One item of a file (件): what it is, when it was issued, who answers for it, how secret it is."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="items", verbose_name="客户")
    number = models.PositiveIntegerField("件号")
    title = models.CharField("题名", max_length=200, blank=True)
    # 'pack.type' of the pack's record_types; '' for what no regulation names.
    kind = models.CharField("材料种类", max_length=120, blank=True, default="")
    issued_on = models.DateField("成文日期")
    responsible = models.CharField("责任者", max_length=120, blank=True, default="")
    pages = models.PositiveIntegerField("页数", null=True, blank=True)
    secrecy = models.CharField("密级", max_length=8, choices=[(each, each) for each in SECRECY], default=INTERNAL)
    purpose = models.CharField("收集目的", max_length=200, blank=True, default="")
    consent = models.ForeignKey(
        "blobs.Blob", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="同意凭证"
    )
    version = models.PositiveIntegerField("版本", default=1)
    twin = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="内容相同的件"
    )
    twin_reason = models.CharField("重复存入的理由", max_length=200, blank=True, default="")
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name="存入人")
    at = models.DateTimeField("存入时间", default=clock.now)
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    voided_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="作废人"
    )
    void_reason = models.CharField("作废理由", max_length=200, blank=True, default="")

    class Meta:
        # The catalogue's order: by issue date, ties by number.
        ordering: ClassVar = ["issued_on", "number"]
        verbose_name = "档案件"
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "number"], name="item_number_once")]
        indexes: ClassVar = [models.Index(fields=["customer", "issued_on", "number"], name="item_catalogue")]

    def __str__(self) -> str:
        return f"第{self.number}件 {self.title}"


class ItemVersion(models.Model):
    """The content of an item as it was put in or replaced; older ones stay."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="versions", verbose_name="件")
    number = models.PositiveIntegerField("版本")
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name="经办人")
    at = models.DateTimeField("时间", default=clock.now)
    reason = models.CharField("替换理由", max_length=200, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-number"]
        verbose_name = "件的版本"
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "number"], name="item_version_once")]


class ItemBlob(models.Model):
    """One file of a version, in order."""

    version = models.ForeignKey(ItemVersion, models.PROTECT, related_name="files", verbose_name="版本")
    position = models.PositiveSmallIntegerField("顺序")
    blob = models.ForeignKey("blobs.Blob", models.PROTECT, related_name="+", verbose_name="文件")

    class Meta:
        ordering: ClassVar = ["version", "position"]
        verbose_name = "件的文件"
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "position"], name="item_blob_once")]


class Catalogue(models.Model):
    """案卷目录 of a file: how often its order was changed after the fact, and when last."""

    customer = models.OneToOneField(
        "customers.Customer", models.PROTECT, primary_key=True, related_name="catalogue", verbose_name="客户"
    )
    revision = models.PositiveIntegerField("修订次数", default=0)
    revised_at = models.DateTimeField("修订时间", null=True, blank=True)
    why = models.CharField("修订原因", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "案卷目录"
