"""A server process under measurement, a client that keeps its connection, and a meter of processor time.

What is measured is processor time, of the server and of the database's processes that serve it: the clock on the wall also
counts whoever else uses the machine."""

from __future__ import annotations

import gzip
import http.client
import os
import socket
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

PROC = Path("/proc")


class Processor:
    """Processor time of a program: its processes, and on PostgreSQL those of the database that serve it."""

    def __init__(self, name: str, pid: int) -> None:
        self.name, self.pid = name, pid

    def spent(self) -> float:
        """Seconds since the program began."""
        own = sum(_spent(task) for pid in _family(self.pid) for task in PROC.glob(f"{pid}/task/*"))
        return own + sum(_spent(PROC / str(pid)) for pid in self._backends())

    def by_process(self) -> dict[int, float]:
        """Seconds of each of its processes so far, what threads that have ended took included; coarser than `spent`."""
        return {pid: taken for pid in (*_family(self.pid), *self._backends()) if (taken := _lived(pid)) is not None}

    @cached_property
    def _looking(self) -> Any:
        import psycopg

        url = os.environ.get("KEDANG_DATABASE_URL")
        return psycopg.connect(url, autocommit=True, application_name="meter") if url else None

    def _backends(self) -> list[int]:
        if self._looking is None:
            return []
        rows = self._looking.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", (self.name,))
        return [pid for (pid,) in rows.fetchall()]

    def timed(self, work: Any) -> tuple[float, Any]:
        """(processor seconds that a piece of work took, what it answered)."""
        before = self.spent()
        answer = work()
        return self.spent() - before, answer


def here(name: str = "bench") -> Processor:
    """The meter of this process; `name` as its connections are called (PGAPPNAME)."""
    return Processor(name, os.getpid())


def _family(pid: int) -> list[int]:
    """A process and all that it has started."""
    found = [pid]
    for child in PROC.glob(f"{pid}/task/*/children"):
        try:
            found += [each for one in child.read_text().split() for each in _family(int(one))]
        except OSError:
            continue
    return found


def _spent(folder: Path) -> float:
    try:
        return int((folder / "schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def _lived(pid: int) -> float | None:
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """One WSGI application under granian with the product's own options."""

    def __init__(self, application: str, workers: int = 1) -> None:
        self.application, self.workers = application, workers
        self.name = application.split(".")[1]
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        command = [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
        ]
        command += [
            "--workers",
            str(self.workers),
            "--blocking-threads",
            "4",
            "--log-level",
            "warning",
            self.application,
        ]
        self.process = subprocess.Popen(command, env={**os.environ, "PGAPPNAME": self.name})
        for _ in range(1200):
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.application} ended with {self.process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.application} did not start")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()

    @cached_property
    def processor(self) -> Processor:
        """Its meter."""
        assert self.process is not None
        return Processor(self.name, self.process.pid)

    def resident(self) -> int:
        """Bytes of memory that the server alone holds, what it shares with others shared out."""
        assert self.process is not None
        return sum(_proportional(pid) for pid in _family(self.process.pid))


def _proportional(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


class Client:
    """Requests over one kept connection, as a browser makes them."""

    def __init__(self, port: int, headers: dict[str, str] | None = None, processor: Processor | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = headers or {}
        self.processor = processor
        self.kept = False
        """Whether this connection has answered already."""
        self.received = 0
        """Bytes of the last answer's body as they came."""

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[float, str]:
        """(seconds, the answer's text): of the processor where the client has a meter, else until the whole answer was read.
        Anything but 200 is an error."""
        before, begun = self.processor.spent() if self.processor else 0.0, time.perf_counter()
        status, text = self.ask("GET", path, headers=headers)
        taken = time.perf_counter() - begun
        if self.processor:
            taken = self.processor.spent() - before
        if status != 200:
            raise RuntimeError(f"{path} answered {status}: {text[:300]!r}")
        return taken, text

    def ask(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """(status, text) of any request. As a browser does, one that meets a kept connection which the server has closed
        meanwhile is sent anew: every deed carries its key."""
        sent = {**self.headers, **(headers or {})}
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.connection.close()
            if not self.kept:
                raise
            self.kept = False
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        self.kept = True
        raw = answer.read()
        self.received = len(raw)
        if answer.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        return answer.status, raw.decode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
