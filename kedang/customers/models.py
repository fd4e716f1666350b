"""The customer file itself: who it is about, whose it is, how it changed, and what lists sort by."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

# Tables of the same app that have a module of their own: importing them here is what makes Django know them.
from kedang.customers.claims.models import Claim as Claim
from kedang.customers.claims.models import Conflict as Conflict
from kedang.customers.claims.models import Likeness as Likeness
from kedang.customers.importing.models import Import as Import
from kedang.customers.importing.models import ImportRow as ImportRow
from kedang.kernel import clock

ORGANISATION, INDIVIDUAL = "组织", "个人"
ACTIVE, POOL, VOID, DESTROYED = "正常", "公海", "作废", "已销毁"
READ, WRITE = "只读", "读写"


class Customer(models.Model):
    """One customer file (客户档案). Its id is the `file` number of every event, duty, form and record about it."""

    KINDS: ClassVar = [(ORGANISATION, ORGANISATION), (INDIVIDUAL, INDIVIDUAL)]
    STATUSES: ClassVar = [(ACTIVE, ACTIVE), (POOL, POOL), (VOID, VOID), (DESTROYED, DESTROYED)]

    number = models.CharField("编号", max_length=40, unique=True)
    name = models.CharField("客户名称", max_length=120)
    normalized_name = models.CharField(max_length=120)
    sort_key = models.CharField(max_length=120, db_index=True)
    initials = models.CharField(max_length=120, blank=True, default="")
    kind = models.CharField("客户性质", max_length=4, choices=KINDS, default=ORGANISATION)
    # Null, not '': the constraint below then lets any number of files be without a code.
    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True)
    phone = models.CharField("电话", max_length=40, blank=True, default="")
    address = models.CharField("地址", max_length=200, blank=True, default="")
    nature = models.CharField("企业性质", max_length=40, blank=True, default="")
    parent_unit = models.CharField("主管单位", max_length=120, blank=True, default="")
    source = models.CharField("来源", max_length=40, blank=True, default="")
    status = models.CharField("状态", max_length=8, choices=STATUSES, default=ACTIVE)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True,
        related_name="owned_files", verbose_name="负责人", db_index=False,
    )  # fmt: skip
    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="files", verbose_name="归属部门", db_index=False)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人", db_index=False
    )
    registered_on = models.DateField("登记日期")
    owner_since = models.DateTimeField("负责起始", null=True, blank=True)
    updated_at = models.DateTimeField("最近更新", default=clock.now)
    # Optimistic locking: a save names the version it started from.
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-updated_at", "-id"]
        verbose_name = "客户档案"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["credit_code"], condition=Q(credit_code__isnull=False), name="customer_credit_code_once"),
            models.CheckConstraint(condition=~Q(credit_code=""), name="customer_credit_code_null_not_empty"),
            models.CheckConstraint(condition=~Q(name=""), name="customer_has_name"),
        ]  # fmt: skip
        indexes: ClassVar = [
            models.Index(fields=["normalized_name"], name="customer_normalized"),
            models.Index(fields=["unit", "-updated_at", "-id"], name="customer_unit_recent"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="customer_owner_recent"),
            models.Index(fields=["-updated_at", "-id"], name="customer_recent"),
            # What was registered in some days, counted by department or owner without reading a row.
            models.Index(fields=["registered_on", "unit", "owner", "status"], name="customer_registered"),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.number}）"


class FormerName(models.Model):
    """A name the customer had before (曾用名); still found by search and by 查重."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="former_names", verbose_name="客户")
    name = models.CharField("曾用名", max_length=120)
    normalized_name = models.CharField(max_length=120, db_index=True)
    until = models.DateTimeField("停用时间", default=clock.now)

    class Meta:
        ordering: ClassVar = ["-until", "-id"]
        verbose_name = "曾用名"


class Contact(models.Model):
    """A person at the customer (联系人)."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts", verbose_name="客户")
    name = models.CharField("姓名", max_length=60)
    post = models.CharField("职务", max_length=60, blank=True, default="")
    phone = models.CharField("电话", max_length=40, blank=True, default="")
    email = models.EmailField("邮箱", blank=True, default="")
    decision_role = models.CharField("决策角色", max_length=20, blank=True, default="")
    primary = models.BooleanField("首要联系人", default=False)
    left_at = models.DateTimeField("停用时间", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-primary", "id"]
        verbose_name = "联系人"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer"], condition=Q(primary=True), name="contact_one_primary"),
        ]

    def __str__(self) -> str:
        return self.name


class PhoneDigits(models.Model):
    """The digits of every phone of a file (its own and its contacts'), so that 查重 finds a number however it was typed."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="phone_digits", verbose_name="客户")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    digits = models.CharField(max_length=30, db_index=True)

    class Meta:
        verbose_name = "电话数字"


class Collaborator(models.Model):
    """协作人: works on a file that another owns, from `since` until `until` (open: still)."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="collaborators", verbose_name="客户")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="shared_files", verbose_name="协作人"
    )
    access = models.CharField("权限", max_length=4, choices=[(READ, READ), (WRITE, WRITE)], default=WRITE)
    since = models.DateTimeField("起", default=clock.now)
    until = models.DateTimeField("止", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["since", "id"]
        verbose_name = "协作人"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "person"], condition=Q(until=None), name="collaborator_once"),
        ]


class Star(models.Model):
    """关注: a file somebody keeps an eye on; his own mark, nobody else's business."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="人员")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", verbose_name="客户")
    at = models.DateTimeField("关注时间", default=clock.now)

    class Meta:
        verbose_name = "关注"
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "customer"], name="star_once")]


class OwnerHistory(models.Model):
    """Who owned a file from when to when, and why it passed on (负责人记录)."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="owner_history", verbose_name="客户")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="负责人"
    )
    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="+", verbose_name="归属部门")
    start = models.DateTimeField("起")
    end = models.DateTimeField("止", null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办人"
    )
    reason = models.CharField("原因", max_length=200, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-start", "-id"]
        verbose_name = "负责人记录"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer"], condition=Q(end=None), name="owner_history_one_open"),
            models.CheckConstraint(
                condition=Q(end=None) | Q(end__gte=F("start")), name="owner_history_ends_after_start"
            ),
        ]


class Change(models.Model):
    """One field's old and new value (变更记录): who, for whom, when, why, and the event that proves it."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="changes", verbose_name="客户")
    field = models.CharField("字段", max_length=60)
    label = models.CharField("名称", max_length=60)
    group = models.CharField(max_length=20, blank=True, default="base")
    old = models.TextField("原值", blank=True, default="")
    new = models.TextField("新值", blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办人"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="代"
    )
    at = models.DateTimeField("时间", default=clock.now)
    reason = models.CharField("原因", max_length=200, blank=True, default="")
    event = models.BigIntegerField(null=True, blank=True)
    # The customer's version that this change made: from it the original value of a stale form is found.
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        verbose_name = "变更记录"
        indexes: ClassVar = [models.Index(fields=["customer", "-at"], name="change_customer_recent")]


class FileSummary(models.Model):
    """One row a file with what lists show and sort by. Each app writes its own columns inside its own actions."""

    customer = models.OneToOneField(
        Customer, models.PROTECT, primary_key=True, related_name="summary", verbose_name="客户"
    )
    # engagement
    last_contact_at = models.DateTimeField("最后跟进", null=True, blank=True)
    last_contact_kind = models.CharField("最后跟进方式", max_length=20, blank=True, default="")
    last_contact_text = models.CharField("最后跟进内容", max_length=80, blank=True, default="")
    next_contact_on = models.DateField("下次联系", null=True, blank=True)
    contact_count = models.PositiveIntegerField("跟进次数", default=0)
    # records
    completeness = models.PositiveSmallIntegerField("档案完整度", null=True, blank=True)
    # trade; integer 分
    contract_fen = models.BigIntegerField("合同额", default=0)
    expense_fen = models.BigIntegerField("费用", default=0)

    class Meta:
        verbose_name = "档案摘要"
        indexes: ClassVar = [
            models.Index(fields=["last_contact_at", "customer"], name="summary_contacted"),
            models.Index(fields=["next_contact_on", "customer"], name="summary_to_contact"),
            models.Index(fields=["completeness", "customer"], name="summary_complete"),
        ]


class SearchText(models.Model):
    """What search compares, folded, one line a value; the full-text index over it is built by migration 0002.

    Two rows a file: what everyone who may know of the file may search by, and (`private`) the names and phones of its
    contacts, which only those may search by who may open it: otherwise a masked number could be found by trying.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="search_texts", verbose_name="客户")
    private = models.BooleanField(default=False)
    text = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = "检索文本"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "private"], name="search_text_once"),
        ]
