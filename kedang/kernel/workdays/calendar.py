"""The working calendar as a plain value, and how it is loaded, seeded and changed."""

from __future__ import annotations

import secrets
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from django.db import transaction

from kedang.kernel import once, stamps
from kedang.kernel.workdays import library
from kedang.kernel.workdays.models import CalendarDay, CalendarStamp, CalendarYear

ONE_DAY = timedelta(days=1)
MAX_SPAN = 20_000  # working days; a limit so that a typing error cannot loop for minutes


@lru_cache(maxsize=64)
def _library_days(year: int) -> Mapping[date, bool]:
    return {special.day: special.is_workday for special in library.year_of(year).days}


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. Years that the company has not loaded are taken from the library as they stand."""

    days: Mapping[date, bool] = field(default_factory=dict)
    years: Mapping[int, bool] = field(default_factory=dict)  # loaded year -> confirmed
    version: int = 0

    def is_workday(self, day: date) -> bool:
        """Whether the company works that day (holidays and 调休 make-up days included)."""
        special = self.days.get(day)
        if special is None and day.year not in self.years:
            special = _library_days(day.year).get(day)
        return day.weekday() < 5 if special is None else special

    def confirmed(self, day: date) -> bool:
        """False while the holidays of that day's year are not published (show 暂定)."""
        if day.year in self.years:
            return self.years[day.year]
        return library.year_of(day.year).confirmed

    def add_workdays(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it for a negative n); `day` itself is not counted; n=0 is `day`."""
        if abs(n) > MAX_SPAN:
            raise ValueError("工作日数过大")
        step = ONE_DAY if n > 0 else -ONE_DAY
        left = abs(n)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def workdays_between(self, a: date, b: date) -> int:
        """Working days after `a` up to and with `b`; negative when `b` is earlier. So `b` = a + n gives n."""
        if b < a:
            return -self.workdays_between(b, a)
        return sum(self.is_workday(a + timedelta(days=i)) for i in range(1, (b - a).days + 1))

    def next_workday(self, day: date) -> date:
        """`day` itself when worked, else the first working day after it."""
        return day if self.is_workday(day) else self.add_workdays(day, 1)

    def previous_workday(self, day: date) -> date:
        """`day` itself when worked, else the last working day before it."""
        return day if self.is_workday(day) else self.add_workdays(day, -1)

    def workdays_in(self, first: date, last: date) -> list[date]:
        """Every working day from `first` through `last`."""
        span = (last - first).days + 1
        return [day for day in (first + timedelta(days=i) for i in range(max(span, 0))) if self.is_workday(day)]

    def specials_in(self, first: date, last: date) -> list[tuple[date, bool]]:
        """The stored days that differ from the week's rule, in order; for the calendar page."""
        ordered = sorted(self.days)
        return [(day, self.days[day]) for day in ordered[bisect_left(ordered, first) : bisect_right(ordered, last)]]


stamps.register("calendar", "SELECT version FROM workdays_calendarstamp WHERE id = 1")
_cached: Calendar | None = None


def load() -> Calendar:
    """The company's calendar. One small query a deed asks for the version; only a changed version reads the days again."""
    return once.remember("calendar", _current)


def _current() -> Calendar:
    global _cached
    version = stamps.now()["calendar"]
    # Version 0 means 'nothing seeded': never cached, or a fresh database would inherit another one's days.
    if _cached is None or _cached.version != version or version == 0:
        _cached = _read(version)
    return _cached


def _read(version: int) -> Calendar:
    days = dict(CalendarDay.objects.values_list("date", "is_workday"))
    years = dict(CalendarYear.objects.values_list("year", "confirmed"))
    return Calendar(days, years, version)


def seed_years(first: int, last: int) -> list[int]:
    """Load the library's days for the years that are missing or still 暂定; what a person set stays. Idempotent.

    Returns the years that were written.
    """
    with transaction.atomic():
        known = dict(CalendarYear.objects.values_list("year", "confirmed"))
        years = [year for year in range(first, last + 1) if not known.get(year) and _newer(year, known)]
        for year in years:
            _write_year(library.year_of(year))
        if years:
            touch()
    return years


def ensure_year(year: int) -> bool:
    """Seed one year unless it is there; True when it was written. For `tick`, not for read paths."""
    return bool(seed_years(year, year))


def _newer(year: int, known: Mapping[int, bool]) -> bool:
    """A provisional year is written again only once the library has it published."""
    return year not in known or library.year_of(year).confirmed


def _write_year(year: library.Year) -> None:
    stale = (library.SOURCE, library.PROVISIONAL)
    CalendarDay.objects.filter(date__year=year.year, source__in=stale).delete()
    rows = [
        CalendarDay(
            date=day.day, is_workday=day.is_workday, name=day.name[:60], source=year.source, confirmed=year.confirmed
        )
        for day in year.days
    ]
    CalendarDay.objects.bulk_create(rows, ignore_conflicts=True)
    CalendarYear.objects.update_or_create(year=year.year, defaults={"confirmed": year.confirmed})


def set_day(day: date, *, is_workday: bool, name: str = "", source: str = "公司设定") -> CalendarDay:
    """Say that the company works or rests on one day; kept when the state publishes its schedule."""
    with transaction.atomic():
        row, _ = CalendarDay.objects.update_or_create(
            date=day, defaults={"is_workday": is_workday, "name": name, "source": source, "confirmed": True}
        )
        touch()
    return row


def confirm_year(year: int, *, confirmed: bool = True) -> None:
    """Mark a year's days as final (or 暂定 again)."""
    with transaction.atomic():
        seed_years(year, year)
        CalendarYear.objects.filter(year=year).update(confirmed=confirmed)
        CalendarDay.objects.filter(date__year=year).update(confirmed=confirmed)
        touch()


def touch() -> None:
    """Change the version, so that every process reads the calendar again.

    A random number, not a counter: a counter that a rolled-back transaction had raised would be given out again for other
    days, and a process that had seen the first would keep it.
    """
    CalendarStamp.objects.update_or_create(pk=1, defaults={"version": secrets.randbits(62) + 1})
    once.forget()
