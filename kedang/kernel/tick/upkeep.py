"""Grants that ran out, approvals that were not carried out, the calendar, the seal."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from kedang.kernel import clock, ledger, nightly
from kedang.kernel.actions import adoption, grants, leaving, locks, recomputing
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.executing import execute
from kedang.kernel.approvals.models import Request, RequestStatus
from kedang.kernel.models import Pulse
from kedang.kernel.norms import tallies
from kedang.kernel.norms.models import Grant
from kedang.kernel.norms.store import Regulations
from kedang.kernel.org import changes
from kedang.kernel.org.models import Person
from kedang.kernel.tick import rows
from kedang.kernel.workdays import calendar


def ask_to_sign(regs: Regulations) -> None:
    """A version that came into force today, an appointment that began today: whoever it binds is asked to sign it."""
    if adoption.to_be_signed():
        with transaction.atomic():
            locks.take(["adoption"])
            adoption.ask_all()


def end_leavers(regs: Regulations) -> None:
    """停权 of those whose last day has passed; leaving itself was put on record before."""
    rows.each("leavers", [person.pk for person in leaving.due_leavers()], _end_leaver)


def _end_leaver(pk: int) -> None:
    person = Person.objects.select_for_update().get(pk=pk)
    changes.suspend(person)
    leaving.end_rights(person, Deed(by=None))


def end_grants(regs: Regulations) -> None:
    """Take back what has run out (guards compare the time themselves; this makes it visible)."""
    due = Grant.objects.filter(ended_at=None, valid_until__lte=clock.now()).order_by("valid_until")
    rows.each("grant", list(due.values_list("id", flat=True)), _end_grant)


def _end_grant(pk: int) -> None:
    grant = Grant.objects.select_for_update().get(pk=pk)
    if grant.ended_at is not None:
        return
    grant.ended_at = grant.valid_until
    grant.save(update_fields=["ended_at"])
    deed = Deed(by=None)
    grants.note(deed, "access.expired", grant)


def execute_approved(regs: Regulations) -> None:
    """What was approved and whose process died before running it."""
    waiting = Request.objects.filter(status=RequestStatus.APPROVED, decided_at__lt=clock.now() - timedelta(minutes=1))
    for pk in list(waiting.values_list("id", flat=True)):
        try:
            execute(pk)
        except Exception as error:
            rows.park("execute", str(pk), error)


def seal_ledger(regs: Regulations) -> None:
    """Seal what was recorded since the last seal; inside a test's or a scenario's transaction there is nothing to seal."""
    if not connection.in_atomic_block:
        ledger.seal()


def keep_tallies(regs: Regulations) -> None:
    """Take what has happened into the counts by clause; after the seal, for events are counted as far as it reaches."""
    tallies.fold()


def run_nightly(regs: Regulations) -> None:
    """What apps have registered to run once a night; one that raises is parked and tried again the next night."""
    now = clock.local(clock.now())
    if connection.in_atomic_block or now.time() < nightly.AT:
        return
    for name, run in nightly.jobs().items():
        pulse = f"nightly:{name}"[:40]
        if Pulse.objects.filter(name=pulse, at__gte=clock.at_time(now.date(), nightly.AT)).exists():
            continue
        rows.beat(pulse)
        try:
            run()
        except Exception as error:
            rows.park("nightly", name, error)


def follow_calendar(regs: Regulations) -> None:
    """Keep next year's days at hand, and work deadlines out anew when the calendar has changed since the last tick."""
    if not connection.in_atomic_block:  # a test or a scenario has no use for rows that it takes back
        calendar.seed_years(clock.today().year, clock.today().year + 1)
    name = f"calendar:{calendar.load().version}"[:40]
    if _seen(name):
        return
    with transaction.atomic():
        locks.take(["tick:calendar"])
        known = Pulse.objects.filter(name__startswith="calendar:")
        if not _seen(name):
            if known.exists():
                recomputing.all_open(regs)
            known.delete()
            rows.beat(name)


def _seen(pulse: str) -> bool:
    return Pulse.objects.filter(name=pulse).exists()
