"""After the company calendar has changed (a day set, a provisional year published): open duties get their due time anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kedang.kernel import clock
from kedang.kernel.actions import duties, schedules, timing
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.reacting import Generation
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.compiled import CompiledNorm, resolve
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.schema import DutyNorm, ScheduleNorm
from kedang.kernel.norms.store import Regulations, Version
from kedang.kernel.workdays import calendar, periods

CHUNK = 500


def all_open(regs: Regulations) -> int:
    """Work out every open duty's due time again; the number that moved. What is breached or stood still is left."""
    moved = 0
    rows = Duty.objects.filter(state=DutyState.OPEN, breached_at=None, paused_at=None).exclude(due_at=None)
    ids = list(rows.order_by("id").values_list("id", flat=True))
    for start in range(0, len(ids), CHUNK):
        moved += _chunk(regs, list(rows.filter(id__in=ids[start : start + CHUNK]).select_for_update().order_by("id")))
    return moved


def _chunk(regs: Regulations, rows: Sequence[Duty]) -> int:
    events = Event.objects.in_bulk({duty.opened_by for duty in rows if duty.opened_by})
    generation = Generation(Deed(by=None), regs, list(events.values()))
    changed = [duty for duty in rows if _moves(regs, generation, events, duty)]
    Duty.objects.bulk_update(changed, timing.MOVED)
    return len(changed)


def _moves(regs: Regulations, generation: Generation, events: dict[int, Event], duty: Duty) -> bool:
    """Give the duty its new due time; True when that is another one."""
    found = regs.norm(duty.norm, duty.version)
    if found is None:
        return False
    version, norm = found
    rule = norm.norm
    if not isinstance(rule, (DutyNorm, ScheduleNorm)) or (duty.first_due_at is not None and not duty.extensions):
        return False
    period = _period_of(duty) if isinstance(rule, ScheduleNorm) else None
    if isinstance(rule, ScheduleNorm) and (period is None or schedules.counts_from_last(rule)):
        return False
    variables = _variables(generation, events, duty, version)
    counted_from = clock.local(duty.counted_from)
    due_at = duties.times_of(version, norm, counted_from, variables, generation.facts, period).due_at
    if due_at is None:
        return False
    first, due_at = due_at, _extended(version, norm, duty, due_at)
    if due_at == duty.due_at:
        return False
    duty.first_due_at = first if duty.extensions else None
    timing.retime(duty, version, norm, due_at)
    return True


def _variables(generation: Generation, events: dict[int, Event], duty: Duty, version: Version) -> dict[str, Any]:
    event = events.get(duty.opened_by or 0)
    found = generation.variables(event, version) if event is not None else {}
    if duty.file is not None:
        found.update(file=duty.file, customer=duty.file)
    if duty.period:
        found.update(period=duty.period, day=clock.local(duty.counted_from).date())
    return found


def _period_of(duty: Duty) -> periods.Period | None:
    """The calendar period that a schedule's duty belongs to, by its key."""
    day = clock.local(duty.counted_from).date()
    for kind in periods.KINDS:
        period = periods.period_of(kind, day, calendar.load())
        if period.key == duty.period:
            return period
    return None


def _extended(version: Version, norm: CompiledNorm, duty: Duty, due_at: Any) -> Any:
    """The due time with the extensions that the bearer has been given."""
    rule = norm.norm
    assert isinstance(rule, (DutyNorm, ScheduleNorm))
    if rule.due.extend is None:
        return due_at
    span = resolve(rule.due.extend.each, "duration", version.params(duty.counted_from.date()))
    for _ in range(duty.extensions):
        due_at = timing.forward(due_at, span, calendar.load(), rule.due.holiday or version.regulation.pack.holiday)
    return due_at
