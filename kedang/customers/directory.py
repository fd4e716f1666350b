"""How the kernel looks files up: id -> FileView, and the ids that lie in given units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from kedang.customers.events import OWNER_EVENTS
from kedang.customers.models import VOID, Collaborator, Customer
from kedang.kernel import files
from kedang.kernel.files import FileView


def load_views(ids: Iterable[int]) -> dict[int, FileView]:
    """FileViews by id, two queries."""
    rows = Customer.objects.filter(pk__in=list(ids)).values_list("pk", "name", "number", "owner_id", "unit_id")
    found = list(rows)
    helpers: dict[int, set[int]] = defaultdict(set)
    shared = Collaborator.objects.filter(customer__in=[row[0] for row in found], until=None)
    for customer, person in shared.values_list("customer_id", "person_id"):
        helpers[customer].add(person)
    return {row[0]: FileView(*row, collaborators=frozenset(helpers[row[0]])) for row in found}


def ids_in_units(units: frozenset[int] | None, where: Q | None = None) -> Iterable[int]:
    """Ids of files in units (None: all), narrowed by a condition; voided files are out."""
    rows = Customer.objects.exclude(status=VOID)
    if units is not None:
        rows = rows.filter(unit_id__in=units)
    if where is not None:
        rows = rows.filter(where)
    return rows.order_by("pk").values_list("pk", flat=True)


def register() -> None:
    """Hand the directory to the kernel."""
    files.register_directory(load_views, ids_in_units, OWNER_EVENTS)
