"""Files that jobs leave: written whole or not at all, handed to who asked, gone when their time is over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO

from django.conf import settings

from kedang.kernel import clock
from kedang.kernel.jobs.models import Job

KEPT_FOR = timedelta(days=3)


def folder() -> Path:
    """Where results lie until they expire."""
    made: Path = settings.DATA_DIR / "jobs"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


@contextmanager
def writing(name: str) -> Iterator[IO[bytes]]:
    """A file under its final name only once it is complete and on the disk: write, fsync, rename, fsync the folder."""
    final = folder() / name
    part = final.with_name(f"{name}.part{os.getpid()}")
    try:
        with part.open("w+b") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        part.replace(final)
        entry = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)
    finally:
        part.unlink(missing_ok=True)


def path_of(job: Job) -> Path | None:
    """The result's place, None when there is none or its time is over."""
    if not job.file or job.file_until is None or job.file_until < clock.now():
        return None
    found = folder() / job.file
    return found if found.is_file() else None


def sweep() -> int:
    """Delete results whose time is over; returns how many."""
    gone = list(Job.objects.filter(file_until__lt=clock.now()).exclude(file=""))
    for job in gone:
        (folder() / job.file).unlink(missing_ok=True)
    Job.objects.filter(pk__in=[job.pk for job in gone]).update(file="")
    return len(gone)
