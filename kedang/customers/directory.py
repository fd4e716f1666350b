"""How the kernel looks files up: id -> FileView, and the ids that lie in given units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from kedang.customers.events import OWNER_EVENTS
from kedang.customers.models import DESTROYED, VOID, Collaborator, Customer
from kedang.kernel import files
from kedang.kernel.files import FileView
from kedang.kernel.picking import pick


def load_views(ids: Iterable[int]) -> dict[int, FileView]:
    """FileViews by id, two queries. Every deed and nearly every page asks."""
    wanted = list(ids)
    helpers: dict[int, set[int]] = defaultdict(set)
    for file, helper in pick(Collaborator, ("customer_id", "person_id"), customer_id=wanted, until=None):
        helpers[file].add(helper)
    rows = pick(Customer, ("id", "name", "number", "owner_id", "unit_id", "status"), id=wanted)
    return {
        row[0]: FileView(*row, collaborators=frozenset(helpers[row[0]]), gone=status == DESTROYED)
        for *row, status in rows
    }


def ids_in_units(units: frozenset[int] | None, where: Q | None = None) -> Iterable[int]:
    """Ids of files in units (None: all), narrowed by a condition; voided and destroyed files are out."""
    rows = Customer.objects.exclude(status__in=(VOID, DESTROYED))
    if units is not None:
        rows = rows.filter(unit_id__among=units)
    if where is not None:
        rows = rows.filter(where)
    return rows.order_by("pk").values_list("pk", flat=True)


def register() -> None:
    """Hand the directory to the kernel."""
    files.register_directory(load_views, ids_in_units, OWNER_EVENTS)
