"""The archive: when a file was taken in and under which class, how long it is kept, who has it, what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kedang.kernel import clock

PERSON = settings.AUTH_USER_MODEL
ORIGINAL, ELECTRONIC = "原件", "电子"
MEDIA = [ORIGINAL, ELECTRONIC]


class Archive(models.Model):
    """归档 of a file: once. The class may change later (`ArchiveMove`); the day it counts from does not."""

    customer = models.OneToOneField("customers.Customer", models.PROTECT, related_name="archive", verbose_name="客户")
    archived_at = models.DateTimeField("归档时间", default=clock.now)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name="归档人")
    custodian = models.ForeignKey(PERSON, models.PROTECT, related_name="+", verbose_name="保管人")
    # 'pack.term' and its value; '' where no regulation sorts its archive.
    term = models.CharField("归档依据", max_length=120, blank=True, default="")
    value = models.CharField("归档类别", max_length=60, blank=True, default="")
    expires_on = models.DateField("保管期满", null=True, blank=True)

    class Meta:
        verbose_name = "归档记录"
        indexes: ClassVar = [models.Index(fields=["expires_on"], name="archive_expires")]


class ArchiveMove(models.Model):
    """An archived file passed from one class to another (未成交 → 已成交)."""

    archive = models.ForeignKey(Archive, models.PROTECT, related_name="moves", verbose_name="归档记录")
    old = models.CharField("原类别", max_length=60, blank=True, default="")
    new = models.CharField("新类别", max_length=60, blank=True, default="")
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办人")
    at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        verbose_name = "归档类别变更"


class Loan(models.Model):
    """借阅: agreed to when the row is made; in somebody's hands only from its registration until its return."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="loans", verbose_name="客户")
    borrower = models.ForeignKey(PERSON, models.PROTECT, related_name="loans", verbose_name="借阅人")
    purpose = models.CharField("用途", max_length=200, blank=True, default="")
    medium = models.CharField("借阅方式", max_length=2, choices=[(each, each) for each in MEDIA], default=ELECTRONIC)
    approved_at = models.DateTimeField("批准时间", default=clock.now)
    registered_at = models.DateTimeField("登记时间", null=True, blank=True)
    registered_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登记人"
    )
    due_at = models.DateTimeField("应还时间", null=True, blank=True)
    returned_at = models.DateTimeField("归还时间", null=True, blank=True)
    received_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="收回人"
    )
    note = models.CharField("归还说明", max_length=200, blank=True, default="")
    # The kernel's Grant that lets the borrower see it.
    grant = models.BigIntegerField("授权", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-approved_at", "-id"]
        verbose_name = "借阅"
        constraints: ClassVar = [
            # There is one original: the database itself refuses a second hand on it.
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(medium=ORIGINAL, registered_at__isnull=False, returned_at=None),
                name="loan_one_original",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["due_at"], name="loan_out", condition=Q(returned_at=None))]

    @property
    def out(self) -> bool:
        """Whether it is in somebody's hands."""
        return self.registered_at is not None and self.returned_at is None

    @property
    def standing(self) -> tuple[str, str]:
        """(where it stands, the colour of its tag). What was lent electronically is out of sight when its time is over."""
        if self.returned_at is not None:
            return "已归还", "green"
        if self.registered_at is None:
            return "已批准，待登记", "blue"
        if self.due_at is None or self.due_at >= clock.now():
            return "借出", "amber"
        return ("逾期未还", "red") if self.medium == ORIGINAL else ("到期已收回", "")


class Destruction(models.Model):
    """销毁记录: what remains of a destroyed file, for good. Names no customer."""

    customer = models.OneToOneField(
        "customers.Customer", models.PROTECT, related_name="destruction", verbose_name="客户"
    )
    number = models.CharField("销毁编号", max_length=40, unique=True)
    file_number = models.CharField("档案编号", max_length=40)
    category = models.CharField("归档类别", max_length=60, blank=True, default="")
    registered_on = models.DateField("建档日期")
    archived_on = models.DateField("归档日期", null=True, blank=True)
    expired_on = models.DateField("保管期满", null=True, blank=True)
    reason = models.CharField("销毁事由", max_length=200, blank=True, default="")
    asked_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+", verbose_name="申请人")
    """None where a restored database does not know the person any more; so are the other two."""
    approvals = models.JSONField("审批", default=list)
    """[{name, role, at}] in the order of the route."""
    approved_at = models.DateTimeField("批准时间", default=clock.now)
    items = models.PositiveIntegerField("件数", default=0)
    pages = models.PositiveIntegerField("页数", default=0)
    method = models.CharField("销毁方式", max_length=60, blank=True, default="")
    supervisor = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="监督人"
    )
    executed_by = models.ForeignKey(
        PERSON, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="执行人"
    )
    executed_at = models.DateTimeField("销毁时间", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-approved_at", "-id"]
        verbose_name = "销毁记录"
