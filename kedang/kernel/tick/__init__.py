"""What the passing of time does: every step is a query on an index of due times, then one small transaction a row, or
some rows, with a conditional update. Idempotent; catches up on missed hours; a row that raises is parked and reported, the
rest go on."""

from __future__ import annotations

import logging
import time as wall
from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.db import connection

from kedang.kernel import clock
from kedang.kernel.approvals import timing
from kedang.kernel.models import Parked, Pulse
from kedang.kernel.norms.models import Clock, Duty, DutyState, Grant
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.tick import approving, backing, bearing, rows, running, summing, upkeep, watching

log = logging.getLogger("kedang.tick")


STEPS: tuple[tuple[str, Callable[[Regulations], None]], ...] = (
    ("watch", watching.watch),
    ("calendar", upkeep.follow_calendar),
    ("leavers", upkeep.end_leavers),
    ("adoption", upkeep.ask_to_sign),
    ("schedules", summing.open_schedules),
    ("reminders", bearing.send_reminders),
    ("breaches", bearing.mark_breaches),
    ("clocks", running.run_clocks),
    ("periodic", summing.run_periodic),
    ("grants", upkeep.end_grants),
    ("approval limits", approving.time_out),
    ("conditions", approving.fulfil),
    ("approved", upkeep.execute_approved),
    ("nightly", upkeep.run_nightly),
    ("seal", upkeep.seal_ledger),
    ("tallies", upkeep.keep_tallies),
    ("backup", backing.back_up),
)


def tick() -> None:
    """Do what is due by now, once."""
    regs = regulations()
    failed = set(Parked.objects.filter(row="step", solved_at=None).values_list("step", flat=True))
    for name, step in STEPS:
        try:
            step(regs)
        except Exception as error:
            rows.park(name, "step", error)
        else:
            if name in failed:
                rows.solved(name, "step")
    rows.beat("tick")


def stopped_for() -> timedelta | None:
    """How long the clock of rules has stood still, when that is more than five minutes (规则时钟已停)."""
    at = Pulse.objects.filter(name="tick").values_list("at", flat=True).first()
    idle = clock.now() - at if at else None
    return idle if idle is not None and idle > timedelta(minutes=5) else None


def next_wakeup(after: datetime, until: datetime) -> datetime | None:
    """The next instant at which a tick has something to do, for those who run time fast (scenarios, catching up)."""
    step = timedelta(microseconds=1)
    candidates = [
        Duty.objects.filter(state=DutyState.OPEN, breach_check_at__gte=after)
        .order_by("breach_check_at")
        .values_list("breach_check_at", flat=True)
        .first(),
        Clock.objects.filter(fired_at=None, due_at__gte=after)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first(),
        Grant.objects.filter(ended_at=None, valid_until__gte=after)
        .order_by("valid_until")
        .values_list("valid_until", flat=True)
        .first(),
    ]
    candidates.append(timing.next_due(after))
    moments = [moment + step for moment in candidates if moment is not None]
    for model, field in ((Duty, "next_remind_at"), (Clock, "warn_at")):
        rows = model.objects.filter(**{f"{field}__gt": after})
        first = rows.order_by(field).values_list(field, flat=True).first()
        if first is not None:
            moments.append(first)
    day = clock.local(after).date()
    moments += [clock.at_time(day + timedelta(days=1), time(0)), clock.at_time(day, summing.SUMMARY_HOUR)]
    ahead = [moment for moment in moments if after < moment <= until]
    return min(ahead) if ahead else None


def tick_forever(pause: float = 60.0) -> None:
    """The process behind `kedang run`: a tick at the start of every minute."""
    while True:
        started = wall.monotonic()
        try:
            tick()
        except Exception:
            log.exception("tick failed")
        finally:
            connection.close()
        wall.sleep(max(1.0, pause - (wall.monotonic() - started)))
