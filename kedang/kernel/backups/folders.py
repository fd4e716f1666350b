"""A backup on the disk: one folder that is there whole or not at all, and says of everything in it what it must be.

DEST/destroyed.jsonl             which files have been destroyed (erasures.py)
DEST/kedang-20261122-023000/     manifest.json, manifest.sha256, the database, configuration/, contents/
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from kedang.kernel import clock
from kedang.kernel.blobs.store import sync_folder
from kedang.kernel.errors import Invalid

FORMAT, ENCRYPTED = 1, 2
MANIFEST, SEAL, LISTED, PURGED = "manifest.json", "manifest.sha256", "contents.txt", "purged.txt"
PREFIX, UNFINISHED, EXPIRED = "kedang-", ".unfinished-", ".expired-"
PIECE = 1 << 20


class Content(NamedTuple):
    """A content of a backup: address and size of its own bytes, hash and size of the file that lies there (encrypted or
    the same)."""

    sha256: str
    size: int
    stored: str
    stored_size: int


class Unusable(Invalid):
    """A backup, or the place it should go to, that cannot be used; says why."""


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source: Path, target: Path) -> str:
    """Copy a file, on the disk before this returns; the SHA-256 of what was copied."""
    running = hashlib.sha256()
    with source.open("rb") as given, target.open("xb") as taken:
        while piece := given.read(PIECE):
            running.update(piece)
            taken.write(piece)
        taken.flush()
        os.fsync(taken.fileno())
    return running.hexdigest()


def write(path: Path, text: str) -> None:
    """Write a small file, on the disk before this returns."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """fsync of a file somebody else wrote."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """One backup at a time into a place; the lock goes with the process."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / ".lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Unusable(f"另一个备份正在写入 {place}，请等它结束") from None
        clear(place)
        yield


def busy(place: Path) -> bool:
    """Whether a backup or a drill is at work in a place at this moment."""
    path = place / ".lock"
    if not path.is_file():
        return False
    with path.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def clear(place: Path) -> None:
    """Remove what broken-off backups and deletions have left; nobody else works here while the lock is held."""
    for left in [*place.glob(f"{UNFINISHED}*"), *place.glob(f"{EXPIRED}*")]:
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def growing(place: Path) -> Iterator[Path]:
    """A folder under a name that nobody takes for a backup; removed unless `settle` has given it its own."""
    folder = place / f"{UNFINISHED}{os.getpid()}-{os.urandom(4).hex()}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)


def settle(folder: Path, manifest: dict[str, Any]) -> Path:
    """Seal the manifest, put every name on the disk, and rename: only now is it a backup."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write(folder / MANIFEST, text)
    write(folder / SEAL, hashlib.sha256(text.encode()).hexdigest() + "\n")
    for inner in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        sync_folder(inner)
    name = f"{PREFIX}{clock.now():%Y%m%d-%H%M%S}"
    target, more = folder.parent / name, 2
    while target.exists():
        target, more = folder.parent / f"{name}-{more}", more + 1
    folder.rename(target)
    sync_folder(target.parent)
    return target


def whole(place: Path) -> list[Path]:
    """The backups in a place, oldest first."""
    found = [path.parent for path in place.glob(f"{PREFIX}*/{MANIFEST}")]
    return sorted(found, key=lambda path: (path.name[:22], len(path.name), path.name))


def newest(place: Path) -> Path:
    """A backup itself, or the newest one in a place; Unusable when there is none."""
    if (place / MANIFEST).is_file():
        return place
    found = whole(place) if place.is_dir() else []
    if not found:
        raise Unusable(f"{place} 里没有备份（要有 {MANIFEST} 的文件夹）")
    return found[-1]


def prune(place: Path, keep: int) -> int:
    """Drop the oldest backups beyond `keep`; how many. A name that says 'going' first, so none is ever half there."""
    old = whole(place)[:-keep] if keep > 0 else []
    for folder in old:
        going = folder.rename(folder.with_name(f"{EXPIRED}{folder.name}"))
        shutil.rmtree(going, ignore_errors=True)
    return len(old)


# ---- reading -----------------------------------------------------------------------------------------------------------


def manifest_of(folder: Path) -> dict[str, Any]:
    """What the backup says of itself; Unusable when that was changed, is damaged, or of a later format."""
    try:
        text = (folder / MANIFEST).read_bytes()
        sealed = (folder / SEAL).read_text(encoding="ascii").strip()
        manifest: dict[str, Any] = json.loads(text)
    except (OSError, ValueError):
        raise Unusable(f"{folder} 不是完整的备份：清单缺失或损坏") from None
    if hashlib.sha256(text).hexdigest() != sealed:
        raise Unusable(f"{folder} 的清单被改动过（{MANIFEST} 与 {SEAL} 不符）")
    if manifest.get("format") not in (FORMAT, ENCRYPTED):
        raise Unusable(f"{folder} 由更新的版本（{manifest.get('version', '？')}）做成，本版本不能恢复，请先升级程序")
    return manifest


def contents_of(folder: Path) -> Iterator[Content]:
    """Each content that the backup says it holds."""
    with (folder / LISTED).open(encoding="ascii") as lines:
        for line in lines:
            sha256, size, *more = line.split()
            stored, stored_size = more or (sha256, size)
            yield Content(sha256, int(size), stored, int(stored_size))


def purged_of(folder: Path) -> set[str]:
    """Addresses taken out of the backup because the files they belonged to were destroyed."""
    path = folder / PURGED
    return set(path.read_text(encoding="ascii").split()) if path.is_file() else set()


def place_of(folder: Path, sha256: str) -> Path:
    """Where a content lies in a backup."""
    return folder / "contents" / sha256[:2] / sha256


def faults(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Everything in the backup that is missing, damaged or too much, in Chinese; nothing when all hashes hold."""
    found = []
    for name, told in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            found.append(f"缺少 {name}")
        elif path.stat().st_size != told["size"] or digest_of(path) != told["sha256"]:
            found.append(f"{name} 与清单不符，已损坏或被改动")
    if found:
        return found
    purged = purged_of(folder)
    for one in contents_of(folder):
        path = place_of(folder, one.sha256)
        if not path.is_file():
            if one.sha256 not in purged:
                found.append(f"缺少附件 {one.sha256}")
        elif path.stat().st_size != one.stored_size or digest_of(path) != one.stored:
            found.append(f"附件 {one.sha256} 已损坏或被改动")
    return found


def purge(place: Path, addresses: list[str]) -> None:
    """Take destroyed contents out of every backup of a place. What cannot be written waits for the backup to expire."""
    for folder in whole(place):
        gone = [sha256 for sha256 in addresses if place_of(folder, sha256).is_file()]
        with suppress(OSError):
            if gone:
                write(folder / PURGED, "".join(f"{sha256}\n" for sha256 in sorted(purged_of(folder) | set(gone))))
            for sha256 in gone:
                place_of(folder, sha256).unlink()
