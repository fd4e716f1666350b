"""Backups and drills as they are run and put on record, when they are due, and how they stand for the administrators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from kedang.kernel import clock, ledger
from kedang.kernel.actions.deed import Deed
from kedang.kernel.backups import ciphering, drilling, erasures, events, making
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Pulse

PULSE = "backup"
RETRY = timedelta(hours=1)
GRACE = timedelta(hours=4)
"""How much later than planned a backup may be before the page of administrators turns red."""


def backup(place: Path, keep: int = 0, tell: making.Tell = making.say_nothing, to: Iterable[str] = ()) -> making.Made:
    """Make a backup and put it, or its failure, on record. Encrypted to these public keys, else to those of the settings."""
    made: making.Made = _on_record(
        lambda: making.make(place, keep=keep, tell=tell, to=ciphering.recipients(to)), events.FAILED, {}
    )
    told = made.manifest
    record(
        events.MADE,
        {
            "name": made.folder.name,
            "rows": made.rows,
            "files": told["contents"]["count"],
            "bytes": told["contents"]["bytes"] + sum(one["size"] for one in told["files"].values()),
            "seconds": round(made.seconds),
            "head": told["ledger"]["last_id"],
            "digest": told["ledger"]["digest"] or None,
        },
    )
    return made


def drill(place: Path, tell: making.Tell = making.say_nothing, key_file: Path | None = None) -> drilling.Drilled:
    """Try the newest backup and put how it went on record."""
    done: drilling.Drilled = _on_record(lambda: drilling.drill(place, tell, key_file), events.DRILL_FAILED, {})
    data = {
        "name": done.name,
        "rows": done.rows,
        "files": done.files,
        "events": done.events,
        "seconds": round(done.seconds),
    }
    record(events.DRILLED, data)
    return done


def _on_record(work: Callable[[], Any], failure: str, data: dict[str, Any]) -> Any:
    try:
        return work()
    except (Invalid, OSError, DatabaseError) as error:
        record(failure, {**data, "why": why(error)})
        raise


def why(error: Exception) -> str:
    """An error in words."""
    if isinstance(error, OSError):
        return f"读写 {error.filename or '文件'} 失败：{error.strerror or error}"
    return str(error)


def record(kind: str, data: dict[str, Any]) -> None:
    """An event of the machine's own; a database whose tables are still an older version's cannot take it."""
    if current():
        with transaction.atomic():
            Deed(by=None).record(kind, data=data)


def current() -> bool:
    """Whether the database has the tables of this version."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


# ---- by themselves -----------------------------------------------------------------------------------------------------


def due(now: datetime) -> bool:
    """Whether the backup of the day, or a drill, waits; an attempt that came to nothing is repeated after an hour."""
    if settings.BACKUP.folder is None:
        return False
    tried = Pulse.objects.filter(name=PULSE).values_list("at", flat=True).first()
    if tried is not None and tried > now - RETRY:
        return False
    return backup_due(now) or drill_due(now)


def backup_due(now: datetime) -> bool:
    """No backup since the last planned hour."""
    made = last(events.MADE)
    return made is None or made.recorded_at < planned(now)


def drill_due(now: datetime) -> bool:
    """No drill that went well for as many days as one may be old, and something to try that can be opened here."""
    if key_is_elsewhere():
        return False
    done = last(events.DRILLED)
    return last(events.MADE) is not None and (
        done is None or done.recorded_at < now - timedelta(days=settings.BACKUP.drill_days)
    )


def key_is_elsewhere() -> bool:
    """Backups are encrypted to a key that this server does not have: drills are done by hand where it is."""
    return bool(settings.BACKUP.recipients) and settings.BACKUP.key_file is None


def planned(now: datetime) -> datetime:
    """The last instant at which a backup was planned."""
    today = clock.at_time(clock.local(now).date(), settings.BACKUP.at)
    return today if today <= now else today - timedelta(days=1)


def scheduled() -> None:
    """What the child of the tick does: the lists, the backup, a drill when its time has come. Raises what fails."""
    now, place = clock.now(), settings.BACKUP.folder
    if place is None:
        return
    erasures.publish()
    if backup_due(now):
        backup(place, settings.BACKUP.keep)
    if drill_due(now):
        drill(place)


# ---- how it stands -----------------------------------------------------------------------------------------------------


def last(*kinds: str) -> Event | None:
    """The latest event of one of these kinds."""
    return Event.objects.filter(kind__in=kinds, file=None).order_by("-id").first()


@dataclass(frozen=True)
class Standing:
    """One line of the page: the last success, what went wrong after it, and whether that is alarming."""

    label: str
    good: Event | None
    good_text: str
    bad: Event | None
    bad_text: str
    late: bool
    allowed: str

    @property
    def red(self) -> bool:
        """Failed, or too old."""
        return self.late or self.bad is not None


def standing(label: str, made: str, failed: str, allowed: timedelta, words: str) -> Standing:
    """How backups, or drills, stand."""
    good, bad = last(made), last(failed)
    if good is not None and bad is not None and bad.pk < good.pk:
        bad = None
    late = settings.BACKUP.folder is not None and (good is None or good.recorded_at < clock.now() - allowed)
    return Standing(label, good, _sentence(good), bad, _sentence(bad), late, words)


def standings() -> list[Standing]:
    """上次备份 and 上次恢复演练."""
    days = settings.BACKUP.drill_days
    return [
        standing("上次备份", events.MADE, events.FAILED, timedelta(days=1) + GRACE, "每天一次"),
        standing(
            "上次恢复演练", events.DRILLED, events.DRILL_FAILED, timedelta(days=days) + GRACE, f"每 {days} 天一次"
        ),
    ]


def _sentence(event: Event | None) -> str:
    return ledger.sentence(event) if event is not None else ""
