"""Seals over ranges of events, their verification, and the head that is kept where the database cannot rewrite it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Max

from kedang.kernel import clock
from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.models import Event, Seal, Value
from kedang.kernel.ledger.recording import value_digest
from kedang.kernel.ledger.triggers import LOCK

LOCK_TIMEOUT_MS = 200
CHUNK = 2000
COLUMNS = (
    "id",
    "kind",
    "file",
    "subject",
    "actor_id",
    "on_behalf_of_id",
    "command",
    "appointment_id",
    "occurred_at",
    "recorded_at",
    "norm",
    "clause",
    "pack",
    "origin",
    "data",
)


@dataclass(frozen=True)
class Head:
    """The last seal: what an outside copy holds the database to."""

    last_id: int
    digest: str
    at: str = ""


@dataclass
class VerifyResult:
    """What a verification found. `problems` are Chinese sentences naming the first bad place of each kind."""

    events: int = 0
    seals: int = 0
    unsealed: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """No problem found."""
        return not self.problems


def seal() -> Seal | None:
    """Seal every event up to the present; None when there is nothing new or a writer holds on (then the next minute).

    Ids are handed out before commit. On PostgreSQL each writer holds a shared lock for its transaction; taking it
    exclusively for a moment proves that no lower id is still to come.
    """
    upto = settled_id()
    if upto is None:
        return None
    try:
        with transaction.atomic():
            return _seal_up_to(upto)
    except IntegrityError:
        return None  # another sealer was first; `first_id` is unique


def settled_id() -> int | None:
    """The highest id below which nothing can still be committed; None when a writer would not let go in time."""
    if connection.vendor != "postgresql":
        return _max_id()  # SQLite has one writer at a time
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout')")
            before = cursor.fetchone()[0]
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_TIMEOUT_MS}ms"])
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
            return _max_id()
    except OperationalError:
        return None


def _max_id() -> int | None:
    found: int | None = Event.objects.aggregate(top=Max("id"))["top"]
    return found


def _seal_up_to(upto: int) -> Seal | None:
    last = Seal.objects.order_by("-last_id").first()
    first_id = last.last_id + 1 if last else 1
    if upto < first_id:
        return None
    previous = last.digest if last else ""
    count, digest = range_digest(first_id, upto, previous)
    return Seal.objects.create(first_id=first_id, last_id=upto, count=count, digest=digest, previous=previous)


def range_digest(first_id: int, last_id: int, previous: str) -> tuple[int, str]:
    """Number of events in a range and the digest over the previous seal, the range and each event's canonical line."""
    running = hashlib.sha256(f"{previous}\n{first_id}-{last_id}\n".encode())
    count = 0
    for row in _rows(first_id, last_id):
        running.update(canonical(row))
        count += 1
    return count, running.hexdigest()


def _rows(first_id: int, last_id: int) -> Iterator[tuple[Any, ...]]:
    rows = Event.objects.filter(id__gte=first_id, id__lte=last_id).order_by("id").values_list(*COLUMNS)
    return rows.iterator(chunk_size=CHUNK)


def canonical(row: tuple[Any, ...]) -> bytes:
    """One event as a line of JSON: an array in COLUMNS order, keys sorted, times in UTC with microseconds."""
    cells = [_cell(value) for value in row]
    return json.dumps(cells, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if value is None or isinstance(value, (int, str, dict, list)):
        return value
    return str(value)


def verify(heads: Sequence[Head] = ()) -> VerifyResult:
    """Recompute every seal, compare personal values with their digests, and hold the chain to heads kept outside."""
    result = VerifyResult()
    previous, next_id = "", 1
    for one in Seal.objects.order_by("first_id", "id").iterator(chunk_size=CHUNK):
        _check_seal(one, previous, next_id, result)
        previous, next_id = one.digest, one.last_id + 1
        result.seals += 1
    result.unsealed = Event.objects.filter(id__gte=next_id).count()
    result.events += result.unsealed
    _check_stray(next_id, result)
    _check_values(result)
    for kept in heads:
        _check_head(kept, result)
    return result


def _check_seal(one: Seal, previous: str, next_id: int, result: VerifyResult) -> None:
    where = f"封印 {one.first_id}–{one.last_id}"
    if one.first_id != next_id:
        result.problems.append(f"{where}：应从 {next_id} 号事件开始，前面缺少封印或区间重叠")
    if one.previous != previous:
        result.problems.append(f"{where}：与上一封印不相连")
    count, digest = range_digest(one.first_id, one.last_id, one.previous)
    result.events += count
    if count != one.count:
        result.problems.append(f"{where}：应有 {one.count} 条事件，现有 {count} 条")
    elif digest != one.digest:
        result.problems.append(f"{where}：事件内容与封印不符")


def _check_stray(next_id: int, result: VerifyResult) -> None:
    stray = Event.objects.filter(id__lt=1).count()
    if stray:
        result.problems.append(f"有 {stray} 条事件的编号不在任何封印范围内（小于 1）")
    if not Seal.objects.exists() and next_id == 1 and _max_id() is None and Value.objects.exists():
        result.problems.append("没有事件，却有个人信息值")


def _check_values(result: VerifyResult) -> None:
    """Each personal value belongs to an event that names it, and still has the digest the event keeps."""
    after = 0
    while True:
        events = list(
            Event.objects.filter(id__gt=after, data__has_key=kinds.RESERVED)
            .order_by("id")
            .values_list("id", "data")[:CHUNK]
        )
        if not events:
            break
        _check_value_chunk(dict(events), result)
        after = events[-1][0]
    orphans = Value.objects.exclude(event__data__has_key=kinds.RESERVED).count()
    if orphans:
        result.problems.append(f"有 {orphans} 条个人信息值不属于任何记录它的事件")


def _check_value_chunk(events: dict[int, dict[str, Any]], result: VerifyResult) -> None:
    rows: dict[int, dict[str, Value]] = {}
    for row in Value.objects.filter(event_id__in=events):
        rows.setdefault(row.event_id, {})[str(row.pk)] = row
    for event_id, data in events.items():
        named = {entry["id"]: entry["digest"] for entry in data[kinds.RESERVED]}
        found = rows.get(event_id, {})
        if set(named) != set(found):
            result.problems.append(f"事件 {event_id}：个人信息值有增删")
        for value_id, row in found.items():
            if row.salt and value_digest(row) != named.get(value_id):
                result.problems.append(f"事件 {event_id}：个人信息“{row.field}”与事件记载不符")


def _check_head(kept: Head, result: VerifyResult) -> None:
    if kept.last_id == 0:
        return
    found = Seal.objects.filter(last_id=kept.last_id).first()
    if found is None:
        result.problems.append(f"留存的台账头（至 {kept.last_id} 号）在库中已不存在：台账被截断或重写")
    elif found.digest != kept.digest:
        result.problems.append(f"留存的台账头（至 {kept.last_id} 号）与库中封印不符：台账被重写")


def head() -> Head:
    """The last seal; id 0 and an empty digest while nothing is sealed."""
    last = Seal.objects.order_by("-last_id").first()
    if last is None:
        return Head(0, "")
    return Head(last.last_id, last.digest, clock.local(last.at).isoformat())


def export_head(path: Path | str) -> Head:
    """Append the head to a file outside the database, one JSON line each time."""
    present = head()
    line = json.dumps({"last_id": present.last_id, "digest": present.digest, "at": present.at}, ensure_ascii=False)
    with Path(path).open("a", encoding="utf-8") as out:
        out.write(line + "\n")
    return present


def read_heads(path: Path | str) -> list[Head]:
    """Every head kept in a file; ValueError (Chinese) when a line is not one."""
    heads = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            kept = json.loads(line)
            heads.append(Head(int(kept["last_id"]), str(kept["digest"]), str(kept.get("at", ""))))
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path} 第 {number} 行不是台账头") from None
    return heads
