"""Reading custody, handovers and counts."""

from __future__ import annotations

from typing import Any

from kedang.kernel.org.models import Person
from kedang.records.models import Archive, Custody, Handover, InventoryLine


def keeping_of(file: int) -> dict[str, Any]:
    """Custodian, custody history, archive line and handovers of one file; three queries."""
    custody = list(Custody.objects.filter(customer=file).select_related("custodian", "received_from"))
    handovers = Handover.objects.filter(customer=file).select_related("handed_by", "received_by")[:20]
    return {
        "custodian": next((line.custodian for line in custody if line.end is None), None),
        "custody": custody,
        "archive": Archive.objects.filter(customer=file).select_related("by", "custodian").first(),
        "handovers": list(handovers),
    }


def kept_by(person: Person) -> list[Custody]:
    """What a person keeps, for a count; one query."""
    rows = Custody.objects.filter(custodian=person, end=None).select_related("customer")
    return list(rows.order_by("customer__number"))


def missing_lines(person: Person) -> list[InventoryLine]:
    """Files missing at a person's counts and not found since."""
    rows = InventoryLine.objects.filter(count__by=person, present=False, found_at=None)
    return list(rows.select_related("customer", "count"))
