"""Bulk inserts: COPY on PostgreSQL, executemany on SQLite. Rows come as tuples that are already in the engine's form.

A tenth of a large company is made row by row; the other nine tenths are copies of it that the engine makes itself, with
other keys, owners, numbers and phones (`SHIFTED`). Indexes are built when the rows are there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

from django.db import connection, models, transaction

from kedang.kernel.norms import tallies, tally_triggers

CHUNK = 20_000
PHONES = "3587946210"
"""The second digit of a phone by copy."""


def sqlite() -> bool:
    """Whether the rows go to SQLite."""
    return connection.vendor == "sqlite"


def moment(seconds: float) -> str:
    """An instant as the engine stores it."""
    text = datetime.fromtimestamp(int(seconds), UTC).isoformat(" ")
    return text[:19] if sqlite() else text


class Copies:
    """How often the rows that are made are copied, and how far apart people and units of two copies are."""

    def __init__(self, times: int, people: int, units: int) -> None:
        self.times, self.people, self.units = times, people, units

    def columns(self, columns: Sequence[str]) -> list[str]:
        """The columns of copy `n.k` of a row `b`."""
        return [self._shifted(column) for column in columns]

    def _shifted(self, column: str) -> str:
        value = f'b."{column}"'
        if column in ("id", "customer_id", "file"):
            return f"{value} + n.k"
        if column in ("owner_id", "person_id", "actor_id", "bearer_id", "filed_by_id", "by_id", "taken_by_id"):
            return f"{value} + n.k * {self.people}"
        if column == "unit_id":
            return f"{value} + n.k * {self.units}"
        if column in ("phone", "digits"):
            return f"'1' || substr('{PHONES}', n.k + 1, 1) || substr({value}, 3)"
        if column == "number":
            return "'B-' || (b.id + n.k)"
        if column == "subject":
            number = f"(CAST(substr({value}, 6) AS bigint) + n.k)"
            return f"CASE WHEN {value} LIKE 'file:%%' OR {value} LIKE 'duty:%%' THEN substr({value}, 1, 5) || {number} ELSE {value} END"
        return value


def fill(
    model: type[models.Model], names: Sequence[str], rows: Iterable[tuple[Any, ...]], copies: Copies | None = None
) -> None:
    """Insert tuples of the named fields; every other field takes its default. Keys must be among the names."""
    given = [model._meta.get_field(name) for name in names]
    rest = [field for field in model._meta.concrete_fields if field not in given]
    defaults = tuple(field.get_db_prep_save(field.get_default(), connection) for field in rest)
    columns = [field.column for field in (*given, *rest)]
    table = model._meta.db_table
    if copies and copies.times > 1:
        _copied(table, columns, (row + defaults for row in rows), copies)
    else:
        insert(table, columns, (row + defaults for row in rows))
    key = model._meta.pk
    if not sqlite() and isinstance(key, (models.BigAutoField, models.AutoField)):
        _catch_up(table, key.column)


def insert(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert tuples into columns of a table."""
    quoted = ", ".join(f'"{column}"' for column in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        if not sqlite():
            with cursor.cursor.copy(f'COPY "{table}" ({quoted}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        sql = f'INSERT INTO "{table}" ({quoted}) VALUES ({", ".join("?" * len(columns))})'
        raw = cursor.connection.cursor()
        for batch in _batches(rows):
            raw.executemany(sql, batch)


def _copied(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]], copies: Copies) -> None:
    """The rows go to a table beside, and from there as often as wanted, in the order of their keys."""
    quoted = ", ".join(f'"{column}"' for column in columns)
    run(f'CREATE TEMP TABLE made AS SELECT {quoted} FROM "{table}" WHERE false')
    insert("made", columns, rows)
    numbers = ", ".join(f"({k})" for k in range(copies.times))
    run(
        f'INSERT INTO "{table}" ({quoted}) SELECT {", ".join(copies.columns(columns))}'
        f" FROM made b CROSS JOIN (SELECT column1 AS k FROM (VALUES {numbers}) AS v) n ORDER BY 1"
    )
    run("DROP TABLE made")


def run(sql: str) -> None:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [] if "%%" in sql else None)


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterable[Iterable[tuple[Any, ...]]]:
    source = iter(rows)
    for first in source:
        yield chain([first], islice(source, CHUNK - 1))


def _catch_up(table: str, column: str) -> None:
    """Explicit keys leave the sequence behind."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}")


@contextmanager
def quickly() -> Iterator[None]:
    """Without indexes, checks of references and care for power cuts: all of it comes back with the end."""
    connection.ensure_connection()
    before = ("foreign_keys = OFF", "journal_mode = OFF", "synchronous = OFF", "secure_delete = OFF", "temp_store = 2")
    after = (
        "foreign_keys = ON",
        "journal_mode = WAL",
        f"synchronous = {_synchronous()}",
        "secure_delete = ON",
        "optimize",
    )
    for each in before if sqlite() else ():
        run(f"PRAGMA {each}")
    for each in () if sqlite() else ("session_replication_role = replica", "maintenance_work_mem = '512MB'"):
        run(f"SET {each}")
    dropped = _indexes()
    for name, _ in dropped:
        run(f'DROP INDEX "{name}"')
    with tally_triggers.lifted(connection):
        yield
    for _, sql in dropped:
        run(sql)
    for each in after if sqlite() else ():
        run(f"PRAGMA {each}")
    for each in () if sqlite() else ("session_replication_role", "maintenance_work_mem"):
        run(f"RESET {each}")


def _synchronous() -> int:
    """How carefully this connection writes: as the product sets it, and what is measured afterwards must stand by it."""
    if not sqlite():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        return int(cursor.fetchone()[0])


def _indexes() -> list[tuple[str, str]]:
    """(name, statement) of every index that is not a constraint's own, on tables that are filled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND name NOT LIKE 'org_%'"
            if sqlite()
            else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'org_%'"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = format('%I', indexname)::regclass)"
        )
        found: list[tuple[str, str]] = cursor.fetchall()
    return found


def settle() -> None:
    """What a database that has grown over months has and a freshly filled one lacks: counts that are kept, statistics."""
    connection.ensure_connection()
    tallies.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if sqlite() else "VACUUM ANALYZE")


class Clock:
    """How long each part took, for whoever waits."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last lap."""
        now = time.perf_counter()
        taken, self.begun = now - self.begun, now
        return taken
