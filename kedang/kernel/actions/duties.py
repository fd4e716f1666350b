"""Opening and closing duties. Set-wise: one code path for one event and for a thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from kedang.kernel import clock, files, once
from kedang.kernel.actions import sharing, timing
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import FactStore
from kedang.kernel.norms.library import retired_forms
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.people import Bearer, bearer_at
from kedang.kernel.norms.schema import Due, DutyNorm, OutsideBearer, ScheduleNorm
from kedang.kernel.norms.store import Version
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
    not_before: datetime | None = None


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
    if not any(path.startswith("due.") for path in norm.exprs):
        # Nothing of the case itself is asked: due the same for all that count from this instant.
        key = ("times", id(version), norm.qid, counted_from, period.key if period else "", clock.now().date())
        return once.remember(key, lambda: _times_of(version, norm, rule, counted_from, variables, facts, period))
    return _times_of(version, norm, rule, counted_from, variables, facts, period)


def _times_of(
    version: Version,
    norm: CompiledNorm,
    rule: DutyNorm | ScheduleNorm,
    counted_from: datetime,
    variables: dict[str, Any],
    facts: FactStore,
    period: Period | None,
) -> Times:
    cal = calendar.load()
    setting = _setting(version, norm, rule.due, counted_from, variables, facts)
    not_before = None
    if rule.due.window is not None:
        day = period.first if period else clock.local(counted_from).date()
        not_before, due_at = timing.window(setting, rule.due.window, day)
    elif rule.due.before is not None:
        due_at = timing.before(setting, rule.due.before)
    else:
        due_at = _due(setting, rule.due, counted_from, cal, period)
    grace = grace_of(version, rule.due, due_at, cal)
    return Times(due_at, grace, next_reminder(version, rule.remind, due_at, cal), not_before)


def _setting(
    version: Version,
    norm: CompiledNorm,
    due: Due,
    counted_from: datetime,
    variables: dict[str, Any],
    facts: FactStore,
) -> timing.Setting:
    params = version.params(counted_from.date())
    holiday = due.holiday or version.regulation.pack.holiday
    closing = _clock_time(due.at, params) or version.closing()
    return timing.Setting(version, norm, variables, facts, params, holiday, closing)


def _due(
    setting: timing.Setting, due: Due, counted_from: datetime, cal: calendar.Calendar, period: Period | None
) -> datetime | None:
    params, holiday, closing = setting.params, setting.holiday, setting.closing
    start = setting.instant("due.from") or counted_from
    if due.within:
        span = params.get(due.within) or Duration.parse(due.within)
        return deadlines.due_at(start, span, cal, holiday=holiday, closing=closing)
    if due.on:
        if setting.norm.expr("due.on") is not None:
            named = setting.instant("due.on")
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


def _clock_time(text: str | None, params: Mapping[str, Any]) -> time | None:
    if not text:
        return None
    value = params.get(text, text)
    return value if isinstance(value, time) else time.fromisoformat(str(value))


def grace_of(version: Version, due: Due, due_at: datetime | None, cal: calendar.Calendar) -> datetime | None:
    """When the grace after a due time ends; None without grace."""
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
        moments.append(before(due_at, duration, cal))
    ahead = sorted(moment for moment in moments if moment > now)
    return ahead[0] if ahead else None


def before(due_at: datetime, span: Duration, cal: calendar.Calendar) -> datetime:
    """When to say that something falls due in a span: for spans of days at nine on that day."""
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
    outside = outside_of(norm)
    if outside:
        return f"{outside}应办：{_name_of(version, norm)}"
    return _name_of(version, norm)


def _name_of(version: Version, norm: CompiledNorm) -> str:
    rule = norm.norm
    if rule.name:
        return rule.name
    done = getattr(rule, "done", None)
    if done is not None and done.form:
        form = version.regulation.pack.forms.get(done.form.removeprefix(version.pack + "."))
        if form:
            return f"填报《{form.name}》"
    return version.clause_text(norm.clauses[0])[:60] or norm.qid


def outside_of(norm: CompiledNorm) -> str:
    """The party outside the company that must act, in Chinese; '' for a duty of our own."""
    bearer = getattr(norm.norm, "bearer", None)
    if not isinstance(bearer, OutsideBearer):
        return ""
    return "客户" if bearer.outside == "customer" else bearer.outside[:40]


def _bearer(
    version: Version, norm: CompiledNorm, rule: DutyNorm | ScheduleNorm, variables: dict[str, Any], facts: FactStore
) -> Bearer | list[int]:
    """What an outside party must do stands with the role that reports it, never as one person's own duty."""
    if isinstance(rule.bearer, OutsideBearer):
        return Bearer(role=f"{version.pack}.{rule.bearer.reported_by}")
    return bearer_at(version, norm, "bearer", variables, facts)


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
    if rule.done.form and f"{version.pack}.{rule.done.form.removeprefix(version.pack + '.')}" in retired_forms():
        return []  # nobody is asked for a form that cannot be filed
    times = times_of(version, norm, counted_from, variables, facts, period)
    found = bearer or _bearer(version, norm, rule, variables, facts)
    bearers = [Bearer(person=each) for each in found] if isinstance(found, list) else [found]
    bearers = bearers or [Bearer()]
    if isinstance(rule, ScheduleNorm):
        bearers = bearers[:1]
    now = clock.now()
    return [
        Duty(
            pack=version.pack,
            version=version.number,
            norm=norm.qid,
            clause=norm.clauses[0],
            title=title_of(version, norm)[:200],
            outside=outside_of(norm),
            not_before=times.not_before,
            file=view.id if view else None,
            subject=sharing.subject_of(subject, each.person, len(bearers) > 1),
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


def extendable(duty: Duty, norm: CompiledNorm) -> bool:
    """Whether whoever bears an open duty may still ask for more time (`duty.extend` has the last word)."""
    due = getattr(norm.norm, "due", None)
    return due is not None and due.extend is not None and duty.due_at is not None and duty.breached_at is None


def as_json(duty: Duty) -> dict[str, Any]:
    """A duty as plain JSON, for the API and for pages."""

    def shown(at: datetime | None) -> str | None:
        return clock.local(at).isoformat() if at else None

    return {
        "id": duty.pk,
        "title": duty.title,
        "pack": duty.pack,
        "clause": duty.clause,
        "norm": duty.norm,
        "customer": duty.file,
        "state": duty.state,
        "bearer": duty.taken_by_id or duty.bearer_id,
        "unit": duty.unit_id,
        "role": duty.role,
        "outside": duty.outside,
        "due": shown(duty.due_at),
        "not_before": shown(duty.not_before),
        "extensions": duty.extensions,
        "first_due": shown(duty.first_due_at) if duty.extensions else None,
        "paused_at": shown(duty.paused_at),
        "late": duty.breached_at is not None,
        "done_at": shown(duty.done_at),
    }


def close(duty: Duty, at: datetime, event: int | None) -> None:
    """Mark a duty done at an instant: on time, inside an excused grace, or late. Not saved."""
    counted = min(at, duty.paused_at) if duty.paused_at else at
    if duty.due_at is None or counted <= duty.due_at:
        duty.state = DutyState.DONE
    elif duty.grace_until is not None and counted <= duty.grace_until and duty.excuse:
        duty.state = DutyState.LATE_EXCUSED
    else:
        duty.state = DutyState.LATE
        duty.breached_at = duty.breached_at or duty.due_at
    duty.done_at, duty.done_by = at, event
    duty.breach_check_at = duty.next_remind_at = duty.paused_at = None


CLOSING_FIELDS = [
    "state",
    "paused_at",
    "done_at",
    "done_by",
    "breached_at",
    "breach_check_at",
    "next_remind_at",
    "asked_request",
]
