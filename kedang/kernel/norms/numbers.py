"""Numbers in series: unique under concurrency, without gaps, never given out twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date

from kedang.kernel import direct
from kedang.kernel.errors import Invalid
from kedang.kernel.models import NumberSeries

_PART = re.compile(r"\{(\w+)(?::(\d{1,2}))?\}")
_DATED = {"year": "{:%Y}", "month": "{:%m}", "day": "{:%d}"}


def pattern_problem(pattern: str) -> str | None:
    """What is wrong with a pattern such as `KH-{year}-{seq:4}`, in Chinese; None when it is fine."""
    names = [name for name, _ in _PART.findall(pattern)]
    unknown = [name for name in names if name not in {*_DATED, "seq"}]
    if unknown or "{" in _PART.sub("", pattern) or "}" in _PART.sub("", pattern):
        return "编号规则只能使用 {year} {month} {day} {seq:位数}"
    if names.count("seq") != 1:
        return "编号规则须含且只含一个 {seq}"
    return None


def next_number(series: str, pattern: str, on: date, *, taken: Callable[[str], bool] | None = None) -> str:
    """The next number of a series on a day; see `next_numbers`. `taken` skips numbers that came in by import."""
    [number] = next_numbers(
        series, pattern, on, 1, taken=None if taken is None else lambda found: set(filter(taken, found))
    )
    return number


def next_numbers(
    series: str, pattern: str, on: date, count: int, *, taken: Callable[[Sequence[str]], Collection[str]] | None = None
) -> list[str]:
    """The next numbers of a series on a day, in order. The sequence restarts with each period that the pattern names.

    Must run inside the deed's transaction: the counter row stays locked until it ends, so a number whose deed is rolled
    back is given to the next one and no two deeds ever hold the same. `taken` says which of some numbers came in by import.
    """
    if problem := pattern_problem(pattern):
        raise Invalid(problem)
    fixed = _PART.sub(lambda part: _dated(part, on), pattern)
    found: list[str] = []
    while len(found) < count:
        wanted = count - len(found)
        last = _advance(f"{series}:{fixed}", wanted)
        made = [_filled(fixed, sequence) for sequence in range(last - wanted + 1, last + 1)]
        held = taken(made) if taken is not None else ()
        found += [number for number in made if number not in held]
    return found


def _dated(part: re.Match[str], on: date) -> str:
    layout = _DATED.get(part.group(1))
    return layout.format(on) if layout else part.group(0)


def _filled(fixed: str, sequence: int) -> str:
    return _PART.sub(lambda part: str(sequence).zfill(int(part.group(2) or 0)), fixed)


def _advance(key: str, by: int) -> int:
    """Raise the counter and return where it stands; of two first users of a series one inserts, the other waits for it and then raises."""
    table = NumberSeries._meta.db_table
    [(last,)] = direct.fetch(
        f"INSERT INTO {table} (key, last) VALUES (%s, %s)"  # noqa: S608  (names of the model, no input)
        f" ON CONFLICT (key) DO UPDATE SET last = {table}.last + EXCLUDED.last RETURNING last",
        [key, by],
    )
    return int(last)
