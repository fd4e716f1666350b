"""What a frozen report holds, and the same figures as they stand now."""

from __future__ import annotations

from datetime import date
from typing import Any

from kedang.kernel.briefs.actions import Content, register
from kedang.kernel.briefs.models import FrozenReport
from kedang.kernel.errors import NotFound
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.reports.home.figures import frozen_values
from kedang.reports.home.keeping import by_clause
from kedang.reports.home.lens import ALL, BELOW, MINE, SCOPES, Lens
from kedang.reports.home.spans import period_at

PERIOD_OF = {"day": "today", "week": "week", "month": "month"}


def content_of(person: Person, scope: str, kind: str, day: date) -> Content:
    """The figures of the period around a day; NotFound for a scope that is not the person's."""
    lens = Lens(person, scope, period_at(PERIOD_OF[kind], day))
    if scope not in lens.offered:
        raise NotFound
    return Content(lens.period.span.first, lens.period.whole, scope_name(lens), values_of(lens))


def values_of(lens: Lens) -> dict[str, Any]:
    """Figures and clauses as plain data; no customer's name among them."""
    clauses = [
        {"pack": line.pack, "title": line.title, "clause": line.clause, "due": line.due, "met": line.met, "rate": line.rate}
        for line in by_clause(lens)
    ]  # fmt: skip
    return {"figures": frozen_values(lens), "clauses": clauses}


def scope_name(lens: Lens) -> str:
    """'王伟', '业务一部', '周敏的下属', '全公司'."""
    if lens.scope == MINE:
        return lens.person.name
    if lens.scope == BELOW:
        return f"{lens.person.name}的下属"
    if lens.scope == ALL:
        return SCOPES[ALL]
    return "、".join(sorted(org.unit_names_of(lens.who.units).values()))


def live(row: FrozenReport) -> dict[str, str] | None:
    """{figure: how it stands now} for the same person, scope and days; None when the scope is no longer his."""
    lens = Lens(row.by, row.scope, period_at(PERIOD_OF[row.kind], row.first))
    if row.scope not in lens.offered:
        return None
    return {each["key"]: each["text"] for each in frozen_values(lens)}


def register_freezing() -> None:
    """Tell the deed who counts."""
    register(content_of)
