"""What was destroyed is listed outside the database, leaves every backup, and is another thing than a number."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

import pytest

from kedang.kernel import clock, filebound, ledger
from kedang.kernel.backups import erasures, events, folders, making
from kedang.kernel.blobs import service as blobs
from kedang.kernel.models import Erasure
from tests.kernel.backups.conftest import paper

pytestmark = pytest.mark.django_db(transaction=True)


def destroyed(file: int, born: str, residue: dict[str, Any] | None = None) -> erasures.Entry:
    return erasures.Entry(file, born, "2026-03-02T10:00:00+08:00", residue or {})


def test_a_destruction_is_listed_beside_the_data_and_beside_every_backup_once(
    place: Path, tmp_path: Path, settings: Any
) -> None:
    making.make(place)
    Erasure.objects.create(file=7, born=uuid.UUID(int=7), at=clock.now())
    erasures.after_destruction()
    erasures.after_destruction()
    for path in (tmp_path / "data" / erasures.LIST, place / erasures.LIST):
        held, broken = erasures.read(path)
        assert ([(one.file, one.born) for one in held], broken) == ([(7, str(uuid.UUID(int=7)))], 0)


def test_a_list_torn_by_a_power_cut_is_mended_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / erasures.LIST
    entries = [destroyed(number, "") for number in (1, 2)]
    erasures.add(path, entries)
    path.write_bytes(path.read_bytes()[:-9])
    assert [one.file for one in erasures.read(path)[0]] == [1]
    erasures.add(path, entries)
    held, broken = erasures.read(path)
    assert ([one.file for one in held], broken) == ([1, 2], 1)


def test_a_folder_that_cannot_be_written_does_not_undo_a_destruction(tmp_path: Path, settings: Any) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    settings.BACKUP = settings.BACKUP.__class__(blocked, settings.BACKUP.at, 3, 7)
    Erasure.objects.create(file=7, born=None, at=clock.now())
    erasures.after_destruction()
    assert erasures.read(tmp_path / "data" / erasures.LIST)[0][0].file == 7


def test_destroyed_contents_leave_every_backup_at_once_and_the_backup_stays_whole(place: Path) -> None:
    address = paper("金丝雀")
    folder = making.make(place).folder
    assert folders.place_of(folder, address).exists()
    blobs.erase(blobs.Blob.objects.all(), clock.now())
    assert not folders.place_of(folder, address).exists()
    assert folders.faults(folder, folders.manifest_of(folder)) == []
    assert folders.purged_of(folder) == {address}


def test_a_number_given_anew_after_a_restore_is_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasures.files, "view", lambda file: object())
    command_of = uuid.uuid4()
    ledger.record(events.ERASED, command=command_of, file=7, data={"destroyed_at": "x"})
    assert filebound.born(7) == command_of
    assert erasures.again([destroyed(7, str(uuid.uuid4()))]) == []
    assert erasures.again([destroyed(7, str(command_of))]) == [7]
    assert erasures.again([destroyed(7, str(command_of))]) == [], "once is enough"
    assert os.environ.get("KEDANG_BACKUP_DIR") is None
