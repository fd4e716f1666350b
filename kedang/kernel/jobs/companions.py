"""What the worker does beside its jobs: small rounds of work in threads of their own, so that neither waits for the other.

Messages must go out while an import runs, and a mail server that hangs must not hold up the import. A companion is a
function that is called every few seconds with `ending()`; it does what is due and returns. It keeps its own rows: several
workers may run, so whatever it takes in hand it takes by a conditional update with a lease.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

log = logging.getLogger("kedang.jobs")
Round = Callable[[Callable[[], bool]], object]


@dataclass(frozen=True)
class Companion:
    """One such piece of work."""

    name: str
    every: float
    run: Round


_companions: dict[str, Companion] = {}


def register(name: str, every: float, run: Round) -> None:
    """Have `run(ending)` called every so many seconds in the worker, in a thread of its own."""
    _companions[name] = Companion(name, every, run)


def start(ending: threading.Event) -> list[threading.Thread]:
    """Start a thread for each; they end with the worker."""
    threads = [
        threading.Thread(target=_go_on, args=(each, ending), name=each.name, daemon=True)
        for each in _companions.values()
    ]
    for thread in threads:
        thread.start()
    return threads


def _go_on(one: Companion, ending: threading.Event) -> None:
    """Round after round; one that raises is logged, and the next is tried after a longer while."""
    while not ending.is_set():
        pause = one.every
        try:
            one.run(ending.is_set)
        except Exception:
            log.exception("a round of %s failed", one.name)
            pause = max(10.0, one.every)
        finally:
            connection.close()
        ending.wait(pause)
