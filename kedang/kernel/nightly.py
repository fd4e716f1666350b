"""What runs once a night: apps register it here, `tick` runs it after half past two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time

AT = time(2, 30)
_jobs: dict[str, Callable[[], object]] = {}


def register(name: str, run: Callable[[], object]) -> None:
    """Have `run` called once a day; it must bear being called again."""
    _jobs[name] = run


def jobs() -> dict[str, Callable[[], object]]:
    """Everything registered, by name."""
    return dict(_jobs)
