"""What form fields bind to, read for many files at once and asked once a deed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kedang.customers import history
from kedang.customers.models import Contact, Customer
from kedang.kernel import files

Fields = Mapping[str, Any]


def _load_files(ids: Collection[int]) -> Mapping[int, Fields]:
    """All bound fields of files in one query."""
    rows = Customer.objects.filter(pk__in=ids).values("pk", *history.LABELS).order_by()
    return {row["pk"]: row for row in rows}


def _load_primaries(ids: Collection[int]) -> Mapping[int, Fields]:
    """The primary contacts, else the first who is still there."""
    rows = Contact.objects.filter(customer__in=ids, left_at=None).order_by("primary", "-id")
    return {row["customer_id"]: row for row in rows.values("customer_id", "name", "phone")}


files_of = files.remembered("bound fields", _load_files)
primaries_of = files.remembered("primary contact", _load_primaries)


def know(file: int, fields: Fields, contact: Fields | None) -> None:
    """Hand in what a registration has just written."""
    files.remember("bound fields", file, fields)
    files.remember("primary contact", file, contact)
