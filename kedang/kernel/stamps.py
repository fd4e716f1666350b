"""Numbers in the database that differ after every change of what processes keep: all asked together, once a deed or page."""

from __future__ import annotations

from collections.abc import Mapping

from kedang.kernel import direct, once

_asked: dict[str, str] = {}


def register(name: str, sql: str) -> None:
    """A stamp and the query that gives it (one row of one column, or none)."""
    _asked[name] = sql


def now() -> Mapping[str, int]:
    """{name: stamp}; 0 where nothing has been changed yet."""
    return once.remember("stamps", _read)


def _read() -> dict[str, int]:
    sql = "SELECT " + ", ".join(f"({each})" for each in _asked.values())
    [found] = direct.fetch(sql)
    return {name: value or 0 for name, value in zip(_asked, found, strict=True)}
