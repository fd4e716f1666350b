"""Rows that are due: some at a time in one transaction, one at a time where one of them raises; what raises alone is set
aside. And the pulse: how far time has been gone through."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta

from django.db import transaction

from kedang.kernel import clock
from kedang.kernel.models import Parked, Pulse
from kedang.kernel.once import once

log = logging.getLogger("kedang.tick")
PART = 50
"""How many rows go together: what they hold is held for a tenth of a second."""
Together = Callable[[Sequence[int]], Collection[int]]
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


def each(step: str, rows: Sequence[int], work: Callable[[int], None], together: Together | None = None) -> None:
    """One small transaction a row; what raises is parked, and tried again after a while.

    `together` does many in one transaction, in which it waits for nobody, and says which of them are done with. What it left,
    and all of a part in which anything raised, is done row by row: a bad row harms no other and is the one that is parked.
    """
    if not rows:
        return
    parked = dict(Parked.objects.filter(step=step, solved_at=None).values_list("row", "at"))
    resting = {row for row, at in parked.items() if clock.now() - at < RETRY}
    waiting = [row for row in rows if str(row) not in resting]
    for start in range(0, len(waiting), PART):
        part = waiting[start : start + PART]
        fresh = [row for row in part if str(row) not in parked]
        done = _done_together(step, fresh, together) if together is not None and len(fresh) > 1 else ()
        for row in part:
            if row not in done:
                _alone(step, row, work, str(row) in parked)


def _done_together(step: str, part: Sequence[int], together: Together) -> Collection[int]:
    try:
        with once(), transaction.atomic():
            return together(part)
    except Exception:
        log.warning("tick step %s: something raised among %s rows, now one by one", step, len(part), exc_info=True)
        return ()


def _alone(step: str, row: int, work: Callable[[int], None], known: bool) -> None:
    try:
        with once(), transaction.atomic():
            work(row)
    except Exception as error:
        park(step, str(row), error)
    else:
        if known:
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
