"""Calendar periods that schedules repeat by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kedang.kernel.workdays.calendar import Calendar
from kedang.kernel.workdays.deadlines import month_end

KINDS = {
    "workday": "每个工作日",
    "day": "每天",
    "week": "每周",
    "month": "每月",
    "quarter": "每季度",
    "half_year": "每半年",
    "year": "每年",
}
_SIZE = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days, both ends included; `key` is unique within the kind and sorts by time."""

    kind: str
    key: str
    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def period_of(kind: str, day: date, cal: Calendar) -> Period:
    """The period that holds `day`; a day off belongs to the next working day's period for `workday`."""
    if kind == "workday":
        work = cal.next_workday(day)
        return Period(kind, work.isoformat(), work, work)
    if kind == "day":
        return Period(kind, day.isoformat(), day, day)
    if kind == "week":
        return _week(day)
    if kind not in _SIZE:
        raise ValueError(f"不认识的周期：{kind}（可用 {'、'.join(KINDS)}）")
    size = _SIZE[kind]
    index = (day.month - 1) // size
    first = date(day.year, index * size + 1, 1)
    return Period(kind, _key(kind, day, index), first, month_end(day.year, index * size + size))


def next(period: Period, cal: Calendar) -> Period:
    """The period after this one."""
    return period_of(period.kind, period.last + timedelta(days=1), cal)


def previous(period: Period, cal: Calendar) -> Period:
    """The period before this one."""
    before = period.first - timedelta(days=1)
    return period_of(period.kind, cal.previous_workday(before) if period.kind == "workday" else before, cal)


def between(kind: str, first: date, last: date, cal: Calendar) -> list[Period]:
    """Every period of a kind that begins from `first` through `last`, in order."""
    found = []
    period = period_of(kind, first, cal)
    if period.first < first:
        period = next(period, cal)
    while period.first <= last:
        found.append(period)
        period = next(period, cal)
    return found


def _week(day: date) -> Period:
    year, number, weekday = day.isocalendar()
    first = day - timedelta(days=weekday - 1)
    return Period("week", f"{year}-W{number:02}", first, first + timedelta(days=6))


def _key(kind: str, day: date, index: int) -> str:
    if kind == "year":
        return str(day.year)
    if kind == "month":
        return f"{day.year}-{day.month:02}"
    return f"{day.year}{'Q' if kind == 'quarter' else 'H'}{index + 1}"
