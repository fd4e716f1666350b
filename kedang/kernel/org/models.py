"""People, units, posts and who held what when. All of it is dated; nothing about the past is overwritten."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q


class PersonManager(BaseUserManager["Person"]):
    """Creates people with a hashed password; what Django's commands expect."""

    def create_user(self, username: str, password: str | None = None, **extra: Any) -> Person:
        """A person who may sign in; without a password nobody can sign in as them."""
        person = self.model(username=username, **extra)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, username: str, password: str | None = None, **extra: Any) -> Person:
        """The administrator of the installation; norms bind them like anyone."""
        return self.create_user(username, password, **{"name": username, **extra, "is_admin": True})


class Person(AbstractBaseUser):
    """Somebody of the company. `is_active` False is 停权 (access ends at once); `left_on` is 离职."""

    username = models.CharField("登录名", max_length=60, unique=True)
    name = models.CharField("姓名", max_length=60)
    employee_no = models.CharField("工号", max_length=30, blank=True, default="")
    phone = models.CharField("手机", max_length=30, blank=True, default="")
    email = models.EmailField("邮箱", blank=True, default="")
    sort_key = models.CharField(max_length=120, blank=True, default="", db_index=True)
    is_active = models.BooleanField("可登录", default=True)
    left_on = models.DateField("离职日期", null=True, blank=True)
    is_admin = models.BooleanField("系统管理员", default=False)
    must_change_password = models.BooleanField("须改密码", default=False)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering: ClassVar = ["sort_key", "id"]
        verbose_name = "人员"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["employee_no"], condition=~Q(employee_no=""), name="person_employee_no_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Never: rights come from packs, not from Django's permission tables."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        """Never, as above."""
        return False


class Unit(models.Model):
    """A department; `path` ('001.002.') makes 'this unit and below' one indexed prefix query."""

    name = models.CharField("名称", max_length=60)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级部门"
    )
    path = models.CharField(max_length=120, unique=True)
    sort = models.PositiveIntegerField("排序", default=0)
    closed_on = models.DateField("撤销日期", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["path"]
        verbose_name = "部门"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parent", "name"], name="unit_name_once_under_parent"),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="unit_name_once_at_root"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def depth(self) -> int:
        """0 for a root unit."""
        return self.path.count(".") - 1


class Post(models.Model):
    """A job that packs refer to by `key`; a head post (`is_head`) leads its unit."""

    key = models.CharField("代号", max_length=60, unique=True)
    name = models.CharField("名称", max_length=60)
    is_head = models.BooleanField("部门负责人", default=False)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = "岗位"

    def __str__(self) -> str:
        return self.name


class Appointment(models.Model):
    """A person holds a post in a unit from `start` through `end`, both days included; no end: until further notice."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="appointments", verbose_name="人员")
    post = models.ForeignKey(Post, models.PROTECT, related_name="appointments", verbose_name="岗位")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="appointments", verbose_name="部门")
    start = models.DateField("起")
    end = models.DateField("止（含当日）", null=True, blank=True)
    primary = models.BooleanField("主岗", default=True)

    class Meta:
        ordering: ClassVar = ["person", "-primary", "start", "id"]
        verbose_name = "任职"
        indexes: ClassVar = [
            models.Index(fields=["unit", "post", "start"], name="appointment_unit_post"),
            models.Index(fields=["person", "start"], name="appointment_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.unit} {self.post}"


class Delegation(models.Model):
    """代理: the delegate may act for the principal from `start` through `end`, unless revoked before."""

    principal = models.ForeignKey(Person, models.PROTECT, related_name="delegations_given", verbose_name="委托人")
    delegate = models.ForeignKey(Person, models.PROTECT, related_name="delegations_held", verbose_name="代理人")
    start = models.DateField("起")
    end = models.DateField("止（含当日）")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    revoked_at = models.DateTimeField("收回时间", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-start", "id"]
        verbose_name = "代理"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(principal=F("delegate")), name="delegation_to_another"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="delegation_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.delegate} 代 {self.principal}"


class PasswordLink(models.Model):
    """A link with which a person sets a password himself, once and before it expires. Only the digest of it is kept."""

    class Kind(models.TextChoices):
        SETUP = "setup", "首次设置"
        RESET = "reset", "重设"

    person = models.ForeignKey(Person, models.PROTECT, related_name="password_links", verbose_name="人员")
    kind = models.CharField("种类", max_length=8, choices=Kind.choices)
    digest = models.CharField(max_length=64, unique=True)
    issued_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name="签发人")
    issued_at = models.DateTimeField("签发时间")
    expires_at = models.DateTimeField("有效期至")
    used_at = models.DateTimeField("使用时间", null=True, blank=True)
    ended_at = models.DateTimeField("作废时间", null=True, blank=True)

    class Meta:
        verbose_name = "密码链接"
        indexes: ClassVar = [models.Index(fields=["person", "expires_at"], name="password_link_person")]

    def __str__(self) -> str:
        return f"{self.person} {self.get_kind_display()}"


class StaffDraft(models.Model):
    """A staff list that was read without fault and waits for somebody to look at its preview and merge it."""

    rows = models.JSONField("名单")
    file_name = models.CharField("文件名", max_length=200)
    loaded_by = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="上传人")
    loaded_at = models.DateTimeField("上传时间")
    merged_at = models.DateTimeField("并入时间", null=True, blank=True)

    class Meta:
        verbose_name = "员工名单"

    def __str__(self) -> str:
        return self.file_name


class Handover(models.Model):
    """交接 of what a leaver holds: a list, a receiver for every line of it, three signatures, and what became of it."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="handover", verbose_name="移交人")
    supervisor = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name="监交人")
    reason = models.CharField("事由", max_length=200, blank=True, default="")
    opened_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name="办理人")
    opened_at = models.DateTimeField("开始时间")
    digest = models.CharField("清单摘要", max_length=64, blank=True, default="")
    giver_signed_at = models.DateTimeField("移交人签字", null=True, blank=True)
    giver_absent = models.CharField("移交人不在场的说明", max_length=200, blank=True, default="")
    supervisor_signed_at = models.DateTimeField("监交人签字", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    duty = models.BigIntegerField("待办", null=True, blank=True)

    class Meta:
        verbose_name = "离职交接"

    def __str__(self) -> str:
        return f"{self.person} 交接"


class HandoverLine(models.Model):
    """One thing held: its kind and number in the registry of holdings, who takes it, and when he got it."""

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="lines")
    kind = models.CharField("种类", max_length=40)
    ref = models.BigIntegerField("编号")
    label = models.CharField("内容", max_length=300)
    file = models.BigIntegerField("客户档案", null=True, blank=True)
    receiver = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="接收人")
    moved_at = models.DateTimeField("移交时间", null=True, blank=True)
    problem = models.CharField("没有办成的原因", max_length=300, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["kind", "label", "id"]
        verbose_name = "交接清单"
        constraints: ClassVar = [models.UniqueConstraint(fields=["handover", "kind", "ref"], name="handover_line_once")]

    def __str__(self) -> str:
        return self.label


class HandoverReceipt(models.Model):
    """A receiver's count of what he takes over; a difference is on record with what he says of it."""

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="receipts")
    receiver = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name="接收人")
    expected = models.PositiveIntegerField("应接")
    counted = models.PositiveIntegerField("实点")
    note = models.CharField("差异说明", max_length=200, blank=True, default="")
    at = models.DateTimeField("清点时间")

    class Meta:
        verbose_name = "清点"
        constraints: ClassVar = [models.UniqueConstraint(fields=["handover", "receiver"], name="handover_receipt_once")]

    def __str__(self) -> str:
        return f"{self.receiver} {self.counted}/{self.expected}"
