"""Periods of the dashboard: today, this week, month, quarter, year, or days of one's own; each with the one before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kedang.kernel import clock

PERIODS = {"today": "今天", "week": "本周", "month": "本月", "quarter": "本季", "year": "本年", "custom": "自定义"}
BEFORE = {"today": "昨天", "week": "上周", "month": "上月", "quarter": "上季", "year": "上年", "custom": "前一期"}
DAY = timedelta(days=1)
LONGEST = 366
"""Days that a period of one's own may have."""


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, and the instant before which things count."""

    first: date
    last: date
    end: datetime

    @property
    def start(self) -> datetime:
        """The first instant."""
        return clock.at_time(self.first, time())

    @property
    def days(self) -> int:
        """How many days there are in it."""
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        """'3月1日至3月31日', one day by itself; with the year when it is not this one."""
        first = _day(self.first)
        return first if self.first == self.last else f"{first}至{_day(self.last)}"

    def parts(self) -> list[tuple[str, datetime, datetime]]:
        """(label, from, before) of the pieces a trend is drawn by: days, weeks or months, never more than 31."""
        edges = self._edges()
        ends = [*edges[1:], self.last + DAY]
        return [
            (self._name(first), clock.at_time(first, time()), min(self.end, clock.at_time(after, time())))
            for first, after in zip(edges, ends, strict=True)
        ]

    def _edges(self) -> list[date]:
        if self.days <= 31:
            return [self.first + each * DAY for each in range(self.days)]
        if self.days <= 100:
            monday = self.first - timedelta(days=self.first.weekday())
            weeks = [monday + timedelta(weeks=each) for each in range(1, 16)]
            return [self.first, *(week for week in weeks if self.first < week <= self.last)]
        first = [_months_on(self.first.replace(day=1), each) for each in range(1, 14)]
        return [self.first, *(month for month in first if self.first < month <= self.last)]

    def _name(self, first: date) -> str:
        return f"{first.month}月" if self.days > 100 else f"{first.month}/{first.day}"


@dataclass(frozen=True)
class Period:
    """What was asked for: its days up to today, and the same piece of the period before."""

    key: str
    span: Span
    previous: Span
    whole: date
    """The last day of the period, come or not."""
    error: str = ""

    @property
    def running(self) -> bool:
        """Whether it is not over yet."""
        return self.whole >= clock.today()

    @property
    def compared(self) -> str:
        """With what it is compared: '上周同期' while it runs."""
        return BEFORE[self.key] + ("同期" if self.running else "")

    @property
    def query(self) -> dict[str, str]:
        """The period as an address carries it."""
        days = {"from": self.span.first.isoformat(), "to": self.whole.isoformat()} if self.key == "custom" else {}
        return {"period": self.key, **days}


def period_of(key: str, first: str = "", last: str = "") -> Period:
    """The period an address names; this month for what cannot be read, and then `error` says what is wrong."""
    today = clock.today()
    if key == "custom":
        days = _days(first, last)
        if isinstance(days, str):
            return _built("month", *_bounds("month", today), error=days)
        return _built("custom", *days)
    known = key if key in PERIODS else "month"
    return _built(known, *_bounds(known, today))


def period_at(key: str, day: date) -> Period:
    """The day, week or month around a day, come and gone or running."""
    return _built(key, *_bounds(key, day))


def _days(first: str, last: str) -> tuple[date, date] | str:
    try:
        found = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return "请填写起止日期，先按本月显示"
    if found[0] > found[1]:
        return "止日不能早于起日，先按本月显示"
    if found[0] > clock.today():
        return "起日还没有到，先按本月显示"
    if not 2000 <= found[0].year <= found[1].year <= 2100 or (found[1] - found[0]).days >= LONGEST:
        return f"自定义期间最长 {LONGEST} 天，先按本月显示"
    return found


def _bounds(key: str, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    quarter = month.replace(month=(today.month - 1) // 3 * 3 + 1)
    return {
        "today": (today, today),
        "week": (monday, monday + 6 * DAY),
        "month": (month, _months_on(month, 1) - DAY),
        "quarter": (quarter, _months_on(quarter, 3) - DAY),
        "year": (date(today.year, 1, 1), date(today.year, 12, 31)),
    }[key]


def _before(key: str, first: date, last: date) -> tuple[date, date]:
    months = {"month": 1, "quarter": 3, "year": 12}.get(key)
    if months:
        return _months_on(first, -months), first - DAY
    length = last - first + DAY
    return first - length, first - DAY


def _built(key: str, first: date, last: date, error: str = "") -> Period:
    now = clock.now()
    span = _span(first, last, now)
    before, its_last = _before(key, first, last)
    # A period that runs is compared with as much of the one before as has passed of this one.
    upto = clock.at_time(before, time()) + (now - clock.at_time(first, time()))
    return Period(key, span, _span(before, its_last, upto), last, error)


def _span(first: date, last: date, upto: datetime) -> Span:
    end = min(upto, clock.at_time(last + DAY, time()))
    return Span(first, min(last, clock.local(end - timedelta(microseconds=1)).date()), end)


def _months_on(first: date, months: int) -> date:
    at = first.year * 12 + first.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日" if day.year == clock.today().year else f"{day.year}年{day.month}月{day.day}日"
