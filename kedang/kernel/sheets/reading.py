"""The parent's side: have a file read by the bounded child, and go through the rows it left in its spool."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from kedang.kernel.sheets import limits, package
from kedang.kernel.sheets.child import BATCH
from kedang.kernel.sheets.sniff import Unreadable

ROOT = Path(__file__).resolve().parents[3]
BUSY = "现在有别的表格正在读取，请过一会儿再试。"
STOPPED = "读取这个文件超出了内存或时间的限度，为安全起见已停止。请只保留要导入的工作表和列，另存后再上传。"
_free = BoundedSemaphore(limits.AT_ONCE)

Cell = Any
"""str, int, float, bool, or {"d": ISO text} of a date."""


@dataclass
class Table:
    """One sheet that was read: what it is called, how large it is, what must be told about it, and where its rows are."""

    kind: str
    sheet: str
    sheets: list[dict[str, Any]]
    rows: int
    filled: int
    last: int
    width: int
    offsets: list[int]
    notes: list[str] = field(default_factory=list)
    merged: list[Any] = field(default_factory=list)
    encoding: str = ""

    def as_json(self) -> dict[str, Any]:
        """For keeping beside the spool."""
        return asdict(self)


def survey(file: Path, spool: Path, sheet: str = "") -> Table:
    """Read a file (one sheet of it) into the spool; Unreadable says in Chinese why not. Never raises for what is in it."""
    if file.stat().st_size > limits.MAX_BYTES:
        raise Unreadable(
            f"文件有 {file.stat().st_size / limits.MIB:.0f} MB，最多 {limits.MAX_BYTES // limits.MIB} MB。请拆成几个文件分次导入。"
        )
    if not _free.acquire(timeout=limits.CHILD_WALL):
        raise Unreadable(BUSY)
    try:
        return Table(**_told(file, spool, sheet))
    finally:
        _free.release()


def _told(file: Path, spool: Path, sheet: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "kedang.kernel.sheets.child", str(file.resolve()), str(spool.resolve()), sheet]
    try:
        done = subprocess.run(  # noqa: S603  (our own module, fixed arguments)
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            timeout=limits.CHILD_WALL, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2"}, check=False,
        )  # fmt: skip
        told = json.loads(done.stdout) if done.returncode == 0 else {"error": STOPPED}
    except subprocess.TimeoutExpired:
        told = {"error": STOPPED}
    except ValueError:
        told = {"error": package.BROKEN}
    if "error" in told:
        spool.unlink(missing_ok=True)
        raise Unreadable(str(told["error"]))
    return dict(told)


def rows(spool: Path, offsets: list[int], start: int = 0, stop: int | None = None) -> Iterator[tuple[int, list[Cell]]]:
    """(row number from 1, cells) of the rows with index start ≤ i < stop; reads only the batches they lie in."""
    first = start // BATCH
    if first >= len(offsets):
        return
    with spool.open("rb") as stream:
        stream.seek(offsets[first])
        number = first * BATCH
        for line in stream:
            for cells in json.loads(line):
                if stop is not None and number >= stop:
                    return
                if number >= start:
                    yield number + 1, cells
                number += 1


def head(spool: Path, offsets: list[int], count: int) -> list[list[Cell]]:
    """The first rows."""
    return [cells for _, cells in islice(rows(spool, offsets, 0, count), count)]
