"""Counts of a large company that nothing keeps counted: each process holds them for ten minutes, with their time.

Up to a size every figure is counted the moment it is shown. Above it a count takes longer than anybody wants to wait at each
look, and a few more or less say nothing: a card then says until when it was counted (统计截至), a tab says 1000+ either way.
Nothing that is frozen, listed or exported is taken from here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from kedang.kernel import clock

T = TypeVar("T")
LARGE = 10_000
HELD = timedelta(minutes=10)
MOST = 5000
_held: dict[Hashable, tuple[Any, datetime]] = {}


def large(
    key: Hashable, count: Callable[[], T], size: Callable[[T], int], *, above: int | None = None, fresh: bool = False
) -> tuple[T, datetime]:
    """(what `count` answers, when it was counted); counted anew when it is small, older than ten minutes, or must be fresh."""
    now = clock.now()
    found = _held.get(key)
    if found is not None and not fresh and timedelta(0) <= now - found[1] < HELD:
        return found
    answer = count(), now
    if size(answer[0]) > (LARGE if above is None else above):
        if len(_held) >= MOST:
            _held.clear()
        _held[key] = answer
    else:
        _held.pop(key, None)
    return answer


def forget() -> None:
    """Count everything anew."""
    _held.clear()
