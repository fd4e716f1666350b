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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import DatabaseError, connection

from kedang.kernel.backups import folders
from kedang.kernel.backups.folders import Unusable

HOURS = 6
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


def drill(place: Path) -> Drilled:
    """Restore the newest backup of a place on trial; Unusable says what went wrong."""
    begun = time.monotonic()
    with folders.alone(place):
        folder = folders.newest(place)
        with (
            tempfile.TemporaryDirectory(prefix=f"{folders.UNFINISHED}drill-", dir=place) as scratch,
            _database() as more,
        ):
            told = _restored(folder, Path(scratch), more)
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


def _restored(folder: Path, scratch: Path, more: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "kedang.cli", "restore", str(folder), "--report"]
    held = {
        **os.environ,
        **more,
        "KEDANG_DATA": str(scratch),
        "KEDANG_BACKUP_DIR": "",
        "DJANGO_SETTINGS_MODULE": "kedang.config.settings",
    }
    try:
        done = subprocess.run(  # noqa: S603  (no input)
            command, env=held, capture_output=True, text=True, timeout=HOURS * 3600, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unusable(f"演练超过 {HOURS} 小时没有结束") from None
    reports = [line for line in done.stdout.splitlines() if line.startswith(REPORT)]
    if done.returncode or not reports:
        raise Unusable((done.stderr.strip() or f"恢复进程以状态 {done.returncode} 结束")[-800:])
    told: dict[str, Any] = json.loads(reports[-1].removeprefix(REPORT))
    return told
