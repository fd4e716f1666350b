"""The queue: put a job in, take the next one out, give up, and take back what a dead worker held."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F, Q

from kedang.kernel import clock
from kedang.kernel.jobs.models import Job, JobState
from kedang.kernel.jobs.registry import kind_of
from kedang.kernel.org.models import Person

MAX_ATTEMPTS = 3
STALE = timedelta(seconds=60)
PAUSES = (timedelta(seconds=20), timedelta(minutes=3))
"""How long a job that raised waits before it is tried again."""


def enqueue(kind: str, *, by: Person | None, title: str = "", params: Mapping[str, Any] | None = None) -> Job:
    """A queued job, written in the transaction of whoever asks: a deed that is rolled back leaves none.

    `params` are JSON and reach the function by name; ids, not content, for the row is kept.
    """
    known = kind_of(kind)
    return Job.objects.create(
        kind=kind, title=title or known.label, by=by, params=dict(params or {}), created_at=clock.now()
    )


def cancel(job: Job) -> None:
    """Call a job off: a queued one ends at once, a running one at its next chunk. What it has done stays done."""
    now = clock.now()
    waiting = Job.objects.filter(pk=job.pk, state=JobState.QUEUED)
    ended = waiting.update(state=JobState.CANCELLED, cancel_asked=True, finished_at=now, message="已取消")
    if not ended:
        Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(cancel_asked=True)
    job.refresh_from_db()


def worker_name() -> str:
    """This process, as jobs name it."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def take(worker: str, only: int | None = None) -> Job | None:
    """The oldest job that is due (or the one named), now ours; None when there is none. Two workers never take one: the
    update is conditional."""
    now = clock.now()
    due = Job.objects.filter(state=JobState.QUEUED).filter(Q(not_before=None) | Q(not_before__lte=now))
    due = due if only is None else due.filter(pk=only)
    for pk in due.order_by("created_at", "id").values_list("pk", flat=True)[:20]:
        ours = Job.objects.filter(pk=pk, state=JobState.QUEUED).update(
            state=JobState.RUNNING, worker=worker, heartbeat_at=now, attempts=F("attempts") + 1, not_before=None
        )
        if ours:
            job = Job.objects.get(pk=pk)
            if job.started_at is None:
                Job.objects.filter(pk=pk).update(started_at=now)
                job.started_at = now
            return job
    return None


def beat(worker: str) -> None:
    """The worker is alive, and so are the jobs it holds."""
    Job.objects.filter(state=JobState.RUNNING, worker=worker).update(heartbeat_at=clock.now())


def reap(worker: str) -> int:
    """Put back jobs whose worker is gone; after MAX_ATTEMPTS deaths they end as 未完成. Returns how many were put back.

    Gone is: the heart has not beaten for STALE, or the worker was a process of this machine that no longer runs (a worker
    that finds its own name had a predecessor with the same number).
    """
    held = Job.objects.filter(state=JobState.RUNNING)
    dead = [job for job in held if _is_dead(job, worker)]
    back = 0
    for job in dead:
        ours = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, worker=job.worker, heartbeat_at=job.heartbeat_at)
        if job.cancel_asked:
            ours.update(state=JobState.CANCELLED, worker="", finished_at=clock.now(), message="已取消")
        elif job.attempts >= MAX_ATTEMPTS:
            said = f"办理时系统中断了 {job.attempts} 次，不再重试。已办完的部分保留，请重新发起。"
            ours.update(state=JobState.FAILED, worker="", finished_at=clock.now(), message=said)
        else:
            back += ours.update(state=JobState.QUEUED, worker="")
    return back


def _is_dead(job: Job, worker: str) -> bool:
    if job.heartbeat_at is None or clock.now() - job.heartbeat_at > STALE:
        return True
    host, _, number = job.worker.rpartition(":")
    return host == worker.rpartition(":")[0] and (job.worker == worker or not _runs(int(number or 0)))


def _runs(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
