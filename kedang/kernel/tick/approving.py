"""Approvals whose time has come: limits that have passed, conditions that hold by now."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kedang.kernel import clock
from kedang.kernel.actions import approving
from kedang.kernel.approvals import timing
from kedang.kernel.norms.store import Regulations
from kedang.kernel.tick import rows


def time_out(regs: Regulations) -> None:
    """Do what each passed time limit says; the next round finds it done."""
    _each("approval", timing.overdue(clock.now()), approving.time_out)


def fulfil(regs: Regulations) -> None:
    """Count what was agreed to on a condition that holds now."""
    _each("promise", timing.promised(), approving.fulfil)


def _each(step: str, requests: Iterable[int], work: Callable[[int], bool]) -> None:
    """One request after another; each commits for itself, and what it approves runs in a transaction of its own."""
    for pk in requests:
        if rows.resting(step, str(pk)):
            continue
        try:
            work(pk)
        except Exception as error:
            rows.park(step, str(pk), error)
