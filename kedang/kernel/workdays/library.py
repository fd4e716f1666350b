"""What the public library knows about the state's holidays. Pure; nothing here reads the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

SOURCE = "国务院办公厅放假安排"
PROVISIONAL = "法定节日推算（暂定）"


@dataclass(frozen=True, slots=True)
class Special:
    """A day that is not simply 'Monday to Friday is work'."""

    day: date
    is_workday: bool
    name: str


@dataclass(frozen=True, slots=True)
class Year:
    """The special days of a year; unconfirmed when its make-up days are not published yet."""

    year: int
    confirmed: bool
    days: tuple[Special, ...]

    @property
    def source(self) -> str:
        """Where the days come from, for the calendar page."""
        return SOURCE if self.confirmed else PROVISIONAL


@lru_cache(maxsize=64)
def year_of(year: int) -> Year:
    """The library's days of one year.

    The library gives only the statutory days of an unpublished year and does not say so. Every published year since 2000
    has make-up days, so a year without any is unpublished.
    """
    import holidays as library  # a quarter of a second, and only where the company has not loaded the year

    china = library.country_holidays("CN", years=year, language="zh_CN")
    makeup = sorted(day for day in china.weekend_workdays if day.year == year)
    off = [Special(day, False, name) for day, name in sorted(china.items()) if day.year == year]
    on = [Special(day, True, "调休上班") for day in makeup]
    return Year(year, bool(makeup), tuple(sorted(off + on, key=lambda special: special.day)))
