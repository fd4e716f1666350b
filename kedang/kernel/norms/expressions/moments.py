"""Dates and instants moved by durations, and the distance between two."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from kedang.kernel import clock
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration

_FIXED = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def as_day(moment: date) -> date:
    """The day of an instant in Shanghai; a day is itself."""
    return clock.local(moment).date() if isinstance(moment, datetime) else moment


def alike(a: Any, b: Any) -> tuple[Any, Any]:
    """A day and an instant are compared by their days."""
    if isinstance(a, datetime) != isinstance(b, datetime):
        return as_day(a), as_day(b)
    return a, b


def shift(moment: date, span: Duration, sign: int) -> date:
    """The moment moved; an instant keeps its time of day. Working days follow the company's calendar."""
    if span.unit in ("minute", "hour") and not isinstance(moment, datetime):
        moment = datetime.combine(moment, datetime.min.time(), tzinfo=clock.SHANGHAI)
    if span.unit in _FIXED:
        return moment + _FIXED[span.unit] * (span.n * sign)
    day = as_day(moment)
    if span.unit == "working_day":
        moved = calendar.load().add_workdays(day, span.n * sign)
    else:
        moved = deadlines.add_months(day, span.n * _MONTHS[span.unit] * sign)
    return clock.at_time(moved, clock.local(moment).time()) if isinstance(moment, datetime) else moved


def working_days_between(a: date, b: date) -> int:
    """Working days after `a` up to and with `b`; negative when `b` is earlier."""
    return calendar.load().workdays_between(as_day(a), as_day(b))


def days_between(a: date, b: date) -> int:
    """Whole calendar days from `b` to `a`."""
    return (as_day(a) - as_day(b)).days
