"""Cells as people meant them, and text as cells that no spreadsheet takes for a formula. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

CELL_LIMIT = 32_767
CUT = "…（超出单元格上限，未写完）"
FORMULA = re.compile(r"^[\s]*[=@+\-＝＠＋－]|^[\t\r\n]")
PLAIN_NUMBER = re.compile(r"^[+\-][\d\s().\-]+$")
BLANKS = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000\t]+")
INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|_x000[dD]_")
ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"}
SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?[eE][+]?\d{1,2}")
EXACT_DIGITS = 15
"""Digits that a spreadsheet keeps of a number; the rest it has turned into zeros."""
_SHORT_DATE = re.compile(r"(\d{2})[-/.](\d{1,2})[-/.](\d{1,2})")
_EIGHT = re.compile(r"(19|20)(\d{2})(\d{2})(\d{2})")
_EPOCH = date(1899, 12, 30)


class Damaged(ValueError):
    """The cell no longer holds what was typed; the text says in Chinese what happened and what to do."""


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula, not even after being saved as CSV; a number with its sign stays."""
    if FORMULA.match(text) and not PLAIN_NUMBER.match(text):
        text = f"'{text}"
    return text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - len(CUT)] + CUT


def text_of(cell: Any) -> str:
    """What a person sees in the cell: numbers without .0, dates as dates, no padding and no invisible characters."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, (int, float)):
        return _number(cell)
    if isinstance(cell, dict):
        return _moment(str(cell.get("d", "")))
    return tidy(str(cell))


def tidy(text: str) -> str:
    """Text without padding, no-break blanks and what cannot be seen; line breaks inside stay."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return BLANKS.sub(" ", INVISIBLE.sub("", text)).strip()


def _number(cell: float) -> str:
    if isinstance(cell, float) and cell != cell:
        return ""
    if float(cell).is_integer() and abs(cell) < 1e21:
        return str(int(cell))
    return format(Decimal(repr(cell)).normalize(), "f")


def _moment(iso: str) -> str:
    """A date cell; midnight is no time of day."""
    return iso.removesuffix("T00:00:00").replace("T", " ")


def digits_of(cell: Any) -> str:
    """A phone or code as text. Damaged when the spreadsheet has made it a number and lost its last digits."""
    text = text_of(cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if len(text.lstrip("-")) > EXACT_DIGITS:
            raise Damaged(
                f"Excel 把这个号码存成了数字，第 15 位以后已丢失（现为 {text}）。请把该列设为“文本”格式后重新填写"
            )
        return text
    flat = unicodedata.normalize("NFKC", text).replace(" ", "")
    if SCIENTIFIC.fullmatch(flat):
        return _from_scientific(flat)
    return re.sub(r"^(\+?\d{5,})\.0+$", r"\1", flat) if flat.endswith("0") and "." in flat else text


def _from_scientific(text: str) -> str:
    """1.3800138E+10 still has all its digits; 1.38E+10 has not."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Damaged(f"“{text}”不是号码") from None
    shown = len(text.upper().partition("E")[0].replace(".", "").lstrip("+-"))
    if shown < 8 or number != number.to_integral_value() or number.adjusted() >= EXACT_DIGITS:
        raise Damaged(f"号码被 Excel 存成了科学计数“{text}”，末几位已丢失。请把该列设为“文本”格式后重新填写")
    return str(int(number))


def date_of(cell: Any) -> str:
    """A date as text that the date field reads: date cells, serial numbers, 26/3/2, 20260302; other text as it is."""
    if isinstance(cell, dict):
        return _moment(str(cell.get("d", "")))
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        whole = int(cell)
        if _EIGHT.fullmatch(str(whole)):
            return _eight(str(whole))
        return (_EPOCH + timedelta(days=whole)).isoformat() if 20_000 <= whole <= 80_000 else text_of(cell)
    text = unicodedata.normalize("NFKC", text_of(cell)).strip()
    if match := _SHORT_DATE.fullmatch(text):
        return f"20{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
    if _EIGHT.fullmatch(text):
        return _eight(text)
    if re.fullmatch(r"\d{5}(\.\d+)?", text) and 20_000 <= float(text) <= 80_000:
        return (_EPOCH + timedelta(days=int(float(text)))).isoformat()
    return re.sub(r"\s+\d{1,2}:\d{2}(:\d{2})?$", "", text)


def _eight(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def as_datetime(cell: Any) -> datetime | None:
    """A date cell as a moment without a zone, for writing it back; None for anything else."""
    if not isinstance(cell, dict):
        return None
    try:
        return datetime.fromisoformat(str(cell.get("d", "")))
    except ValueError:
        return None
