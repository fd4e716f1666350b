"""Keeps a handful of child processes running and ends all of them together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

# SIGTERM must end everything within 10 s: children get 7 s to finish, then they are killed.
GRACE_SECONDS = 7.0
LONGEST_PAUSE = 30.0
# A child that ran this long was healthy; its next failure starts again with a short pause.
HEALTHY_SECONDS = 60.0


@dataclass
class Child:
    """One process: how it is called, and whether its end ends the whole tree."""

    name: str
    command: list[str]
    vital: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    failures: int = 0
    due: float = field(default=0.0)

    def start(self) -> None:
        """Start in a session of its own, so that only the supervisor passes signals on."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_end_with_parent
        )

    def signal(self, number: int) -> None:
        """Signal the child and the processes it started, if it still runs."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def plan_restart(self, now: float) -> float:
        """Note a failure and return the pause in seconds before the next start: 1, 2, 4 … 30."""
        self.failures = 1 if now - self.started > HEALTHY_SECONDS else self.failures + 1
        pause = min(2.0 ** (self.failures - 1), LONGEST_PAUSE)
        self.process, self.due = None, now + pause
        return pause


class Supervisor:
    """Runs children until a signal or the end of a vital one."""

    def __init__(self, children: list[Child]) -> None:
        self.children = children
        self.stopping = False
        self.status = 0

    def run(self) -> int:
        """Block until everything has ended; returns the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        for child in self.children:
            child.start()
        while not self.stopping:
            for child in self.children:
                self._look_after(child)
            time.sleep(0.2)
        self._stop_all()
        return self.status

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                child.start()
            return
        code = child.process.poll()
        if code is None or self.stopping:
            return
        if child.vital:
            self.stopping, self.status = True, abs(code) or 1
            print(f"{child.name}进程已退出（状态 {code}），系统停止。", file=sys.stderr, flush=True)
            return
        pause = child.plan_restart(now)
        print(f"{child.name}进程已退出（状态 {code}），{pause:.0f} 秒后重启。", file=sys.stderr, flush=True)

    def _stop_all(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"{child.name}进程未按时结束，强制终止。", file=sys.stderr, flush=True)
                child.signal(signal.SIGKILL)
                child.process.wait()


def _end_with_parent() -> None:
    """Have the kernel end the child when the supervisor itself is killed (Linux only)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
