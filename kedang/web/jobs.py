"""Where a job's page is: apps' views say it for their kinds, and 后台任务 links there."""

from __future__ import annotations

from collections.abc import Callable

from kedang.kernel.jobs import Job

_links: dict[str, Callable[[Job], str]] = {}


def link_to(kind: str, url: Callable[[Job], str]) -> None:
    """Name the page on which jobs of a kind are followed."""
    _links[kind] = url


def url_of(job: Job) -> str:
    """The page of a job; '' when its kind has none."""
    return _links[job.kind](job) if job.kind in _links else ""
