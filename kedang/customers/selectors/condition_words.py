"""高级筛选 in words: for the page, a view's tip and the dialog."""

from __future__ import annotations

from kedang.customers.selectors.columns import Column, columns
from kedang.customers.selectors.conditions import ALL_OF, DAYS, OPERATORS, PERIODS, WITHOUT_VALUE, Advanced, Condition
from kedang.kernel.org import selectors as org


def words(asked: Advanced) -> str:
    """The filter as a sentence for a page, a view's tip and the record of an export."""
    known = columns()
    texts = []
    for group in asked.groups:
        lines = [_said(known[line.field], line) for line in group.lines if not line.error]
        if lines:
            texts.append((" 且 " if group.mode == ALL_OF else " 或 ").join(lines))
    if len(texts) > 1:
        texts = [f"（{text}）" for text in texts]
    return (" 且 " if asked.mode == ALL_OF else " 或 ").join(texts)


def _said(column: Column, line: Condition) -> str:
    op = OPERATORS[column.kind][line.op]
    if line.op in WITHOUT_VALUE:
        return f"{column.label}{op}"
    if line.op in DAYS:
        return f"{column.label}{op.replace('（天', f' {line.value} 天').replace('）', '')}"
    return f"{column.label}{op}“{label_of(column, line)}”"


def label_of(column: Column, line: Condition) -> str:
    """What a line's value is called."""
    if line.op == "in":
        return PERIODS.get(line.value, line.value)
    if column.kind == "choice":
        return dict(column.choices()).get(line.value, line.value)
    if column.kind in ("person", "people") and line.value.isdecimal():
        return org.names_of([int(line.value)]).get(int(line.value), line.value)
    if column.kind == "unit" and line.value.isdecimal():
        return org.unit_names_of([int(line.value)]).get(int(line.value), line.value)
    return line.value
