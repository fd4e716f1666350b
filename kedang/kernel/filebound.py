"""What each app keeps about one customer file, and how it goes when the file is destroyed.

Filled by the apps in their `apps.py`, so that erasing a file forgets nothing and no app knows another. An eraser blanks
what is content (texts, names, values, contents of files) and leaves what is evidence (that something happened, when, by
whom, under which clause).

Each erasure leaves a row that says so (`Erasure`). In a restored older copy of the database the file is erased by the same
erasers again, and what stays on record of it is put back from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

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
    residue: Callable[[int], Any] | None = None
    """residue(file): as JSON, what stays on record and may name nobody; an older copy of the database lacks it."""
    put_back: Callable[[int, Any], None] | None = None
    """put_back(file, residue): write it where it is missing."""


_bound: dict[str, FileBound] = {}
_followers: list[Callable[[], object]] = []


def register(bound: FileBound) -> None:
    """Make an app's share known; two of one name are a programming error."""
    if bound.name in _bound and _bound[bound.name] != bound:
        raise ValueError(f"{bound.name} is registered twice")
    _bound[bound.name] = bound


def shares() -> list[FileBound]:
    """Every app's share, by name."""
    return [_bound[name] for name in sorted(_bound)]


def follow(run: Callable[[], object]) -> None:
    """Have `run` called after each erasure that has committed."""
    _followers.append(run)


def erase(file: int, at: datetime, *, residue: Mapping[str, Any] | None = None) -> dict[str, int]:
    """Blank everything that is kept about a file; rows touched by share. What the database's own journal holds goes
    when the deed has committed. `residue` is given when a restored copy is made to forget the file once more."""
    from kedang.kernel.models import Erasure

    touched = {share.name: share.erase(file, at) for share in shares()}
    for share in shares():
        if residue and share.put_back is not None and share.name in residue:
            share.put_back(file, residue[share.name])
    kept = {share.name: share.residue(file) for share in shares() if share.residue is not None}
    Erasure.objects.create(file=file, born=born(file), at=at, residue=kept)
    # Robust: the destruction has committed and must not be answered as failed; the nightly run scrubs again.
    transaction.on_commit(_committed, robust=True)
    return touched


def born(file: int) -> UUID | None:
    """The deed that made a file: what tells it from another that bears its number in another copy of the database."""
    from kedang.kernel.ledger.models import Event

    return Event.objects.filter(file=file).order_by("id").values_list("command", flat=True).first()


def _committed() -> None:
    scrub()
    for run in _followers:
        run()


def scrub() -> None:
    """Empty SQLite's journal into the database, where what was blanked has been overwritten (`secure_delete`). A reader
    that holds on to the journal delays this to the nightly run. PostgreSQL gives the room of old rows free at its next
    vacuum."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


nightly.register("scrub", scrub)
