"""What the kernel itself keeps: idempotency keys, notices (outbox), warnings, parked rows and the tick's pulse."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class CommandKey(models.Model):
    """One deed a key: the second post of a key waits for the first and gets its result."""

    key = models.CharField(max_length=120, unique=True)
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    digest = models.CharField(max_length=64)
    outcome = models.CharField(max_length=12, default="pending")
    result = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="command_key_at")]


class Notice(models.Model):
    """A message to one person, written in the deed's own transaction; the worker delivers it elsewhere."""

    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=20, default="notice")
    text = models.TextField()
    file = models.BigIntegerField(null=True, blank=True)
    duty = models.BigIntegerField(null=True, blank=True)
    request = models.BigIntegerField(null=True, blank=True)
    pack = models.CharField(max_length=80, blank=True, default="")
    norm = models.CharField(max_length=120, blank=True, default="")
    clause = models.CharField(max_length=40, blank=True, default="")
    event = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    urgent = models.BooleanField(default=False)
    """The regulation says so: it does not wait for the end of quiet hours."""
    planned_at = models.DateTimeField(null=True, blank=True)
    """When it was decided by which ways it goes out (delivery/planning.py)."""

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        indexes = [
            models.Index(fields=["person", "-at"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["person", "-at"], name="notice_by_person"),
            models.Index(fields=["id"], condition=Q(planned_at=None), name="notice_unplanned"),
        ]


class Chip(models.Model):
    """A warning that stays on a file until its norm no longer holds (effect: warn)."""

    file = models.BigIntegerField()
    norm = models.CharField(max_length=120)
    pack = models.CharField(max_length=80)
    clause = models.CharField(max_length=40)
    text = models.TextField()
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "norm"], name="chip_once")]


class Parked(models.Model):
    """A row that raised while time passed: set aside and reported, while the rest goes on."""

    step = models.CharField(max_length=40)
    row = models.CharField(max_length=120)
    error = models.TextField()
    number = models.CharField("故障编号", max_length=20)
    at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "row"], condition=Q(solved_at=None), name="parked_once")]


class Pulse(models.Model):
    """When each step of the tick last ran, for 规则时钟已停 and for catching up."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    through = models.DateField(null=True, blank=True)


class NumberSeries(models.Model):
    """The last number given out in a series and period; its row lock makes numbers unique (norms/numbers.py)."""

    key = models.CharField(max_length=160, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)


class Erasure(models.Model):
    """A file that was destroyed, with what stays on record of it; lists outside the database are written from here, so that
    restoring an older backup destroys it again (backups/erasures.py)."""

    file = models.BigIntegerField()
    born = models.UUIDField(null=True)
    """The deed that made the file: after a restore the number may belong to another one."""
    at = models.DateTimeField()
    residue = models.JSONField(default=dict)
    """{share: what it hands back to itself when the file is destroyed again in a restored database}."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "born"], name="erased_once")]
