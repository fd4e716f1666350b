"""Seals over ranges of events, their verification, and the head that is kept where the database cannot rewrite it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Max

from kedang.kernel import clock
from kedang.kernel.ledger.lines import Shape, lines
from kedang.kernel.ledger.models import Event, Seal
from kedang.kernel.ledger.triggers import LOCK

LOCK_TIMEOUT_MS = 200


@dataclass(frozen=True)
class Head:
    """The last seal: what an outside copy holds the database to."""

    last_id: int
    digest: str
    at: str = ""

    def line(self) -> str:
        """As it is kept outside the database."""
        return json.dumps({"last_id": self.last_id, "digest": self.digest, "at": self.at}, ensure_ascii=False) + "\n"


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


def range_digest(first_id: int, last_id: int, previous: str, *, shape: Shape | None = None) -> tuple[int, str]:
    """Number of events in a range and the digest over the previous seal, the range and each event's canonical line."""
    running = hashlib.sha256(f"{previous}\n{first_id}-{last_id}\n".encode())
    count = 0
    for _, line, _ in lines(first_id, last_id, shape=shape):
        running.update(line.encode())
        count += 1
    return count, running.hexdigest()


def head() -> Head:
    """The last seal; id 0 and an empty digest while nothing is sealed."""
    last = Seal.objects.order_by("-last_id").first()
    if last is None:
        return Head(0, "")
    return Head(last.last_id, last.digest, clock.local(last.at).isoformat())


def unsealed_since() -> datetime | None:
    """When the first event after the last seal was recorded; None while all are sealed."""
    last = Seal.objects.order_by("-last_id").values_list("last_id", flat=True).first() or 0
    return Event.objects.filter(pk__gt=last).order_by("pk").values_list("recorded_at", flat=True).first()


def export_head(path: Path | str) -> Head:
    """Append the head to a file outside the database, one JSON line each time."""
    present = head()
    with Path(path).open("a", encoding="utf-8") as out:
        out.write(present.line())
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
