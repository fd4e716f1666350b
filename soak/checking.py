"""What must be there after any restart: every acknowledged deed whole, nothing by halves, nothing twice, no duty missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count

from kedang.customers.models import Customer
from kedang.kernel import clock, ledger, tick
from kedang.kernel.approvals.models import Ballot, Request, RequestStatus
from kedang.kernel.blobs import store
from kedang.kernel.blobs.models import Blob
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import CommandKey, Parked
from kedang.kernel.norms.models import Duty, FormRecord, Grant
from soak.clients import Note, digest

BATCH = 500


def lost(notes: Sequence[Note]) -> list[str]:
    """Acknowledged deeds of which the row, the event, the duty or the file is missing."""
    missing = []
    for start in range(0, len(notes), BATCH):
        part = notes[start : start + BATCH]
        for kind, whole in WHOLE.items():
            own = [note for note in part if note.kind == kind]
            there = whole([note.find for note in own]) if own else set()
            missing += [f"{note.kind} {note.find}" for note in own if note.digest not in there]
    return missing


def _customers(names: list[str]) -> set[str]:
    rows = {row.pk: row for row in Customer.objects.filter(name__in=names)}
    events = set(Event.objects.filter(kind="customer.registered", file__in=rows).values_list("file", flat=True))
    duties = set(Duty.objects.filter(norm="soak.prove", file__in=rows).values_list("file", flat=True))
    return {digest(row.name, row.phone, row.address) for pk, row in rows.items() if pk in events and pk in duties}


def _forms(matters: list[str]) -> set[str]:
    rows = list(FormRecord.objects.filter(form="soak.proof", data__matter__in=matters))
    subjects = {e.data.get("record") for e in Event.objects.filter(pk__in=[row.event for row in rows if row.event])}
    called = set(
        Duty.objects.filter(norm="soak.call", opened_by__in=[r.event for r in rows]).values_list("opened_by", flat=True)
    )
    blobs = Blob.objects.in_bulk([int(pk) for row in rows for pk in row.data.get("proof") or []])
    found = set()
    for row in rows:
        kept = blobs.get(int((row.data.get("proof") or [0])[0]))
        if row.pk in subjects and row.event in called and kept is not None and kept.kept_at and content(kept.sha256):
            found.add(digest(row.file, row.data["matter"], kept.sha256))
    return found


def _requests(purposes: list[str]) -> set[str]:
    rows = Request.objects.filter(action="file.ask", args__purpose__in=purposes)
    asked = set(
        Event.objects.filter(kind="approval.asked", command__in=[r.command for r in rows]).values_list(
            "command", flat=True
        )
    )
    return {digest(row.file, row.args["purpose"]) for row in rows if row.command in asked}


def _votes(opinions: list[str]) -> set[str]:
    rows = Ballot.objects.filter(opinion__in=opinions, status="agreed").select_related("step")
    subjects = [f"approval:{row.step.request_id}" for row in rows]
    voted = set(Event.objects.filter(subject__in=subjects, kind__in=VOTED).values_list("subject", flat=True))
    return {digest(row.step.request_id, row.opinion) for row in rows if f"approval:{row.step.request_id}" in voted}


VOTED = ("approval.agreed", "approval.approved")
WHOLE = {"customer": _customers, "form": _forms, "request": _requests, "vote": _votes}


def content(sha256: str) -> bool:
    """Whether the file is there and its bytes are what the address says."""
    try:
        with store.path_of(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except (OSError, ValueError):
        return False


def whole() -> list[str]:
    """Everything in the place, acknowledged or not: no half deed, no double, no missing duty, an unbroken ledger."""
    catch_up()
    found = [*_halves(), *_doubles(), *_damaged()]
    ledger.seal()
    found += ledger.verify().problems
    return found


def catch_up() -> None:
    """What a restarted server does by itself: five minutes later the clock of rules has come by."""
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        tick.tick()


def _halves() -> Iterable[str]:
    registered = set(Event.objects.filter(kind="customer.registered").values_list("file", flat=True))
    customers = set(Customer.objects.values_list("pk", flat=True))
    owed = set(Duty.objects.filter(norm="soak.prove").values_list("file", flat=True))
    yield from _differ("customers without their event", customers - registered)
    yield from _differ("events without their customer", registered - customers)
    yield from _differ("filings without their duty", customers - owed)
    forms = dict(FormRecord.objects.filter(form="soak.proof").values_list("pk", "event"))
    events = dict(Event.objects.filter(kind="form.filed").values_list("pk", "data__record"))
    called = set(Duty.objects.filter(norm="soak.call").values_list("opened_by", flat=True))
    yield from _differ("forms without their event", {pk for pk, event in forms.items() if events.get(event or 0) != pk})
    yield from _differ("events without their form", {pk for pk, record in events.items() if record not in forms})
    yield from _differ("forms without their duty", {pk for pk, event in forms.items() if event not in called})
    proved = set(FormRecord.objects.filter(form="soak.proof").values_list("file", flat=True))
    still = Duty.objects.filter(norm="soak.prove", state="open", file__in=proved).values_list("file", flat=True)
    yield from _differ("duties still open though the form was filed", set(still))
    undone = Request.objects.filter(status__in=[RequestStatus.APPROVED, RequestStatus.FAILED])
    yield from _differ("approved requests that were not carried out", set(undone.values_list("pk", flat=True)))
    carried = set(Request.objects.filter(status=RequestStatus.EXECUTED).values_list("pk", flat=True))
    granted = set(Grant.objects.exclude(request=None).values_list("request", flat=True))
    yield from _differ("requests and grants that do not belong together", carried ^ granted)
    yield from _differ(
        "keys without an outcome", set(CommandKey.objects.filter(outcome="pending").values_list("pk", flat=True))
    )
    yield from _differ(
        "rows that the tick set aside", set(Parked.objects.filter(solved_at=None).values_list("error", flat=True))
    )


def _doubles() -> Iterable[str]:
    for label, rows, field in (
        ("customers", Customer.objects.all(), "name"),
        ("numbers of customers", Customer.objects.all(), "number"),
        ("numbers of forms", FormRecord.objects.all(), "number"),
        ("forms", FormRecord.objects.filter(form="soak.proof"), "data__matter"),
        ("requests", Request.objects.filter(action="file.ask"), "args__purpose"),
        ("grants", Grant.objects.exclude(request=None), "request"),
        ("first duties", Duty.objects.filter(norm="soak.prove"), "file"),
        ("duties of a form", Duty.objects.filter(norm="soak.call"), "opened_by"),
        ("votes", Ballot.objects.exclude(opinion=""), "opinion"),
        ("seals", Event.objects.filter(kind="customer.registered"), "file"),
    ):
        twice = rows.order_by().values(field).annotate(n=Count("pk")).filter(n__gt=1).values_list(field, flat=True)
        yield from _differ(f"{label} twice", set(twice))


def _damaged() -> Iterable[str]:
    kept = Blob.objects.filter(gone_at=None).values_list("sha256", flat=True).distinct()
    yield from _differ(
        "rows of files whose content is missing or damaged", {sha for sha in kept.iterator() if not content(sha)}
    )
    # Whatever lies under an address is that content: half a file must not carry a good name, named by a row or not.
    stray = {sha for sha in store.contents(float("inf")) if not content(sha)}
    yield from _differ("contents that are not what their name says", stray)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            said = [row[0] for row in cursor.fetchall()]
        if said != ["ok"]:
            yield f"integrity_check of {settings.DATABASES['default']['NAME']}: {said[:3]}"


def _differ(label: str, rows: set[object]) -> Iterable[str]:
    if rows:
        yield f"{len(rows)} {label}: {sorted(map(str, rows))[:5]}"


NOT_COMPARED = ("django_session", "axes_", "web_signin", "kernel_pulse", "sqlite_sequence")


def digests() -> dict[str, str]:
    """A digest of each table but those that merely note who is here and when."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if not table.startswith(NOT_COMPARED):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
                rows = json.dumps(cursor.fetchall(), default=str, ensure_ascii=False)
                found[table] = hashlib.sha256(rows.encode()).hexdigest()
    return found
