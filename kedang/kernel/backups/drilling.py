"""恢复演练: the newest backup restored into a place of its own, with all that a restore checks, and dropped again.

A process of its own does it, as after the loss of the server: nothing that this process holds can make it succeed.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import DatabaseError, connection

from kedang.kernel.backups import ciphering, folders
from kedang.kernel.backups.folders import Unusable
from kedang.kernel.backups.making import Tell, say_nothing

HOURS = 6
LOOK_EVERY = 1.0
URL = "KEDANG_DATABASE_URL"
REPORT = "KEDANG-RESTORED "


@dataclass(frozen=True)
class Drilled:
    """A drill that went well."""

    name: str
    rows: int
    files: int
    events: int
    seconds: float


def drill(place: Path, tell: Tell = say_nothing, key_file: Path | None = None) -> Drilled:
    """Restore the newest backup of a place on trial; Unusable says what went wrong."""
    begun = time.monotonic()
    with folders.alone(place):
        folder = folders.newest(place)
        key = ciphering.key_for(folder.name, folders.manifest_of(folder), key_file)
        with (
            tempfile.TemporaryDirectory(prefix=f"{folders.UNFINISHED}drill-", dir=place) as scratch,
            _database() as more,
        ):
            told = _restored(folder, Path(scratch), more, key, tell)
    return Drilled(folder.name, told["rows"], told["files"], told["events"], time.monotonic() - begun)


@contextmanager
def _database() -> Iterator[dict[str, str]]:
    """An empty PostgreSQL database beside the real one, dropped afterwards; SQLite needs none."""
    if connection.vendor != "postgresql":
        yield {URL: ""}
        return
    name = f"kedang_drill_{secrets.token_hex(6)}"
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    except DatabaseError as error:
        raise Unusable(f"建不了演练用的数据库（账号须有 CREATEDB 权限）：{error}") from error
    finally:
        connection.close()
    try:
        yield {URL: urlunsplit(urlsplit(os.environ[URL])._replace(path=f"/{name}"))}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _restored(
    folder: Path, scratch: Path, more: dict[str, str], key: ciphering.Key | None, tell: Tell
) -> dict[str, Any]:
    command = [sys.executable, "-m", "kedang.cli", "restore", str(folder), "--report"]
    if key is not None:
        command += ["--key-file", str(key.path.resolve())]
    held = {
        **os.environ,
        **more,
        "KEDANG_DATA": str(scratch),
        "KEDANG_BACKUP_DIR": "",
        "DJANGO_SETTINGS_MODULE": "kedang.config.settings",
    }
    status, out, wrong = _run(command, held, lambda: tell(f"正在临时位置恢复 {folder.name} 并核对", 0, 0))
    reports = [line for line in out.splitlines() if line.startswith(REPORT)]
    if status or not reports:
        raise Unusable((wrong.strip() or f"恢复进程以状态 {status} 结束")[-800:])
    told: dict[str, Any] = json.loads(reports[-1].removeprefix(REPORT))
    return told


def _run(command: list[str], held: dict[str, str], look: Callable[[], None]) -> tuple[int, str, str]:
    """Run a process, looking up every second; it goes with whatever breaks this off."""
    until = time.monotonic() + HOURS * 3600
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=held, stdout=pipe, stderr=pipe, text=True) as child:  # noqa: S603  (no input)
        try:
            while True:
                look()
                try:
                    out, wrong = child.communicate(timeout=LOOK_EVERY)
                except subprocess.TimeoutExpired:
                    if time.monotonic() > until:
                        raise Unusable(f"演练超过 {HOURS} 小时没有结束") from None
                else:
                    return child.returncode, out, wrong
        except BaseException:
            child.kill()
            raise
