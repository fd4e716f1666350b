"""高级筛选: conditions over typed fields in groups of and / or, read from an address and made one query.

A condition that cannot be read is said at its place and left out; the rest keeps working. A field group that the reader
may not see of a file never decides about that file: neither "is" nor "is not" nor "is empty" finds it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q

from kedang.customers.models import Collaborator, Star
from kedang.customers.selectors.columns import Column, columns, in_stage, with_value
from kedang.customers.visibility import shown_files
from kedang.kernel import clock, fieldtypes
from kedang.kernel.actions.access import Standing
from kedang.kernel.norms.models import Duty, DutyState, FileTerm
from kedang.kernel.org import selectors as org

ALL_OF, ANY_OF = "all", "any"
MODES = {ALL_OF: "全部满足", ANY_OF: "满足任一"}
MOST = 20
LONGEST = 4000
EMPTY, FILLED = "empty", "filled"
BLANKS = {EMPTY: "为空", FILLED: "不为空"}
OPERATORS: dict[str, dict[str, str]] = {
    "text": {"has": "包含", "hasnt": "不包含", "is": "等于", **BLANKS},
    "choice": {"is": "是", "not": "不是", **BLANKS},
    "person": {"is": "是", "not": "不是", "me": "是我", **BLANKS},
    "people": {"is": "有", "not": "没有", "me": "有我", **BLANKS},
    "unit": {"is": "是", "under": "是或属于", "not": "不是"},
    "date": {"last": "最近（天）", "next": "未来（天）", "older": "早于（天前）", "in": "在", "from": "不早于", "to": "不晚于", **BLANKS},
    "number": {"ge": "不少于", "le": "不多于", "eq": "等于"},
    "money": {"ge": "不少于（元）", "le": "不多于（元）", "eq": "等于（元）"},
    "bool": {"yes": "是", "no": "否"},
}  # fmt: skip
WITHOUT_VALUE = {EMPTY, FILLED, "me", "yes", "no"}
DAYS = {"last", "next", "older"}
PERIODS = {
    "today": "今天", "yesterday": "昨天", "tomorrow": "明天", "week": "本周", "last_week": "上周", "month": "本月",
    "last_month": "上月", "quarter": "本季度", "year": "今年",
}  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """One line as typed; `error` says what is wrong with it."""

    field: str = ""
    op: str = ""
    value: str = ""
    error: str = ""


@dataclass(frozen=True)
class Group:
    """Lines that all hold, or of which one does."""

    mode: str = ALL_OF
    lines: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Advanced:
    """The whole filter: groups joined by `mode`."""

    mode: str = ALL_OF
    groups: tuple[Group, ...] = ()
    error: str = ""
    """What is wrong with it as a whole."""

    @property
    def errors(self) -> list[str]:
        """Everything that is wrong, one sentence each."""
        lines = [line for group in self.groups for line in group.lines]
        at = [f"第 {number} 个条件：{line.error}" for number, line in enumerate(lines, start=1) if line.error]
        return ([self.error] if self.error else []) + at

    @property
    def count(self) -> int:
        """How many conditions take part."""
        return sum(not line.error for group in self.groups for line in group.lines)

    def dump(self) -> str:
        """As an address carries it: the shortest JSON; '' for a filter without conditions."""
        groups = [
            {"m": group.mode, "c": [[line.field, line.op, *([line.value] if line.value else [])] for line in group.lines]}
            for group in self.groups
            if group.lines
        ]  # fmt: skip
        if not groups:
            return ""
        return json.dumps({"m": self.mode, "g": groups}, ensure_ascii=False, separators=(",", ":"))


# ---- reading ---------------------------------------------------------------------------------------------------------


def read(text: str) -> Advanced:
    """A filter from an address; what cannot be read is named and left out, never an exception."""
    if not text:
        return Advanced()
    try:
        told = json.loads(text[: LONGEST + 1])
        if len(text) > LONGEST or not isinstance(told, dict) or not isinstance(told.get("g"), list):
            raise ValueError
    except (ValueError, RecursionError):
        return Advanced(error="高级筛选的条件读不出来，没有采用。请重新设置。")
    groups = tuple(_group(one) for one in told["g"] if isinstance(one, dict))
    return checked(Advanced(_mode(told.get("m")), groups))


def _mode(value: Any) -> str:
    return value if value in MODES else ALL_OF


def _group(told: Mapping[str, Any]) -> Group:
    lines = told.get("c")
    return Group(_mode(told.get("m")), tuple(_line(one) for one in lines) if isinstance(lines, list) else ())


def _line(told: Any) -> Condition:
    parts = [str(part) for part in told[:3]] if isinstance(told, list) else []
    return Condition(*(part[:200] for part in parts))


def checked(asked: Advanced) -> Advanced:
    """The filter with every line looked at: unknown fields, operators and values are said at the line."""
    known = columns()
    seen = 0
    groups = []
    for group in asked.groups:
        lines = []
        for line in group.lines:
            seen += 1
            error = f"最多 {MOST} 个条件" if seen > MOST else _wrong(line, known)
            lines.append(Condition(line.field, line.op, line.value.strip(), error))
        groups.append(Group(group.mode, tuple(lines)))
    return Advanced(asked.mode, tuple(groups), asked.error)


def _wrong(line: Condition, known: Mapping[str, Column]) -> str:
    column = known.get(line.field)
    if column is None:
        return "没有这个栏目（制度可能已经换了版本），请另选" if line.field else "请选择栏目"
    if line.op not in OPERATORS[column.kind]:
        return f"“{column.label}”不能这样比较，请重选"
    if line.op in WITHOUT_VALUE:
        return ""
    try:
        value_of(column, line)
    except ValueError as wrong:
        return f"“{column.label}”{wrong}"
    return ""


def value_of(column: Column, line: Condition) -> Any:
    """The typed value of a line; ValueError in Chinese."""
    text = line.value.strip()
    if not text:
        raise ValueError("还没有填写比较的值")
    if line.op in DAYS:
        return _days(text)
    if line.op == "in":
        return _choice(text, PERIODS.items())
    if column.kind == "date":
        return fieldtypes.read("date", text, {})
    if column.kind in ("number", "money"):
        return _amount(column, text)
    if column.kind in ("person", "people", "unit"):
        return _reference(column, text)
    return _choice(text, column.choices()) if column.kind == "choice" else text


def _days(text: str) -> int:
    days = fieldtypes.half_width(text)
    if not (days.isdecimal() and 0 < int(days) <= 3650):
        raise ValueError("的天数应是 1 到 3650 的整数")
    return int(days)


def _amount(column: Column, text: str) -> Decimal | int:
    amount = fieldtypes.read("money" if column.kind == "money" else "number", text, {})
    return int(amount.scaleb(2)) if column.kind == "money" else amount


def _reference(column: Column, text: str) -> int:
    if not (text.isdecimal() and len(text) < 19):
        raise ValueError("请从列表中选")
    return int(text)


def _choice(text: str, choices: Any) -> str:
    if text not in dict(choices):
        raise ValueError("没有这个取值，请重选")
    return text


# ---- one query -------------------------------------------------------------------------------------------------------


def condition_of(asked: Advanced, who: Standing) -> Q:
    """The filter as one condition over Customer; lines with an error take no part."""
    known = columns()
    parts = []
    for group in asked.groups:
        lines = [_compiled(known[line.field], line, who) for line in group.lines if not line.error]
        if lines:
            parts.append(_joined(lines, group.mode))
    return _joined(parts, asked.mode)


def _joined(parts: list[Q], mode: str) -> Q:
    found = Q()
    for part in parts:
        found = found | part if mode == ANY_OF and found else found & part
    return found


def _compiled(column: Column, line: Condition, who: Standing) -> Q:
    condition = KINDS[column.kind](column, line, who)
    return condition if column.group == "base" else condition & shown_files(who, column.group)


def _blank(column: Column, line: Condition) -> Q:
    empty = Q(**{f"{column.path}__isnull": True})
    if column.kind in ("text", "choice"):
        empty |= Q(**{column.path: ""})
    return empty if line.op == EMPTY else ~empty


def _text(column: Column, line: Condition, who: Standing) -> Q:
    if line.op in BLANKS:
        return _blank(column, line)
    value = value_of(column, line)
    if line.op == "is":
        return Q(**{column.path: value})
    found = Q(**{f"{column.path}__icontains": value})
    return ~found if line.op == "hasnt" else found


def _choices(column: Column, line: Condition, who: Standing) -> Q:
    if column.term:
        rows = FileTerm.objects.filter(file=OuterRef("pk"), term=column.term)
        if line.op in BLANKS:
            return Q(~Exists(rows)) if line.op == EMPTY else Q(Exists(rows))
        held = with_value(column.term, value_of(column, line))
        return ~held if line.op == "not" else held
    if column.flow:
        if line.op in BLANKS:
            return Q(pk__in=[]) if line.op == EMPTY else Q()
        held = in_stage(column.flow, value_of(column, line))
        return ~held if line.op == "not" else held
    if line.op in BLANKS:
        return _blank(column, line)
    held = Q(**{column.path: value_of(column, line)})
    return ~held if line.op == "not" else held


def _person(column: Column, line: Condition, who: Standing) -> Q:
    if line.op in BLANKS:
        return Q(**{f"{column.path}__isnull": line.op == EMPTY})
    held = Q(**{column.path: who.person if line.op == "me" else value_of(column, line)})
    return ~held | Q(**{f"{column.path}__isnull": True}) if line.op == "not" else held


def _people(column: Column, line: Condition, who: Standing) -> Q:
    rows = Collaborator.objects.filter(customer=OuterRef("pk"), until=None)
    if line.op in BLANKS:
        return Q(~Exists(rows)) if line.op == EMPTY else Q(Exists(rows))
    one = rows.filter(person_id=who.person if line.op == "me" else value_of(column, line))
    return Q(~Exists(one)) if line.op == "not" else Q(Exists(one))


def _unit(column: Column, line: Condition, who: Standing) -> Q:
    unit = value_of(column, line)
    if line.op == "under":
        return Q(**{f"{column.path}__in": org.unit_subtree([unit])})
    held = Q(**{column.path: unit})
    return ~held if line.op == "not" else held


def _date(column: Column, line: Condition, who: Standing) -> Q:
    if line.op in BLANKS:
        return _blank(column, line)
    first, last = span(line.op, value_of(column, line))
    found = Q(**{f"{column.path}__isnull": False})
    if first is not None:
        found &= Q(**{f"{column.path}__gte": _edge(column, first)})
    if last is not None:
        found &= Q(**{f"{column.path}__lt": _edge(column, last + timedelta(days=1))})
    return found


def _edge(column: Column, day: date) -> Any:
    return clock.at_time(day, time()) if column.moment else day


def span(op: str, value: Any) -> tuple[date | None, date | None]:
    """First and last day that a comparison means today; None is open."""
    today = clock.today()
    if op == "last":
        return today - timedelta(days=value - 1), today
    if op == "next":
        return today, today + timedelta(days=value - 1)
    if op == "older":
        return None, today - timedelta(days=value + 1)
    if op == "in":
        return _period(value, today)
    return (value, None) if op == "from" else (None, value)


def _period(name: str, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    day = timedelta(days=1)
    return {
        "today": (today, today), "yesterday": (today - day, today - day), "tomorrow": (today + day, today + day),
        "week": (monday, monday + 6 * day), "last_week": (monday - 7 * day, monday - day),
        "month": (first, _month_end(first)), "last_month": (before, first - day),
        "quarter": (quarter, _month_end(_month_end(_month_end(quarter) + day) + day)),
        "year": (date(today.year, 1, 1), date(today.year, 12, 31)),
    }[name]  # fmt: skip


def _month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


COMPARE = {"ge": "gte", "le": "lte", "eq": "exact"}


def _number(column: Column, line: Condition, who: Standing) -> Q:
    value = value_of(column, line)
    if column.key != "pool":
        return Q(**{f"{column.path}__{COMPARE[line.op]}": value})
    return Q(Exists(column.rows().filter(**pool_span(line.op, int(value)))))


def pool_span(op: str, days: int) -> dict[str, Any]:
    """The due times of clocks that leave so many whole days."""
    now = clock.now()
    low, high = now + timedelta(days=days), now + timedelta(days=days + 1)
    return {"ge": {"due_at__gte": low}, "le": {"due_at__lt": high}, "eq": {"due_at__gte": low, "due_at__lt": high}}[op]


def _bool(column: Column, line: Condition, who: Standing) -> Q:
    rows: Any
    if column.key == "starred":
        rows = Star.objects.filter(customer=OuterRef("pk"), person=who.person)
    else:
        rows = Duty.objects.filter(file=OuterRef("pk"), state=DutyState.OPEN)
        if column.key == "overdue":
            rows = rows.filter(due_at__lt=clock.now(), paused_at=None)
    return Q(Exists(rows)) if line.op == "yes" else Q(~Exists(rows))


KINDS: dict[str, Callable[[Column, Condition, Standing], Q]] = {
    "text": _text, "choice": _choices, "person": _person, "people": _people, "unit": _unit, "date": _date,
    "number": _number, "money": _number, "bool": _bool,
}  # fmt: skip
