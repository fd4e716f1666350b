"""Expense claims and contracts. Money is integer 分."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kedang.kernel import clock

EXPENSE_KINDS = ["招待", "差旅", "礼品", "其他"]
PENDING, REVIEWED, RETURNED, PAID = "待审", "已审核", "退回", "已报销"
IN_FORCE, TERMINATED = "履行中", "已终止"
VOIDED = "作废"


class ExpenseClaim(models.Model):
    """A claim for money spent on a customer (费用报销单)."""

    STATES: ClassVar = [(state, state) for state in (PENDING, REVIEWED, RETURNED, PAID, VOIDED)]

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, blank=True, related_name="expenses", verbose_name="客户"
    )
    claimant = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="expenses", verbose_name="报销人"
    )
    kind = models.CharField("费用类型", max_length=8, choices=[(kind, kind) for kind in EXPENSE_KINDS])
    amount_fen = models.BigIntegerField("金额（分）")
    occurred_on = models.DateField("发生日期")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    state = models.CharField("状态", max_length=8, choices=STATES, default=PENDING)
    # 事后备案: spent before the customer was filed; finance judges.
    filed_after = models.BooleanField("事后备案", default=False)
    submitted_at = models.DateTimeField("提交时间", default=clock.now)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审核人"
    )
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    opinion = models.CharField("审核意见", max_length=200, blank=True, default="")
    paid_at = models.DateTimeField("报销时间", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-submitted_at", "-id"]
        verbose_name = "费用报销单"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(amount_fen__gt=0), name="expense_positive")]
        indexes: ClassVar = [models.Index(fields=["state", "-submitted_at"], name="expense_state_recent")]

    @property
    def amount(self) -> Decimal:
        """元, two decimals."""
        return Decimal(self.amount_fen).scaleb(-2)


class Contract(models.Model):
    """A contract with a customer; ended by `contract.terminate` only."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="contracts", verbose_name="客户")
    name = models.CharField("合同名称", max_length=120)
    amount_fen = models.BigIntegerField("金额（分）", null=True, blank=True)
    signed_on = models.DateField("签订日期")
    state = models.CharField(
        "状态", max_length=8, choices=[(one, one) for one in (IN_FORCE, TERMINATED, VOIDED)], default=IN_FORCE
    )
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人")
    terminated_at = models.DateTimeField("终止时间", null=True, blank=True)
    termination_reason = models.CharField("终止原因", max_length=200, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-signed_on", "-id"]
        verbose_name = "合同"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_fen=None) | Q(amount_fen__gte=0), name="contract_not_negative"),
        ]
        indexes: ClassVar = [models.Index(fields=["signed_on"], name="contract_signed")]

    @property
    def amount(self) -> Decimal | None:
        """元, two decimals; None when the contract names no amount."""
        return None if self.amount_fen is None else Decimal(self.amount_fen).scaleb(-2)
