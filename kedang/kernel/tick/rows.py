"""Rows that are due, one small transaction each; what raises is set aside. And the pulse: how far time has been gone through."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable
from datetime import date

from django.db import transaction

from kedang.kernel import clock
from kedang.kernel.models import Parked, Pulse

log = logging.getLogger("kedang.tick")
BATCH = 500


def park(step: str, row: str, error: Exception) -> None:
    """Set a failing row aside with a number that can be quoted; outside a broken transaction."""
    number = secrets.token_hex(4)
    log.exception("tick step %s row %s parked as %s", step, row, number)
    if not Parked.objects.filter(step=step, row=row, solved_at=None).exists():
        Parked.objects.create(
            step=step, row=row, error=f"{type(error).__name__}: {error}", number=number, at=clock.now()
        )


def each(step: str, rows: Iterable[int], work: Callable[[int], None]) -> None:
    """One small transaction a row; what raises is parked."""
    parked = set(Parked.objects.filter(step=step, solved_at=None).values_list("row", flat=True))
    for row in rows:
        if str(row) in parked:
            continue
        try:
            with transaction.atomic():
                work(row)
        except Exception as error:
            park(step, str(row), error)


def beat(name: str, through: date | None = None) -> None:
    Pulse.objects.update_or_create(name=name, defaults={"at": clock.now(), "through": through})


def last_day(name: str) -> date | None:
    return Pulse.objects.filter(name=name).values_list("through", flat=True).first()
