"""A staff sheet as entries, each fault named by row and column. Nothing here looks at the database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from kedang.kernel import fieldtypes
from kedang.kernel.errors import Invalid
from kedang.kernel.org.roster.sheets import rows_of

SPELLINGS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "员工姓名", "员工", "名字"),
    "employee_no": ("工号", "员工编号", "员工号", "编号", "职工号"),
    "username": ("登录名", "账号", "帐号", "用户名", "登录账号"),
    "unit": ("部门", "所属部门", "所在部门", "部门名称"),
    "parent": ("上级部门", "上级单位", "父部门"),
    "post": ("岗位", "职务", "职位", "岗位名称"),
    "head": ("是否负责人", "负责人", "部门负责人", "是否部门负责人"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "电话", "移动电话"),
    "email": ("邮箱", "电子邮箱", "电子邮件", "email", "e-mail"),
    "superior": ("直属上级", "上级", "直接上级", "汇报对象"),
    "start": ("到岗日期", "入职日期", "任职日期", "到岗时间", "入职时间"),
}
LABELS = {key: names[0] for key, names in SPELLINGS.items()}
NEEDED = ("name", "unit", "post")
# Read as a form reads them, so that the list and the page cannot differ.
TYPES = {"head": "bool", "phone": "phone", "email": "email", "start": "date"}
HEAD_WITHIN = 10
_LOGIN = re.compile(r"[A-Za-z0-9._@-]{1,60}")
# A day number as Excel counts them: 1955 to 2119.
_SERIAL = re.compile(r"[2-7]\d{4}")


@dataclass(frozen=True)
class Entry:
    """One row: a person in a post of a department."""

    row: int
    name: str
    unit: str
    post: str
    employee_no: str = ""
    username: str = ""
    parent: str = ""
    head: bool | None = None
    phone: str = ""
    email: str = ""
    superior: str = ""
    start: date | None = None


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell."""

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"第 {self.row} 行“{self.column}”：{self.text}" if self.column else f"第 {self.row} 行：{self.text}"


def read(content: bytes) -> tuple[list[Entry], list[Fault]]:
    """The entries of a file and its faults. Invalid when it cannot be read or has no header that we know."""
    rows = rows_of(content)
    at, columns = _header(rows)
    entries: list[Entry] = []
    faults: list[Fault] = []
    for number, cells in enumerate(rows[at + 1 :], start=at + 2):
        texts = {key: cells[column] for key, column in columns.items() if column < len(cells)}
        if any(texts.values()):
            entry, wrong = _entry(number, texts)
            faults += wrong
            entries += [entry] if entry else []
    if not entries and not faults:
        raise Invalid({"file": "名单里没有人。"})
    return entries, sorted([*faults, *_across(entries)], key=lambda fault: fault.row)


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """(where the header stands, column by key): titles and merged rows above it are passed over."""
    found = [(number, _columns(row)) for number, row in enumerate(rows[:HEAD_WITHIN])]
    at, columns = max(found, key=lambda pair: len(pair[1]), default=(0, {}))
    missing = [LABELS[key] for key in NEEDED if key not in columns]
    if missing:
        raise Invalid(
            {"file": f"表头里没有“{'”“'.join(missing)}”这{'几' if len(missing) > 1 else '一'}列；请按模板填写。"}
        )
    return at, columns


def _columns(row: Iterable[str]) -> dict[str, int]:
    spelled = {name: key for key, names in SPELLINGS.items() for name in names}
    found: dict[str, int] = {}
    for column, text in enumerate(row):
        key = spelled.get(re.sub(r"[(].*$|[\s*:]", "", text).lower())
        if key:
            found.setdefault(key, column)
    return found


def _entry(row: int, texts: Mapping[str, str]) -> tuple[Entry | None, list[Fault]]:
    faults = [Fault(row, LABELS[key], "没有填写") for key in NEEDED if not texts.get(key)]
    given: dict[str, Any] = {key: text for key, text in texts.items() if text}

    def wrong(key: str, text: str) -> None:
        given.pop(key, None)
        faults.append(Fault(row, LABELS[key], text))

    for key, longest in (("name", 60), ("unit", 60), ("parent", 60), ("post", 60), ("employee_no", 30)):
        if len(given.get(key, "")) > longest:
            wrong(key, f"最多 {longest} 个字")
    if "username" in given and not _LOGIN.fullmatch(given["username"]):
        wrong("username", f"“{given['username']}”只能用字母、数字和 . _ @ -")
    if _SERIAL.fullmatch(given.get("start", "")):
        given["start"] = date(1899, 12, 30) + timedelta(days=int(given["start"]))
    for key, kind in TYPES.items():
        if key in given:
            try:
                given[key] = fieldtypes.read(kind, given[key], {})
            except ValueError as error:
                wrong(key, f"“{given[key]}”：{error}")
    if given.get("parent") and given.get("parent") == given.get("unit"):
        wrong("parent", "上级部门不能是自己")
    if any(not given.get(key) for key in NEEDED):
        return None, faults
    return Entry(row=row, **given), faults


def _across(entries: Sequence[Entry]) -> list[Fault]:
    """What rows contradict each other in."""
    return [*_twice(entries), *_parents(entries)]


def _twice(entries: Sequence[Entry]) -> list[Fault]:
    """One number, one login, one person; the same post twice is a slip."""
    faults: list[Fault] = []
    for key in ("employee_no", "username"):
        first: dict[str, Entry] = {}
        for entry in entries:
            value = getattr(entry, key).lower()
            held = first.setdefault(value, entry) if value else entry
            if held.name != entry.name:
                faults.append(
                    Fault(entry.row, LABELS[key], f"“{getattr(entry, key)}”与第 {held.row} 行的{held.name}重复")
                )
    posts: dict[tuple[str, str, str], Entry] = {}
    for entry in entries:
        held = posts.setdefault((who(entry), entry.unit, entry.post), entry)
        if held is not entry:
            hint = "；同名的两个人请填工号或登录名" if not (entry.employee_no or entry.username) else ""
            faults.append(Fault(entry.row, "", f"与第 {held.row} 行重复{hint}"))
    return faults


def who(entry: Entry) -> str:
    """By what the rows of one person are put together."""
    return entry.employee_no.lower() or entry.username.lower() or entry.name


def _parents(entries: Sequence[Entry]) -> list[Fault]:
    faults: list[Fault] = []
    above: dict[str, tuple[str, int]] = {}
    for entry in entries:
        if not entry.parent:
            continue
        held, row = above.setdefault(entry.unit, (entry.parent, entry.row))
        if held != entry.parent:
            faults.append(
                Fault(entry.row, "上级部门", f"第 {row} 行写{entry.unit}的上级是{held}，这里写{entry.parent}")
            )
    for unit, (parent, row) in above.items():
        seen = {unit}
        while parent in above and parent not in seen:
            seen.add(parent)
            parent = above[parent][0]
        if parent == unit:
            faults.append(Fault(row, "上级部门", f"{unit}绕了一圈又成了自己的上级"))
    return faults


def as_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Entries as a draft keeps them."""
    return [{**asdict(one), "start": one.start.isoformat() if one.start else None} for one in entries]


def from_json(rows: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """The entries of a draft."""
    return [Entry(**{**row, "start": date.fromisoformat(row["start"]) if row["start"] else None}) for row in rows]
