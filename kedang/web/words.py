"""Times, amounts and counts in the words of the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kedang.kernel import clock
from kedang.kernel.workdays.calendar import Calendar
from kedang.kernel.workdays.words import late_words

WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Due:
    """A deadline in words, and how pressing it is: late, today, soon, later, none."""

    text: str
    level: str
    full: str = ""


def due_words(due_at: datetime | None, cal: Calendar, *, done: bool = False, natural: bool = False) -> Due:
    """'逾期 2 个工作日', '今天 18:00', '明天', '周五 11月27日'; late ones count working days, or every day where the
    regulation gave the time in days (`natural`)."""
    if due_at is None:
        return Due("无期限", "none")
    due, now = clock.local(due_at), clock.now()
    full = moment(due)
    if done:
        return Due(day_words(due), "none", full)
    if due < now:
        return Due(late_words(due, now, cal, natural=natural), "late", full)
    if due.date() == now.date():
        return Due(f"今天 {_hour(due)}".strip(), "today", full)
    days = (due.date() - now.date()).days
    if days == 1:
        return Due(f"明天 {_hour(due)}".strip(), "soon", full)
    return Due(day_words(due), "soon" if days < 7 else "later", full)


def _hour(at: datetime) -> str:
    # The last instant of a day is how a deadline of whole days is kept; nobody wants to read 23:59.
    return "" if (at.hour, at.minute) in ((23, 59), (0, 0)) else f"{at:%H:%M}"


def day_words(at: datetime | date) -> str:
    """'周五 11月27日'; with the year when it is not this one."""
    day = clock.local(at).date() if isinstance(at, datetime) else at
    year = "" if day.year == clock.today().year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日 周{WEEKDAYS[day.weekday()]}"


def moment(at: datetime | None) -> str:
    """'2026-11-21 09:30'."""
    return f"{clock.local(at):%Y-%m-%d %H:%M}" if at else ""


def ago(at: datetime | None) -> str:
    """'今天 09:30', '昨天 18:02', '11月3日', '2025年11月3日'."""
    if not at:
        return ""
    there, today = clock.local(at), clock.today()
    days = (today - there.date()).days
    if days == 0:
        return f"今天 {there:%H:%M}"
    if days == 1:
        return f"昨天 {there:%H:%M}"
    return (
        f"{there.month}月{there.day}日" if there.year == today.year else f"{there.year}年{there.month}月{there.day}日"
    )


def capped(count: int, cap: int = 1000) -> str:
    """'37' or '1000+'."""
    return f"{cap}+" if count > cap else str(count)
