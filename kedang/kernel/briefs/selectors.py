"""Reading frozen reports: whose one may see, and whether one is still what was frozen."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from kedang.kernel.actions import access
from kedang.kernel.briefs.models import FrozenReport, digest_of
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person


def frozen_for(person: Person) -> QuerySet[FrozenReport]:
    """One's own reports and those of whom one leads; who opens every file by his office, or administers, sees all."""
    who = access.standing(person.pk)
    if person.is_admin or who.reach("open").everything:
        return FrozenReport.objects.select_related("by")
    seen = Q(by=person) | Q(by__in=who.subordinates())
    return FrozenReport.objects.filter(seen).select_related("by")


def frozen_report(person: Person, pk: int) -> FrozenReport:
    """One report; NotFound outside what the person may see."""
    row = frozen_for(person).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


def intact(row: FrozenReport) -> bool:
    """Whether the report is what the ledger says was frozen."""
    event = Event.objects.filter(subject=f"report:{row.pk}", kind="report.frozen").order_by("id").first()
    return event is not None and event.data.get("digest") == row.digest == digest_of(row)
