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
from pydantic_core import from_json

from kedang.kernel import canonical

CHUNK, MOST = 2000, 5000
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
Line = tuple[int, str, str]
"""Number, canonical line, and `data` as the engine gives it."""

Shape = Callable[[str], str]


class Unreadable(Exception):
    """An event that no program of ours can have written."""


def lines(first: int | None = None, last: int | None = None, *, shape: Shape | None = None) -> Iterator[Line]:
    """Every event of a range, by number. `shape` puts the stored `data` of SQLite in order: earlier versions did not."""
    limits = ((">=", first), ("<=", last))
    where = " AND ".join(f"id {sign} {int(limit)}" for sign, limit in limits if limit is not None)
    on_sqlite = connection.vendor == "sqlite"
    rows = fetched(
        f"SELECT {_SQLITE if on_sqlite else _POSTGRES} FROM ledger_event{f' WHERE {where}' if where else ''} ORDER BY id"  # noqa: S608  (numbers)
    )
    return _lines(rows, shape if on_sqlite else _of_jsonb, dashed=not on_sqlite)


def fetched(sql: str) -> Iterator[Any]:
    """Rows of a long query, never all in memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while part := cursor.fetchmany(CHUNK):
            yield from part


# As text, or the driver makes an object of each: 2026-03-02 01:00:00.5 on SQLite, 2026-03-02 01:00:00.5+00 on PostgreSQL.
_SQLITE = ", ".join(f"{name} || ''" if name.endswith("_at") else name for name in COLUMNS)
_POSTGRES = ", ".join(
    f"{name}::text" if name.endswith("_at") or name in ("command", "data") else name for name in COLUMNS
)


def _lines(rows: Iterator[Any], shape: Shape | None, *, dashed: bool) -> Iterator[Line]:
    """One loop for both engines, and nothing in it that a million times would cost a second."""
    seen, moment = "", ""
    tails: dict[tuple[str, str, str, str], str] = {}
    """Few rules make many events: where they come from is put into words once."""
    for row in rows:
        pk, kind, file, subject, actor, behalf, c, appointment, occurred, recorded, norm, clause, pack, origin, data = (
            row
        )
        try:
            if recorded != seen:
                seen, moment = recorded, _moment(recorded)
            tail = tails.get((norm, clause, pack, origin))
            if tail is None:
                tail = f"{quoted(norm)},{quoted(clause)},{quoted(pack)},{quoted(origin)}"
                if len(tails) < MOST:
                    tails[norm, clause, pack, origin] = tail
            line = (
                f"[{pk},{quoted(kind)},{'null' if file is None else file},{quoted(subject)},"
                f"{'null' if actor is None else actor},{'null' if behalf is None else behalf},"
                f'"{c if dashed else c[:8] + "-" + c[8:12] + "-" + c[12:16] + "-" + c[16:20] + "-" + c[20:]}",'
                f"{'null' if appointment is None else appointment},"
                f'"{moment if occurred == seen else _moment(occurred)}","{moment}",'
                f"{tail},{shape(data) if shape else data}]\n"
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise Unreadable(f"事件 {pk} 的内容不是本系统写下的") from error
        yield pk, line, data


def _moment(stored: str) -> str:
    """An instant in the line: UTC, microseconds. A changed separator stays changed, and the digest shows it."""
    bare = stored.removesuffix("+00").replace(" ", "T", 1)
    return (f"{bare}.000000" if len(bare) == 19 else bare.ljust(26, "0")) + "Z"


def _of_jsonb(data: str) -> str:
    return canonical.text(from_json(data))


def ordered(data: str) -> str:
    """The canonical text of what an earlier version wrote; ValueError when it was not written by a program."""
    held = json.loads(data)
    if data not in (json.dumps(held), put := canonical.text(held)):
        raise ValueError(data)
    return put


def ordered_or_raw(data: str) -> str:
    """The same for an export, which must show also what somebody has tampered with."""
    try:
        return ordered(data)
    except ValueError:
        return data.replace("\n", " ")
