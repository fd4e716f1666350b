"""How the kernel looks files up: id -> FileView, and the ids that lie in given units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import FilteredRelation, Q

from kedang.customers.events import OWNER_EVENTS
from kedang.customers.models import DESTROYED, VOID, Customer
from kedang.kernel import files
from kedang.kernel.files import FileView


def load_views(ids: Iterable[int]) -> dict[int, FileView]:
    """FileViews by id, one query: a row a file and collaborator."""
    helping = FilteredRelation("collaborators", condition=Q(collaborators__until=None))
    rows = Customer.objects.filter(pk__in=list(ids)).annotate(helping=helping).order_by()
    found: dict[int, tuple[Any, ...]] = {}
    helpers: dict[int, set[int]] = defaultdict(set)
    for *row, status, helper in rows.values_list(
        "pk", "name", "number", "owner_id", "unit_id", "status", "helping__person_id"
    ):
        found[row[0]] = (*row, status == DESTROYED)
        if helper is not None:
            helpers[row[0]].add(helper)
    return {
        file: FileView(*row, collaborators=frozenset(helpers[file]), gone=gone) for file, (*row, gone) in found.items()
    }


def ids_in_units(units: frozenset[int] | None, where: Q | None = None) -> Iterable[int]:
    """Ids of files in units (None: all), narrowed by a condition; voided and destroyed files are out."""
    rows = Customer.objects.exclude(status__in=(VOID, DESTROYED))
    if units is not None:
        rows = rows.filter(unit_id__in=units)
    if where is not None:
        rows = rows.filter(where)
    return rows.order_by("pk").values_list("pk", flat=True)


def register() -> None:
    """Hand the directory to the kernel."""
    files.register_directory(load_views, ids_in_units, OWNER_EVENTS)
