"""Writing events. The only place that creates Event and Value rows."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring
from typing import Any

from django.db import transaction
from django.db.models.base import ModelState

from kedang.kernel import clock
from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.models import Event, Value
from kedang.kernel.org.models import Person
from kedang.kernel.rows import insert

CHUNK = 2000
_MODEL: Any = Event
EVENT_COLUMNS = tuple(field.attname for field in Event._meta.concrete_fields if not field.primary_key)


# Not frozen: a frozen class sets each of its attributes by a call, and a chunk makes thousands of drafts.
@dataclass(slots=True)
class ValueDraft:
    """One personal value of an event: what it was and what it is, as text."""

    field: str
    old: str = ""
    new: str = ""
    person: int | None = None


@dataclass(slots=True)
class EventDraft:
    """An event about to be recorded; `occurred_at` None means now."""

    kind: str
    command: uuid.UUID
    file: int | None = None
    subject: str = ""
    actor: Person | None = None
    on_behalf_of: Person | None = None
    occurred_at: datetime | None = None
    norm: str = ""
    clause: str = ""
    pack: str = ""
    origin: str = ""
    data: Mapping[str, Any] | None = None
    values: Sequence[ValueDraft] = ()
    appointment: int | None = None


def record(
    kind: str,
    *,
    command: uuid.UUID,
    file: int | None = None,
    subject: str = "",
    actor: Person | None = None,
    on_behalf_of: Person | None = None,
    occurred_at: datetime | None = None,
    norm: str = "",
    clause: str = "",
    pack: str = "",
    origin: str = "",
    data: Mapping[str, Any] | None = None,
    values: Sequence[ValueDraft] = (),
    appointment: int | None = None,
) -> Event:
    """Record one event of a registered kind and return it with its id."""
    draft = EventDraft(
        kind,
        command,
        file,
        subject,
        actor,
        on_behalf_of,
        occurred_at,
        norm,
        clause,
        pack,
        origin,
        data,
        values,
        appointment,
    )
    return record_many([draft])[0]


def record_many(drafts: Iterable[EventDraft]) -> list[Event]:
    """Record events in order, in bulk; ids are filled in on both engines.

    The shared lock that seals wait for is taken by a statement trigger on PostgreSQL (migration 0002): before the row
    gets its id, for every writer, at no round trip.
    """
    at = clock.now()
    pairs = [_build(draft, at) for draft in drafts]
    with transaction.atomic(savepoint=False):
        for start in range(0, len(pairs), CHUNK):
            part = pairs[start : start + CHUNK]
            keys = insert(Event, [vars(event) for event, _ in part], names=EVENT_COLUMNS)
            for (event, values), key in zip(part, keys, strict=True):
                event.pk = key
                event._state.adding = False
                for value in values:
                    value["event_id"] = key
            insert(Value, [value for _, values in part for value in values], keys=False)
    return [event for event, _ in pairs]


def _build(draft: EventDraft, at: datetime) -> tuple[Event, list[dict[str, Any]]]:
    kind = kinds.get(draft.kind)
    data = kind.clean(draft.data or {})
    texts = {} if draft.file is None else {name: data.pop(name) for name in kind.free if name in data}
    values = [_value(kind, draft, value) for value in draft.values]
    values += [_value(kind, draft, ValueDraft(name, new=text)) for name, text in texts.items()]
    if values:
        data[kinds.RESERVED] = [
            {
                "id": str(row["id"]),
                "field": row["field"],
                "digest": digest_of(row["salt"], row["field"], row["old"], row["new"]),
            }
            for row in values
        ]
    given: dict[str, Any] = {
        "kind": draft.kind,
        "file": draft.file,
        "subject": draft.subject,
        "actor_id": draft.actor.pk if draft.actor else None,
        "on_behalf_of_id": draft.on_behalf_of.pk if draft.on_behalf_of else None,
        "command": draft.command,
        "appointment_id": draft.appointment,
        "occurred_at": clock.local(draft.occurred_at) if draft.occurred_at else at,
        "recorded_at": at,
        "norm": draft.norm,
        "clause": draft.clause,
        "pack": draft.pack,
        "origin": draft.origin,
        "data": data,
    }
    # Past the model's own making, which would take four times as long.
    event = _MODEL.__new__(_MODEL)
    event._state = ModelState()
    vars(event).update(given, id=None)
    event.texts = texts
    for name, person in (("actor", draft.actor), ("on_behalf_of", draft.on_behalf_of)):
        if person is not None:
            event._state.fields_cache[name] = person
    return event, values


def _value(kind: kinds.EventKind, draft: EventDraft, value: ValueDraft) -> dict[str, Any]:
    if not kind.allows_value(value.field):
        raise ValueError(f"{kind.name}: {value.field} is not declared personal")
    chance = secrets.token_bytes(32)  # one way to the system for both
    return {
        "id": uuid.UUID(bytes=chance[:16], version=4),
        "event_id": None,
        "file": draft.file,
        "person": value.person,
        "field": value.field,
        "old": value.old,
        "new": value.new,
        "salt": chance[16:].hex(),
    }


def digest_of(salt: str, field: str, old: str, new: str) -> str:
    """Digest of a personal value over salt and content; a blanked one has no salt and is not checked."""
    # What json.dumps makes of the list, without an encoder a value.
    text = ", ".join(map(encode_basestring, (salt, field, old, new)))
    return hashlib.sha256(f"[{text}]".encode()).hexdigest()


def blank_values(*, file: int | None = None, person: int | None = None, field_names: Sequence[str] = ()) -> int:
    """Lawful erasure: empty the personal values of a file or a person; the chain of digests holds. Returns how many."""
    if file is None and person is None:
        raise ValueError("blank_values needs a file or a person")
    rows = Value.objects.exclude(salt="")
    if file is not None:
        rows = rows.filter(file=file)
    if person is not None:
        rows = rows.filter(person=person)
    if field_names:
        rows = rows.filter(field__in=field_names)
    return rows.update(old="", new="", salt="")
