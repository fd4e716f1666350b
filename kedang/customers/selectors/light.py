"""What a row of a list or an export is made of, without the four models behind it: making those takes longer than
drawing the row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from kedang.customers.models import Customer


class Named(NamedTuple):
    """A person or a unit, as far as a list names it."""

    name: str


class Summary(NamedTuple):
    """What a file's summary says in a list."""

    last_contact_at: datetime | None
    last_contact_kind: str
    last_contact_text: str
    next_contact_on: date | None
    completeness: int | None


class Light(NamedTuple):
    """A file under the names that the model has."""

    pk: int
    number: str
    name: str
    kind: str
    status: str
    phone: str
    registered_on: date
    owner_id: int | None
    unit_id: int
    owner: Named | None
    unit: Named
    summary: Summary


_OWN = Light._fields[:9]
_COLUMNS = (*_OWN, "owner__name", "unit__name", *(f"summary__{name}" for name in Summary._fields))


def light(files: QuerySet[Customer]) -> list[Light]:
    """The files of a query in its order; one query."""
    return [_made(row) for row in files.values_list(*_COLUMNS)]


def light_rows(ids: Sequence[int]) -> list[Light]:
    """These files in their order; one query."""
    found = {row.pk: row for row in light(Customer.objects.filter(pk__in=ids).order_by())}
    return [found[pk] for pk in ids if pk in found]


def _made(row: tuple[Any, ...]) -> Light:
    return Light(*row[:9], Named(row[9]) if row[7] else None, Named(row[10]), Summary(*row[11:]))
