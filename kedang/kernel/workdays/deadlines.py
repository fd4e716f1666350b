"""When something is due: always the last instant allowed, inclusive. Late means `now > due_at`."""

from __future__ import annotations

import calendar as months
import re
from datetime import date, datetime, time, timedelta

from kedang.kernel import clock
from kedang.kernel.workdays.calendar import Calendar
from kedang.kernel.workdays.durations import Duration

END_OF_DAY = time(23, 59, 59, 999999)
HOLIDAY_RULES = ("stay", "next", "previous")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_NTH_DAY = re.compile(
    r"(day|workday) (\d{1,2}) of (next|this|the) (month|quarter|year)|(day|workday) (\d{1,2}) of month"
)
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})")


def due_at(
    start: datetime, within: Duration, cal: Calendar, *, holiday: str = "stay", closing: time | None = None
) -> datetime:
    """The last instant of a span that begins at `start`.

    Minutes and hours run from the instant. For everything longer the start day is not counted and the last day ends at
    midnight or at `closing`; a week is seven natural days, months clamp (31 January + 1 month = 28 or 29 February).
    """
    begin = clock.local(start)
    if within.unit in ("minute", "hour"):
        step = timedelta(minutes=within.n) if within.unit == "minute" else timedelta(hours=within.n)
        return begin + step
    return end_of(last_day(begin.date(), within, cal, holiday=holiday), closing)


def last_day(start: date, within: Duration, cal: Calendar, *, holiday: str = "stay") -> date:
    """The last day of a span of days or longer, moved off a day off if `holiday` says so."""
    if within.unit == "working_day":
        return cal.add_workdays(start, within.n)
    if within.unit in ("day", "week"):
        day = start + timedelta(days=within.n * (7 if within.unit == "week" else 1))
    elif within.unit in _MONTHS:
        day = add_months(start, within.n * _MONTHS[within.unit])
    else:
        raise ValueError(f"{within.label()}不是按天计算的时限")
    return settle(day, cal, holiday)


def settle(day: date, cal: Calendar, holiday: str) -> date:
    """A last day that is a day off stays, or moves to the next or the previous working day."""
    if holiday not in HOLIDAY_RULES:
        raise ValueError(f"holiday 只能是 {'、'.join(HOLIDAY_RULES)}，不能是 {holiday}")
    if holiday == "next":
        return cal.next_workday(day)
    return cal.previous_workday(day) if holiday == "previous" else day


def end_of(day: date, closing: time | None = None) -> datetime:
    """The last instant of a day: midnight less a microsecond, or the closing hour."""
    return clock.at_time(day, closing or END_OF_DAY)


def add_months(day: date, n: int) -> date:
    """The same day n months on, clamped to the month's last day."""
    index = day.year * 12 + day.month - 1 + n
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, months.monthrange(year, month)[1]))


def due_on(
    spec: str, start: datetime | date, cal: Calendar, *, holiday: str = "stay", closing: time | None = None
) -> datetime:
    """The last instant of a named day counted from `start`: the first such day that is not before it.

    `week_end`, `month_end`, `quarter_end`, `half_year_end`, `year_end`, `day 3 of next month`, `workday 3 of next
    month`, `day 25 of this month` (may lie behind), `day 25 of month` (this month's or the next), `01-31`.
    """
    day = clock.local(start).date() if isinstance(start, datetime) else start
    return end_of(settle(_named_day(spec.strip(), day, cal), cal, holiday), closing)


def check_spec(spec: str) -> None:
    """ValueError (Chinese) when `due_on` would not understand the text; for the pack checker."""
    _named_day(spec.strip(), date(2026, 1, 1), Calendar())


def _named_day(spec: str, day: date, cal: Calendar) -> date:
    if spec.endswith("_end"):
        return _period_end(spec, day)
    if match := _NTH_DAY.fullmatch(spec):
        return _nth_day(match, day, cal)
    if match := _MONTH_DAY.fullmatch(spec):
        return _month_day(int(match[1]), int(match[2]), day, spec)
    raise _unknown(spec)


def _unknown(spec: str) -> ValueError:
    return ValueError(f"不认识的到期日“{spec}”，可用 month_end、quarter_end、year_end、day 3 of next month、01-31")


def _period_end(spec: str, day: date) -> date:
    if spec == "week_end":
        return day + timedelta(days=6 - day.weekday())
    size = {"month_end": 1, "quarter_end": 3, "half_year_end": 6, "year_end": 12}.get(spec)
    if size is None:
        raise _unknown(spec)
    return month_end(day.year, (day.month - 1) // size * size + size)


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, months.monthrange(year, month)[1])


def _nth_day(match: re.Match[str], day: date, cal: Calendar) -> date:
    counting, number = match[1] or match[5], int(match[2] or match[6])
    if not 1 <= number <= 31:
        raise ValueError(f"一个月里没有第 {number} 天")
    size = {"month": 1, "quarter": 3, "year": 12}[match[4] or "month"]
    first = date(day.year, (day.month - 1) // size * size + 1, 1)
    if match[3] == "next":
        first = add_months(first, size)
    found = _day_from(first, number, counting, cal)
    if match[3] is None and found < day:
        return _day_from(add_months(first, 1), number, counting, cal)
    return found


def _day_from(first: date, number: int, counting: str, cal: Calendar) -> date:
    if counting == "workday":
        return cal.add_workdays(first - timedelta(days=1), number)
    return date(first.year, first.month, min(number, months.monthrange(first.year, first.month)[1]))


def _month_day(month: int, number: int, day: date, spec: str) -> date:
    if not (1 <= month <= 12 and 1 <= number <= months.monthrange(2024, month)[1]):
        raise ValueError(f"没有 {spec} 这一天")
    this_year = _clamped(day.year, month, number)
    return this_year if this_year >= day else _clamped(day.year + 1, month, number)


def _clamped(year: int, month: int, number: int) -> date:
    return date(year, month, min(number, months.monthrange(year, month)[1]))
