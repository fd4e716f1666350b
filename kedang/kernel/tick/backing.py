"""The backup of the day and the drill of the week: a process of their own, so that time goes on meanwhile."""

from __future__ import annotations

import subprocess
import sys

from django.db import connection

from kedang.kernel import clock
from kedang.kernel.backups import runs
from kedang.kernel.norms.store import Regulations
from kedang.kernel.tick import rows

_running: subprocess.Popen[bytes] | None = None


def back_up(regs: Regulations) -> None:
    """Start what is due. It puts on record itself how it went; one that was killed is tried again after an hour."""
    global _running
    if connection.in_atomic_block or (_running is not None and _running.poll() is None):
        return
    _running = None
    if runs.due(clock.now()):
        rows.beat(runs.PULSE)
        command = [sys.executable, "-m", "kedang.cli", "backup", "--scheduled"]
        _running = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  (no input)
