"""In which order a list stands: by a sort key, never by what its reader is not shown."""

from __future__ import annotations

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When

from kedang.customers.models import Customer
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
    elif key in GUARDED_SORTS and who.reach("list") != who.reach("open"):
        shown = shown_files(who, GUARDED_SORTS[key])
        files, column = files.annotate(shown_sort=Case(When(shown, then=F(column)))), "shown_sort"
    by = F(column).desc(nulls_last=True) if down else F(column).asc(nulls_last=True)
    return files.order_by(by, "-pk")


def _clocks() -> QuerySet[Clock]:
    """The running clocks of a file that end with its release."""
    return Clock.objects.filter(file=OuterRef("pk"), fired_at=None, norm__in=dropping())
