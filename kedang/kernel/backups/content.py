"""The canonical text of everything an installation holds: what an original and its restored copy are compared by.

Read from the tables as they are, not through models, so that a database of an older version has one as well. Tables by
name, columns by name, rows by key; what does not depend on content (how pages lie on the disk) does not come in.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from django.db import connection, transaction

Sink = Callable[[bytes], object]
TEXTS = ("character varying", "text", "character")


@dataclass
class Content:
    """What was read: its digest, rows by table, and the addresses of contents that rows name."""

    sha256: str = ""
    rows: dict[str, int] = field(default_factory=dict)


class Source(Protocol):
    """One state of a database, whoever writes meanwhile."""

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""

    def tables(self) -> list[str]:
        """Tables by name."""

    def columns(self, table: str) -> list[str]:
        """A table's columns by name."""

    def lines(self, table: str, columns: list[str]) -> Iterator[bytes]:
        """The rows by key, each line ended; several may come in one piece."""


def read(source: Source, sink: Sink | None = None) -> Content:
    """Go through all tables; the text goes to `sink`, its digest and the counts come back."""
    found, running = Content(), hashlib.sha256()

    def out(piece: bytes) -> None:
        running.update(piece)
        if sink is not None:
            sink(piece)

    for table in source.tables():
        columns = source.columns(table)
        out(f"# {table}\t{','.join(columns)}\n".encode())
        count = 0
        for piece in source.lines(table, columns):
            out(piece)
            count += piece.count(b"\n")
        found.rows[table] = count
    found.sha256 = running.hexdigest()
    return found


def has_table(source: Source, table: str) -> bool:
    """Whether the database has it (an older version may not)."""
    return table in source.tables()


@contextmanager
def opened() -> Iterator[Source]:
    """The configured database, held at one state for as long as the block runs."""
    if connection.vendor == "sqlite":
        with Sqlite.file(Path(connection.settings_dict["NAME"])) as source:
            yield source
        return
    with snapshot() as (source, _):
        yield source


# ---- SQLite ------------------------------------------------------------------------------------------------------------


class Sqlite:
    """A database file."""

    def __init__(self, held: sqlite3.Connection) -> None:
        self.held = held

    @classmethod
    @contextmanager
    def file(cls, path: Path) -> Iterator[Sqlite]:
        """Open a file for reading only; one read transaction for all that is asked."""
        held = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=60)
        try:
            held.execute("BEGIN")
            yield cls(held)
        finally:
            held.close()

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self.held.execute(sql).fetchall()

    def tables(self) -> list[str]:
        """Tables by name, without SQLite's own."""
        rows = self.ask(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        return sorted(str(name) for (name,) in rows)

    def columns(self, table: str) -> list[str]:
        """A table's columns by name."""
        return sorted(str(row[1]) for row in self._layout(table))

    def lines(self, table: str, columns: list[str]) -> Iterator[bytes]:
        """One JSON array a row."""
        keys = [str(row[1]) for row in sorted(self._layout(table), key=lambda row: int(row[5])) if row[5]]
        chosen, order = (", ".join(f'"{name}"' for name in names) for names in (columns, keys or columns))
        rows = self.held.execute(f'SELECT {chosen} FROM "{table}" ORDER BY {order}')  # noqa: S608  (names of the database)
        while part := rows.fetchmany(1000):
            yield "".join(_line(row) for row in part).encode()

    def _layout(self, table: str) -> list[tuple[Any, ...]]:
        return self.ask(f'PRAGMA table_info("{table}")')


def _line(row: tuple[Any, ...]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=bytes.hex) + "\n"


# ---- PostgreSQL --------------------------------------------------------------------------------------------------------


@contextmanager
def snapshot() -> Iterator[tuple[Source, str]]:
    """One state of PostgreSQL, and the name under which pg_dump can see the very same one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        name = str(cursor.fetchone()[0])
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield Postgres(cursor), name


class Postgres:
    """The schema `public` within one transaction."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        self.cursor.execute(sql)
        return list(self.cursor.fetchall())

    def tables(self) -> list[str]:
        """Tables by name."""
        rows = self.ask("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return sorted(str(name) for (name,) in rows)

    def columns(self, table: str) -> list[str]:
        """A table's columns by name."""
        return sorted(self._types(table))

    def lines(self, table: str, columns: list[str]) -> Iterator[bytes]:
        """PostgreSQL's own text of each row."""
        types = self._types(table)
        keys = self._keys(table) or columns
        order = ", ".join(f'"{name}" COLLATE "C"' if types[name] in TEXTS else f'"{name}"' for name in keys)
        chosen = ", ".join(f'"{name}"' for name in columns)
        query = f'COPY (SELECT {chosen} FROM "{table}" ORDER BY {order}) TO STDOUT'  # noqa: S608  (names of the database)
        with self.cursor.copy(query) as rows:
            for piece in rows:
                yield bytes(piece)

    def _types(self, table: str) -> dict[str, str]:
        sql = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s"
        self.cursor.execute(sql, [table])
        return {str(name): str(kind) for name, kind in self.cursor.fetchall()}

    def _keys(self, table: str) -> list[str]:
        self.cursor.execute(
            "SELECT a.attname FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(n, at) "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n "
            "WHERE i.indisprimary AND i.indrelid = to_regclass(%s) ORDER BY k.at",
            [f'"{table}"'],
        )
        return [str(name) for (name,) in self.cursor.fetchall()]
