"""What each app keeps about one customer file, and how it goes when the file is destroyed.

Filled by the apps in their `apps.py`, so that erasing a file forgets nothing and no app knows another. An eraser blanks
what is content (texts, names, values, contents of files) and leaves what is evidence (that something happened, when, by
whom, under which clause).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from kedang.kernel import nightly

ERASED = "（已销毁）"


@dataclass(frozen=True)
class FileBound:
    """One app's share of a file."""

    name: str
    label: str
    erase: Callable[[int, datetime], int]
    """erase(file, at): blank the app's rows of the file inside the deed's transaction; how many rows it touched."""


_bound: dict[str, FileBound] = {}


def register(bound: FileBound) -> None:
    """Make an app's share known; two of one name are a programming error."""
    if bound.name in _bound and _bound[bound.name] != bound:
        raise ValueError(f"{bound.name} is registered twice")
    _bound[bound.name] = bound


def shares() -> list[FileBound]:
    """Every app's share, by name."""
    return [_bound[name] for name in sorted(_bound)]


def erase(file: int, at: datetime) -> dict[str, int]:
    """Blank everything that is kept about a file; rows touched by share. What the database's own journal holds goes
    when the deed has committed."""
    touched = {share.name: share.erase(file, at) for share in shares()}
    transaction.on_commit(scrub)
    return touched


def scrub() -> None:
    """Empty SQLite's journal into the database, where what was blanked has been overwritten (`secure_delete`). A reader
    that holds on to the journal delays this to the nightly run. PostgreSQL gives the room of old rows free at its next
    vacuum."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


nightly.register("scrub", scrub)
