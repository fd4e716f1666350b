"""Robots, what people want to be told how, each sending and its fate, and the secret of a person's calendar."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL
QUIET_FROM, QUIET_UNTIL = time(21, 0), time(8, 0)


class RobotKind(models.TextChoices):
    """Whose robot it is."""

    WECOM = "wecom", "企业微信"
    DINGTALK = "dingtalk", "钉钉"
    FEISHU = "feishu", "飞书"


class Robot(models.Model):
    """A robot of a chat group, for a department with those below it, or for the whole company. Address and key are sealed."""

    name = models.CharField("名称", max_length=60)
    kind = models.CharField("平台", max_length=10, choices=RobotKind.choices)
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="部门")
    address = models.TextField()
    host = models.CharField("主机", max_length=200)
    """What of the address may be shown."""
    secret = models.TextField(blank=True, default="")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "群机器人"


class Preference(models.Model):
    """How a person wants to be reached. Without a row, everything that is set up, and nothing at night."""

    person = models.OneToOneField(PERSON, on_delete=models.PROTECT, primary_key=True, related_name="+")
    mail = models.BooleanField("邮件", default=True)
    robot = models.BooleanField("群机器人", default=True)
    digest = models.BooleanField("每日摘要", default=True)
    quiet_from = models.TimeField("免打扰开始", null=True, default=QUIET_FROM)
    quiet_until = models.TimeField("免打扰结束", null=True, default=QUIET_UNTIL)


class Channel(models.TextChoices):
    """By which way."""

    MAIL = "mail", "邮件"
    ROBOT = "robot", "群机器人"


class DeliveryState(models.TextChoices):
    """What became of it."""

    WAITING = "waiting", "待发送"
    SENT = "sent", "已发送"
    FAILED = "failed", "未送达"
    DROPPED = "dropped", "不必发送"


class Delivery(models.Model):
    """One notice, or one day's digest, to one person by one channel."""

    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField("渠道", max_length=10, choices=Channel.choices)
    robot = models.ForeignKey(Robot, on_delete=models.PROTECT, null=True, related_name="+")
    notice = models.ForeignKey("kernel.Notice", on_delete=models.PROTECT, null=True, related_name="+")
    day = models.DateField(null=True)
    """Of a digest."""
    urgent = models.BooleanField(default=False)
    state = models.CharField("状态", max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    due_at = models.DateTimeField("发送时间")
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    error = models.TextField("原因", blank=True, default="")
    batch = models.UUIDField(null=True)
    """What went out together, and which worker has it in hand."""
    leased_until = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "通知发送"
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["robot", "tried_at"], condition=Q(channel="robot"), name="delivery_by_robot"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "channel"], condition=Q(notice__isnull=False), name="notice_sent_once"
            ),
            models.UniqueConstraint(fields=["person", "day"], condition=Q(day__isnull=False), name="digest_once_a_day"),
        ]


class Feed(models.Model):
    """The address of a person's calendar of duties; only the digest of its secret is kept."""

    person = models.OneToOneField(PERSON, on_delete=models.PROTECT, primary_key=True, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
