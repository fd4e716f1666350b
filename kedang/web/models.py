"""What the web pages keep for themselves: who is signed in where, and how a person likes a list."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from kedang.kernel import clock


class SignIn(models.Model):
    """One signed-in device of a person, beside Django's session row, which knows neither device nor address."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sign_ins", verbose_name="人员")
    session_key = models.CharField(max_length=40, unique=True)
    ip = models.GenericIPAddressField("地址", null=True, blank=True)
    device = models.CharField("设备", max_length=60, blank=True, default="")
    user_agent = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField("登录时间", default=clock.now)
    seen_at = models.DateTimeField("最近使用", default=clock.now)
    ended_at = models.DateTimeField("退出时间", null=True, blank=True)

    class Meta:
        verbose_name = "登录"
        ordering: ClassVar = ["-seen_at"]
        indexes: ClassVar = [models.Index(fields=["person", "-seen_at"], name="sign_in_by_person")]

    def __str__(self) -> str:
        return f"{self.person} {self.device}"


class ListSetting(models.Model):
    """The columns a person chose for a list, in their order, and how wide he drew them."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="人员")
    name = models.CharField("列表", max_length=40)
    columns = models.JSONField("列", default=list)
    widths = models.JSONField("列宽", default=dict)

    class Meta:
        verbose_name = "列表设置"
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "name"], name="list_setting_once")]


class SavedView(models.Model):
    """视图: a name for what a list's address says (scope, search, filters, order, columns). It holds questions, never
    answers: whoever opens it asks them with his own rights."""

    OWN, UNIT, ALL = "own", "unit", "all"
    AUDIENCES: ClassVar = [(OWN, "仅自己"), (UNIT, "本部门"), (ALL, "全部")]

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="人员")
    list = models.CharField("列表", max_length=40)
    name = models.CharField("名称", max_length=30)
    query = models.TextField("条件")
    audience = models.CharField("共享", max_length=4, choices=AUDIENCES, default=OWN)
    unit = models.ForeignKey(
        "org.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="共享部门"
    )
    at = models.DateTimeField("保存时间", default=clock.now)

    class Meta:
        verbose_name = "视图"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "list", "name"], name="saved_view_name_once"),
            models.CheckConstraint(
                condition=models.Q(audience="unit", unit__isnull=False) | ~models.Q(audience="unit"),
                name="saved_view_shared_with_a_unit",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ViewUse(models.Model):
    """What one person makes of a view: a tab of his list, or where his list begins."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="人员")
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="uses", verbose_name="视图")
    pinned = models.BooleanField("置顶", default=False)
    default = models.BooleanField("默认", default=False)

    class Meta:
        verbose_name = "视图用法"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "view"], name="view_use_once"),
        ]


class HomeSetting(models.Model):
    """How a person arranged his home page: cards in order, those he hid, and his quick entries."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="人员")
    cards = models.JSONField("卡片", default=list)
    hidden = models.JSONField("隐藏的卡片", default=list)
    quick = models.JSONField("快捷入口", default=list)

    class Meta:
        verbose_name = "首页设置"
