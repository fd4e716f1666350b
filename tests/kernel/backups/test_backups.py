"""A backup is whole or not there; a restore refuses what is damaged, later, or would cover something."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from kedang.cli import main as _main
from kedang.kernel import clock, ledger
from kedang.kernel.backups import content, engines, erasures, events, folders, making, restoring, runs
from kedang.kernel.backups.folders import Unusable
from kedang.kernel.blobs import store
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Pulse
from soak.restores import command, restored
from tests.kernel.backups.conftest import note, paper

pytestmark = pytest.mark.django_db(transaction=True)


def reseal(folder: Path, change: dict[str, Any]) -> None:
    """Give a backup another manifest, as a later version would have written it."""
    manifest = json.loads((folder / folders.MANIFEST).read_text())
    manifest |= change
    text = json.dumps(manifest)
    (folder / folders.MANIFEST).write_text(text)
    (folder / folders.SEAL).write_text(hashlib.sha256(text.encode()).hexdigest())


def said(*words: str, more: dict[str, str] | None = None) -> str:
    """What a `kedang` command that fails says."""
    with pytest.raises(RuntimeError) as error:
        command(*words, more=more)
    return str(error.value)


# ---- making ------------------------------------------------------------------------------------------------------------


def test_a_restored_copy_has_the_same_canonical_text_the_same_contents_and_a_record_of_the_restore(
    place: Path, tmp_path: Path
) -> None:
    address = paper()
    note()
    ledger.seal()
    made = runs.backup(place)
    assert made.manifest["contents"]["count"] == 1
    with content.opened() as source:
        here = b"".join(_text(source))
    with restored(made.folder, tmp_path) as copy:
        there = b"".join(_text(copy.source))
        [(kind, told)] = copy.source.ask("SELECT kind, data FROM ledger_event ORDER BY id DESC LIMIT 1")
        assert (copy.folder / "attachments" / "blobs" / address[:2] / address).read_text() == "合同正文"
    assert kind == events.RESTORED
    told = json.loads(told) if isinstance(told, str) else told
    assert (told["name"], told["digest"]) == (made.folder.name, ledger.head().digest)
    lost = [line for line in here.splitlines() if line not in set(there.splitlines())]
    assert [line for line in lost if b"backup.made" not in line] == []


def _text(source: content.Source) -> list[bytes]:
    pieces: list[bytes] = []
    content.read(source, pieces.append)
    return pieces


def test_what_is_in_the_manifest_is_what_the_database_says(place: Path) -> None:
    note()
    ledger.seal()
    told = making.make(place).manifest
    with content.opened() as source:
        held = content.read(source)
    assert (told["content"], told["tables"]) == (held.sha256, held.rows)
    assert told["ledger"] == {
        "last_id": ledger.head().last_id, "digest": ledger.head().digest, "events": Event.objects.count(), "last_event": ledger.head().last_id,
    }  # fmt: skip
    assert told["tables"]["ledger_event"] == Event.objects.count()


def test_the_canonical_text_does_not_depend_on_how_rows_came_in() -> None:
    with clock.frozen("2026-03-02 10:00"):
        for name in ("b", "a", "c"):
            Pulse.objects.create(name=name, at=clock.now())
    with content.opened() as source:
        [text] = [b"".join(source.lines("kernel_pulse", source.columns("kernel_pulse")))]
    names = text.splitlines()
    assert names == sorted(names) and len(names) == 3


@pytest.mark.parametrize("step", ["_contents", "_configuration", "_files"])
def test_a_backup_that_breaks_off_is_no_backup_and_the_failure_is_on_record(
    place: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, step, full)
    with pytest.raises(OSError, match="No space"):
        runs.backup(place)
    assert [path.name for path in place.iterdir()] == [".lock"]
    assert Event.objects.get().kind == events.FAILED
    monkeypatch.undo()
    runs.backup(place)
    assert len(folders.whole(place)) == 1


def test_what_a_killed_backup_left_is_cleared_and_never_taken_for_one(place: Path) -> None:
    left = place / f"{folders.UNFINISHED}1-a"
    left.mkdir(parents=True)
    (left / folders.MANIFEST).write_text("{}")
    with pytest.raises(Unusable, match="没有备份"):
        folders.newest(place)
    making.make(place)
    assert not left.exists()


def test_two_backups_at_once_into_one_folder_are_refused(place: Path) -> None:
    with folders.alone(place), pytest.raises(Unusable, match="另一个备份正在写入"):
        making.make(place)


def test_only_the_newest_stay_and_contents_are_on_the_disk_once(place: Path) -> None:
    address = paper()
    names = [making.make(place, keep=2).folder for _ in range(3)]
    assert folders.whole(place) == names[1:]
    assert {folders.place_of(folder, address).stat().st_nlink for folder in names[1:]} == {2}


def test_a_content_that_the_store_has_lost_or_damaged_fails_the_backup(place: Path) -> None:
    address = paper()
    path = store.path_of(address)
    path.write_text("合同正又")
    with pytest.raises(Unusable, match="已损坏"):
        making.make(place)
    path.unlink()
    with pytest.raises(Unusable, match="缺少 1 个文件"):
        making.make(place)
    assert folders.whole(place) == []


def test_the_configuration_goes_along_without_passwords(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KEDANG_DATABASE_URL", "postgres://kedang:geheim@db:5432/kedang")
    monkeypatch.setenv("KEDANG_SMTP_URL", "smtp://kedang:geheim@mail:587")
    monkeypatch.setenv("KEDANG_OIDC_CLIENT_SECRET", "geheim")
    monkeypatch.setenv("KEDANG_ALLOWED_HOSTS", "crm.example.com")
    (tmp_path / "data" / "secret_key").write_text("s3cret")
    if connection.vendor == "postgresql":
        monkeypatch.setattr(engines, "dumped", lambda folder: content.opened())
    folder = making.make(place).folder
    shown = restoring.environment_of(folder)
    assert shown["KEDANG_DATABASE_URL"] == "postgres://kedang@db:5432/kedang"
    assert shown["KEDANG_ALLOWED_HOSTS"] == "crm.example.com"
    assert "geheim" not in json.dumps(shown)
    key = folder / "configuration" / "secret_key"
    assert (key.read_text(), oct(key.stat().st_mode)[-3:]) == ("s3cret", "600")


# ---- restoring: refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["database", "contents.txt", "configuration/environment.json", "content", "manifest.json"]
)
@pytest.mark.parametrize("how", ["flip", "cut", "gone"])
def test_every_damage_is_named(place: Path, name: str, how: str) -> None:
    address = paper()
    folder = making.make(place).folder
    files = {"database": engines.FILES[connection.vendor], "content": f"contents/{address[:2]}/{address}"}
    path = folder / files.get(name, name)
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 1
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(bytes(held) if how == "flip" else held[:-1])
    try:
        found = folders.faults(folder, folders.manifest_of(folder))
    except Unusable as error:
        found = [str(error)]
    assert len(found) == 1
    assert address in found[0] if name == "content" else (path.name in found[0] or "清单" in found[0])


def test_a_damaged_backup_is_refused_before_anything_is_written(place: Path, tmp_path: Path) -> None:
    folder = making.make(place).folder
    path = folder / engines.FILES[connection.vendor]
    path.write_bytes(path.read_bytes()[:-5])
    target = tmp_path / "target"
    assert "不完好，没有恢复" in said("restore", str(folder), more={"KEDANG_DATA": str(target)} | _elsewhere())
    assert {path.name for path in target.iterdir()} <= {"secret_key"}


def _elsewhere() -> dict[str, str]:
    """On PostgreSQL a database that is empty: template1."""
    from soak.restores import URL, at_database

    return {URL: at_database("template1")} if connection.vendor == "postgresql" else {}


def test_a_restore_covers_nothing(place: Path, tmp_path: Path) -> None:
    folder = making.make(place).folder
    target = tmp_path / "target"
    (target / "attachments" / "blobs" / "ab").mkdir(parents=True)
    (target / "attachments" / "blobs" / "ab" / "x").write_text("someone's")
    assert "只能恢复到空的位置" in said("restore", str(folder), more={"KEDANG_DATA": str(target)} | _elsewhere())
    if connection.vendor == "postgresql":
        fresh = {"KEDANG_DATA": str(tmp_path / "fresh")}
        assert "只能恢复到空的数据库" in said("restore", str(folder), more=fresh)


def test_a_backup_of_a_later_version_is_refused_by_name(place: Path, tmp_path: Path) -> None:
    folder = making.make(place).folder
    migrations = folders.manifest_of(folder)["migrations"]
    later = {**migrations, "kernel": [*migrations["kernel"], "0999_of_the_future"]}
    reseal(folder, {"migrations": later, "version": "9.9"})
    answer = said("restore", str(folder), more={"KEDANG_DATA": str(tmp_path / "t")} | _elsewhere())
    assert "由更新的版本（9.9）做成" in answer and "kernel.0999_of_the_future" in answer
    reseal(folder, {"format": 3})
    assert "请先升级程序" in said("restore", str(folder), more={"KEDANG_DATA": str(tmp_path / "t")} | _elsewhere())


def test_a_manifest_somebody_has_changed_is_refused(place: Path) -> None:
    folder = making.make(place).folder
    text = (folder / folders.MANIFEST).read_text()
    (folder / folders.MANIFEST).write_text(text.replace('"rows"', '"rovvs"') + " ")
    with pytest.raises(Unusable, match="清单被改动过"):
        folders.manifest_of(folder)


def test_another_engines_backup_is_refused(place: Path, tmp_path: Path) -> None:
    folder = making.make(place).folder
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    reseal(folder, {"engine": other})
    answer = said("restore", str(folder), more={"KEDANG_DATA": str(tmp_path / "t")} | _elsewhere())
    assert f"来自 {engines.NAMES[other]}" in answer


def test_without_the_list_of_destroyed_files_a_restore_must_be_asked_for_by_name(place: Path, tmp_path: Path) -> None:
    making.make(place)
    (place / erasures.LIST).unlink()
    target = {"KEDANG_DATA": str(tmp_path / "t")} | _elsewhere()
    assert "已销毁的内容会重新出现" in said("restore", str(place), more=target)
    assert "找不到名单" in said("restore", str(place), "--destroyed", str(tmp_path / "none"), more=target)
    with restored(place, tmp_path, "--without-list") as copy:
        [(told,)] = copy.source.ask("SELECT data FROM ledger_event ORDER BY id DESC LIMIT 1")
    assert "没有已销毁档案名单" in (json.loads(told) if isinstance(told, str) else told)["how"]


def test_nothing_is_served_while_a_restore_is_not_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data" / restoring.MARK).write_text("x")
    assert _main(["run", "--port", "1"]) == 2
    assert "上次恢复没有做完" in capsys.readouterr().err
