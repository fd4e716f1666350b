"""Types of the expression language, and what a literal in quotes means where a type is expected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from kedang.kernel import clock
from kedang.kernel.norms.problems import suggest
from kedang.kernel.norms.vocabulary import Type
from kedang.kernel.workdays.durations import Duration

_SAME = {
    "file": "set[number]",
    "money": "number",
    "percent": "number",
    "integer": "number",
    "choice": "text",
    "long_text": "text",
    "phone": "text",
    "email": "text",
    "credit_code": "text",
    "id_number": "text",
    "address": "text",
    "period": "text",
    "choices": "set[text]",
}
LITERAL_TYPES = frozenset(
    {
        "norm",
        "form",
        "term",
        "flow",
        "event_kind",
        "role",
        "action",
        "unit_name",
        "figure",
        "route",
        "parameter",
        "tally",
    }
)
"""Argument types of facts that only a word in quotes can fill."""

_NAMES = {
    "bool": "是或否",
    "number": "数",
    "text": "文字",
    "date": "日期",
    "datetime": "时刻",
    "time": "钟点",
    "duration": "时限",
    "person": "人员",
    "unit": "部门",
    "customer": "客户",
    "contact": "联系人",
    "event": "事件",
    "duty": "事项",
    "claim": "登记",
    "norm": "规则",
    "form": "表单",
    "term": "分类",
    "flow": "流程",
    "event_kind": "事件种类",
    "role": "角色",
    "action": "动作",
    "unit_name": "部门名称",
    "figure": "统计数字",
    "tally": "计数",
}
ORDERED = frozenset({"number", "date", "datetime", "time"})
MOMENTS = frozenset({"date", "datetime"})


def base(kind: Type) -> Type:
    """The type an expression computes with: a phone number is text, uploaded files are a set of ids."""
    kind = kind.rstrip("?")
    inner = element(kind)
    return f"set[{base(inner)}]" if inner else _SAME.get(kind, kind)


def element(kind: Type) -> Type:
    """'person' for 'set[person]', '' for what is no set."""
    return kind[4:-1] if kind.startswith("set[") else ""


def name_of(kind: Type) -> str:
    """The type in Chinese."""
    inner = element(kind)
    return f"若干{name_of(inner)}" if inner else _NAMES.get(kind, kind)


class BadLiteral(ValueError):
    """A word that its place does not allow; `suggestion` says what would do."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        self.suggestion = suggestion
        super().__init__(message)


def read_literal(text: str, kind: Type) -> Any:
    """The value that text in quotes stands for where `kind` is expected."""
    readers = {
        "date": _date,
        "datetime": _datetime,
        "time": read_time,
        "duration": read_duration,
        "number": read_number,
    }
    if kind in readers:
        return readers[kind](text)
    if kind == "text":
        return text
    raise BadLiteral(f"这里要{name_of(kind)}，写的是文字“{text}”")


def choice(text: str, values: Mapping[str, str], what: str) -> str:
    """The id of a value written by its id or by its Chinese label."""
    if text in values:
        return text
    for key, label in values.items():
        if label == text:
            return key
    raise BadLiteral(f"“{what}”没有“{text}”这个值", suggest(text, [*values.values()]) or suggest(text, values))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadLiteral(f"“{text}”不是日期", "写成 '2026-03-09'") from None


def _datetime(text: str) -> datetime:
    try:
        return clock.local(datetime.fromisoformat(text))
    except ValueError:
        raise BadLiteral(f"“{text}”不是时刻", "写成 '2026-03-09 17:30'") from None


def read_time(text: str) -> time:
    """A clock time as '17:30'; BadLiteral on anything else."""
    try:
        hours, minutes = text.split(":")
        if not (1 <= len(hours) <= 2 and len(minutes) == 2):
            raise ValueError
        return time(int(hours), int(minutes))
    except ValueError:
        raise BadLiteral(f"“{text}”不是钟点", "写成 '17:30'") from None


def read_duration(text: str) -> Duration:
    """A duration as '5 working_days' or '5个工作日'; BadLiteral on anything else."""
    try:
        return Duration.parse(text)
    except ValueError as fault:
        raise BadLiteral(str(fault)) from None


def read_number(text: str) -> Decimal:
    """A number, also as '20%'; BadLiteral on anything else."""
    try:
        return Decimal(text[:-1]) / 100 if text.endswith("%") else Decimal(text)
    except InvalidOperation:
        raise BadLiteral(f"这里要数，写的是“{text}”", "数不加引号") from None
