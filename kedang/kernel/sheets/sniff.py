"""What a file is by its bytes, whatever it is called. Pure."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["zip", "xls", "text"]

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ADVICE = "请在 Excel 或 WPS 中打开，另存为“Excel 工作簿（.xlsx）”后再上传。"
_KNOWN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "这是 PDF 文件，不是表格。"),
    (b"\x89PNG", "这是图片，不是表格。"),
    (b"\xff\xd8\xff", "这是图片，不是表格。"),
    (b"GIF8", "这是图片，不是表格。"),
    (b"Rar!", "这是 RAR 压缩包，请先解压，再上传里面的表格。"),
    (b"7z\xbc\xaf\x27\x1c", "这是 7z 压缩包，请先解压，再上传里面的表格。"),
    (b"\x1f\x8b", "这是压缩文件，请先解压，再上传里面的表格。"),
    (b"MZ", "这是程序，不是表格。"),
    (b"\x7fELF", "这是程序，不是表格。"),
)
_HTML = re.compile(rb"^\s*(<!doctype html|<html|<table|<head|<body|<meta|<style|<div)", re.IGNORECASE)
_XML_SHEET = re.compile(rb"<(\w+:)?Workbook\b|progid=\"Excel\.Sheet\"")


class Unreadable(Exception):
    """The file cannot be read as a table; the text says in Chinese what it is and what to do."""


def kind_of(head: bytes, size: int) -> Kind:
    """The kind by the first bytes (64 KiB are enough); Unreadable for what is no table."""
    if size == 0:
        raise Unreadable("文件是空的（0 字节）。请检查后重新选择。")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(OLE):
        return "xls"
    for magic, text in _KNOWN:
        if head.startswith(magic):
            raise Unreadable(text)
    _refuse_markup(head)
    return "text"


def _refuse_markup(head: bytes) -> None:
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        bare = head.decode("utf-16", errors="ignore").encode("utf-8", errors="ignore").lstrip()
    if _HTML.match(bare):
        raise Unreadable(f"这个文件其实是网页（HTML），只是改了名字，常见于网站导出的“.xls”。{ADVICE}")
    if bare.startswith(b"<"):
        what = "XML 电子表格 2003" if _XML_SHEET.search(bare) else "XML 文件"
        raise Unreadable(f"这是{what}，不能直接读取。{ADVICE}")
    if bare.startswith(b"MIME-Version"):
        raise Unreadable(f"这是单个文件网页（MHTML）。{ADVICE}")
    if bare.startswith((b"{\\rtf",)):
        raise Unreadable("这是 RTF 文档，不是表格。")
