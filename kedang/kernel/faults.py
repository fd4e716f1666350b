"""Failures of the machine below: a disk that is full or broken, a database that is away or busy. No bug, and no bad input:
what was being done has been rolled back, and the same post can be sent again."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum

from django.db import transaction
from django.db.utils import Error as DatabaseFailed
from django.db.utils import InterfaceError, OperationalError

from kedang.kernel import clock
from kedang.kernel.blobs.store import StorageFailed
from kedang.kernel.models import Pulse

PULSE = "fault:disk"
DISK_ERRORS = {errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS}
DISK_WORDS = ("disk is full", "disk i/o error", "readonly database", "unable to open database", "no space left", "could not extend",
              "could not write", "could not fsync", "disk image is malformed")  # fmt: skip
BUSY_WORDS = ("database is locked", "deadlock detected", "could not serialize", "lock timeout", "statement timeout")


class Fault(StrEnum):
    """What failed."""

    DISK = "disk"
    DATABASE = "database"
    BUSY = "busy"


SAID = {
    Fault.DISK: "服务器磁盘已满或出错",
    Fault.DATABASE: "数据库暂时连不上",
    Fault.BUSY: "服务器正忙",
}
"""What failed, in the words of pages."""


def fault_of(error: BaseException | None) -> Fault | None:
    """Which failure of the machine an exception goes back to; None when it is a bug or an answer."""
    for each in _chain(error):
        if isinstance(each, StorageFailed) or (isinstance(each, OSError) and each.errno in DISK_ERRORS):
            return Fault.DISK
        if isinstance(each, (OperationalError, InterfaceError)):
            return _of_database(each)
    return None


def _of_database(error: Exception) -> Fault:
    text = str(error).lower()
    if any(words in text for words in DISK_WORDS):
        return Fault.DISK
    return Fault.BUSY if any(words in text for words in BUSY_WORDS) else Fault.DATABASE


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what caused it. What was merely being handled is not looked at: it may have been dealt with."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


def note(fault: Fault) -> None:
    """Put down when the disk last failed, for administrators. On SQLite this also makes a failed commit final: pages of it
    that did reach the journal are written over by the next commit, and could otherwise come back with a recovery."""
    if fault == Fault.DISK:
        with suppress(DatabaseFailed), transaction.atomic():
            Pulse.objects.update_or_create(name=PULSE, defaults={"at": clock.now()})
