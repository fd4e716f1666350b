"""Bulk inserts: COPY on PostgreSQL, executemany on SQLite. Rows come as tuples that are already in the engine's form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

from django.db import connection, models, transaction

CHUNK = 20_000


def sqlite() -> bool:
    """Whether the rows go to SQLite."""
    return connection.vendor == "sqlite"


def moment(seconds: float) -> str:
    """An instant as the engine stores it."""
    text = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S")
    return text if sqlite() else text + "+00"


def fill(model: type[models.Model], names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert tuples of the named fields; every other field takes its default. Keys must be among the names."""
    given = [model._meta.get_field(name) for name in names]
    rest = [field for field in model._meta.concrete_fields if field not in given]
    defaults = tuple(field.get_db_prep_save(field.get_default(), connection) for field in rest)
    columns = [field.column for field in (*given, *rest)]
    insert(model._meta.db_table, columns, (row + defaults for row in rows))
    sequence = model._meta.pk
    if not sqlite() and isinstance(sequence, (models.BigAutoField, models.AutoField)):
        _catch_up(model._meta.db_table, sequence.column)


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


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterable[Iterable[tuple[Any, ...]]]:
    source = iter(rows)
    for first in source:
        yield chain([first], islice(source, CHUNK - 1))


def _catch_up(table: str, column: str) -> None:
    """Explicit keys leave the sequence behind."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}")


def settle() -> None:
    """What a database that has grown over months has and a freshly filled one lacks: statistics."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if sqlite() else "VACUUM ANALYZE")
