"""Contents of files: whole on the disk before a row names them, what they are by their bytes, gone when they are gone."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models.query import QuerySet

from kedang.kernel import blobs, clock
from kedang.kernel.blobs import service, store
from kedang.kernel.errors import Invalid
from kedang.kernel.org import changes as org
from kedang.kernel.org.models import Person
from tests.kernel import hostile


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A store of its own."""
    with store.elsewhere(tmp_path):
        yield tmp_path


@pytest.fixture
def wang(db: None) -> Person:
    return org.create_person(username="wang", name="小王")


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "blobs").glob("??/*"))


def taken_in(data: bytes, name: str, by: Person) -> blobs.Blob:
    return service.received([data], name, by)


@pytest.mark.parametrize(
    ("name", "data", "word"), [c[1:] for c in hostile.REFUSED], ids=[c[0] for c in hostile.REFUSED]
)
def test_what_is_not_a_document_is_refused_with_a_reason_and_leaves_nothing(
    name: str, data: bytes, word: str, folder: Path, wang: Person
) -> None:
    with pytest.raises(Invalid) as refusal:
        taken_in(data, name, wang)
    assert word in str(refusal.value)
    assert contents(folder) == []
    assert list((folder / "incoming").iterdir()) == []
    assert not blobs.Blob.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "mime", "safe"), [c[1:] for c in hostile.SAFE], ids=[c[0] for c in hostile.SAFE]
)
def test_what_may_be_kept_gets_its_own_type_and_a_safe_name(
    name: str, data: bytes, mime: str, safe: str, folder: Path, wang: Person
) -> None:
    row = taken_in(data, name, wang)
    assert (row.type, row.name) == (mime, safe)
    assert len(row.name.encode()) <= 255
    assert blobs.reader(row.sha256).read() == data


def test_a_content_is_on_the_disk_before_its_row_is_written(
    folder: Path, wang: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename, insert = os.fsync, Path.replace, QuerySet.create
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("fsync"), fsync(handle))[1])
    monkeypatch.setattr(Path, "replace", lambda path, to: (steps.append("rename"), rename(path, to))[1])
    monkeypatch.setattr(QuerySet, "create", lambda self, **more: (steps.append("row"), insert(self, **more))[1])
    (folder / "blobs").mkdir()
    incoming = blobs.Incoming()
    incoming.write(b"text")
    steps.clear()
    blobs.draft(incoming, "a.txt", wang)
    assert steps.index("fsync") < steps.index("rename") < steps.index("row")
    assert "fsync" in steps[steps.index("rename") : steps.index("row")]


def test_the_same_bytes_are_kept_once_and_named_twice(folder: Path, wang: Person) -> None:
    one, two = taken_in(b"text", "a.txt", wang), taken_in(b"text", "b.txt", wang)
    assert one.pk != two.pk
    assert contents(folder) == [one.sha256]


def test_a_content_cut_short_on_the_disk_is_written_anew(folder: Path, wang: Person) -> None:
    row = taken_in(b"a whole text", "a.txt", wang)
    store.path_of(row.sha256).write_bytes(b"a who")
    taken_in(b"a whole text", "a.txt", wang)
    assert blobs.reader(row.sha256).read() == b"a whole text"


def test_an_upload_is_cut_at_the_limit_and_leaves_nothing(folder: Path, wang: Person) -> None:
    incoming = blobs.Incoming(limit=10)
    incoming.write(b"12345")
    with pytest.raises(Invalid, match="超过"):
        incoming.write(b"123456")
    assert list((folder / "incoming").iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("where", ["write", "fsync", "replace", "open"])
def test_a_full_or_broken_disk_is_told_and_changes_nothing(
    code: int, where: str, folder: Path, wang: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **more: object) -> None:
        raise OSError(code, os.strerror(code))

    if where == "open":
        monkeypatch.setattr(os, "open", fails)
        with pytest.raises(Invalid, match="没有保存"):
            blobs.Incoming()
        return
    incoming = blobs.Incoming()
    if where == "write":
        monkeypatch.setattr(incoming, "file", Broken(incoming.file, fails))
        with pytest.raises(Invalid, match="没有保存"):
            incoming.write(b"text")
    else:
        incoming.write(b"text")
        monkeypatch.setattr(os if where == "fsync" else Path, where, fails)
        with pytest.raises(Invalid, match="没有保存"):
            blobs.draft(incoming, "a.txt", wang)
    monkeypatch.undo()
    assert contents(folder) == []
    assert not blobs.Blob.objects.exists()
    assert list((folder / "incoming").iterdir()) == []


class Broken:
    """A file whose disk refuses to take more."""

    def __init__(self, file: object, fails: object) -> None:
        self.write = fails
        self.close = file.close


def test_a_draft_is_named_by_its_uploader_only(folder: Path, wang: Person) -> None:
    row = taken_in(b"text", "a.txt", wang)
    other = org.create_person(username="li", name="小李")
    assert service.usable([row.pk], wang.pk, None).keys() == {row.pk}
    assert service.usable([row.pk], other.pk, None) == {}


def test_a_kept_file_cannot_be_named_into_another_customer_file(folder: Path, wang: Person) -> None:
    row = taken_in(b"text", "a.txt", wang)
    blobs.keep([row.pk], 7, clock.now())
    assert service.usable([row.pk], wang.pk, 7).keys() == {row.pk}
    assert service.usable([row.pk], wang.pk, 8) == {}
    assert service.usable([row.pk], wang.pk, None) == {}


def test_the_sweep_takes_drafts_of_yesterday_and_leaves_what_a_deed_has_named(folder: Path, wang: Person) -> None:
    with clock.frozen("2026-03-02 10:00") as held:
        dropped, kept, fresh = (taken_in(text, "a.txt", wang) for text in (b"one", b"two", b"three"))
        blobs.keep([kept.pk], 7, clock.now())
        held.move_to(held.at + timedelta(hours=23))
        blobs.Blob.objects.filter(pk=fresh.pk).update(at=clock.now())
        assert blobs.sweep() == 0
        held.move_to(held.at + timedelta(hours=2))
        assert blobs.sweep() == 1
    assert set(contents(folder)) == {kept.sha256, fresh.sha256}
    assert set(blobs.Blob.objects.values_list("pk", flat=True)) == {kept.pk, fresh.pk}
    assert not blobs.Blob.objects.filter(pk=dropped.pk).exists()


def test_the_sweep_takes_contents_without_a_row_and_broken_off_uploads_after_a_day(folder: Path, wang: Person) -> None:
    kept = taken_in(b"kept", "a.txt", wang)
    old, young = (blobs.Incoming() for _ in range(2))
    orphan, new = (blobs.Incoming() for _ in range(2))
    for each, text in ((orphan, b"orphan"), (new, b"new")):
        each.write(text)
        each.finish()
    addresses = [orphan.sha256, new.sha256]
    orphan.settle()
    new.settle()
    yesterday = time.time() - 25 * 3600
    for path in (old.path, store.path_of(addresses[0]), store.path_of(kept.sha256)):
        os.utime(path, (yesterday, yesterday))
    assert blobs.sweep() == 1
    assert set(contents(folder)) == {kept.sha256, addresses[1]}
    assert [path.name for path in (folder / "incoming").iterdir()] == [young.path.name]


@pytest.mark.django_db(transaction=True)
def test_erased_contents_go_when_the_deed_commits_and_stay_when_it_does_not(folder: Path) -> None:
    wang = org.create_person(username="wang", name="小王")
    row = taken_in(b"secret", "a.txt", wang)
    with transaction.atomic():
        blobs.erase([row], clock.now())
        transaction.set_rollback(True)
    assert contents(folder) == [row.sha256]
    with transaction.atomic():
        blobs.erase([row], clock.now())
    assert contents(folder) == []
    row.refresh_from_db()
    assert (row.name, row.sha256, row.size) == ("", "", 0)


@pytest.mark.django_db(transaction=True)
def test_bytes_that_another_file_still_names_stay(folder: Path) -> None:
    wang = org.create_person(username="wang", name="小王")
    one, two = taken_in(b"shared", "a.txt", wang), taken_in(b"shared", "b.txt", wang)
    blobs.erase([one], clock.now())
    assert contents(folder) == [two.sha256]


def test_a_content_address_is_never_made_of_what_somebody_typed() -> None:
    for bad in ("", "../x", "a" * 63, "A" * 64, "g" * 64, f"{'a' * 64}\n"):
        with pytest.raises(ValueError):
            store.path_of(bad)


def test_a_lost_content_is_said_and_not_a_fault(folder: Path, wang: Person) -> None:
    row = taken_in(b"text", "a.txt", wang)
    store.path_of(row.sha256).unlink()
    with pytest.raises(Invalid, match="找不到"):
        blobs.reader(row.sha256)
