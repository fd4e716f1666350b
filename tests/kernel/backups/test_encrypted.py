"""Encrypted backups: nothing readable lies there, only the key opens them, and whoever lacks it is told so in words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pyrage import x25519

from kedang.cli import main
from kedang.config import env
from kedang.kernel import ledger
from kedang.kernel.backups import ciphering, content, engines, events, folders, making, runs
from kedang.kernel.backups.folders import Unusable
from kedang.kernel.blobs import store
from kedang.kernel.ledger.models import Event
from soak.restores import restored
from tests.kernel.backups.conftest import note, paper
from tests.kernel.backups.test_backups import _elsewhere, _text, said

pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "金丝雀合同正文"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "backup.key"
    ciphering.new_key(path)
    return path


@pytest.fixture
def to(key: Path) -> tuple[str, ...]:
    return ciphering.read_key(key).recipients


@pytest.fixture
def at(place: Path, settings: Any) -> Path:
    settings.BACKUP = settings.BACKUP.__class__(place, settings.BACKUP.at, 3, 7)
    return place


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_lies_there_cannot_be_read_and_what_is_restored_is_the_same(
    place: Path, tmp_path: Path, key: Path, to: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = paper(CANARY)
    note()
    ledger.seal()
    (tmp_path / "data" / "secret_key").write_text("geheimer-schluessel")
    monkeypatch.delenv("KEDANG_SECRET_KEY", raising=False)
    made = runs.backup(place, to=to)
    with content.opened() as source:
        here = b"".join(_text(source))
    lying = files_of(made.folder)
    assert made.manifest["encrypted_to"] == list(to) and made.manifest["format"] == folders.ENCRYPTED
    for word in (CANARY, "geheimer-schluessel", "为测试"):
        assert [name for name, held in lying.items() if word.encode() in held] == []
    assert [name for name, held in lying.items() if b"SQLite format" in held or b"PGDMP" in held] == []
    assert list((tmp_path / "data").glob(f"{making.SCRATCH}*")) == []
    with restored(made.folder, tmp_path, "--key-file", str(key)) as copy:
        there = b"".join(_text(copy.source))
        assert (copy.folder / "attachments" / "blobs" / address[:2] / address).read_text() == CANARY
        assert (copy.folder / "secret_key").read_text() == "geheimer-schluessel"
        assert list(copy.folder.glob(".restoring-*")) == []
    lost = [line for line in here.splitlines() if line not in set(there.splitlines())]
    assert [line for line in lost if b"backup.made" not in line] == []


def test_without_the_key_or_with_another_nothing_is_restored_and_it_says_which_is_needed(
    place: Path, tmp_path: Path, to: tuple[str, ...]
) -> None:
    folder = making.make(place, to=to).folder
    target = {"KEDANG_DATA": str(tmp_path / "t")} | _elsewhere()
    answer = said("restore", str(folder), more=target)
    assert "已加密" in answer and to[0] in answer and "--key-file" in answer and "KEDANG_BACKUP_KEY_FILE" in answer
    other = tmp_path / "other.key"
    public = ciphering.new_key(other)
    answer = said("restore", str(folder), "--key-file", str(other), more=target)
    assert "密钥不对" in answer and public in answer and to[0] in answer
    assert {path.name for path in (tmp_path / "t").iterdir()} <= {"secret_key"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing of the kind", "里没有密钥"),
        ("AGE-SECRET-KEY-1QQQQ", "抄错了或不完整"),
        (None, "读不了"),
    ],
)
def test_a_key_file_that_is_none_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "key"
    if text is not None:
        path.write_text(text)
    with pytest.raises(Unusable, match=words) as error:
        ciphering.read_key(path)
    assert str(path) in str(error.value)


def test_it_can_be_checked_without_the_key_and_every_damage_is_named(place: Path, to: tuple[str, ...]) -> None:
    address = paper(CANARY)
    folder = making.make(place, to=to).folder
    manifest = folders.manifest_of(folder)
    assert folders.faults(folder, manifest) == []
    path = folders.place_of(folder, address)
    path.write_bytes(path.read_bytes()[:-1])
    assert address in folders.faults(folder, manifest)[0]


def test_a_changed_piece_is_found_out_by_the_encryption_itself(tmp_path: Path, key: Path, to: tuple[str, ...]) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(os.urandom(300_000))
    ciphering.seal(plain, tmp_path / "sealed", to)
    held = bytearray((tmp_path / "sealed").read_bytes())
    held[200_000] ^= 1
    for name, what in (("flipped", bytes(held)), ("cut", bytes(held)[:150_000])):
        (tmp_path / name).write_bytes(what)
        with pytest.raises(Unusable, match="解不开"):
            ciphering.unseal(tmp_path / name, tmp_path / f"{name}.out", ciphering.read_key(key))
    stranger = ciphering.Key(key, (x25519.Identity.generate(),))
    with pytest.raises(Unusable, match="解不开"):
        ciphering.unseal(tmp_path / "sealed", tmp_path / "out", stranger)


def test_unchanged_contents_lie_on_the_disk_once_under_the_same_key_only(
    place: Path, tmp_path: Path, to: tuple[str, ...]
) -> None:
    address = paper(CANARY)
    first, second = (folders.place_of(making.make(place, to=to).folder, address) for _ in range(2))
    assert first.stat().st_ino == second.stat().st_ino
    other = (ciphering.new_key(tmp_path / "other.key"),)
    third = folders.place_of(making.make(place, to=other).folder, address)
    assert third.stat().st_ino != second.stat().st_ino
    assert folders.place_of(making.make(place).folder, address).read_text() == CANARY


def test_a_content_that_the_store_has_damaged_fails_the_encrypted_backup_too(place: Path, to: tuple[str, ...]) -> None:
    store.path_of(paper(CANARY)).write_text("改动")
    with pytest.raises(Unusable, match="已损坏"):
        making.make(place, to=to)
    assert folders.whole(place) == []


def test_the_drill_opens_it_with_the_key_of_the_settings_and_says_so_without(
    at: Path, settings: Any, key: Path, to: tuple[str, ...]
) -> None:
    paper(CANARY)
    runs.backup(at, to=to)
    with pytest.raises(Unusable, match="已加密"):
        runs.drill(at)
    assert "密钥文件" in Event.objects.get(kind=events.DRILL_FAILED).data["why"]
    settings.BACKUP = settings.BACKUP.__class__(at, settings.BACKUP.at, 3, 7, (), key)
    assert runs.drill(at).files == 1


def test_the_settings_say_to_whom_and_a_key_file_alone_is_enough(
    at: Path, settings: Any, key: Path, to: tuple[str, ...]
) -> None:
    kind = settings.BACKUP.__class__
    settings.BACKUP = kind(at, settings.BACKUP.at, 3, 7, to, None)
    assert runs.backup(at).manifest["encrypted_to"] == list(to)
    assert runs.key_is_elsewhere() and not runs.drill_due(Event.objects.latest("id").recorded_at)
    settings.BACKUP = kind(at, settings.BACKUP.at, 3, 7, (), key)
    assert runs.backup(at).manifest["encrypted_to"] == list(to)
    assert not runs.key_is_elsewhere()
    settings.BACKUP = kind(at, settings.BACKUP.at, 3, 7)
    assert "encrypted_to" not in runs.backup(at).manifest


def test_a_public_key_that_is_none_fails_the_backup_and_the_settings(
    at: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(at), "--recipient", "age1falsch"]) == 1
    assert "age1falsch 不是公钥" in capsys.readouterr().err
    assert not at.exists() or folders.whole(at) == []
    monkeypatch.setenv("KEDANG_BACKUP_RECIPIENT", "age1falsch")
    with pytest.raises(ValueError, match="KEDANG_BACKUP_RECIPIENT 须是 age1 开头的公钥"):
        env.backup()


def test_a_new_key_is_its_owners_alone_and_covers_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new.key"
    assert main(["backup", "--new-key", str(path)]) == 0
    shown = capsys.readouterr().out
    assert ciphering.read_key(path).recipients[0] in shown and oct(path.stat().st_mode)[-3:] == "600"
    assert "AGE-SECRET-KEY" not in shown
    assert main(["backup", "--new-key", str(path)]) == 1
    assert "已经存在" in capsys.readouterr().err


def test_the_files_are_those_of_age(tmp_path: Path, to: tuple[str, ...]) -> None:
    plain = tmp_path / "plain"
    plain.write_text("x")
    ciphering.seal(plain, tmp_path / "sealed", to)
    assert (tmp_path / "sealed").read_bytes().startswith(b"age-encryption.org/v1\n")
    assert engines.FILES[connection.vendor] + ciphering.SUFFIX in ("database.sqlite3.age", "database.dump.age")
