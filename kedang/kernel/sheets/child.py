"""The bounded child: `python -m kedang.kernel.sheets.child FILE SPOOL [SHEET]`.

Sets its own limits, reads the file, writes the rows to SPOOL (a JSON array of up to 500 rows a line) and one JSON object
to standard output: what was found, or why the file cannot be read. It knows no database and no settings.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from kedang.kernel.sheets import limits, package, sniff, text
from kedang.kernel.sheets.sniff import Unreadable

BATCH = 500
TOO_MANY = "有 {rows:,} 行，一次最多导入 {most:,} 行。请拆成几个文件分次导入。"


def main(arguments: list[str]) -> int:
    """Read and tell; the exit code is 0 whenever something was told."""
    _bound()
    file, spool = Path(arguments[0]), Path(arguments[1])
    wanted = arguments[2] if len(arguments) > 2 else ""
    try:
        told = read(file, spool, wanted)
    except Unreadable as error:
        told = {"error": str(error)}
    except MemoryError:
        told = {"error": package.TOO_BIG}
    json.dump(told, sys.stdout, ensure_ascii=True)
    return 0


def _bound() -> None:
    """No more memory, time, output or core dump than the limits say, whatever the file makes the parser do."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.CHILD_MEMORY, limits.CHILD_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.CHILD_CPU, limits.CHILD_CPU + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.CHILD_OUTPUT, limits.CHILD_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(file: Path, spool: Path, wanted: str) -> dict[str, Any]:
    """What the file holds; its rows are in `spool` afterwards."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        head = stream.read(65_536)
    kind = sniff.kind_of(head, size)
    if kind == "text":
        return _read_text(file, spool)
    return _read_workbook(file, spool, wanted, kind)


def _read_text(file: Path, spool: Path) -> dict[str, Any]:
    found, encoding = text.decode(file.read_bytes())
    told = _spool(text.rows(found), spool)
    if told["width"] == 0:
        raise Unreadable("文件里没有内容。")
    return {**told, "kind": "text", "encoding": encoding, "sheets": [], "sheet": "", "notes": [], "merged": []}


def _read_workbook(file: Path, spool: Path, wanted: str, kind: str) -> dict[str, Any]:
    found = package.examine(file) if kind == "zip" else None
    if found is None:
        _refuse_locked(file)
    import python_calamine as calamine

    try:
        with calamine.load_workbook(str(file)) as book:
            sheets = [
                {"name": each.name, "hidden": each.visible != calamine.SheetVisibleEnum.Visible}
                for each in book.sheets_metadata
                if each.typ == calamine.SheetTypeEnum.WorkSheet
            ]
            sheet = _chosen(book, sheets, wanted, found)
            told = _spool(_positioned(sheet), spool)
            merged = [[list(one), list(two)] for one, two in (sheet.merged_cell_ranges or [])[:2000]]
    except calamine.PasswordError:
        raise Unreadable("文件加了密码。请取消密码，另存后再上传。") from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Unreadable(package.BROKEN) from error
    notes = sorted(found.notes) if found else []
    return {
        **told, "kind": "xlsx" if found else "xls", "encoding": "", "sheets": sheets, "sheet": sheet.name,
        "notes": notes, "merged": [each for each in merged if each[0][0] < 40],
    }  # fmt: skip


def _refuse_locked(file: Path) -> None:
    """A workbook with a password to open is an OLE container that holds the encrypted package."""
    raw = file.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in raw:
        raise Unreadable("文件设了打开密码。请取消密码，另存后再上传。")
    if "WordDocument".encode("utf-16-le") in raw:
        raise Unreadable("这是 Word 文档，不是表格。")


def _chosen(book: Any, sheets: list[dict[str, Any]], wanted: str, found: package.Package | None) -> Any:
    """The sheet asked for, else the first visible one that holds anything."""
    names = [each["name"] for each in sheets]
    if wanted and wanted not in names:
        raise Unreadable(f"没有名为“{wanted}”的工作表。")
    tries = [wanted] if wanted else [each["name"] for each in sorted(sheets, key=lambda each: each["hidden"])]
    for name in tries:
        if found is not None:
            package.scan(found, name)
        sheet = book.get_sheet_by_name(name)
        if sheet.total_width > limits.MAX_COLUMNS:
            raise Unreadable(
                f"工作表“{name}”有 {sheet.total_width:,} 列，最多 {limits.MAX_COLUMNS} 列。请删去右侧多余的列，另存后再上传。"
            )
        if sheet.height:
            return sheet
    raise Unreadable(f"工作表“{wanted}”里没有内容。" if wanted else "工作簿里没有内容。")


def _positioned(sheet: Any) -> Iterator[list[Any]]:
    """Rows with the sheet's own row and column numbers: blank rows and columns before the first cell are kept."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    if not left:
        yield from sheet.iter_rows()
        return
    for row in sheet.iter_rows():
        yield left + row


def _spool(rows: Iterable[list[Any]], spool: Path) -> dict[str, Any]:
    """Write rows in batches; how many there are, the last that is not blank, how wide, and where each batch begins."""
    offsets, at, count, filled, last, width = [], 0, 0, 0, 0, 0
    batch: list[list[Any]] = []
    with spool.open("wb") as out:

        def flush() -> None:
            nonlocal at
            if batch:
                offsets.append(at)
                at += out.write(
                    json.dumps(batch, ensure_ascii=False, default=_plain).encode("utf-8", "replace") + b"\n"
                )
                batch.clear()

        for row in rows:
            count += 1
            kept = _trimmed(row)
            if kept:
                filled, last, width = filled + 1, count, max(width, len(kept))
                if filled > limits.MAX_ROWS + 50:
                    raise Unreadable(
                        TOO_MANY.format(rows=max(filled, getattr(rows, "height", 0)), most=limits.MAX_ROWS)
                    )
            batch.append(kept)
            if len(batch) == BATCH:
                flush()
        flush()
    if width > limits.MAX_COLUMNS:
        raise Unreadable(f"有一行写了 {width:,} 列，最多 {limits.MAX_COLUMNS} 列。请检查分隔符，或删去多余的列。")
    return {"rows": count, "filled": filled, "last": last, "width": width, "offsets": offsets}


def _trimmed(row: list[Any]) -> list[Any]:
    """Without the blanks at its end, over-long texts cut."""
    end = len(row)
    while end and (row[end - 1] == "" or (isinstance(row[end - 1], str) and not row[end - 1].strip())):
        end -= 1
    kept = row[:end]
    if any(isinstance(cell, str) and len(cell) > limits.MAX_CELL for cell in kept):
        return [cell[: limits.MAX_CELL] if isinstance(cell, str) else cell for cell in kept]
    return kept


def _plain(cell: Any) -> Any:
    """Dates and times, marked, so that they are not taken for text."""
    if isinstance(cell, (datetime, date, time)):
        return {"d": cell.isoformat()}
    if isinstance(cell, timedelta):
        return {"d": str(cell)}
    return str(cell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
