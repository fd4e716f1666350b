"""The folder of contents. A content is whole and on the disk before any row names it, or it is not there at all.

Written to a temporary file of the same file system, hashed on the way, fsynced, renamed to its address, and the folder
fsynced: a power cut leaves either the old state or the whole file, never half of one under a good name.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from kedang.kernel.errors import Invalid

FULL = "存储空间不足或存储设备出错，文件没有保存，其他内容没有改动。请稍后重试，仍不行请告知管理员。"
LOST = "存储中找不到这个文件的内容，请告知管理员。"
ADDRESS = re.compile(r"[0-9a-f]{64}")

_elsewhere: ContextVar[Path | None] = ContextVar("kedang_blob_folder", default=None)


class StorageFailed(Invalid):
    """The disk is full or broken; nothing was changed."""

    def __init__(self, field: str = "") -> None:
        super().__init__({field: FULL})


class TooLarge(Invalid):
    """More bytes than one file may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"文件超过 {megabytes(limit)}，请压缩或拆分后再上传")


def megabytes(size: int) -> str:
    """A limit as people read it."""
    return f"{size // 1024 // 1024} MB" if size >= 1024 * 1024 else f"{max(size // 1024, 1)} KB"


def root() -> Path:
    """Where contents lie now."""
    return _elsewhere.get() or Path(settings.ATTACHMENT_DIR)


@contextmanager
def elsewhere(folder: Path) -> Iterator[None]:
    """Keep contents in another folder for a while: what scenarios upload leaves nothing behind."""
    token = _elsewhere.set(folder)
    try:
        yield
    finally:
        _elsewhere.reset(token)


def path_of(sha256: str) -> Path:
    """The address of a content. Never built from anything a person typed."""
    if not ADDRESS.fullmatch(sha256):
        raise ValueError("not a content address")
    return root() / "blobs" / sha256[:2] / sha256


class Incoming:
    """A file being received: cut at the limit, hashed as it comes, never in memory as a whole."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = settings.UPLOAD_LIMIT if limit is None else limit
        self.size = 0
        self._hash = hashlib.sha256()
        folder = root() / "incoming"
        try:
            _make(folder)
            self.path = folder / secrets.token_hex(16)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise StorageFailed from error
        self.file: BinaryIO = os.fdopen(handle, "w+b")

    @property
    def sha256(self) -> str:
        """Digest of what has come so far."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; TooLarge past the limit, StorageFailed when the disk refuses. Both leave nothing."""
        self.size += len(chunk)
        if self.size > self.limit:
            self.discard()
            raise TooLarge(self.limit)
        self._hash.update(chunk)
        try:
            self.file.write(chunk)
        except OSError as error:
            self.discard()
            raise StorageFailed from error

    def finish(self) -> None:
        """Everything has come: on the disk before anything refers to it."""
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError as error:
            self.discard()
            raise StorageFailed from error

    def settle(self) -> None:
        """Give the content its address; the same bytes already there are kept and these dropped."""
        target = path_of(self.sha256)
        try:
            if not (target.exists() and target.stat().st_size == self.size):
                _make(target.parent)
                self.path.replace(target)
            # Also when it was there before: whoever put it there may have died before its name was on the disk.
            sync_folder(target.parent)
        except OSError as error:
            raise StorageFailed from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Close and remove the temporary file, if it is still there."""
        with suppress(OSError):  # closing flushes, and a full disk refuses that too
            self.file.close()
        with suppress(OSError):  # what cannot be removed now, the sweep takes
            self.path.unlink(missing_ok=True)


def reader(sha256: str) -> BinaryIO:
    """The content, open for reading; Invalid when the store has lost it."""
    try:
        return path_of(sha256).open("rb")
    except OSError as error:
        raise Invalid(LOST) from error


def remove(sha256: str) -> None:
    """Take a content away for good; the caller holds its lock and knows that no row names it."""
    target = path_of(sha256)
    target.unlink(missing_ok=True)
    if target.parent.exists():
        sync_folder(target.parent)


def contents(older_than: float) -> Iterator[str]:
    """Addresses of contents last written before an instant (seconds since 1970)."""
    for path in (root() / "blobs").glob("??/*"):
        if ADDRESS.fullmatch(path.name) and path.stat().st_mtime < older_than:
            yield path.name


def clear_incoming(older_than: float) -> int:
    """Remove what uploads that broke off have left; how many."""
    stale = [path for path in (root() / "incoming").glob("*") if path.stat().st_mtime < older_than]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _make(folder: Path) -> None:
    """The folder, private, each new level of it on the disk."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """fsync of a folder makes the names in it durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
