"""备份 in 管理: how the last backup and the last drill went, what there is to restore from, what stays destroyed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.kernel import clock, ledger
from kedang.kernel.actions import perform
from kedang.kernel.backups import asking, erasures, events, folders, runs
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Erasure
from kedang.web import jobs
from kedang.web.replies import go
from kedang.web.views.jobs import Line, line_of

SHOWN = 20
JOB_SHOWN = timedelta(hours=1)
ASKS = {
    "now": ("backup.now", "已开始备份，进度见本页；离开本页不影响。"),
    "drill": ("backup.drill_now", "已开始恢复演练，进度见本页；离开本页不影响。"),
}


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
    encrypted: bool = False
    fault: str = ""


def reader(request: HttpRequest) -> dict[str, Any]:
    """What the tab shows."""
    place = settings.BACKUP.folder
    found, fault = _held(place) if place else ([], "")
    log = list(Event.objects.filter(kind__in=[kind.name for kind in events.KINDS], file=None).order_by("-id")[:SHOWN])
    return {
        "standings": runs.standings(),
        "backup": settings.BACKUP,
        "key_is_elsewhere": runs.key_is_elsewhere(),
        "asked": _asked(request),
        "held": found,
        "fault": fault,
        "log": [
            (one, ledger.label(one), ledger.sentence(one), one.kind in (events.FAILED, events.DRILL_FAILED))
            for one in log
        ],
        "destroyed": Erasure.objects.count(),
        "lists": [(path, _lacking(path)) for path in erasures.lists()],
    }


@require_POST
def ask(request: HttpRequest, what: str) -> HttpResponse:
    """立即备份, 立即演练: the worker does it."""
    if what not in ASKS or not request.user.is_admin:
        raise NotFound
    action, said = ASKS[what]
    perform(action, by=request.user)
    return go(request, _tab(), said)


def _tab() -> str:
    return f"{reverse('manage')}?tab=backups"


for _kind in asking.LABELS:
    jobs.link_to(_kind, lambda job: _tab())


def _asked(request: HttpRequest) -> Line | None:
    """What somebody asked for last, while it goes on and for an hour after; it needs no link to the page it is on."""
    job = asking.latest()
    if job is None or (job.finished_at is not None and job.finished_at < clock.now() - JOB_SHOWN):
        return None
    return replace(line_of(job, request.user), url="")


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
    head = told["ledger"]["last_id"]
    encrypted = "encrypted_to" in told
    return Held(folder.name, made, told["version"], rows, told["contents"]["count"], size, head, encrypted)


def _lacking(path: Path) -> int:
    """How many destroyed files a list does not name; -1 when it cannot be read."""
    try:
        known = {entry.key for entry in erasures.read(path)[0]} if path.exists() else set()
    except OSError:
        return -1
    return sum(entry.key not in known for entry in erasures.entries())
