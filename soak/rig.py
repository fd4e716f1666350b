"""The server's lives and deaths, as seen from the driver: starts it, waits until it answers, kills the whole tree."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
WARM_SECONDS = 120
START_SECONDS = 60


class Rig:
    """Forks lives off a warm process (see zygote.py), or starts the real `kedang run`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.log = Path(tempfile.mkstemp(prefix="kedang-soak-", suffix=".log")[1])
        self.group = 0
        self._cold: subprocess.Popen[bytes] | None = None
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "soak.zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=REPOSITORY, stderr=self.log.open("a"),
        )  # fmt: skip
        self._read("warm")

    def _say(self, line: str) -> None:
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(line + "\n")
        self._zygote.stdin.flush()

    def _read(self, wanted: str = "") -> str:
        assert self._zygote.stdout is not None
        line = self._zygote.stdout.readline().strip()
        if not line or (wanted and line != wanted):
            raise RuntimeError(f"the warm process said {line!r} instead of {wanted!r}")
        return line

    def start(self, *, tick: bool = False, cold: bool = False) -> float:
        """Start a life and wait until it accepts connections; the seconds that took."""
        begun = time.monotonic()
        if cold:
            command = [sys.executable, "-m", "kedang.cli", "run", "--port", str(self.port)]
            quiet = subprocess.DEVNULL
            self._cold = subprocess.Popen(command, cwd=REPOSITORY, stdout=quiet, stderr=quiet)
        else:
            self._say(f"start {self.port} {'tick' if tick else '-'}")
            self.group = int(self._read())
        while time.monotonic() - begun < START_SECONDS:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return time.monotonic() - begun
            except OSError:
                time.sleep(0.003)
        raise RuntimeError("the server did not start")

    def stop_still(self) -> None:
        """Freeze every process of the life: what they have not written by now they never will."""
        os.killpg(self.group, signal.SIGSTOP)

    def kill(self) -> None:
        """SIGKILL to the whole tree, and wait until the last process is gone."""
        if self._cold is not None:
            tree = [self._cold.pid, *descendants(self._cold.pid)]
            for pid in tree:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._cold.wait()
            while any(alive(pid) for pid in tree):
                time.sleep(0.002)
            self._cold = None
            return
        os.killpg(self.group, signal.SIGKILL)
        self._say("reap")
        self._read("dead")
        self.group = 0

    def close(self) -> None:
        """End the warm process."""
        if self.group or self._cold:
            self.kill()
        assert self._zygote.stdin is not None
        self._zygote.stdin.close()
        self._zygote.wait(30)
        self.log.unlink(missing_ok=True)


def descendants(pid: int) -> list[int]:
    """Children of a process, and theirs."""
    try:
        text = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        return []
    found = [int(word) for word in text.split()]
    return found + [below for child in found for below in descendants(child)]


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be noticed does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
