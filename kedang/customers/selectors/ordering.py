"""In which order a list stands: by a sort key, never by what its reader is not shown."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When

from kedang.customers.models import Customer, FileSummary
from kedang.customers.selectors.columns import OPENED, dropping
from kedang.customers.visibility import shown_files
from kedang.kernel.actions.access import Standing
from kedang.kernel.norms.models import Clock

SORTS = {
    "updated": "updated_at",
    "name": "sort_key",
    "number": "number",
    "owner": "owner__sort_key",
    "unit": "unit__path",
    "registered": "registered_on",
    "last_contact": "summary__last_contact_at",
    "next_contact": "summary__next_contact_on",
    "complete": "summary__completeness",
}
UNINDEXED = {"owner", "unit", "last_contact", "next_contact", "complete", "pool"}
SORTED = 5000
"""Up to so many files are sorted whole; of more, those with a value are read off its index until the page is full."""
HALVED = {"owner__sort_key", "summary__last_contact_at", "summary__next_contact_on", "summary__completeness"}
"""Columns with an index that not every file has a value in."""
GUARDED_SORTS = {"last_contact": "deal", "next_contact": "deal", "complete": OPENED}
"""Orders by what not every reader of a list is shown of every file, and the field group that decides."""


def ordered(files: QuerySet[Customer], sort: str, who: Standing) -> QuerySet[Customer]:
    """Files by a sort key ('name', '-last_contact'); the id settles ties, empty values come last."""
    down, key = sort.startswith("-"), sort.lstrip("-")
    column = SORTS.get(key, "updated_at")
    if key == "pool" and dropping():
        files, column = files.annotate(pool_at=Subquery(_clocks().order_by("due_at").values("due_at")[:1])), "pool_at"
    elif column in ("updated_at", "sort_key", "number", "registered_on"):
        return files.order_by(f"-{column}" if down else column, "-pk" if down else "pk")
    elif (shown := _shown(key, who)) is not None:
        files, column = files.annotate(shown_sort=Case(When(shown, then=F(column)))), "shown_sort"
    by = F(column).desc(nulls_last=True) if down else F(column).asc(nulls_last=True)
    return files.order_by(by, "-pk" if down else "pk")


def numbers_of(files: QuerySet[Customer], sort: str, who: Standing, start: int, stop: int) -> list[int]:
    """The ids of some rows of the order that `ordered` gives, read off an index where there is one and the files are many."""
    down, key = sort.startswith("-"), sort.lstrip("-")
    column = SORTS.get(key, "")
    if column not in HALVED or files.order_by()[: SORTED + 1].count() <= SORTED:
        return list(ordered(files, sort, who).values_list("pk", flat=True)[start:stop])
    shown, sign = _shown(key, who) or Q(), "-" if down else ""
    valued = _valued(files.filter(shown), column, sign)
    found = list(valued.values_list("pk", flat=True)[start:stop])
    if len(found) == stop - start:
        return found
    before = start + len(found) if found or not start else valued.count()
    empty = Q(**{f"{column}__isnull": True}) | (~shown if shown else Q())
    rest = files.filter(empty).order_by(f"{sign}pk").values_list("pk", flat=True)
    return found + list(rest[max(0, start - before) : stop - before])


def _valued(files: QuerySet[Customer], column: str, sign: str) -> QuerySet[Any]:
    """The files that have a value, in its order."""
    table, _, own = column.partition("__")
    if table == "owner":
        return files.filter(**{f"{column}__isnull": False}).order_by(sign + column, f"{sign}pk")
    # A condition on each row of the summary, not a join: a join lets the engine begin with the files and sort them all.
    rows = FileSummary.objects.filter(Exists(files.filter(pk=OuterRef("pk"))), **{f"{own}__isnull": False})
    return rows.order_by(sign + own, f"{sign}pk")


def _shown(key: str, who: Standing) -> Q | None:
    """Of which files the reader is shown what this order goes by; None for all of his list."""
    if key in GUARDED_SORTS and who.reach("list") != who.reach("open"):
        return shown_files(who, GUARDED_SORTS[key])
    return None


def _clocks() -> QuerySet[Clock]:
    """The running clocks of a file that end with its release."""
    return Clock.objects.filter(file=OuterRef("pk"), fired_at=None, norm__in=dropping())
