"""Rows of what is counted once and kept: by clause and month or day (see `tallies`)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Tally(models.Model):
    """So many of something under a clause, in a month or on a day. Derived: `tallies.rebuild` makes it anew."""

    pack = models.CharField(max_length=80)
    norm = models.CharField(max_length=120)
    clause = models.CharField(max_length=40)
    what = models.CharField(max_length=70)
    """'opened', 'done:late', 'due:open', 'hour:open', 'event:norm.refused'."""
    slot = models.CharField(max_length=13)
    """'2026-11'; '2026-11-22' and '2026-11-22 17' for what falls due."""
    n = models.BigIntegerField()

    class Meta:
        app_label = "norms"
        constraints = [
            models.UniqueConstraint(fields=["pack", "what", "slot", "clause", "norm"], name="tally_once"),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(n=0), name="tally_empty")]


class DutyChange(models.Model):
    """A duty as it was (-1) or has become (1), for the tallies to take up. Written by triggers: no way of changing a duty
    can forget it, and no writer waits for another at a counter."""

    n = models.SmallIntegerField()
    pack = models.CharField(max_length=80)
    norm = models.CharField(max_length=120)
    clause = models.CharField(max_length=40)
    state = models.CharField(max_length=12)
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "norms"


class TallyHead(models.Model):
    """One row: up to which event the ledger is counted."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    upto = models.BigIntegerField(default=0)

    class Meta:
        app_label = "norms"
