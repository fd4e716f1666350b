"""备份 in 管理: how the last backup and the last drill went, what there is to restore from, what stays destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from kedang.kernel import clock, ledger
from kedang.kernel.backups import erasures, events, folders, runs
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Erasure

SHOWN = 20


@dataclass(frozen=True)
class Held:
    """One backup in the folder; `fault` when its list cannot be believed."""

    name: str
    at: datetime | None = None
    version: str = ""
    rows: int = 0
    files: int = 0
    size: int = 0
    head: int = 0
    fault: str = ""


def reader(request: HttpRequest) -> dict[str, Any]:
    """What the tab shows."""
    place = settings.BACKUP.folder
    found, fault = _held(place) if place else ([], "")
    log = list(Event.objects.filter(kind__in=[kind.name for kind in events.KINDS], file=None).order_by("-id")[:SHOWN])
    return {
        "standings": runs.standings(),
        "backup": settings.BACKUP,
        "held": found,
        "fault": fault,
        "log": [
            (one, ledger.label(one), ledger.sentence(one), one.kind in (events.FAILED, events.DRILL_FAILED))
            for one in log
        ],
        "destroyed": Erasure.objects.count(),
        "lists": [(path, _lacking(path)) for path in erasures.lists()],
    }


def alarms(request: HttpRequest) -> list[str]:
    """What an administrator must not overlook, on every tab."""
    return [one.label for one in runs.standings() if one.red]


def _held(place: Path) -> tuple[list[Held], str]:
    """The newest backups of the folder, and why it cannot be looked into."""
    try:
        return [_one(folder) for folder in reversed(folders.whole(place)[-SHOWN:])], ""
    except OSError as error:
        return [], runs.why(error)


def _one(folder: Path) -> Held:
    try:
        told = folders.manifest_of(folder)
    except folders.Unusable as error:
        return Held(folder.name, fault=str(error))
    size = told["contents"]["bytes"] + sum(one["size"] for one in told["files"].values())
    made = clock.local(datetime.fromisoformat(told["made_at"]))
    rows = sum(told["tables"].values())
    return Held(folder.name, made, told["version"], rows, told["contents"]["count"], size, told["ledger"]["last_id"])


def _lacking(path: Path) -> int:
    """How many destroyed files a list does not name; -1 when it cannot be read."""
    try:
        known = {entry.key for entry in erasures.read(path)[0]} if path.exists() else set()
    except OSError:
        return -1
    return sum(entry.key not in known for entry in erasures.entries())
