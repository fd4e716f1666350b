"""Backups made while people work, restored elsewhere, compared line by line; and destroyed files that must not come back.

Each run: 20 deeds a second go on while `kedang backup` works in a process of its own; the backup is restored into an empty
place and held against the ledger of the original: all of a deed or nothing of it, every event with its rows, every content.
Then, with nobody writing, the canonical text of original and restored copy must be the same but for the entry of the restore.
Then a file full of canaries is destroyed and the earlier backup restored: not one canary may be found in its bytes.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection, connections

from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.backups import content
from kedang.kernel.blobs import service as blobs
from tests.records.archive_pack import ARCHIVE
from tests.records.conftest import Keeping
from tests.support.company import Company, found, in_force

RATE, WRITERS = 20, 4
URL = "KEDANG_DATABASE_URL"
CANARIES = ("金丝雀餐饮", "13911110", "金丝雀谈话", "金丝雀正文")


def run(seed: int, amount: int, engine: str) -> dict[str, Any]:
    """So many restores, three a round; `differing` counts rounds with a copy that was not what the original had been."""
    chance, base = random.Random(seed), Path(tempfile.mkdtemp(prefix="kedang-restores-", dir="/tmp"))
    counts: Counter[str] = Counter(
        runs=0, differing=0, lines=0, events=0, written_meanwhile=0, destroyed=0, came_back=0
    )
    problems: list[str] = []
    try:
        company = found()
        with in_force(ARCHIVE):
            for number in range(-(-amount // 3)):
                problems += _one(company, chance, base, number, counts)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return {**counts, "problems": problems[:20]}


def _one(company: Company, chance: random.Random, base: Path, number: int, counts: Counter[str]) -> list[str]:
    place = base / f"backups-{number}"
    canaries = [f"{word}{number:04}" for word in CANARIES]
    kept = _file_of(company, canaries)
    with _busy(company, chance, counts):
        time.sleep(chance.random() / 2)
        command("backup", str(place))
        time.sleep(chance.random() / 4)
    found = []
    with restored(place, base) as copy:
        found += _held_against_the_ledger(copy, counts)
    command("backup", str(place))
    held = lines_of_original()
    with restored(place, base) as copy:
        found += _compared(held, copy.lines(), counts)
    _destroy(company, kept)
    counts["destroyed"] += 1
    with restored(sorted(place.glob("kedang-*"))[0], base) as copy:
        back = [word for word in canaries if word.encode() in copy.everything()]
        counts["came_back"] += len(back)
        found += [f"run {number}: {back} came back"] if back else []
    counts["runs"] += 3
    counts["differing"] += bool(found)
    return found


def command(*words: str, more: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`kedang …` in a process of its own; an error is an error here."""
    done = subprocess.run(
        [sys.executable, "-m", "kedang.cli", *words],
        env=_environment(more),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"kedang {words[0]}: {done.stderr[-2000:]}")
    return done


def _environment(more: dict[str, str] | None) -> dict[str, str]:
    held = {**os.environ, "DJANGO_SETTINGS_MODULE": "kedang.config.settings"}
    if connection.vendor == "postgresql":
        held[URL] = at_database(str(connection.settings_dict["NAME"]))
    return {**held, **(more or {})}


def at_database(name: str) -> str:
    """The cluster's URL with another database."""
    return urlunsplit(urlsplit(os.environ[URL])._replace(path=f"/{name}"))


# ---- people at work ----------------------------------------------------------------------------------------------------


@contextmanager
def _busy(company: Company, chance: random.Random, counts: Counter[str]) -> Iterator[None]:
    """Deeds at the rate asked for, until the block ends; an error of a writer is raised here."""
    over, errors, seeds = threading.Event(), [], [chance.random() for _ in range(WRITERS)]

    def work(seed: float) -> None:
        own = random.Random(seed)
        try:
            while not over.wait(WRITERS / RATE):
                _deed(company, own)
                counts["written_meanwhile"] += 1
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in seeds]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]


def _deed(company: Company, chance: random.Random) -> None:
    """A registration; now and then with a contact entry or a paper of fresh bytes."""
    token = f"{chance.getrandbits(48):012x}"
    seller = company["小王"]
    file = perform(
        "customer.register",
        by=seller,
        name=f"公司{token}",
        phone=f"139{chance.randrange(10**8):08}",
        contact_name="李明",
    ).value
    if chance.random() < 0.4:
        paper = blobs.received([token.encode() * chance.randrange(1, 2000)], f"{token}.txt", seller).pk
        perform("record.attach", by=seller, customer=file, kind="licence", issued_on="2026-02-01", files=[paper])
    elif chance.random() < 0.5:
        perform("contact.record", by=seller, customer=file, kind="电话", content=f"谈了{token}", with_person="李明")


def _file_of(company: Company, canaries: list[str]) -> int:
    name, phone, said, text = canaries
    with clock.frozen("2026-03-02 10:00"):
        file = company.do("customer.register", "小王", name=name, phone=phone[:11].ljust(11, "0"), contact_name="张三")
        company.do("contact.record", "小王", customer=file, kind="电话", content=said, with_person="张三")
        perform("form.file", by=company["小王"], form="keeping.basic", customer=file, data={"progress": said})
        paper = blobs.received([text.encode()], f"{text}.txt", company["小王"]).pk
        company.do("record.attach", "小王", customer=file, kind="licence", issued_on="2026-02-01", files=[paper])
    return int(file)


def _destroy(company: Company, file: int) -> None:
    with clock.frozen("2026-03-02 10:00") as held:
        it = Keeping(company, held, file)
        it.archive()
        held.move_to(held.at.replace(year=2030))
        it.agree(it.asked("record.destroy", "何内勤", reason="保管期满"), "周经理", "郑总")
        it.do("record.close_destruction", "何内勤", method="删除", supervisor=company["周经理"].pk)


# ---- the copy ----------------------------------------------------------------------------------------------------------


class Copy:
    """A restored installation."""

    def __init__(self, folder: Path, source: content.Source) -> None:
        self.folder, self.source = folder, source

    def lines(self) -> list[bytes]:
        """The canonical text."""
        return _lines(self.source)

    def everything(self) -> bytes:
        """All that could be read from it: its files, and on PostgreSQL its tables."""
        held = b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())
        return held + (b"" if connection.vendor == "sqlite" else b"".join(self.lines()))


@contextmanager
def restored(source: Path, base: Path, *options: str) -> Iterator[Copy]:
    """`kedang restore` into an empty place, dropped afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="copy-", dir=base))
    told = {"KEDANG_DATA": str(folder), "KEDANG_BACKUP_DIR": ""}
    if connection.vendor == "sqlite":
        command("restore", str(source), *options, more=told)
        with content.Sqlite.file(folder / "kedang.sqlite3") as opened:
            yield Copy(folder, opened)
    else:
        with _database() as url:
            command("restore", str(source), *options, more={**told, URL: url})
            import psycopg

            parts = connection.get_connection_params()
            name = urlsplit(url).path[1:]
            with psycopg.connect(host=parts["host"], user=parts["user"], dbname=name) as held, held.cursor() as cursor:
                cursor.execute("SET TIME ZONE 'UTC'")
                yield Copy(folder, content.Postgres(cursor))
    shutil.rmtree(folder)


@contextmanager
def _database() -> Iterator[str]:
    name = f"copy_{os.urandom(5).hex()}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield at_database(name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def lines_of_original() -> list[bytes]:
    """The canonical text of the original as it is now."""
    with content.opened() as source:
        return _lines(source)


def _lines(source: content.Source) -> list[bytes]:
    """Each with the heading of its table before it."""
    pieces: list[bytes] = []
    content.read(source, pieces.append)
    found, heading = [], b""
    for line in b"".join(pieces).splitlines(keepends=True):
        heading = line if line.startswith(b"# ") else heading
        found.append(heading.split(b"\t")[0] + b" " + line)
    return found


# ---- compared ----------------------------------------------------------------------------------------------------------


def _compared(original: list[bytes], copy: list[bytes], counts: Counter[str]) -> list[str]:
    """The same bytes but for the one event that records the restore, and the original's own note of the backup."""
    counts["lines"] += len(original)
    lost, more = (
        list((Counter(original) - Counter(copy)).elements()),
        list((Counter(copy) - Counter(original)).elements()),
    )
    lost = [line for line in lost if b"backup.made" not in line]
    more = [line for line in more if b"backup.restored" not in line]
    return [f"not the same: {(lost + more)[:3]!r}"] if lost or more else []


CHECKS = {
    "customers without the event of their registration": "SELECT count(*) FROM customers_customer c WHERE NOT EXISTS "
    "(SELECT 1 FROM ledger_event e WHERE e.file = c.id AND e.kind = 'customer.registered')",
    "registrations without their customer": "SELECT count(*) FROM ledger_event e WHERE e.kind = 'customer.registered' "
    "AND NOT EXISTS (SELECT 1 FROM customers_customer c WHERE c.id = e.file)",
    "papers without their event": "SELECT count(*) FROM records_item i WHERE NOT EXISTS "
    "(SELECT 1 FROM ledger_event e WHERE e.file = i.customer_id AND e.kind = 'record.item_added')",
    "contact entries without their event": "SELECT count(*) FROM engagement_contactrecord i WHERE NOT EXISTS "
    "(SELECT 1 FROM ledger_event e WHERE e.file = i.customer_id AND e.kind = 'contact.recorded')",
}


def _held_against_the_ledger(copy: Copy, counts: Counter[str]) -> list[str]:
    """One boundary between deeds: of each, all events or none, as the original has them, and every row they speak of."""
    events = "SELECT id, command, kind, file FROM ledger_event WHERE kind NOT LIKE 'backup.%' ORDER BY id"
    with content.opened() as source:
        original = {row[0]: tuple(map(str, row)) for row in source.ask(events)}
    here = {row[0]: tuple(map(str, row)) for row in copy.source.ask(events)}
    counts["events"] += len(here)
    found = [f"event {pk} is another" for pk, row in here.items() if original.get(pk) != row]
    commands = {row[1] for row in here.values()}
    found += [f"deed {row[1]} is torn" for pk, row in original.items() if row[1] in commands and pk not in here]
    found += [f"{rows} {words}" for words, sql in CHECKS.items() if (rows := copy.source.ask(sql)[0][0])]
    named = [
        row[0]
        for row in copy.source.ask("SELECT DISTINCT sha256 FROM blobs_blob WHERE gone_at IS NULL AND sha256 <> ''")
    ]
    blobs_here = {path.name for path in (copy.folder / "attachments" / "blobs").glob("??/*")}
    return found + [f"content {sha256} is missing" for sha256 in named if sha256 not in blobs_here]
