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
    """The columns a person chose for a list, in their order."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="人员")
    name = models.CharField("列表", max_length=40)
    columns = models.JSONField("列", default=list)

    class Meta:
        verbose_name = "列表设置"
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "name"], name="list_setting_once")]
