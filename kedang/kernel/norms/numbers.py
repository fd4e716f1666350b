"""Numbers in series: unique under concurrency, without gaps, never given out twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from django.db import connection

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
    """The next number of a series on a day. The sequence restarts with each period that the pattern names.

    Must run inside the deed's transaction: the counter row stays locked until it ends, so a number whose deed is rolled
    back is given to the next one and no two deeds ever hold the same. `taken` skips numbers that came in by import.
    """
    if problem := pattern_problem(pattern):
        raise Invalid(problem)
    fixed = _PART.sub(lambda part: _dated(part, on), pattern)
    while True:
        number = _filled(fixed, _advance(f"{series}:{fixed}"))
        if taken is None or not taken(number):
            return number


def _dated(part: re.Match[str], on: date) -> str:
    layout = _DATED.get(part.group(1))
    return layout.format(on) if layout else part.group(0)


def _filled(fixed: str, sequence: int) -> str:
    return _PART.sub(lambda part: str(sequence).zfill(int(part.group(2) or 0)), fixed)


def _advance(key: str) -> int:
    """Raise the counter; of two first users of a series one inserts, the other waits for it and then raises."""
    table = NumberSeries._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (key, last) VALUES (%s, 1)"  # noqa: S608  (names of the model, no input)
            f" ON CONFLICT (key) DO UPDATE SET last = {table}.last + 1 RETURNING last",
            [key],
        )
        return int(cursor.fetchone()[0])
