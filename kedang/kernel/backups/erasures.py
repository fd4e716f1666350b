"""已销毁档案名单: which files have been destroyed, kept outside the database so that it outlives the server.

A destruction writes an `Erasure` row in its own transaction and, once that has committed, a line into the list beside the
data and into the one beside the backups. Restoring an older backup goes through the list before anybody can read.
A number alone does not say which file is meant (after a restore numbers are given out anew): the deed that made the file does.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from kedang.kernel import clock, filebound, files
from kedang.kernel.actions.deed import Deed
from kedang.kernel.backups import folders
from kedang.kernel.models import Erasure

log = logging.getLogger("kedang.backups")
LIST, PLACES = "destroyed.jsonl", "backup-places"
HEADING = {"list": "kedang destroyed files", "format": 1}


@dataclass(frozen=True)
class Entry:
    """One destroyed file: its number in the database, the deed that made it, when it went, what stays on record of it."""

    file: int
    born: str
    at: str
    residue: dict[str, Any]

    @property
    def key(self) -> tuple[int, str]:
        """What tells it from every other file."""
        return self.file, self.born

    def line(self) -> str:
        """As it stands in the list."""
        return json.dumps(vars(self), ensure_ascii=False, sort_keys=True) + "\n"


def places() -> list[Path]:
    """Folders that hold backups of this installation: the configured one, and every other that was once written to."""
    known = Path(settings.DATA_DIR) / PLACES
    noted = [Path(line) for line in known.read_text(encoding="utf-8").splitlines()] if known.is_file() else []
    configured = [settings.BACKUP.folder] if settings.BACKUP.folder else []
    return list(dict.fromkeys([*configured, *(place for place in noted if place.is_dir())]))


def note_place(place: Path) -> None:
    """Remember a folder that has been backed up to."""
    if place not in places():
        with (Path(settings.DATA_DIR) / PLACES).open("a", encoding="utf-8") as out:
            out.write(f"{place}\n")


def lists() -> list[Path]:
    """Where the list is kept: beside the data, and beside all backups of this installation."""
    return [folder / LIST for folder in (Path(settings.DATA_DIR), *places())]


def entries() -> list[Entry]:
    """Every destruction that this database knows of."""
    rows = Erasure.objects.order_by("id").values_list("file", "born", "at", "residue")
    return [Entry(file, str(born or ""), clock.local(at).isoformat(), residue) for file, born, at, residue in rows]


def publish(to: Iterable[Path] | None = None) -> int:
    """Add what lists lack; how many lines. OSError when one cannot be written (the next night tries again)."""
    known = entries()
    return sum(add(path, known) for path in (lists() if to is None else to))


def add(path: Path, more: Iterable[Entry]) -> int:
    """Append entries that a list does not have, on the disk before this returns."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    held, _ = read(path) if path.exists() else ([], 0)
    known = {entry.key for entry in held}
    lines = [entry.line() for entry in more if entry.key not in known]
    if lines or not path.exists():
        fresh = not path.exists()
        with path.open("a+b") as out:
            if _torn(out):
                out.write(b"\n")
            out.write(((json.dumps(HEADING) + "\n" if fresh else "") + "".join(lines)).encode())
            out.flush()
            os.fsync(out.fileno())
    return len(lines)


def _torn(out: Any) -> bool:
    """Whether the last line was cut off by a power cut."""
    if out.seek(0, os.SEEK_END) == 0:
        return False
    out.seek(-1, os.SEEK_END)
    return bool(out.read(1) != b"\n")


def read(path: Path) -> tuple[list[Entry], int]:
    """A list's entries, and how many lines could not be read."""
    found, broken = [], 0
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            told = json.loads(line)
            if "list" not in told:
                datetime.fromisoformat(told["at"])
                found.append(Entry(int(told["file"]), str(told["born"]), str(told["at"]), dict(told["residue"])))
        except (ValueError, KeyError, TypeError):
            broken += 1
    return found, broken


def after_destruction() -> None:
    """Called when a destruction has committed; a folder that cannot be written must not undo what is done."""
    for path in lists():
        try:
            publish([path])
        except OSError:
            log.exception("the list of destroyed files could not be written to %s", path)


# ---- destroying again --------------------------------------------------------------------------------------------------


def again(known: Iterable[Entry]) -> list[int]:
    """Destroy once more what a restored database still holds of destroyed files; which ones. Each is a deed on record."""
    done = {(file, str(born or "")) for file, born in Erasure.objects.values_list("file", "born")}
    erased = []
    for entry in known:
        if entry.key not in done and _is_here(entry):
            _erase(entry)
            done.add(entry.key)
            erased.append(entry.file)
    return erased


def _is_here(entry: Entry) -> bool:
    """Whether the database holds that very file, not another that was given its number later."""
    born = filebound.born(entry.file)
    return str(born or "") == entry.born and files.view(entry.file) is not None


def _erase(entry: Entry) -> None:
    with transaction.atomic():
        deed = Deed(by=None)
        deed.record("backup.erased", file=entry.file, data={"destroyed_at": entry.at})
        filebound.erase(entry.file, datetime.fromisoformat(entry.at), residue=entry.residue)
        files.changed([entry.file])


def forget_contents(addresses: list[str]) -> None:
    """Destroyed contents leave the backups at once as well."""
    if addresses:
        for place in places():
            with suppress(OSError):
                folders.purge(place, addresses)
