"""Tokens of the API, subscriptions to events, and what was sent to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class Token(models.Model):
    """A key that acts as its person. The secret is shown once; only its SHA-256 is kept (it is 32 random bytes: no salt)."""

    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField("名称", max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    """The first letters of the secret, by which people tell tokens apart."""
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.GenericIPAddressField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "API 令牌"
        indexes = [models.Index(fields=["person", "-created_at"], name="api_token_by_person")]


class Webhook(models.Model):
    """A person's subscription: events of these kinds on files that he may open are posted to this address."""

    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField("地址", max_length=500)
    kinds = models.JSONField("事件", default=list)
    salt = models.CharField(max_length=64)
    """The signing secret is derived from it and the installation's key, so that no table and no backup holds it."""
    active = models.BooleanField(default=True)
    cursor = models.BigIntegerField(default=0)
    """The last event that was looked at for it."""
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "Webhook"
        indexes = [models.Index(fields=["person", "-created_at"], name="webhook_by_person")]


class DeliveryState(models.TextChoices):
    """Where a message stands."""

    WAITING = "waiting", "待发送"
    SENT = "sent", "已送达"
    GIVEN_UP = "given_up", "已放弃"
    WITHHELD = "withheld", "未发送（已无权查看）"


class Delivery(models.Model):
    """One event for one subscription. What is sent is made up at the moment of sending; nothing of it is kept here."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "Webhook 发送"
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["webhook", "-id"], name="delivery_by_webhook"),
        ]
