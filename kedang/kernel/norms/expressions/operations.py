"""What operators and functions compute, once their operands are known."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from kedang.kernel.norms.expressions import moments
from kedang.kernel.norms.expressions.values import UNKNOWN
from kedang.kernel.workdays.durations import Duration

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


def arithmetic(a: str, op: str, b: str) -> Callable[[Any, Any], Any]:
    """The computation for operands of these types."""
    if a == b == "number":
        plain = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": lambda x, y: Decimal(x) / Decimal(y)}
        return plain[op]
    if op == "*":
        return lambda x, y: _times(x, y) if isinstance(x, Duration) else _times(y, x)
    if b == "duration":
        sign = 1 if op == "+" else -1
        return lambda x, y: moments.shift(x, y, sign)
    return moments.days_between


def _times(span: Duration, factor: Any) -> Duration:
    if factor != int(factor):
        raise ValueError("a duration can be taken a whole number of times only")
    return span * int(factor)


def _count_rows(found: list[Any]) -> Any:
    return UNKNOWN if any(each is UNKNOWN for each in found) else sum(1 for each in found if each)


def _any_row(found: list[Any]) -> Any:
    if any(each is not UNKNOWN and each for each in found):
        return True
    return UNKNOWN if any(each is UNKNOWN for each in found) else False


def _sum_rows(found: list[Any]) -> Any:
    return UNKNOWN if any(each is UNKNOWN for each in found) else sum(each for each in found if each is not None)


def _span(unit: str) -> Callable[[Any], Duration]:
    def make(n: Any) -> Duration:
        if n != int(n):
            raise ValueError("whole numbers only")
        return Duration(int(n), unit)

    return make


BUILTINS: dict[str, Callable[..., Any]] = {
    "days": _span("day"),
    "months": _span("month"),
    "min": min,
    "max": max,
    "len": len,
    "abs": abs,
    "days_between": lambda a, b: moments.days_between(b, a),
    "working_days_between": moments.working_days_between,
}
ROWS: dict[str, Callable[[list[Any]], Any]] = {"rows": _count_rows, "any_row": _any_row, "sum_rows": _sum_rows}
