"""Deadlines that depend on the case: before a day, within a window, moved by the bearer, standing still between events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from kedang.kernel import clock
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.compiled import CompiledNorm, resolve
from kedang.kernel.norms.expressions import UNKNOWN, FactStore
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.schema import Before, Due, DutyNorm, ScheduleNorm, Window
from kedang.kernel.norms.store import Version, env_of
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration

if TYPE_CHECKING:
    from kedang.kernel.actions.reacting import Generation

MOVED = ["due_at", "first_due_at", "extensions", "grace_until", "next_remind_at", "breach_check_at", "paused_at"]


@dataclass(frozen=True)
class Setting:
    """What a deadline is worked out from: the norm, its variables, the calendar and the rules of the last day."""

    version: Version
    norm: CompiledNorm
    variables: dict[str, Any]
    facts: FactStore
    params: Mapping[str, Any]
    holiday: str
    closing: time | None

    def instant(self, path: str) -> datetime | None:
        """The instant that an expression gives; a day counts from its start."""
        expr = self.norm.expr(path)
        value = expr.value(env_of(self.version, self.variables, self.facts)) if expr is not None else None
        return instant(value)

    def day(self, path: str, spec: str, start: date) -> date | None:
        """A day as `on:` names it, the first one that is not before `start`."""
        if self.norm.expr(path) is not None:
            named = self.instant(path)
            return clock.local(named).date() if named else None
        text = str(self.params.get(spec, spec))
        at = deadlines.due_on(text, start, calendar.load(), holiday=self.holiday)
        return clock.local(at).date()


def instant(value: Any) -> datetime | None:
    """A day counts from its start; what is not known is no instant."""
    if value is None or value is UNKNOWN:
        return None
    if isinstance(value, datetime):
        return value
    return clock.at_time(value, time(0)) if isinstance(value, date) else None


def back(at: datetime, span: Duration, cal: calendar.Calendar) -> datetime:
    """An instant moved back by a span; hours from the instant, all else by days at the same time of day."""
    if span.unit in ("minute", "hour"):
        return at - timedelta(minutes=span.n * (60 if span.unit == "hour" else 1))
    here = clock.local(at)
    day = here.date()
    if span.unit == "working_day":
        day = cal.add_workdays(day, -span.n)
    elif span.unit in ("day", "week"):
        day -= timedelta(days=span.n * (7 if span.unit == "week" else 1))
    else:
        day = deadlines.add_months(day, -span.n * {"month": 1, "quarter": 3, "year": 12}[span.unit])
    return clock.at_time(day, here.time())


def before(setting: Setting, spec: Before) -> datetime | None:
    """The last instant that lies `n` before the named day; none while that day is not known."""
    named = setting.instant("due.before.event")
    if named is None:
        return None
    span = resolve(spec.n, "duration", setting.params)
    moved = back(named, span, calendar.load())
    if span.unit in ("minute", "hour"):
        return moved
    day = deadlines.settle(clock.local(moved).date(), calendar.load(), setting.holiday)
    return deadlines.end_of(day, setting.closing)


def window(setting: Setting, spec: Window, start: date) -> tuple[datetime | None, datetime | None]:
    """(the first instant allowed, the last one) of the window that ends first from `start` on."""
    last = setting.day("due.window.to", spec.to, start)
    if last is None:
        return None, None
    opens = _opening_day(setting, spec, start, last)
    closing = resolve(spec.at, "time", setting.params) if spec.at else setting.closing
    return clock.at_time(opens, time(0)) if opens else None, deadlines.end_of(last, closing)


def _opening_day(setting: Setting, spec: Window, start: date, last: date) -> date | None:
    """The latest first day that does not lie behind the last one: a window one is in the middle of has begun."""
    first = last.replace(day=1)
    bases = (start, first, deadlines.add_months(first, -1), last.replace(month=1, day=1), date(last.year - 1, 1, 1))
    found = {setting.day("due.window.from", spec.from_, base) for base in bases}
    return max((day for day in found if day is not None and day <= last), default=None)


def too_early(duty: Duty, at: datetime) -> bool:
    """A deed before the window opens is not the one asked for."""
    return duty.not_before is not None and at < duty.not_before


# ---- moving a deadline -------------------------------------------------------------------------------------------


def forward(at: datetime, span: Duration, cal: calendar.Calendar, holiday: str) -> datetime:
    """A due time moved on by a span, at the same time of day."""
    return deadlines.due_at(at, span, cal, holiday=holiday, closing=clock.local(at).time())


def extend(duty: Duty, version: Version, norm: CompiledNorm, *, superior: bool = False) -> None:
    """Move the due time by one extension; Invalid past the limits, and for the bearer himself past the due time. A superior
    whom the regulation lets extends a late one too, from now on; that it was late stays on record. Not saved."""
    rule = norm.norm
    due = rule.due if isinstance(rule, (DutyNorm, ScheduleNorm)) else Due()
    spec = due.extend
    if spec is None or duty.due_at is None:
        raise Invalid("这一事项没有延期的规定。")
    late = duty.breached_at is not None or (duty.paused_at or clock.now()) > duty.due_at
    if superior and not spec.superior:
        raise Invalid("制度只许责任人在到期前自己延期，没有许上级延期。")
    if late and not superior:
        raise Invalid("期限已过，不能再延期。")
    params = version.params(duty.counted_from.date())
    times = int(params.get(str(spec.times), spec.times))
    if duty.extensions >= times:
        raise Invalid(f"最多延期 {times} 次，已经用完。")
    cal, holiday = calendar.load(), due.holiday or version.regulation.pack.holiday
    first = duty.first_due_at or duty.due_at
    moved = forward(
        max(duty.due_at, clock.now()) if late else duty.due_at, resolve(spec.each, "duration", params), cal, holiday
    )
    if spec.total:
        most = resolve(spec.total, "duration", params)
        if moved > forward(first, most, cal, holiday):
            raise Invalid(f"延期合计不能超过{most.label()}。")
    duty.first_due_at, duty.extensions = first, duty.extensions + 1
    retime(duty, version, norm, moved)


def retime(duty: Duty, version: Version, norm: CompiledNorm, due_at: datetime) -> None:
    """Give a duty another due time, with its grace, reminder and breach; while it stands still nothing fires."""
    from kedang.kernel.actions import duties

    rule = norm.norm
    assert isinstance(rule, (DutyNorm, ScheduleNorm))
    cal = calendar.load()
    duty.due_at = due_at
    duty.grace_until = duties.grace_of(version, rule.due, due_at, cal)
    duty.next_remind_at = duty.breach_check_at = None
    if duty.paused_at is None:
        duty.next_remind_at = duties.next_reminder(version, rule.remind, due_at, cal)
        duty.breach_check_at = duty.grace_until or due_at


# ---- standing still ----------------------------------------------------------------------------------------------


def stand_still(generation: Generation) -> None:
    """Stop and restart the clocks of the open duties on the files of these events, as their norms say."""
    for event in generation.events:
        if event.file is None or event.kind.startswith("duty."):
            continue
        stops = {norm.qid for v in generation.regs.versions for norm in v.regulation.paused_on.get(event.kind, ())}
        runs = {norm.qid for v in generation.regs.versions for norm in v.regulation.resumed_on.get(event.kind, ())}
        if stops or runs:
            _turn(generation, event, stops, runs)


def _turn(generation: Generation, event: Event, stops: set[str], runs: set[str]) -> None:
    at = clock.local(event.occurred_at)
    for duty in Duty.objects.filter(file=event.file, state=DutyState.OPEN, norm__in=stops | runs).order_by("id"):
        found = generation.regs.norm(duty.norm, duty.version)
        if found is None or duty.due_at is None:
            continue
        if duty.paused_at is None and duty.norm in stops:
            _pause(generation, duty, at)
        elif duty.paused_at is not None and duty.norm in runs:
            _resume(generation, duty, at, *found)


def _pause(generation: Generation, duty: Duty, at: datetime) -> None:
    """What was late before the pause stays late."""
    assert duty.due_at is not None
    if duty.breached_at is not None or at > duty.due_at:
        return
    duty.paused_at = max(at, clock.local(duty.counted_from))
    duty.next_remind_at = duty.breach_check_at = None
    duty.save(update_fields=MOVED)
    note(generation, duty, "duty.paused", at)


def _resume(generation: Generation, duty: Duty, at: datetime, version: Version, norm: CompiledNorm) -> None:
    assert duty.due_at is not None
    assert duty.paused_at is not None
    moved = shifted(duty.due_at, duty.paused_at, at, version, norm)
    duty.first_due_at = shifted(duty.first_due_at or duty.due_at, duty.paused_at, at, version, norm)
    duty.paused_at = None
    retime(duty, version, norm, moved)
    duty.save(update_fields=MOVED)
    note(generation, duty, "duty.resumed", at, until=f"{clock.local(moved):%Y-%m-%d %H:%M}")


def shifted(due_at: datetime, since: datetime, until: datetime, version: Version, norm: CompiledNorm) -> datetime:
    """The due time moved by the time it stood still: in working days where the duty counts those, in hours where it
    counts hours, else in days. As with every span the day on which it stops is not counted."""
    rule = norm.norm
    assert isinstance(rule, (DutyNorm, ScheduleNorm))
    due, cal = rule.due, calendar.load()
    span = resolve(due.within, "duration", version.params(since.date())) if due.within else None
    unit = span.unit if isinstance(span, Duration) else "day"
    if until <= since:
        return due_at
    if unit in ("minute", "hour"):
        return due_at + (until - since)
    here, first, last = clock.local(due_at), clock.local(since).date(), clock.local(until).date()
    if unit == "working_day":
        return clock.at_time(cal.add_workdays(here.date(), cal.workdays_between(first, last)), here.time())
    day = deadlines.settle(here.date() + (last - first), cal, due.holiday or version.regulation.pack.holiday)
    return clock.at_time(day, here.time())


def note(generation: Generation, duty: Duty, kind: str, at: datetime, **more: Any) -> None:
    """Say on the file that a deadline stopped or goes on."""
    generation.deed.record(
        kind,
        file=duty.file,
        subject=f"duty:{duty.pk}",
        occurred_at=at,
        norm=duty.norm,
        clause=duty.clause,
        pack=duty.pack,
        data={"duty": duty.pk, "title": duty.title, **more},
    )
