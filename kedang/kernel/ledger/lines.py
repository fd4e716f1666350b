"""The canonical line of each event, straight from the engine: what seals are digests of, without a model in between.

A line is a JSON array of the event's columns in COLUMNS order: compact, keys sorted, nothing escaped that need not be, times
in UTC with microseconds. SQLite keeps `data` as just that text (rows.py writes it so), and it goes into the line as it stands:
a changed blank would be found. PostgreSQL keeps it parsed (jsonb), so it is put in order here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring as quoted
from typing import Any

from django.db import connection

CHUNK = 2000
COLUMNS = (
    "id",
    "kind",
    "file",
    "subject",
    "actor_id",
    "on_behalf_of_id",
    "command",
    "appointment_id",
    "occurred_at",
    "recorded_at",
    "norm",
    "clause",
    "pack",
    "origin",
    "data",
)
Line = tuple[int, bytes, Any]
"""Number, canonical line, and `data`: text on SQLite, parsed on PostgreSQL."""

Shape = Callable[[str], str]
_encode: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Unreadable(Exception):
    """An event that no program of ours can have written."""


def lines(first: int | None = None, last: int | None = None, *, shape: Shape | None = None) -> Iterator[Line]:
    """Every event of a range, by number. `shape` puts the stored `data` of SQLite in order: earlier versions did not."""
    where = " AND ".join(
        f"id {sign} {int(limit)}" for sign, limit in ((">=", first), ("<=", last)) if limit is not None
    )
    on_sqlite = connection.vendor == "sqlite"
    chosen = _SQLITE if on_sqlite else _POSTGRES
    sql = f"SELECT {chosen} FROM ledger_event{f' WHERE {where}' if where else ''} ORDER BY id"  # noqa: S608  (numbers)
    rows = fetched(sql)
    return _of_sqlite(rows, shape) if on_sqlite else _of_postgres(rows)


def fetched(sql: str) -> Iterator[Any]:
    """Rows of a long query, never all in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while part := cursor.fetchmany(CHUNK):
            yield from part


# `|| ''` keeps the driver from making an object of an instant.
_SQLITE = ", ".join(f"{name} || ''" if name.endswith("_at") else name for name in COLUMNS)


def _of_sqlite(rows: Iterator[Any], shape: Shape | None) -> Iterator[Line]:
    for row in rows:
        try:
            yield row[0], _line_of(row, shape(row[-1]) if shape else row[-1]).encode(), row[-1]
        except (TypeError, ValueError, AttributeError) as error:
            raise Unreadable(f"事件 {row[0]} 的内容不是本系统写下的") from error


def _line_of(row: tuple[Any, ...], data: str) -> str:
    pk, kind, file, subject, actor, behalf, c, appointment, occurred, recorded, norm, clause, pack, origin, _ = row
    return (
        f"[{pk},{quoted(kind)},{'null' if file is None else file},{quoted(subject)},"
        f"{'null' if actor is None else actor},{'null' if behalf is None else behalf},"
        f'"{c[:8]}-{c[8:12]}-{c[12:16]}-{c[16:20]}-{c[20:]}",{"null" if appointment is None else appointment},'
        f'"{occurred.replace(" ", "T", 1)}{"Z" if len(occurred) != 19 else ".000000Z"}",'
        f'"{recorded.replace(" ", "T", 1)}{"Z" if len(recorded) != 19 else ".000000Z"}",'
        f"{quoted(norm)},{quoted(clause)},{quoted(pack)},{quoted(origin)},{data}]\n"
    )


def ordered(data: str) -> str:
    """The canonical text of what an earlier version wrote; ValueError when it was not written by a program."""
    held = json.loads(data)
    if data not in (json.dumps(held), canonical := _encode(held)):
        raise ValueError(data)
    return canonical


def ordered_or_raw(data: str) -> str:
    """The same for an export, which must show also what somebody has tampered with."""
    try:
        return ordered(data)
    except ValueError:
        return data.replace("\n", " ")


def _postgres() -> str:
    def cell(name: str) -> str:
        if name.endswith("_at"):
            return f"""'"' || to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'"""
        if name == "command":
            return "'\"' || command || '\"'"
        return (
            f"coalesce({name}::text, 'null')" if name.endswith("_id") or name in ("id", "file") else f"to_json({name})"
        )

    return f"id, concat_ws(',', {', '.join(cell(name) for name in COLUMNS[:-1])}), data::text"


_POSTGRES = _postgres()


def _of_postgres(rows: Iterator[Any]) -> Iterator[Line]:
    loads, encode = json.loads, _encode
    for pk, head, text in rows:
        data = loads(text)
        yield pk, f"[{head},{encode(data)}]\n".encode(), data
