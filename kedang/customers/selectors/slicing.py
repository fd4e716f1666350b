"""The customer list after a given row: for readers that go through all of it while others write.

A page number shifts when a file is registered meanwhile; the place after a row does not. Orders that go by what is not shown
of every file have no such place and are counted off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from kedang.customers.models import Customer
from kedang.customers.selectors.listing import Row, list_query, rows_for
from kedang.customers.selectors.ordering import SORTS
from kedang.kernel import clock
from kedang.kernel.actions import access
from kedang.kernel.actions.access import Standing
from kedang.kernel.org.models import Person

PLACED = {"updated": datetime, "name": str, "number": str, "registered": date}
"""Orders that know the place after a row, and the type of what they go by."""


@dataclass(frozen=True)
class Place:
    """Behind which row the next slice begins: what the order goes by and the id, or how many rows have gone before."""

    value: str = ""
    id: int = 0
    skip: int = 0


@dataclass(frozen=True)
class Slice:
    """Some rows, and where to go on; None at the end."""

    rows: list[Row]
    next: Place | None


def customer_slice(
    person: Person,
    *,
    scope: str,
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    sort: str = "-updated",
    after: Place | None = None,
    limit: int = 50,
    who: Standing | None = None,
) -> Slice:
    """Up to `limit` rows of the list behind a place; ValueError for a place that this order cannot have."""
    who = who or access.standing(person.pk)
    key = sort.lstrip("-")
    found = list_query(person, scope=scope, search=search, filters=filters, sort=sort, who=who)
    start = after.skip if after else 0
    if after and key in PLACED:
        found, start = _behind(found, sort, after), 0
    files = list(found.select_related("owner", "unit", "summary")[start : start + limit + 1])
    more = len(files) > limit
    rows = rows_for(files[:limit], who)
    return Slice(rows, _place(files[limit - 1], key, start + limit) if more else None)


def _behind(files: QuerySet[Customer], sort: str, after: Place) -> QuerySet[Customer]:
    key = sort.lstrip("-")
    column, step = SORTS[key], "lt" if sort.startswith("-") else "gt"
    value: Any = after.value
    if PLACED[key] is datetime:
        value = clock.local(datetime.fromisoformat(after.value))
    elif PLACED[key] is date:
        value = date.fromisoformat(after.value)
    return files.filter(Q(**{f"{column}__{step}": value}) | Q(**{column: value, f"pk__{step}": after.id}))


def _place(row: Any, key: str, gone: int) -> Place:
    if key not in PLACED:
        return Place(skip=gone)
    value = getattr(row, SORTS[key])
    return Place(value if isinstance(value, str) else value.isoformat(), row.pk)
