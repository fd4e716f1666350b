"""The rows of an import: read once by the bounded child, kept beside the database for as long as they are worked on.

A spool can always be made again from the kept file. It holds what the file holds, so it lies in a folder that only the
server may read, and what nobody has touched for two days is swept.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from kedang.customers.importing.models import Import
from kedang.kernel.blobs import store
from kedang.kernel.errors import Invalid
from kedang.kernel.sheets import reading
from kedang.kernel.sheets.reading import Table
from kedang.kernel.sheets.sniff import Unreadable

KEPT_FOR = 2 * 24 * 3600


def folder() -> Path:
    """Where spools lie."""
    made = Path(settings.DATA_DIR) / "imports"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def table(file: Path, sha256: str, sheet: str = "") -> Table:
    """The sheet as it was read, from its spool when there is one; Unreadable in Chinese when it cannot be."""
    spool = spool_of(sha256, sheet)
    told = spool.with_suffix(".json")
    if spool.exists() and told.exists():
        os.utime(spool)
        os.utime(told)
        return Table(**json.loads(told.read_text("utf-8")))
    sweep()
    part = spool.with_name(f"{spool.name}.{os.getpid()}-{time.monotonic_ns()}")
    found = reading.survey(file, part, sheet)
    part.chmod(0o600)
    part.replace(spool)
    told.write_text(json.dumps(found.as_json(), ensure_ascii=False), "utf-8")
    told.chmod(0o600)
    return found


def spool_of(sha256: str, sheet: str) -> Path:
    name = hashlib.sha256(f"{sha256}:{sheet}".encode()).hexdigest()[:40]
    return folder() / f"{name}.rows"


def table_of(batch: Import) -> Table:
    """The sheet of an import; Invalid when its file is gone or can no longer be read."""
    if batch.blob.gone_at is not None:
        raise Invalid("导入的原文件已销毁。")
    try:
        return table(store.path_of(batch.blob.sha256), batch.blob.sha256, batch.sheet)
    except Unreadable as error:
        raise Invalid(str(error)) from error


def rows(batch: Import, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, list[Any]]]:
    """(line, cells) of the sheet's rows from index `start` on; blank ones are left out."""
    found = table_of(batch)
    for line, cells in reading.rows(spool_of(batch.blob.sha256, batch.sheet), found.offsets, start, stop):
        if cells:
            yield line, cells


def forget(batch: Import) -> None:
    """Remove what was read of an import that is given up; another import of the same file reads it again."""
    forget_read(batch.blob.sha256, batch.sheet)


def forget_read(sha256: str, sheet: str) -> None:
    """Remove what was read of one sheet."""
    spool = spool_of(sha256, sheet)
    for path in (spool, spool.with_suffix(".json")):
        path.unlink(missing_ok=True)


def sweep(now: float | None = None) -> int:
    """Remove spools that nobody has touched for two days; how many."""
    limit, gone = (now or time.time()) - KEPT_FOR, 0
    for path in folder().iterdir():
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
