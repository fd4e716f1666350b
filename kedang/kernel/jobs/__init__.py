"""Background jobs: long work that a deed asks for, done by the worker of `kedang run`, one row a job.

An app registers a function under a kind and a deed enqueues it within its own transaction::

    @job("customer.import", "导入客户")
    def import_customers(run: Run, *, batch: int) -> dict[str, Any]:
        perform_many(..., job=run.key, progress=run.after_chunk)
        return {"batch": batch}

    enqueue("customer.import", by=deed.by, title="导入客户：名单.xlsx", params={"batch": batch})

A job may be begun again after a killed process: its function must do finished parts only once (`perform_many` does, by the
keys of its rows). Names are looked up when first used: apps register their jobs while Django is still starting.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedang.kernel.jobs.models import Job as Job
    from kedang.kernel.jobs.models import JobState as JobState
    from kedang.kernel.jobs.queue import cancel as cancel
    from kedang.kernel.jobs.queue import enqueue as enqueue
    from kedang.kernel.jobs.registry import job as job
    from kedang.kernel.jobs.registry import label_of as label_of
    from kedang.kernel.jobs.registry import unit_of as unit_of
    from kedang.kernel.jobs.running import Run as Run
    from kedang.kernel.jobs.running import run_now as run_now
    from kedang.kernel.jobs.running import run_pending as run_pending

_HOME = {
    "Job": "models",
    "JobState": "models",
    "Run": "running",
    "cancel": "queue",
    "enqueue": "queue",
    "job": "registry",
    "label_of": "registry",
    "run_now": "running",
    "run_pending": "running",
    "unit_of": "registry",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
