"""Rows of separated text (CSV, TSV and the like) in the encodings Chinese programs write. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from kedang.kernel.sheets.sniff import Unreadable

NOT_TEXT = "不是表格文件：内容既不是 Excel 工作簿，也不是可识别的文本。"
_DELIMITERS = "\t,;|，；"
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")


def decode(raw: bytes) -> tuple[str, str]:
    """(text, name of the encoding): UTF-8 with or without BOM, UTF-16, GB18030. Unreadable for what is no text."""
    text, name = _decoded(raw)
    sample = text[:20_000]
    if len(_BINARY.findall(sample)) > max(len(sample) // 200, min(4, len(sample) // 10)):
        raise Unreadable(NOT_TEXT)
    return text.replace("\x00", ""), name


def _decoded(raw: bytes) -> tuple[str, str]:
    if raw.startswith(b"\xef\xbb\xbf"):
        return raw[3:].decode("utf-8", errors="replace"), "UTF-8（带 BOM）"
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace"), "UTF-16"
    if (order := _byte_order(raw)) is not None:
        return raw.decode(order, errors="replace"), "UTF-16"
    try:
        return raw.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        # A file cut off inside its last character is UTF-8 all the same.
        if len(raw) - error.start < 4 and error.start > 0:
            return raw[: error.start].decode("utf-8"), "UTF-8"
    try:
        return raw.decode("gb18030"), "GB18030"
    except UnicodeDecodeError as error:
        if len(raw) - error.start < 4 and error.start > 0:
            return raw[: error.start].decode("gb18030"), "GB18030"
        raise Unreadable(f"{NOT_TEXT}如果是文本，请另存为 UTF-8 编码的 CSV。") from None


def _byte_order(raw: bytes) -> str | None:
    """UTF-16 without a mark: separators and digits leave a zero in every second byte of a line."""
    sample = raw[:4000]
    if len(sample) < 8:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > len(sample) // 20 and even == 0:
        return "utf-16-le"
    if even > len(sample) // 20 and odd == 0:
        return "utf-16-be"
    return None


def delimiter_of(text: str) -> str:
    """The sign that parts the columns: the one that most of the first lines have equally often."""
    lines = [line for line in text[:60_000].splitlines() if line.strip()][:40]
    best, score = ",", 0.0
    for sign in _DELIMITERS:
        counts = Counter(_outside_quotes(line, sign) for line in lines)
        counts.pop(0, None)
        if counts:
            often, same = counts.most_common(1)[0]
            found = same / len(lines) * (1 + min(often, 20) / 100)
            best, score = (sign, found) if found > score else (best, score)
    return best


def _outside_quotes(line: str, sign: str) -> int:
    return re.sub(r'"[^"]*"', "", line).count(sign)


def rows(text: str) -> Iterator[list[str]]:
    """The rows. A quote that is never closed would swallow the rest, so then quotes are taken as letters."""
    sign = delimiter_of(text)
    csv.field_size_limit(200_000)
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if _balanced(text, sign) else csv.QUOTE_NONE
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=sign, quoting=quoting, skipinitialspace=sign != "\t")


def _balanced(text: str, sign: str) -> bool:
    try:
        longest = max((len(row_text) for row in _some(text, sign) for row_text in row), default=0)
    except csv.Error:
        return False
    return longest < 20_000 and text.count('"') % 2 == 0


def _some(text: str, sign: str) -> Iterator[list[str]]:
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=sign, skipinitialspace=sign != "\t")
