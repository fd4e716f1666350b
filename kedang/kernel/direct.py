"""Statements that every deed sends, without the layers between Django's cursor and the driver's.

Within a deed's transaction the connection stands, its thread is known and nobody translates the statement: a cursor of
Django's costs more there than the statement itself. On PostgreSQL the driver prepares each text once a connection, so
that the server need not parse and plan it again. Whoever watches (`execute_wrapper`, captured queries) sees the
statement all the same: then, and in a broken transaction, it goes Django's way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections

KEPT = 300
"""Prepared statements a connection keeps: insertions by number of rows, and the like."""
_cursors: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def fetch(sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows that a statement answers with."""
    db: Any = connections[DEFAULT_DB_ALIAS]
    if _watched(db):
        with db.cursor() as cursor:
            cursor.execute(sql, values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found
    with db.wrap_database_errors:
        answer: list[tuple[Any, ...]] = _executed(db, sql, values).fetchall()
        return answer


def run(sql: str, values: Sequence[Any] = ()) -> int:
    """How many rows a statement has written."""
    db: Any = connections[DEFAULT_DB_ALIAS]
    if _watched(db):
        with db.cursor() as cursor:
            cursor.execute(sql, values)
            return int(cursor.rowcount)
    with db.wrap_database_errors:
        return int(_executed(db, sql, values).rowcount)


def run_each(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One prepared statement over many rows."""
    db: Any = connections[DEFAULT_DB_ALIAS]
    if _watched(db) or db.vendor != "sqlite":
        with db.cursor() as cursor:
            cursor.executemany(sql, rows)
        return
    with db.wrap_database_errors:
        db.connection.executemany(_question_marks(sql), rows)


def run_together(statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
    """Insertions of which none needs another's answer: one statement on PostgreSQL, for there each is a way to the server
    and back."""
    if len(statements) > 1 and connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        sql = _together(tuple(sql for sql, _ in statements))
        statements = [(sql, [value for _, values in statements for value in values])]
    for sql, values in statements:
        run(sql, values)


@lru_cache(maxsize=256)
def _together(texts: tuple[str, ...]) -> str:
    first = ", ".join(f"i{number} AS ({text})" for number, text in enumerate(texts[:-1]))
    return f"WITH {first} {texts[-1]}"


def _watched(db: Any) -> bool:
    # Outside of a transaction Django may first have to open the connection, or to replace a dead one: once a request.
    known = db.connection is not None and (db.health_check_done or not db.health_check_enabled)
    stands = db.in_atomic_block or known
    return not stands or db.needs_rollback or bool(db.execute_wrappers) or db.queries_logged


def _executed(db: Any, sql: str, values: Sequence[Any]) -> Any:
    if db.vendor == "sqlite":
        return db.connection.execute(_question_marks(sql), values)
    raw = db.connection
    cursor = _cursors.get(raw)
    if cursor is None:
        cursor = _cursors[raw] = _prepared_cursor(raw)
    # Only these texts: the driver would count, and keep, each text of the ORM, which carry their values.
    before, raw.prepare_threshold = raw.prepare_threshold, 1
    try:
        return cursor.execute(sql, values, prepare=True)
    finally:
        raw.prepare_threshold = before


@lru_cache(maxsize=1024)
def _question_marks(sql: str) -> str:
    """As Django turns the marks of a statement into SQLite's."""
    return sql.replace("%s", "?").replace("%%", "%")


def _prepared_cursor(raw: Any) -> Any:
    """A cursor whose values are bound by the server. All whole numbers go as bigint: by their size they would make
    another statement of the same text."""
    from psycopg import Cursor
    from psycopg.types.numeric import Int8Dumper

    raw.prepared_max = KEPT
    cursor = Cursor(raw)
    cursor.adapters.register_dumper(int, Int8Dumper)
    return cursor
