"""Opening and closing duties. Set-wise: one code path for one event and for a thousand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from kedang.kernel import clock, files
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import UNKNOWN, FactStore
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.people import Bearer, bearer_at
from kedang.kernel.norms.schema import Due, DutyNorm, ScheduleNorm
from kedang.kernel.norms.store import Version, env_of
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration
from kedang.kernel.workdays.periods import Period

REMIND_HOUR = time(9, 0)
UNCONDITIONAL = "制度规定的宽限"
"""The excuse of a duty whose grace needs none."""


@dataclass(frozen=True)
class Times:
    """When a duty is due, how long grace lasts, and when to remind."""

    due_at: datetime | None
    grace_until: datetime | None
    remind_at: datetime | None


def times_of(
    version: Version,
    norm: CompiledNorm,
    counted_from: datetime,
    variables: dict[str, Any],
    facts: FactStore,
    period: Period | None = None,
) -> Times:
    """Compute the due time of a duty that counts from an instant (or belongs to a period)."""
    rule = norm.norm
    assert isinstance(rule, (DutyNorm, ScheduleNorm))
    cal = calendar.load()
    due_at = _due(version, norm, rule.due, counted_from, variables, facts, cal, period)
    grace = _grace(version, rule.due, due_at, cal)
    return Times(due_at, grace, next_reminder(version, rule.remind, due_at, cal))


def _due(
    version: Version,
    norm: CompiledNorm,
    due: Due,
    counted_from: datetime,
    variables: dict[str, Any],
    facts: FactStore,
    cal: calendar.Calendar,
    period: Period | None,
) -> datetime | None:
    params = version.params(counted_from.date())
    holiday = due.holiday or version.regulation.pack.holiday
    closing = _clock_time(due.at, params) or version.closing()
    start = counted_from
    since = norm.expr("due.from")
    if since is not None:
        value = since.value(env_of(version, variables, facts))
        start = _instant(value) or counted_from
    if due.within:
        span = params.get(due.within) or Duration.parse(due.within)
        return deadlines.due_at(start, span, cal, holiday=holiday, closing=closing)
    if due.on:
        expr = norm.expr("due.on")
        if expr is not None:
            named = _instant(expr.value(env_of(version, variables, facts)))
            return deadlines.end_of(clock.local(named).date(), closing) if named else None
        spec = str(params.get(due.on, due.on))
        # A day named within a period is looked for from the period's first day on.
        return deadlines.due_on(spec, period.first if period else start, cal, holiday=holiday, closing=closing)
    if due.at:
        # In a period of several days a clock time means the last of them; in one of a day, that day (or the next).
        last = period.last if period else clock.local(start).date()
        one_day = period is None or period.first == period.last
        return deadlines.end_of(last + timedelta(days=1 if one_day and due.day == "next" else 0), closing)
    if period is not None:
        return deadlines.end_of(deadlines.settle(period.last, cal, holiday), closing)
    return None


def _clock_time(text: str | None, params: dict[str, Any]) -> time | None:
    if not text:
        return None
    value = params.get(text, text)
    return value if isinstance(value, time) else time.fromisoformat(str(value))


def _instant(value: Any) -> datetime | None:
    """A day counts from its start."""
    if value is None or value is UNKNOWN:
        return None
    if isinstance(value, datetime):
        return value
    return clock.at_time(value, time(0)) if isinstance(value, date) else None


def _grace(version: Version, due: Due, due_at: datetime | None, cal: calendar.Calendar) -> datetime | None:
    if due.grace is None or due_at is None:
        return None
    until = _clock_time(due.grace.until, version.params(due_at.date()))
    day = clock.local(due_at).date()
    if due.grace.day == "next":
        day += timedelta(days=1)
    elif due.grace.day == "next_workday":
        day = cal.add_workdays(day, 1)
    return clock.at_time(day, until or time(23, 59, 59))


def next_reminder(
    version: Version, spans: Sequence[str], due_at: datetime | None, cal: calendar.Calendar
) -> datetime | None:
    """The earliest reminder still ahead; for spans of days, at nine on that day."""
    if due_at is None:
        return None
    now = clock.now()
    moments = []
    for span in spans:
        duration = version.params(now.date()).get(span) or Duration.parse(span)
        moments.append(_before(due_at, duration, cal))
    ahead = sorted(moment for moment in moments if moment > now)
    return ahead[0] if ahead else None


def _before(due_at: datetime, span: Duration, cal: calendar.Calendar) -> datetime:
    if span.unit in ("minute", "hour"):
        return due_at - timedelta(minutes=span.n if span.unit == "minute" else span.n * 60)
    day = clock.local(due_at).date()
    if span.unit == "working_day":
        for _ in range(span.n):
            day = cal.previous_workday(day - timedelta(days=1))
    elif span.unit == "week":
        day -= timedelta(weeks=span.n)
    elif span.unit == "day":
        day -= timedelta(days=span.n)
    else:
        day = deadlines.add_months(day, -span.n * {"month": 1, "quarter": 3, "year": 12}[span.unit])
    return clock.at_time(day, REMIND_HOUR)


def title_of(version: Version, norm: CompiledNorm) -> str:
    """What the duty is called on the list: its own name, else the name of the deed that closes it."""
    rule = norm.norm
    if rule.name:
        return rule.name
    done = getattr(rule, "done", None)
    if done is not None and done.form:
        form = version.regulation.pack.forms.get(done.form.removeprefix(version.pack + "."))
        if form:
            return f"填报《{form.name}》"
    return version.clause_text(norm.clauses[0])[:60] or norm.qid


def build(
    version: Version,
    norm: CompiledNorm,
    *,
    view: files.FileView | None,
    subject: str,
    variables: dict[str, Any],
    facts: FactStore,
    counted_from: datetime,
    opened_by: int | None = None,
    period: Period | None = None,
    period_key: str = "",
    bearer: Bearer | None = None,
) -> list[Duty]:
    """The duty rows one opening makes (several when the bearers are all of a set); not saved."""
    rule = norm.norm
    assert isinstance(rule, (DutyNorm, ScheduleNorm))
    times = times_of(version, norm, counted_from, variables, facts, period)
    found = bearer or bearer_at(version, norm, "bearer", variables, facts)
    bearers = [Bearer(person=each) for each in found] if isinstance(found, list) else [found]
    if getattr(rule, "bearers", "any") != "all":
        bearers = bearers[:1] or [Bearer()]
    now = clock.now()
    return [
        Duty(
            pack=version.pack,
            version=version.number,
            norm=norm.qid,
            clause=norm.clauses[0],
            title=title_of(version, norm)[:200],
            file=view.id if view else None,
            subject=subject if len(bearers) == 1 else f"{subject}#{each.person}",
            period=period_key or (period.key if period else ""),
            bearer_id=each.person,
            unit_id=each.unit,
            role=each.role,
            follows_owner=rule.follow == "owner" and view is not None and each.person == view.owner,
            opened_by=opened_by,
            opened_at=now,
            counted_from=counted_from,
            due_at=times.due_at,
            grace_until=times.grace_until,
            excuse=UNCONDITIONAL if rule.due.grace and rule.due.grace.needs == "nothing" else "",
            next_remind_at=times.remind_at,
            breach_check_at=times.grace_until or times.due_at,
        )
        for each in bearers
    ]


def close(duty: Duty, at: datetime, event: int | None) -> None:
    """Mark a duty done at an instant: on time, inside an excused grace, or late. Not saved."""
    if duty.due_at is None or at <= duty.due_at:
        duty.state = DutyState.DONE
    elif duty.grace_until is not None and at <= duty.grace_until and duty.excuse:
        duty.state = DutyState.LATE_EXCUSED
    else:
        duty.state = DutyState.LATE
        duty.breached_at = duty.breached_at or duty.due_at
    duty.done_at, duty.done_by = at, event
    duty.breach_check_at = duty.next_remind_at = None


CLOSING_FIELDS = ["state", "done_at", "done_by", "breached_at", "breach_check_at", "next_remind_at", "asked_request"]

