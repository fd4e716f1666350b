"""The only source of time. Everything else asks here, so that a test or a scenario can hold the clock still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Frozen:
    """A held clock; moves only when told to."""

    def __init__(self, at: datetime) -> None:
        self._at = local(at)

    @property
    def at(self) -> datetime:
        """The held instant."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Put the clock at another instant (naive means Shanghai)."""
        self._at = local(at)

    def advance(self, step: timedelta) -> None:
        """Move the clock on by a span of real time."""
        self._at = self._at + step


# The held clock of this task or thread. A scenario run inside a web worker must not stop the clock of its neighbours,
# so holding it for every thread is asked for by name.
_held: ContextVar[Frozen | None] = ContextVar("kedang_clock", default=None)
_held_everywhere: Frozen | None = None


def local(moment: datetime) -> datetime:
    """The instant in Shanghai time; a naive datetime is taken to be Shanghai already."""
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)


def now() -> datetime:
    """The present instant, aware, in Shanghai time."""
    held = _held.get() or _held_everywhere
    return held.at if held else datetime.now(SHANGHAI)


def held() -> bool:
    """Whether time is held still or moved by hand here, as in scenarios and tests."""
    return (_held.get() or _held_everywhere) is not None


def today() -> date:
    """The present day in Shanghai."""
    return now().date()


def at_time(day: date, moment: time) -> datetime:
    """That day at that time of day, in Shanghai."""
    return datetime.combine(day, moment.replace(tzinfo=None), tzinfo=SHANGHAI)


@contextmanager
def frozen(at: datetime | str, *, all_threads: bool = False) -> Iterator[Frozen]:
    """Hold the clock at an instant (naive means Shanghai; text is ISO). `all_threads` holds it for the whole process."""
    global _held_everywhere
    held = Frozen(datetime.fromisoformat(at) if isinstance(at, str) else at)
    before = _held_everywhere
    token = _held.set(held)
    if all_threads:
        _held_everywhere = held
    try:
        yield held
    finally:
        _held.reset(token)
        _held_everywhere = before
