"""Numbers in the database that differ after every change of what processes keep: all asked together, once a deed or page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from kedang.kernel import direct, once

_asked: dict[str, str] = {}


def register(name: str, sql: str) -> None:
    """A stamp and the query that gives it (one row of one column, or none)."""
    _asked[name] = sql


def now() -> Mapping[str, int]:
    """{name: stamp}; 0 where nothing has been changed yet."""
    return once.remember("stamps", _read)


def beside(insertion: str, values: Sequence[Any]) -> int:
    """Run an insertion, and ask the stamps on the same way to the server where there is one; how many rows it wrote."""
    if connection.vendor != "postgresql":
        return direct.run(insertion, values)
    sql = f"WITH k AS ({insertion} RETURNING 1) SELECT (SELECT count(*) FROM k), {_columns()}"  # noqa: S608  (statements of ours)
    [(written, *found)] = direct.fetch(sql, values)
    once.remember("stamps", lambda: _named(found))
    return int(written)


def _read() -> dict[str, int]:
    [found] = direct.fetch(f"SELECT {_columns()}")
    return _named(found)


def _columns() -> str:
    return ", ".join(f"({each})" for each in _asked.values())


def _named(found: Sequence[Any]) -> dict[str, int]:
    return {name: value or 0 for name, value in zip(_asked, found, strict=True)}
