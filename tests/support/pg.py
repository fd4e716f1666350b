"""A throw-away PostgreSQL cluster: own folder, own socket, no TCP port, gone with the process.

postgres refuses to run as root, so root drops to the user ``postgres`` (or ``nobody``).
"""

import atexit
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

VARIABLE = "KEDANG_TEST_PG_URL"  # set by the first process, inherited by xdist's workers


def shared_url() -> str | None:
    """Return the cluster's URL, starting it if this run has none yet; None where PostgreSQL is missing."""
    if url := os.environ.get(VARIABLE):
        return url
    if binaries() is None:
        return None
    cluster = Cluster()
    atexit.register(cluster.stop)
    os.environ[VARIABLE] = cluster.start()
    return os.environ[VARIABLE]


def binaries() -> Path | None:
    """Return the folder of initdb and postgres (Debian keeps them off the PATH), newest first."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    return versions[0].parent if versions else None


class Cluster:
    """One cluster in a temporary folder, or in the one that is named.

    Tests throw it away, so it does not wait for the disk; `durable` keeps every promise that PostgreSQL makes.
    """

    def __init__(self, folder: Path | None = None, sockets: Path | None = None, *, durable: bool = False) -> None:
        found = binaries()
        if found is None:
            raise RuntimeError("PostgreSQL is not installed")
        self.bin = found
        if folder is not None:
            folder.mkdir(exist_ok=True)
        # A socket's path must be short, so it does not lie in a folder that somebody else has named.
        self.sockets = sockets or Path(tempfile.mkdtemp(prefix="kedang-pg-", dir="/tmp"))
        self.folder = folder or self.sockets
        self.durable = durable
        self.log = self.folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Make the cluster, start it, and return a postgres:// URL to it."""
        user = unprivileged_user()
        if user:
            for folder in {self.folder, self.sockets}:
                os.chown(folder, user["user"], user["group"])
        data = self.folder / "data"
        initdb = [self.bin / "initdb", "-D", data, "-U", "kedang", "-A", "trust", "-E", "UTF8"]
        # A cut of the power before the disk has the cluster itself would prove nothing about what was written into it.
        initdb += [] if self.durable else ["--no-sync"]
        subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, cwd="/", **user)
        self.serve()
        return f"postgres://kedang@/postgres?host={quote(str(self.sockets), safe='')}"

    def serve(self) -> None:
        """Start the server on the data that is there; after a crash it recovers first."""
        user, data = unprivileged_user(), self.folder / "data"
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.sockets), "max_connections": "200"}
        if self.durable:
            # What a recovery finds is made safe by one call for its disk, not by one for each of a thousand files.
            settings |= {"recovery_init_sync_method": "syncfs"}
        else:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", data, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", preexec_fn=_die_with_parent, **user,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            ready = subprocess.run([self.bin / "pg_isready", "-q", "-h", self.sockets], check=False)
            if ready.returncode == 0:
                return
            if self.process is None or self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text(errors='replace')}")

    def stop(self) -> None:
        """Stop the server at once and remove the folder."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=10)
        for folder in {self.folder, self.sockets}:
            shutil.rmtree(folder, ignore_errors=True)


def unprivileged_user() -> dict[str, Any]:
    """Return subprocess arguments that drop root's rights; nothing for other users."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("no unprivileged user to run PostgreSQL as")


def _die_with_parent() -> None:
    """Ask the kernel to end the server when the test run is killed, however it is killed."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGQUIT)
