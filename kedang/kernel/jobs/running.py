"""Running one job: what its function is handed, and what its end means."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from kedang.kernel import clock
from kedang.kernel.errors import KedangError
from kedang.kernel.jobs import files, queue
from kedang.kernel.jobs.models import Job, JobState
from kedang.kernel.jobs.registry import kind_of
from kedang.kernel.org.models import Person

log = logging.getLogger("kedang.jobs")
WRITE_EVERY = 0.5
"""Seconds between two writes of the progress."""


class Ended(BaseException):
    """A running job must end now. Not an Exception: no function may take it for a fault of a row."""


class Cancelled(Ended):
    """Somebody called it off."""


class Stopped(Ended):
    """The worker is told to end; the job goes back into the queue."""


class Lost(Ended):
    """Another worker has taken it over; nothing more may be written for it."""


class Run:
    """What a job's function works with."""

    def __init__(self, job: Job, stopping: Callable[[], bool] = lambda: False) -> None:
        self.job = job
        self._stopping = stopping
        self._written = 0.0

    @property
    def key(self) -> str:
        """The name of this job for `perform_many`: the same in every attempt."""
        return f"{self.job.kind}-{self.job.pk}"

    @property
    def by(self) -> Person:
        """Who asked for it; its deeds are his."""
        assert self.job.by is not None
        return self.job.by

    def progress(
        self,
        done: int,
        total: int | None = None,
        counts: Mapping[str, int] | None = None,
        message: str | None = None,
    ) -> None:
        """Say how far it is, between two transactions; raises when the job must end. Written twice a second at most."""
        job = self.job
        job.done, job.total = done, job.total if total is None else total
        job.counts = dict(counts) if counts is not None else job.counts
        job.message = job.message if message is None else message
        now = time.monotonic()
        if now - self._written >= WRITE_EVERY or self._stopping():
            self._written = now
            self._write()
            self.check()

    def after_chunk(self, done: int, found: Any) -> None:
        """The `progress` of `perform_many`: rows through, and how they ended."""
        self.progress(done, counts=dict(found.counts))

    def check(self) -> None:
        """Raise when the job was cancelled, taken over, or the worker is to end."""
        if Job.objects.filter(pk=self.job.pk, cancel_asked=True).exists():
            raise Cancelled
        if self._stopping():
            raise Stopped

    @contextmanager
    def output(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write the result into; who asked for the job may fetch it under `name` until it expires."""
        own = f"{self.job.pk}-{secrets.token_hex(8)}"
        with files.writing(own) as handle:
            yield handle
        self.job.file, self.job.file_name = own, name[:200]
        self.job.file_until = clock.now() + files.KEPT_FOR

    def _write(self) -> None:
        job = self.job
        held = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, worker=job.worker, attempts=job.attempts)
        told = {"done": job.done, "total": job.total, "counts": job.counts, "message": job.message}
        if not held.update(heartbeat_at=clock.now(), **told):
            raise Lost


def execute(job: Job, stopping: Callable[[], bool] = lambda: False) -> Job:
    """Run a job that is ours and write down what came of it. Raises nothing but what ends the process."""
    run = Run(job, stopping)
    try:
        run.check()
        job.result = kind_of(job.kind).work(run, **job.params)
        _end(job, JobState.DONE, job.message)
    except Cancelled:
        _end(job, JobState.CANCELLED, "已取消，已办完的部分保留")
    except Stopped:
        _back(job, message="系统重启，稍后接着办理", attempts=job.attempts - 1)
    except Lost:
        log.warning("job %s was taken over by another worker", job.pk)
    except KedangError as error:
        _end(job, JobState.FAILED, str(error))
    except Exception:
        _fault(job)
    return job


def _fault(job: Job) -> None:
    number = secrets.token_hex(4)
    log.exception("job %s (%s) failed as %s", job.pk, job.kind, number)
    if job.attempts < queue.MAX_ATTEMPTS:
        pause = queue.PAUSES[min(job.attempts, len(queue.PAUSES)) - 1]
        _back(job, message=f"系统出错（故障编号 {number}），稍后自动重试", not_before=clock.now() + pause)
    else:
        _end(job, JobState.FAILED, f"系统出错，试了 {job.attempts} 次没有办成（故障编号 {number}）。请联系管理员。")


def _end(job: Job, state: JobState, message: str) -> None:
    job.state, job.message, job.finished_at = state, message, clock.now()
    if state == JobState.DONE and job.total is not None:
        job.done = job.total
    _settle(job, state=state, message=message, finished_at=job.finished_at)


def _back(job: Job, **told: Any) -> None:
    job.state = JobState.QUEUED
    _settle(job, state=JobState.QUEUED, **told)


def _settle(job: Job, **told: Any) -> None:
    """Only for as long as it is ours: another worker may have taken it over."""
    held = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, worker=job.worker)
    own = ("done", "total", "counts", "result", "file", "file_name", "file_until")
    held.update(worker="", **{name: getattr(job, name) for name in own}, **told)


def run_pending(limit: int = 100) -> list[Job]:
    """Run here and now what is queued: for tests, stories and the demo company."""
    name = queue.worker_name() + "-inline"
    done: list[Job] = []
    while len(done) < limit and (job := queue.take(name)):
        done.append(execute(job))
    return done


def run_now(pk: int) -> Job | None:
    """Run one queued job here and now, for work short enough to wait for; None when a worker has it already."""
    job = queue.take(f"{queue.worker_name()}-now", only=pk)
    return execute(job) if job else None
