"""Events as a stream: everything that happens on the files that a person may open, in the order of its numbers.

Numbers are given out before the transaction ends. A reader who asks for what comes after a number must not pass by one that
is still to come, so the stream ends at the highest number below which nothing is open any more.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from kedang.customers.visibility import visible_files
from kedang.kernel import files, ledger
from kedang.kernel.actions import access
from kedang.kernel.ledger import sealing
from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person


def horizon() -> int:
    """The last event number that is safe to pass: everything up to it is there. On PostgreSQL the seal's, when a writer
    would not let go."""
    settled = sealing.settled_id()
    if settled is None and connection.vendor == "postgresql":
        return sealing.head().last_id
    return settled or 0


def stream(person: Person, after: int, kinds: list[str], limit: int) -> tuple[list[Event], int, bool]:
    """(events after a number on files the person may open, the number to go on from, whether more wait)."""
    last = horizon()
    rows = Event.objects.filter(pk__gt=after, pk__lte=last, file__in=_opened(person)).select_related(
        "actor", "on_behalf_of"
    )
    if kinds:
        rows = rows.filter(kind__in=kinds)
    found = list(rows.order_by("pk")[: limit + 1])
    more = len(found) > limit
    return found[:limit], found[limit - 1].pk if more else max(last, after), more


def _opened(person: Person) -> QuerySet[Any]:
    """How a file goes is its content: of one that he may only know of, nothing is told."""
    return visible_files(person, "open").values("pk")


def may_see(person: Person, event: Event) -> bool:
    """Whether this event may be told to this person now."""
    if event.file is None:
        return False
    view = files.view(event.file)
    return view is not None and not view.gone and access.reach(person.pk, "open").holds(view)


def happenings(events: list[Event]) -> list[dict[str, Any]]:
    """Events without their personal values: what happened on which file. The content stands in the file's timeline."""
    ledger.attach_texts(events)
    named = files.views([event.file for event in events if event.file])
    return [
        {
            "id": event.pk, "kind": event.kind, "label": ledger.label(event), "sentence": ledger.sentence(event),
            "actor": event.actor.name if event.actor else "系统", "file": event.file, "number": named[event.file].number,
            "name": named[event.file].name, "at": event.occurred_at, "recorded_at": event.recorded_at, "pack": event.pack,
            "clause": event.clause,
        }
        for event in events if event.file in named
    ]  # fmt: skip
