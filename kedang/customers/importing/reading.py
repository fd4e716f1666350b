"""A row of a sheet as the arguments of a registration. Pure; judging the values is left to the deed itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kedang.customers.importing.targets import TERM, Company, Raw, Target
from kedang.kernel.sheets import cells as sheet_cells
from kedang.kernel.sheets.cells import Damaged, text_of

PHONES = ("phone", "contact_phone")
NONE = "无"
NOTHING = {
    "/",
    "\\",
    "-",
    "--",
    "—",
    "——",
    "无",
    "暂无",
    "没有",
    "空",
    "n/a",
    "na",
    "null",
    "none",
    "不详",
    "未知",
    "待补",
    "待定",
    ".",
}
"""How lists write that there is nothing. Never a name."""
_PHONE_PARTS = re.compile(r"[,，、;；/|\n]+|\s{2,}|\s(?=1[3-9]\d{9})|\s(?=0\d{2,3}-)|(?<=\d{11})\s+(?=\d)")


@dataclass
class Read:
    """What a row says: raw arguments, cells that cannot be understood at all, and what should be told about it."""

    args: Raw = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """{target: message}"""
    notes: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    """{target: text of the cell}"""


def read(
    cells: Sequence[Any],
    columns: Sequence[tuple[int, Target]],
    company: Company,
    defaults: Mapping[str, Any],
    answers: Collection[str] = (),
) -> Read:
    """One row by the layout; `defaults` are the owner and unit that were chosen for rows that name none. For the targets of
    `answers`, which must be filled in, 无 is what is so, and no blank."""
    row = Read()
    for at, target in columns:
        cell = cells[at] if at < len(cells) else ""
        if cell == "" or cell is None:
            continue
        try:
            value = NONE if text_of(cell) == NONE and target.id in answers else _value(cell, target, company, row)
        except Damaged as error:
            row.errors[target.id] = str(error)
            row.sources[target.id] = text_of(cell)
            continue
        if value not in ("", None):
            _put(row, target, value)
            row.sources[target.id] = text_of(cell)
    _second_phone(row)
    for key, value in defaults.items():
        if value and key not in row.args and key not in row.errors:
            row.args[key] = value
    return row


def _put(row: Read, target: Target, value: Any) -> None:
    if target.form:
        row.args.setdefault(target.form, {})[target.id.partition(".")[2]] = value
    elif target.id.startswith(TERM):
        row.args.setdefault("terms", {})[target.id.removeprefix(TERM)] = value
    else:
        row.args[target.id] = value


def _value(cell: Any, target: Target, company: Company, row: Read) -> Any:
    kind = target.field.type
    if isinstance(cell, str) and cell.strip().upper() in sheet_cells.ERRORS:
        raise Damaged(f"单元格是公式错误 {cell.strip()}，请改为实际的内容")
    if kind in ("phone", "credit_code", "id_number"):
        text = sheet_cells.digits_of(cell)
    elif kind in ("date", "datetime"):
        text = sheet_cells.date_of(cell)
    else:
        text = text_of(cell)
    if target.id != "name" and text.lower() in NOTHING:
        return ""
    if kind == "phone":
        return _phones(text, target, row)
    if kind == "person":
        return _person(text, company)
    if kind == "unit":
        return _unit(text, company)
    if kind == "choice":
        return unicodedata.normalize("NFKC", text).strip() if text not in target.field.choices.values() else text
    return text


def _phones(text: str, target: Target, row: Read) -> str:
    """The first number of the cell; the others are kept in mind for the contact's."""
    parts = [part.strip() for part in _PHONE_PARTS.split(_half(text)) if part.strip()]
    parts = [part for part in parts if len(re.sub(r"\D", "", part)) >= 5] or parts
    if len(parts) < 2:
        return text
    row.sources[f"more:{target.id}"] = "\n".join(parts[1:])
    return parts[0]


def _half(text: str) -> str:
    return unicodedata.normalize("NFKC", text.replace("、", ",").replace("\r", "\n"))


def _second_phone(row: Read) -> None:
    """A second number in the customer's cell is the contact's when he has none; what finds no place is told, not lost."""
    for target in PHONES:
        rest = [part for part in row.sources.pop(f"more:{target}", "").split("\n") if part]
        other = "contact_phone" if target == "phone" else "phone"
        if (
            rest
            and other not in row.args
            and other not in row.errors
            and (other == "phone" or "contact_name" in row.args)
        ):
            row.args[other] = rest.pop(0)
        if rest:
            row.notes.append(f"单元格里还有号码 {'、'.join(rest)}，没有栏目可放，未导入")


def _person(text: str, company: Company) -> int:
    flat = unicodedata.normalize("NFKC", text).strip()
    found = company.people.get(text) or company.people.get(flat) or company.people.get(re.sub(r"\s", "", flat)) or ()
    ids = {pk for pk, _ in found}
    if not ids:
        raise Damaged(f"没有“{text}”这个人，或已停用、离职。请填在职人员的姓名或工号")
    if len(ids) > 1:
        raise Damaged(f"有 {len(ids)} 位“{text}”：{'、'.join(label for _, label in found)}，请改填工号")
    return ids.pop()


def _unit(text: str, company: Company) -> int:
    found = company.units.get(text) or company.units.get(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        raise Damaged(f"没有“{text}”这个部门，或已撤销。请填部门的全称")
    return found
