"""The database out into one file and back, by the engine's own means: VACUUM INTO, pg_dump and pg_restore."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from kedang.kernel.backups import content, folders
from kedang.kernel.backups.content import Source
from kedang.kernel.backups.folders import Unusable
from kedang.kernel.blobs.store import sync_folder

FILES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")


@contextmanager
def dumped(folder: Path) -> Iterator[Source]:
    """Write the database into the folder; what the block reads is exactly the state that was written."""
    target = folder / FILES[connection.vendor]
    if connection.vendor == "sqlite":
        _vacuum(Path(connection.settings_dict["NAME"]), target)
        with content.Sqlite.file(target) as source:
            yield source
    else:
        with content.snapshot() as (source, name):
            _run(
                "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}", f"--file={target}"
            )
            yield source
    folders.sync(target)


def _vacuum(source: Path, target: Path) -> None:
    """A copy of one state, without the free pages in which something destroyed could still lie."""
    if not source.is_file():
        raise Unusable(f"找不到数据库 {source}")
    held = sqlite3.connect(source, isolation_level=None, timeout=60)
    try:
        held.execute("VACUUM INTO ?", [str(target)])
    except sqlite3.Error as error:
        raise Unusable(f"数据库导出失败：{error}") from error
    finally:
        held.close()


def version_of(source: Source) -> str:
    """The engine's own version."""
    [(text,)] = source.ask("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
    return str(text)


def is_empty() -> bool:
    """Whether the configured database has no table yet."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        return not path.exists() or path.stat().st_size == 0
    try:
        with content.opened() as source:
            return not source.tables()
    finally:
        connection.close()


def load(path: Path) -> None:
    """Put a dump into the empty database that is configured."""
    connection.close()
    if connection.vendor == "sqlite":
        target = Path(connection.settings_dict["NAME"])
        target.unlink(missing_ok=True)
        folders.copy(path, target)
        target.chmod(0o600)
        sync_folder(target.parent)
        return
    options = ("--no-owner", "--no-privileges", "--no-comments", "--exit-on-error", "--single-transaction")
    _run("pg_restore", *options, f"--dbname={connection.settings_dict['NAME']}", str(path), database=False)


def scrub() -> None:
    """Write the database anew, so that nothing which was just blanked is left in old pages or row versions."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM" if connection.vendor == "sqlite" else "VACUUM (FULL, ANALYZE)")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def tool(name: str) -> str:
    """A PostgreSQL program: on the PATH, else the newest Debian keeps aside."""
    aside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = shutil.which(name) or (str(aside[-1]) if aside else None)
    if found is None:
        raise Unusable(f"这台机器上没有 {name}，请安装 PostgreSQL 客户端程序（postgresql-client）")
    return found


def _run(name: str, *options: str, database: bool = True) -> None:
    given = connection.settings_dict
    more = [str(given["NAME"])] if database else []
    command = [tool(name), "--no-password", *options, *more]
    done = subprocess.run(command, env=environment(given), capture_output=True, text=True, check=False)  # noqa: S603  (no input)
    if done.returncode:
        raise Unusable(f"{name} 失败：{done.stderr.strip()[-500:] or done.returncode}")


def environment(given: dict[str, Any]) -> dict[str, str]:
    """How PostgreSQL's programs are told where the database is: never on the command line, which everybody can read."""
    told = {"PGHOST": given["HOST"], "PGPORT": given["PORT"], "PGUSER": given["USER"], "PGPASSWORD": given["PASSWORD"]}
    told |= {f"PG{name.upper()}": given.get("OPTIONS", {}).get(name) for name in TLS}
    return {**os.environ, **{name: str(value) for name, value in told.items() if value}, "LC_ALL": "C.UTF-8"}
