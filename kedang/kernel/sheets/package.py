"""What a workbook's zip directory and sheet text say before a parser is let near them. Runs in the child."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from kedang.kernel.sheets import limits
from kedang.kernel.sheets.sniff import ADVICE, Unreadable

BROKEN = "文件不完整或已损坏，可能没有传完。请在 Excel 中打开确认，另存后重新上传。"
TOO_BIG = "文件展开后过大，为安全起见没有读取。请只保留要导入的工作表，另存后再上传；行数多的请拆成几个文件。"
TOO_WIDE = "工作表写到了 {column} 列，列数过多。请删去右侧多余的列（选中后右键“删除”），另存后再上传。"
_FORMULAS = (b"<f>", b"<f ", b"<x:f>", b"<x:f ")
# A literal beginning: a pattern that may begin in several ways takes ten times as long.
_FAR = re.compile(rb' r="([A-Z]{3})\d+"[^>]*(?<!/)>')
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CHUNK = 1 << 20


@dataclass
class Package:
    """A workbook in which nothing speaks against reading it."""

    path: Path
    notes: set[str] = field(default_factory=set)
    """macros, external, formulas"""
    sheets: dict[str, str] = field(default_factory=dict)
    """{name of a worksheet: its part}"""


def examine(path: Path) -> Package:
    """Check the zip directory; Unreadable for bombs, encrypted, truncated and foreign packages."""
    try:
        with zipfile.ZipFile(path) as book:
            _check_sizes(book)
            names = set(book.namelist())
            _check_kind(book, names)
            made = Package(path)
            made.notes |= {"macros"} if any(name.endswith("vbaProject.bin") for name in names) else set()
            made.notes |= {"external"} if any(name.startswith("xl/externalLinks/") for name in names) else set()
            made.sheets = _parts(book, names)
            return made
    except (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, ElementTree.ParseError, OSError) as error:
        raise Unreadable(BROKEN) from error


def _check_sizes(book: zipfile.ZipFile) -> None:
    entries = book.infolist()
    if len(entries) > limits.MAX_ENTRIES:
        raise Unreadable(f"文件里有 {len(entries):,} 个部件，不像普通的工作簿，为安全起见没有读取。")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable("文件加了密码。请取消密码，另存后再上传。")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.MAX_UNPACKED or any(entry.file_size > limits.MAX_PART for entry in entries):
        raise Unreadable(TOO_BIG)
    for entry in entries:
        ratio = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > limits.RATIO_FROM and ratio > limits.MAX_RATIO:
            raise Unreadable(TOO_BIG)


def _check_kind(book: zipfile.ZipFile, names: set[str]) -> None:
    if "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names:
        raise Unreadable(f"这是二进制工作簿（.xlsb）。{ADVICE}")
    if any(name.startswith("word/") for name in names):
        raise Unreadable("这是 Word 文档，不是表格。请把表格复制到 Excel 中另存后上传。")
    if any(name.startswith("ppt/") for name in names):
        raise Unreadable("这是演示文稿，不是表格。")
    if "content.xml" in names and "mimetype" in names:
        raise Unreadable(f"这是 OpenDocument 表格（.ods）。{ADVICE}")
    inner = sum(name.lower().endswith((".xlsx", ".xls", ".csv", ".zip")) for name in names)
    if inner:
        raise Unreadable("这是压缩包，请先解压，再上传里面的表格。")
    raise Unreadable("压缩包里没有工作簿，不是 Excel 文件。")


def _parts(book: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """Which part holds which worksheet, by the workbook's own list."""
    if "xl/_rels/workbook.xml.rels" not in names:
        raise Unreadable(BROKEN)
    rels = {
        each.get("Id"): each.get("Target", "")
        for each in ElementTree.fromstring(_small(book, "xl/_rels/workbook.xml.rels"))  # noqa: S314  (bounded child; expat refuses entity bombs)
    }
    found = {}
    for each in ElementTree.fromstring(_small(book, "xl/workbook.xml")).iter():  # noqa: S314
        if each.tag.rpartition("}")[2] == "sheet":
            target = rels.get(each.get(_REL), "") or ""
            part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            if part in names:
                found[each.get("name", "")] = part
    return found


def _small(book: zipfile.ZipFile, name: str) -> bytes:
    with book.open(name) as stream:
        text = stream.read(8 * limits.MIB + 1)
    if len(text) > 8 * limits.MIB:
        raise Unreadable(TOO_BIG)
    return text


def scan(package: Package, sheet: str) -> None:
    """Read one sheet's text through once: how far right and how many cells it really goes, and whether it calculates.

    A cell in column XFD makes the parser ask for 16,384 columns a row, so it is looked for first.
    """
    part = package.sheets.get(sheet)
    if part is None:
        return
    cells = 0
    try:
        for window, fresh in _windows(package.path, part):
            far = _FAR.search(window)
            if far:
                raise Unreadable(TOO_WIDE.format(column=far[1].decode()))
            if "formulas" not in package.notes and any(mark in window for mark in _FORMULAS):
                package.notes.add("formulas")
            cells += fresh.count(b"<c ")
            if cells > limits.MAX_CELLS:
                raise Unreadable(TOO_BIG)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise Unreadable(BROKEN) from error


def _windows(path: Path, part: str) -> Iterator[tuple[bytes, bytes]]:
    """The text in pieces: (piece with the end of the one before, piece); stops at what the directory had promised."""
    read, tail = 0, b""
    with zipfile.ZipFile(path) as book, book.open(part) as stream:
        while piece := stream.read(_CHUNK):
            read += len(piece)
            if read > limits.MAX_PART:
                raise Unreadable(TOO_BIG)
            yield tail + piece, piece
            tail = piece[-120:]
