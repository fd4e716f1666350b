"""Reading events: timelines and the Chinese sentence of one event."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from kedang.kernel import fields
from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.models import Event, Value

MISSING = "—"


def counted() -> QuerySet[Event]:
    """Events as figures, facts and guards count them: without those that have been corrected."""
    return Event.objects.filter(correction=None)


def timeline(
    file: int, *, kinds: Collection[str] | None = None, before_id: int | None = None, limit: int = 50
) -> list[Event]:
    """A file's events, newest first; pass the last id as `before_id` for the next page."""
    rows = Event.objects.filter(file=file)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return list(rows.select_related("actor", "on_behalf_of").order_by("-id")[:limit])


class _Words(dict[str, str]):
    """A key that the event does not have reads as a dash instead of breaking the page."""

    def __missing__(self, key: str) -> str:
        return MISSING


def sentence(event: Event, **extra: str) -> str:
    """The event in Chinese. `extra` gives names the kernel does not know (`customer='晨光厂'`); it wins over data."""
    if not kinds.known(event.kind):
        return event.kind
    kind = kinds.get(event.kind)
    words = _Words({key: _word(kind, key, value) for key, value in told(event).items()})
    words["actor"] = event.actor.name if event.actor else "系统"
    words["on_behalf_of"] = event.on_behalf_of.name if event.on_behalf_of else MISSING
    words.update(extra)
    return kind.sentence.format_map(words)


def told(event: Event) -> dict[str, Any]:
    """What the event says by key: its data and the free texts that stand beside it."""
    said = {key: value for key, value in event.data.items() if key != kinds.RESERVED}
    return {**said, **free_texts(event)} if has_texts(event) else said


def free_texts(event: Event) -> dict[str, str]:
    """What a person wrote, of the values that stand beside the event."""
    return {name: text for name, text in event.texts.items() if name in kinds.get(event.kind).free}


def has_texts(event: Event) -> bool:
    """Whether free texts stand beside the event."""
    free = kinds.get(event.kind).free if kinds.known(event.kind) else frozenset()
    return bool(free) and any(each["field"] in free for each in event.data.get(kinds.RESERVED, ()))


def attach_texts(events: Collection[Event]) -> None:
    """Fetch the free texts of a list of events in one query at most; `sentence` then asks for none."""
    wanted = {event.pk: event for event in events if has_texts(event)}
    for event in wanted.values():
        event.texts = {}
    for value in Value.objects.filter(event__in=list(wanted)).exclude(salt="") if wanted else ():
        wanted[value.event_id].texts[value.field] = value.new


def _word(kind: kinds.EventKind, key: str, value: Any) -> str:
    declared = kind.field_of(key)
    if declared is None:
        return str(value)
    return fields.display(declared, fields.from_json(declared, value))


def label(event: Event) -> str:
    """The kind's Chinese name."""
    return kinds.get(event.kind).label if kinds.known(event.kind) else event.kind
