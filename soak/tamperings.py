"""Random attacks on the ledger by somebody who has the whole database in hand, held against a head that was kept elsewhere.

Each one lifts the triggers, changes something in a transaction that is rolled back, and asks both verifiers: the product's,
which reads the database, and the offline one, which reads an export. What only concerns personal values stands beside the
ledger and is not exported, so there the product's alone is asked.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from kedang.kernel import ledger
from kedang.kernel.ledger import triggers
from kedang.kernel.ledger.lines import lines, ordered_or_raw
from kedang.kernel.ledger.models import Event, Seal
from kedang.kernel.ledger.recording import EventDraft, ValueDraft

EVENTS, SEALS = 240, 16
NOTED = ledger.EventKind(
    "soak.noted",
    "测试",
    "{text}",
    {"text": "text", "amount": "money", "day": "date?"},
    {"phone": "电话", "name": "姓名"},
)
WORDS = '报价、合同与回款；“客户”说：下周再议。quote " back \\ slash\t100%'
TEXTS = ("kind", "subject", "norm", "clause", "pack", "origin")
Attack = Callable[[random.Random], None]


def run(seed: int, amount: int, engine: str) -> dict[str, Any]:
    """So many attacks; `found` counts those that were noticed, by both where both can."""
    chance, offline = random.Random(seed), _offline()
    head = _filled(chance)
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    problems = _intact(offline, head)
    names = sorted(ATTACKS)
    for number in range(amount):
        name = names[number % len(names)]
        state = chance.getstate()[1][:3]
        noticed, also = _attacked(ATTACKS[name], chance, offline, head)
        tried[name] += 1
        if noticed and (also or name in BESIDE):
            found[name] += 1
        else:
            problems.append(f"{name} number {number} {state}: product {noticed}, offline {also}")
    problems += _intact(offline, head)
    kinds = {name: {"tried": tried[name], "found": found[name]} for name in names}
    return {"tried": tried.total(), "found": found.total(), "kinds": kinds, "problems": problems[:20]}


def _offline() -> Any:
    """scripts/verify_ledger.py as a module."""
    path = Path(__file__).resolve().parents[1] / "scripts" / "verify_ledger.py"
    spec = importlib.util.spec_from_file_location("verify_ledger", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def _filled(chance: random.Random) -> ledger.Head:
    """A ledger under several seals, a third of its events with personal values; the head that is kept elsewhere."""
    ledger.kinds.register(NOTED)
    for _ in range(SEALS):
        ledger.record_many(_draft(chance) for _ in range(EVENTS // SEALS))
        ledger.seal()
    return ledger.head()


def _draft(chance: random.Random) -> EventDraft:
    at = chance.randrange(len(WORDS) - 6)
    data = {"text": WORDS[at : at + 6], "amount": chance.randrange(10**6), "day": "2026-03-02"}
    values = [ValueDraft("phone", "", f"139{chance.randrange(10**8):08}"), ValueDraft("name", "旧名", "新名")]
    return EventDraft(
        "soak.noted", uuid.UUID(int=chance.getrandbits(128)), file=chance.choice([None, chance.randrange(1, 99)]),
        subject=chance.choice(["", "paper:7"]), norm=chance.choice(["", "p.n"]), clause="1.2", pack="p", origin="web",
        data=data, values=values[: chance.choice([0, 0, 1, 2])],
    )  # fmt: skip


def _intact(offline: Any, head: ledger.Head) -> list[str]:
    """Both say so of what nobody has touched, or nothing that follows means anything."""
    result, said = ledger.verify([head]), _asked(offline, head)
    return [] if result.ok and said else [f"intact, but: {result.problems} / offline {said}"]


def _asked(offline: Any, head: ledger.Head) -> bool:
    """Whether the offline verifier finds the ledger intact."""
    out = io.BytesIO()
    ledger.export(out)
    out.seek(0)
    try:
        offline.verify(out, [(head.last_id, head.digest)])
    except offline.Bad:
        return False
    return True


def _attacked(attack: Attack, chance: random.Random, offline: Any, head: ledger.Head) -> tuple[bool, bool]:
    """(noticed by the product, noticed offline); nothing stays."""
    with transaction.atomic():
        triggers.remove(connection)
        attack(chance)
        answer = not ledger.verify([head]).ok, not _asked(offline, head)
        transaction.set_rollback(True)
    return answer


# ---- attacks -----------------------------------------------------------------------------------------------------------


def _sql(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def _any(chance: random.Random) -> int:
    return chance.randint(1, EVENTS)


def _other(chance: random.Random, text: str) -> str:
    """One character of a text another, one left out, or one more."""
    at = chance.randrange(len(text)) if text else 0
    kind = chance.randrange(3) if text else 2
    fresh = chance.choice([letter for letter in "axz019 、，" if text[at : at + 1] != letter])
    return text[:at] + (fresh if kind != 1 else "") + text[at + (kind != 2) :]


def flip(chance: random.Random) -> None:
    """One cell of one event, as little as possible."""
    pk, column = _any(chance), chance.choice([*TEXTS, "file", "command", "occurred_at", "recorded_at", "data", "data"])
    if column in TEXTS:
        [(old,)] = _sql(f"SELECT {column} FROM ledger_event WHERE id = %s", pk)
        _sql(f"UPDATE ledger_event SET {column} = %s WHERE id = %s", _other(chance, old), pk)
    elif column == "data":
        _flip_data(chance, pk)
    else:
        event = Event.objects.get(pk=pk)
        new = {
            "file": (event.file or 0) + chance.randint(1, 9),
            "command": uuid.UUID(int=event.command.int ^ (1 << chance.randrange(128))),
        }
        moved = getattr(event, column)
        Event.objects.filter(pk=pk).update(
            **{column: new.get(column) or moved + moved.resolution * chance.randint(1, 10**9)}
        )


def _flip_data(chance: random.Random, pk: int) -> None:
    """On SQLite any character of the stored text; on PostgreSQL, which keeps it parsed, any value or key."""
    if connection.vendor == "sqlite":
        [(old,)] = _sql("SELECT data FROM ledger_event WHERE id = %s", pk)
        while not _is_json(new := _other(chance, old)):
            pass
    else:
        data = Event.objects.values_list("data", flat=True).get(pk=pk)
        key = chance.choice(sorted(data))
        if isinstance(data[key], list):
            data[key][0]["digest"] = _other(chance, data[key][0]["digest"])
        elif chance.random() < 0.5:
            data[key] = _other(chance, data[key])
        else:
            data[_other(chance, key)] = data.pop(key)
        new = json.dumps(data)
    _sql("UPDATE ledger_event SET data = %s WHERE id = %s", new, pk)


def _is_json(text: str) -> bool:
    """The column takes nothing else."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def flip_seal(chance: random.Random) -> None:
    """One cell of one seal."""
    one, column = Seal.objects.order_by("?").first(), chance.choice(["digest", "previous", "count", "last_id"])
    assert one is not None
    old = getattr(one, column)
    new = old + 10_000 if isinstance(old, int) else _other(chance, old)[:64]
    Seal.objects.filter(pk=one.pk).update(**{column: new})


def flip_value(chance: random.Random) -> None:
    """A personal value another, not blanked."""
    column = chance.choice(["old", "new", "field", "salt"])
    pk, old = chance.choice(_sql(f"SELECT id, {column} FROM ledger_value ORDER BY id"))
    _sql(f"UPDATE ledger_value SET {column} = %s WHERE id = %s", _other(chance, old)[:32] or "x", pk)


def delete(chance: random.Random) -> None:
    """Some events gone, with what stands beside them."""
    start = _any(chance)
    for pk in range(start, min(EVENTS, start + chance.choice([1, 1, 3])) + 1):
        _sql("DELETE FROM ledger_value WHERE event_id = %s", pk)
        _sql("DELETE FROM ledger_event WHERE id = %s", pk)


def delete_seal(chance: random.Random) -> None:
    """A seal gone."""
    _sql("DELETE FROM ledger_seal WHERE first_id = %s", chance.choice(_sql("SELECT first_id FROM ledger_seal"))[0])


def delete_value(chance: random.Random) -> None:
    """A personal value gone altogether instead of blanked."""
    [key] = chance.choice(_sql("SELECT id FROM ledger_value ORDER BY id"))
    _sql("DELETE FROM ledger_value WHERE id = %s", key)


def insert(chance: random.Random) -> None:
    """A forged event: before all, or between two, for which those behind it make room."""
    pk = chance.choice([0, -7, _any(chance), _any(chance)])
    if pk > 0:
        _shift(pk)
    columns = ", ".join(field.column for field in Event._meta.concrete_fields if not field.primary_key)
    _sql(
        f"INSERT INTO ledger_event (id, {columns}) SELECT %s, {columns} FROM ledger_event WHERE id = %s",
        pk,
        3 if pk != 3 else 4,
    )
    _sql("UPDATE ledger_event SET clause = '9.9' WHERE id = %s", pk)


def _shift(pk: int) -> None:
    """Numbers from here on go up by one, personal values with them."""
    for step in (1_000_000, -999_999):
        limit = pk if step > 0 else 1_000_000
        _sql("UPDATE ledger_value SET event_id = event_id + %s WHERE event_id >= %s", step, limit)
        _sql("UPDATE ledger_event SET id = id + %s WHERE id >= %s", step, limit)


def insert_sealed(chance: random.Random) -> None:
    """A forged event between two, the seals moved along and the one of its range computed anew."""
    pk = _any(chance)
    insert_at(pk)
    for one in Seal.objects.filter(last_id__gte=pk).order_by("-last_id"):
        first = one.first_id + (one.first_id > pk)
        Seal.objects.filter(pk=one.pk).update(first_id=first, last_id=one.last_id + 1)
    _reseal(Seal.objects.get(first_id__lte=pk, last_id__gte=pk))


def insert_at(pk: int) -> None:
    """A copy of the first event, at a number for which room is made."""
    _shift(pk)
    columns = ", ".join(field.column for field in Event._meta.concrete_fields if not field.primary_key)
    source = pk + 1 if pk < 2 else 1
    _sql(f"INSERT INTO ledger_event (id, {columns}) SELECT %s, {columns} FROM ledger_event WHERE id = %s", pk, source)
    _sql("UPDATE ledger_event SET data = '{}' WHERE id = %s", pk)


def reorder(chance: random.Random) -> None:
    """Two events change places."""
    one, two = chance.sample(range(1, EVENTS + 1), 2)
    for old, new in ((one, -one), (two, one), (-one, two)):
        _sql("UPDATE ledger_event SET id = %s WHERE id = %s", new, old)
        _sql("UPDATE ledger_value SET event_id = %s WHERE event_id = %s", new, old)


def truncate(chance: random.Random) -> None:
    """The end cut off, mostly where a seal ends, so that what is left is in order by itself."""
    ends = [last for (last,) in _sql("SELECT last_id FROM ledger_seal ORDER BY last_id")][:-1]
    upto = chance.choice(ends) if chance.random() < 0.8 else chance.randrange(EVENTS)
    for table, column in (("ledger_value", "event_id"), ("ledger_event", "id"), ("ledger_seal", "last_id")):
        _sql(f"DELETE FROM {table} WHERE {column} > %s", upto)


def rewrite(chance: random.Random) -> None:
    """An event changed and every seal from there on computed anew: in order by itself, but not the kept head's."""
    pk = _any(chance)
    Event.objects.filter(pk=pk).update(clause="8.8", file=chance.randrange(1000, 2000))
    for one in Seal.objects.filter(last_id__gte=pk).order_by("first_id"):
        _reseal(one)


def _reseal(one: Seal) -> None:
    """The digest that a seal would have by now."""
    before = Seal.objects.filter(last_id__lt=one.last_id).order_by("-last_id").first()
    previous = before.digest if before else ""
    running, count = hashlib.sha256(f"{previous}\n{one.first_id}-{one.last_id}\n".encode()), 0
    for _, line, _ in lines(one.first_id, one.last_id, shape=ordered_or_raw):
        running.update(line.encode())
        count += 1
    Seal.objects.filter(pk=one.pk).update(digest=running.hexdigest(), previous=previous, count=count)


BESIDE = {"flip_value", "delete_value"}
"""What concerns only what is not exported."""
ATTACKS: dict[str, Attack] = {
    each.__name__: each
    for each in (
        flip, flip_seal, flip_value, delete, delete_seal, delete_value, insert, insert_sealed, reorder, truncate, rewrite,
    )
}  # fmt: skip
