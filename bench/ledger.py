"""python -m bench.ledger: verifying a million events beside one plain pass that reads the same rows and hashes their bytes.

The plain pass is the floor: the same rows of events and personal values by the same driver, in the same order, their bytes
joined and hashed with SHA-256, and nothing said of what was found. Verifying also forms each canonical line, recomputes every
seal, and holds every personal value to its own digest. The offline verifier is measured beside hashing its file line by line.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
SCRIPT = REPOSITORY / "scripts" / "verify_ledger.py"
AIM, PER_SEAL, ROUNDS = 1.5, 400, 3


def main() -> int:
    """Measure what the arguments ask for; each engine in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m bench.ledger", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--merge", help="a docs/performance.json into which the rows go, in the place of earlier ones")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        print(json.dumps(inside(args.engine, args.events), ensure_ascii=False))
        return 0
    engines = ["sqlite", "postgres"] if args.engine == "both" else [args.engine]
    rows = [row for engine in engines for row in in_process(engine, args.events)]
    for row in rows:
        print(f"{row['engine']:<9} {row['op']:<34} {row['floors']:>6.2f}  {row['note']}")
    if args.merge:
        _merge(Path(args.merge), rows)
    return 0


def in_process(engine: str, events: int) -> list[dict[str, Any]]:
    """One engine, in a place of its own."""
    from tests.support import pg

    folder, cluster = tempfile.mkdtemp(prefix="kedang-bench-"), None
    environment = {
        **os.environ,
        "KEDANG_DATA": folder,
        "DJANGO_SETTINGS_MODULE": "kedang.config.settings",
        "PGAPPNAME": "bench",
    }
    environment.pop("KEDANG_DATABASE_URL", None)
    try:
        if engine == "postgres":
            cluster = pg.Cluster()
            environment["KEDANG_DATABASE_URL"] = cluster.start()
        command = [sys.executable, "-m", "bench.ledger", "--inside", "--engine", engine, "--events", str(events)]
        done = subprocess.run(command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
        found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
        return found
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def inside(engine: str, events: int) -> list[dict[str, Any]]:
    """Fill the database named by the environment, measure, return the rows."""
    import django

    django.setup()
    from django.core.management import call_command

    from bench import filling
    from kedang.kernel import ledger

    call_command("migrate", verbosity=0)
    fill(events)
    filling.settle()
    head = ledger.head()

    def verify() -> None:
        result = ledger.verify([head])
        if not result.ok or result.events != events:
            raise RuntimeError(f"{result.events} events, {result.problems[:3]}")

    floor, taken = in_turn(plain, verify)
    row = {"engine": engine, "customers": events}
    rows = [
        {**row, "op": "floor: ledger, plain SHA-256 pass", "floors": 1.0, "aim": None, "note": f"{floor:.2f} s of processor; the rows of events and personal values, read and hashed"},
        {**row, "op": "ledger verify", "floors": round(taken / floor, 2), "aim": AIM, "note": f"{taken:.2f} s of processor; {events / taken:,.0f} events a second, every seal and personal value"},
    ]  # fmt: skip
    if engine == "sqlite":
        rows += _offline(row, events)
    return rows


def _offline(row: dict[str, Any], events: int) -> list[dict[str, Any]]:
    """The script of the standard library on an export, beside a script that hashes the lines of the file."""
    from kedang.kernel import ledger

    with tempfile.TemporaryDirectory(prefix="kedang-bench-") as folder:
        path, head = Path(folder) / "ledger", Path(folder) / "head"
        with path.open("wb") as out:
            ledger.export(out)
        ledger.export_head(head)
        plainly = "import hashlib, sys\nh = hashlib.sha256()\nfor line in open(sys.argv[1], 'rb'): h.update(line)"
        floor, taken = in_turn(lambda: _ran("-c", plainly, str(path)), lambda: _ran(str(SCRIPT), str(path), str(head)))
    return [
        {**row, "op": "floor: export, plain SHA-256 pass", "floors": 1.0, "aim": None, "note": f"{floor:.2f} s of processor; the file hashed line by line"},
        {**row, "op": "ledger verify, offline", "floors": round(taken / floor, 2), "aim": AIM, "note": f"{taken:.2f} s of processor; scripts/verify_ledger.py"},
    ]  # fmt: skip


def _ran(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)


def in_turn(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Medians of both in processor time, one after the other in each round: others on the machine do not count."""
    from bench.serving import here

    meter = here()

    def spent() -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return meter.spent() + ended.ru_utime + ended.ru_stime

    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for work, times in zip((first, second), taken, strict=True):
            begun = spent()
            work()
            times.append(spent() - begun)
    return statistics.median(taken[0]), statistics.median(taken[1])


def plain() -> str:
    """Every row of the ledger read and hashed, and no more."""
    from django.db import connection, transaction

    from kedang.kernel.ledger.lines import COLUMNS, fetched

    text = "|| ''" if connection.vendor == "sqlite" else "::text"
    columns = ", ".join(
        f"{name} {text}" if name.endswith("_at") or name in ("data", "command") else name for name in COLUMNS
    )
    running = hashlib.sha256()
    with transaction.atomic():
        for sql in (
            f"SELECT {columns} FROM ledger_event ORDER BY id",
            "SELECT event_id, id, field, old, new, salt FROM ledger_value ORDER BY event_id",
        ):
            for row in fetched(sql):
                running.update("\t".join(map(str, row)).encode())
    return running.hexdigest()


def fill(events: int) -> None:
    """Events as a year of work leaves them, a fifth with a personal value, under a seal for every few hundred."""
    from bench import filling
    from kedang.kernel.ledger.models import Event, Value

    chance = random.Random(1)
    values: list[tuple[Any, ...]] = []
    names = (
        "id",
        "kind",
        "file",
        "subject",
        "command",
        "occurred_at",
        "recorded_at",
        "norm",
        "clause",
        "pack",
        "origin",
        "data",
    )
    filling.fill(Event, names, (_event(number, chance, values) for number in range(1, events + 1)))
    filling.fill(Value, ("id", "event", "file", "field", "old", "new", "salt"), values)
    _seal(events)


def _event(number: int, chance: random.Random, values: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    from bench import filling
    from kedang.kernel.ledger.recording import digest_of
    from kedang.kernel.rows import json_text

    data: dict[str, Any] = {
        "customer": number % 9973,
        "kind": "电话",
        "title": "跟进重点客户并登记结果",
        "amount": "1200.00",
    }
    if number % 5 == 0:
        key, salt, said = (
            uuid.UUID(int=chance.getrandbits(128)),
            f"{chance.getrandbits(128):032x}",
            f"139{chance.randrange(10**8):08}",
        )
        data["_values"] = [{"id": str(key), "field": "phone", "digest": digest_of(salt, "phone", "", said)}]
        values.append((_uuid(key), number, number % 9973, "phone", "", said, salt))
    at = filling.moment(1_700_000_000 + number * 7)
    command = _uuid(uuid.UUID(int=chance.getrandbits(128)))
    return (
        number,
        "contact.recorded",
        number % 9973,
        "contact:7",
        command,
        at,
        at,
        "",
        "1.2.2",
        "customer-registry",
        "web",
        json_text(data),
    )


def _uuid(value: uuid.UUID) -> str:
    from bench import filling

    return value.hex if filling.sqlite() else str(value)


def _seal(events: int) -> None:
    from kedang.kernel.ledger.lines import lines
    from kedang.kernel.ledger.models import Seal

    seals: list[Seal] = []
    every: Iterator[Any] = lines()
    previous = ""
    for first in range(1, events + 1, PER_SEAL):
        last = min(events, first + PER_SEAL - 1)
        running = hashlib.sha256(f"{previous}\n{first}-{last}\n".encode())
        for _ in range(first, last + 1):
            running.update(next(every)[1].encode())
        seals.append(
            Seal(first_id=first, last_id=last, count=last - first + 1, digest=running.hexdigest(), previous=previous)
        )
        previous = seals[-1].digest
    Seal.objects.bulk_create(seals, batch_size=500)


def _merge(path: Path, rows: list[dict[str, Any]]) -> None:
    from bench.__main__ import _write

    ours = {(row["op"], row["engine"]) for row in rows}
    known = [row for row in json.loads(path.read_text(encoding="utf-8")) if (row["op"], row["engine"]) not in ours]
    _write(path, known + rows)


if __name__ == "__main__":
    sys.exit(main())
