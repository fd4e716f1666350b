"""What a scenario's given customer has in this app: a keeper, and whether (or on which day) it has been archived."""

from __future__ import annotations

from datetime import date, time

from kedang.kernel import clock
from kedang.kernel.org.models import Person
from kedang.records.models import Archive, Custody


def keep(customer: int, *, custodian: Person | None, archived: bool | date) -> None:
    """Give a file its keeper, and archive it if the scenario says so: now, or on the day that it names."""
    if custodian is None:
        return
    Custody.objects.create(customer_id=customer, custodian=custodian, handed_over_on=clock.today())
    if archived:
        at = clock.at_time(archived, time(9)) if isinstance(archived, date) else clock.now()
        Archive.objects.create(customer_id=customer, by=custodian, custodian=custodian, archived_at=at)
