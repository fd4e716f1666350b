"""高级筛选: the dialog over a list in which conditions are put together, one request a change, nothing typed lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from kedang.customers.selectors import condition_words, conditions
from kedang.customers.selectors.columns import Column, columns
from kedang.customers.selectors.conditions import Advanced, Condition, Group
from kedang.web import listing
from kedang.web.replies import go, is_fragment

MOST_GROUPS = 5


@dataclass(frozen=True)
class Line:
    """One condition as the dialog shows it."""

    at: str
    line: Condition
    column: Column | None
    control: str
    operators: dict[str, str]
    choices: list[tuple[str, str]]
    label: str = ""
    number: int = 0


def dialog(request: HttpRequest) -> HttpResponse:
    """The dialog; a POST puts a condition in or out, or carries the filter to the list when all of it can be read."""
    beneath = listing.beneath(request)
    if request.method != "POST":
        asked = conditions.read(beneath.get("adv", ""))
        return _page(request, beneath, asked if asked.groups else Advanced(groups=(Group(lines=(Condition(),)),)))
    asked = _typed(request.POST)
    told = request.POST.get("do", "apply")
    if told != "apply":
        return _page(request, beneath, _changed(asked, told))
    asked = conditions.checked(_filled(asked))
    if asked.errors:
        return _page(request, beneath, asked, status=422)
    return go(request, f"{reverse('customers')}?{listing.replaced(beneath, adv=asked.dump())}")


def _typed(post: QueryDict) -> Advanced:
    """The form as it stands; a line whose field was changed loses what no longer fits it."""
    known = columns()
    groups = []
    for name in post.getlist("group")[:MOST_GROUPS]:
        lines = []
        for at in post.getlist(f"{name}.line")[: conditions.MOST + 1]:
            field, op, value = (post.get(f"{at}.{part}", "").strip() for part in ("f", "o", "v"))
            column = known.get(field)
            ops = conditions.OPERATORS[column.kind] if column else {}
            if post.get(f"{at}.was", field) != field or (column and op not in ops):
                op, value = next(iter(ops), ""), ""
            lines.append(Condition(field, op, value[:200]))
        groups.append(Group(post.get(f"{name}.m", conditions.ALL_OF), tuple(lines)))
    return Advanced(post.get("m", conditions.ALL_OF), tuple(groups))


def _filled(asked: Advanced) -> Advanced:
    """Lines in which nothing was chosen are no conditions."""
    return replace(asked, groups=tuple(replace(g, lines=tuple(c for c in g.lines if c.field)) for g in asked.groups))


def _changed(asked: Advanced, told: str) -> Advanced:
    """Add or drop a line ('add:0', 'drop:0.1') or a group ('group'); anything else only draws the form again."""
    what, _, where = told.partition(":")
    groups = list(asked.groups)
    if what == "group" and len(groups) < MOST_GROUPS:
        groups.append(Group(lines=(Condition(),)))
    elif what == "add" and where.isdecimal() and int(where) < len(groups):
        one = groups[int(where)]
        groups[int(where)] = replace(one, lines=(*one.lines, Condition()))
    elif what == "drop":
        groups = _without(groups, where)
    return replace(asked, groups=tuple(groups))


def _without(groups: list[Group], where: str) -> list[Group]:
    group, _, line = where.partition(".")
    if not (group.isdecimal() and line.isdecimal() and int(group) < len(groups)):
        return groups
    one = groups[int(group)]
    left = tuple(each for index, each in enumerate(one.lines) if index != int(line))
    groups[int(group)] = replace(one, lines=left)
    return [each for each in groups if each.lines] or [Group(lines=(Condition(),))]


def _page(request: HttpRequest, beneath: QueryDict, asked: Advanced, status: int = 200) -> HttpResponse:
    known = columns()
    number = 0
    groups = []
    for g, group in enumerate(asked.groups):
        lines = []
        for at, line in enumerate(group.lines):
            number += 1
            lines.append(_line(f"g{g}.{at}", line, known, number))
        groups.append({"name": f"g{g}", "index": g, "mode": group.mode, "lines": lines})
    context: dict[str, Any] = {
        "groups": groups, "mode": asked.mode, "modes": conditions.MODES, "columns": list(known.values()),
        "state": listing.replaced(beneath), "without": listing.replaced(beneath, adv=""), "general": asked.error,
        "more_groups": len(groups) < MOST_GROUPS, "any": any(line.line.field for one in groups for line in one["lines"]),
    }  # fmt: skip
    template = "customers/filter.html#form" if is_fragment(request) else "customers/filter.html"
    return render(request, template, context, status=status)


def _line(at: str, line: Condition, known: dict[str, Column], number: int) -> Line:
    column = known.get(line.field)
    if column is None:
        return Line(at, line, None, "", {}, [], number=number)
    ops = conditions.OPERATORS[column.kind]
    line = line if line.op in ops else replace(line, op=next(iter(ops)))
    label = condition_words.label_of(column, line) if line.value else ""
    return Line(at, line, column, _control(column, line.op), ops, _choices(column, line.op), label, number)


def _control(column: Column, op: str) -> str:
    """How the value is asked for: nothing, days, choice, date, pick or text."""
    if op in conditions.WITHOUT_VALUE:
        return ""
    if op in conditions.DAYS:
        return "number"
    if op == "in" or column.kind == "choice":
        return "choice"
    if column.kind in ("person", "people", "unit"):
        return "unit" if column.kind == "unit" else "person"
    return {"date": "date", "number": "number", "money": "number"}.get(column.kind, "text")


def _choices(column: Column, op: str) -> list[tuple[str, str]]:
    if op == "in":
        return list(conditions.PERIODS.items())
    return column.choices() if column.kind == "choice" else []
