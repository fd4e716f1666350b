"""The append-only ledger. Database triggers refuse every update and delete (migration 0002)."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property

from kedang.kernel import clock


class Event(models.Model):
    """What happened. The evidence, and the only trigger of norms."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    file = models.BigIntegerField(null=True, blank=True)
    subject = models.CharField(max_length=80, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    command = models.UUIDField()
    appointment = models.ForeignKey(
        "org.Appointment", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    occurred_at = models.DateTimeField(default=clock.now)
    recorded_at = models.DateTimeField(default=clock.now)
    norm = models.CharField(max_length=80, blank=True, default="")
    clause = models.CharField(max_length=40, blank=True, default="")
    pack = models.CharField(max_length=60, blank=True, default="")
    origin = models.CharField(max_length=20, blank=True, default="")
    data = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name = "事件"
        indexes: ClassVar = [
            models.Index(fields=["file", "-id"], name="event_file"),
            models.Index(fields=["kind", "file"], name="event_kind_file"),
            models.Index(fields=["actor", "-id"], name="event_actor"),
            models.Index(fields=["on_behalf_of", "-id"], name="event_behalf", condition=~models.Q(on_behalf_of=None)),
            models.Index(fields=["pack", "clause", "kind", "recorded_at"], name="event_clause"),
            models.Index(fields=["command"], name="event_command"),
            models.Index(fields=["subject", "kind"], name="event_subject", condition=~models.Q(subject="")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"

    @cached_property
    def texts(self) -> dict[str, str]:
        """The free texts that stand beside this event; one query, unless `attach_texts` has asked for a whole list."""
        return {each.field: each.new for each in self.values.all() if each.salt}


class Value(models.Model):
    """A personal value beside the ledger, so that it can be blanked by law without breaking the chain.

    The event carries this row's id and a digest over salt and content; blanking removes the salt too, without which a
    phone number could be found again by trying them all.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.ForeignKey(Event, models.PROTECT, related_name="values")
    file = models.BigIntegerField(null=True, blank=True, db_index=True)
    person = models.BigIntegerField(null=True, blank=True, db_index=True)
    field = models.CharField(max_length=80)
    old = models.TextField(blank=True, default="")
    new = models.TextField(blank=True, default="")
    salt = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["event", "field"]
        verbose_name = "个人信息值"


class Correction(models.Model):
    """更正: an event that was recorded wrongly, and the one that says so. Both stay; what is counted leaves the first out."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="correction")
    by = models.ForeignKey(Event, models.PROTECT, related_name="+", null=True)
    reason = models.TextField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "更正"


class Seal(models.Model):
    """A digest over the events of a range and the previous seal."""

    first_id = models.BigIntegerField(unique=True)
    last_id = models.BigIntegerField(unique=True)
    count = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name = "封印"

    def __str__(self) -> str:
        return f"{self.first_id}–{self.last_id} {self.digest[:12]}"
