"""Rows that are due, one small transaction each; what raises is set aside. And the pulse: how far time has been gone through."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db import transaction

from kedang.kernel import clock
from kedang.kernel.models import Parked, Pulse
from kedang.kernel.once import once

log = logging.getLogger("kedang.tick")
RETRY = timedelta(hours=1)
"""How long a row that raised is left alone before it is tried again."""


def park(step: str, row: str, error: Exception) -> None:
    """Set a failing row aside with a number that can be quoted; outside a broken transaction."""
    number = secrets.token_hex(4)
    log.exception("tick step %s row %s parked as %s", step, row, number)
    Parked.objects.update_or_create(
        step=step,
        row=row,
        solved_at=None,
        defaults={"error": f"{type(error).__name__}: {error}", "number": number, "at": clock.now()},
    )


def each(step: str, rows: Iterable[int], work: Callable[[int], None]) -> None:
    """One small transaction a row; what raises is parked, and tried again after a while."""
    parked = dict(Parked.objects.filter(step=step, solved_at=None).values_list("row", "at"))
    for row in rows:
        since = parked.get(str(row))
        if since is not None and clock.now() - since < RETRY:
            continue
        try:
            with once(), transaction.atomic():
                work(row)
        except Exception as error:
            park(step, str(row), error)
        else:
            if since is not None:
                solved(step, str(row))


def resting(step: str, row: str) -> bool:
    """Whether a row that raised is still left alone."""
    since = Parked.objects.filter(step=step, row=row, solved_at=None).values_list("at", flat=True).first()
    return since is not None and clock.now() - since < RETRY


def solved(step: str, row: str) -> None:
    """What had been set aside went well this time."""
    Parked.objects.filter(step=step, row=row, solved_at=None).update(solved_at=clock.now())


def beat(name: str, through: date | None = None) -> None:
    Pulse.objects.update_or_create(name=name, defaults={"at": clock.now(), "through": through})


def last_day(name: str) -> date | None:
    return Pulse.objects.filter(name=name).values_list("through", flat=True).first()
