"""What a scenario's given customer has in this app: a keeper, and whether it has been archived."""

from __future__ import annotations

from kedang.kernel import clock
from kedang.kernel.org.models import Person
from kedang.records.models import Archive, Custody


def keep(customer: int, *, custodian: Person | None, archived: bool) -> None:
    """Give a file its keeper, and archive it if the scenario says so."""
    if custodian is None:
        return
    Custody.objects.create(customer_id=customer, custodian=custodian, handed_over_on=clock.today())
    if archived:
        Archive.objects.create(customer_id=customer, by=custodian, custodian=custodian)
