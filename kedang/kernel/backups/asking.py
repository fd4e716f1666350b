"""立即备份 and 立即演练: an administrator asks, the worker does it as a job, the ledger keeps who asked and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from kedang.kernel import locks
from kedang.kernel.actions.admin import administrator
from kedang.kernel.actions.deed import Deed
from kedang.kernel.backups import events, folders, runs
from kedang.kernel.backups.folders import Unusable
from kedang.kernel.backups.making import Tell
from kedang.kernel.errors import Invalid
from kedang.kernel.jobs.models import Job, JobState
from kedang.kernel.jobs.queue import enqueue
from kedang.kernel.jobs.registry import job
from kedang.kernel.jobs.running import Run

BACKUP, DRILL = "backup", "backup.drill"
LABELS = {BACKUP: "备份", DRILL: "恢复演练"}
LOCK = "backup:asked"


@administrator("backup.now", "立即备份", [], events.ASKED)
def back_up_now(*, deed: Deed) -> int:
    """Have a backup made now; the job's id. Invalid while one is made or tried, or when there is no place for it."""
    return _ask(deed, BACKUP)


@administrator("backup.drill_now", "立即演练", [], events.ASKED)
def drill_now(*, deed: Deed) -> int:
    """Have the newest backup restored on trial now; the job's id."""
    place = _place()
    if not folders.whole(place):
        raise Invalid("还没有备份可以演练，请先备份。")
    return _ask(deed, DRILL)


def _ask(deed: Deed, kind: str) -> int:
    place = _place()
    locks.take([LOCK])
    waiting = under_way()
    if waiting is not None:
        raise Invalid(f"{LABELS[waiting.kind]}正在进行，请等它结束后再办理。")
    if folders.busy(place):
        raise Invalid("自动备份或演练正在进行，请等它结束后再办理。")
    row = enqueue(kind, by=deed.by, title=LABELS[kind])
    deed.record(events.ASKED, subject=f"job:{row.pk}", data={"what": LABELS[kind], "job": row.pk})
    return int(row.pk)


def _place() -> Path:
    place: Path | None = settings.BACKUP.folder
    if place is None:
        raise Invalid("没有设置放备份的文件夹，请在服务器上设置 KEDANG_BACKUP_DIR 后重启。")
    return place


def under_way() -> Job | None:
    """The backup or drill that somebody has asked for and that is not over."""
    rows = Job.objects.filter(kind__in=LABELS, state__in=[JobState.QUEUED, JobState.RUNNING])
    return rows.order_by("-id").first()


def latest() -> Job | None:
    """The last one that was asked for."""
    return Job.objects.filter(kind__in=LABELS).order_by("-id").first()


@job(BACKUP, LABELS[BACKUP], "份附件")
def _back_up(run: Run) -> dict[str, Any]:
    made = _in_words(lambda: runs.backup(_place(), settings.BACKUP.keep, _telling(run)))
    run.job.done, run.job.total, run.job.message = 0, None, f"{made.folder.name}，用时 {made.seconds:.0f} 秒"
    return {"name": made.folder.name}


@job(DRILL, LABELS[DRILL])
def _drill(run: Run) -> dict[str, Any]:
    done = _in_words(lambda: runs.drill(_place(), _telling(run)))
    run.job.message = f"{done.name} 恢复无误，台账 {done.events} 条事件核验无误，用时 {done.seconds:.0f} 秒"
    return {"name": done.name}


def _telling(run: Run) -> Tell:
    """Say on the job's line what is being done; raises there when the job was called off or the worker ends."""

    def tell(what: str, done: int, total: int) -> None:
        run.progress(done, total or None, message=what)

    return tell


def _in_words(work: Callable[[], Any]) -> Any:
    """A failure of the disk or the database ends the job with its reason; to try again at once would not help."""
    try:
        return work()
    except (OSError, DatabaseError) as error:
        raise Unusable(runs.why(error)) from error
