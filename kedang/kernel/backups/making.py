"""Making a backup: the database at one instant, then the contents (which are only ever added), then the manifest."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

import kedang
from kedang.kernel import clock
from kedang.kernel.backups import ciphering, content, engines, erasures, folders
from kedang.kernel.backups.content import Source
from kedang.kernel.backups.folders import Content, Unusable
from kedang.kernel.blobs import store

SECRET = ("SECRET", "PASSWORD", "TOKEN", "KEY")
STEP = 50
SCRATCH, SCRATCH_OLD = ".backup-", 86_400
Tell = Callable[[str, int, int], None]
"""Is told how far it is (what is being done, how much of it, out of how much); what it raises breaks the work off cleanly."""


def say_nothing(what: str, done: int, total: int) -> None:
    """For those who do not ask how far it is."""


@dataclass(frozen=True)
class Made:
    """A finished backup."""

    folder: Path
    manifest: dict[str, Any]
    seconds: float
    pruned: int

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.manifest["tables"].values())


def make(place: Path, *, keep: int = 0, tell: Tell = say_nothing, to: tuple[str, ...] = ()) -> Made:
    """Back everything up into a new folder of `place`, encrypted `to` public keys if there are any; older ones beyond
    `keep` go (0: all stay). Unusable or OSError."""
    begun = time.monotonic()
    place = place.resolve()
    if place == store.root().resolve() or store.root().resolve() in place.parents:
        raise Unusable("备份不能放在附件文件夹里")
    with folders.alone(place):
        earlier = folders.whole(place)
        with folders.growing(place) as folder:
            manifest = _manifest(to)
            tell("正在导出数据库", 0, 0)
            wanted = _database(folder, manifest, to)
            manifest["contents"] = _contents(folder, wanted, _earlier(earlier, to), to, tell)
            _configuration(folder, to)
            manifest["files"] = _files(folder)
            made = folders.settle(folder, manifest)
        with suppress(Exception):  # a database of an older version has no such table yet
            erasures.publish([place / erasures.LIST])
        erasures.add(place / erasures.LIST, [])
        erasures.note_place(place)
        pruned = folders.prune(place, keep)
    return Made(made, manifest, time.monotonic() - begun, pruned)


def _manifest(to: tuple[str, ...]) -> dict[str, Any]:
    return {
        "format": folders.ENCRYPTED if to else folders.FORMAT,
        **({"encrypted_to": list(to)} if to else {}),
        "product": "kedang",
        "version": kedang.__version__,
        "made_at": clock.now().isoformat(timespec="seconds"),
        "engine": connection.vendor,
        "database": engines.FILES[connection.vendor] + (ciphering.SUFFIX if to else ""),
        "host": platform.node(),
    }


def _database(folder: Path, manifest: dict[str, Any], to: tuple[str, ...]) -> list[tuple[str, int]]:
    """The database into the backup, what it says of itself into the manifest; the contents that it names."""
    with _beside_the_data(folder, to) as dumping:
        with engines.dumped(dumping) as source:
            manifest |= state_of(source)
            wanted = addresses(source)
            manifest["engine_version"] = engines.version_of(source)
        if to:
            ciphering.seal(dumping / engines.FILES[connection.vendor], folder / manifest["database"], to)
    return wanted


@contextmanager
def _beside_the_data(folder: Path, to: tuple[str, ...]) -> Iterator[Path]:
    """Where the database is written out: the backup itself, or, when that is to be encrypted, beside the data it is a copy
    of: the disk of the backups never sees it in the clear."""
    if not to:
        yield folder
        return
    data = Path(settings.DATA_DIR)
    for left in data.glob(f"{SCRATCH}*"):  # of a process that was killed
        if time.time() - left.stat().st_mtime > SCRATCH_OLD:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=data) as scratch:
        yield Path(scratch)


def state_of(source: Source) -> dict[str, Any]:
    """What a database says of itself: rows, digest of its canonical text, ledger head, migrations, regulations."""
    held = content.read(source)
    return {
        "tables": held.rows,
        "content": held.sha256,
        "ledger": _ledger(source),
        "migrations": _migrations(source),
        "packs": _packs(source),
    }


def _ledger(source: Source) -> dict[str, Any]:
    if not content.has_table(source, "ledger_seal"):
        return {"last_id": 0, "digest": "", "events": 0, "last_event": 0}
    sealed = source.ask("SELECT last_id, digest FROM ledger_seal ORDER BY last_id DESC LIMIT 1")
    last_id, digest = sealed[0] if sealed else (0, "")
    [(events, last)] = source.ask("SELECT count(*), coalesce(max(id), 0) FROM ledger_event")
    return {"last_id": int(last_id), "digest": str(digest), "events": int(events), "last_event": int(last)}


def _migrations(source: Source) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if content.has_table(source, "django_migrations"):
        for app, name in source.ask("SELECT app, name FROM django_migrations ORDER BY app, name"):
            found.setdefault(str(app), []).append(str(name))
    return found


def _packs(source: Source) -> list[dict[str, Any]]:
    if not content.has_table(source, "norms_packversion"):
        return []
    rows = source.ask("SELECT pack, version, state FROM norms_packversion ORDER BY pack, version")
    return [{"pack": pack, "version": version, "state": state} for pack, version, state in rows]


def addresses(source: Source) -> list[tuple[str, int]]:
    """(address, size) of every content that a row names."""
    if not content.has_table(source, "blobs_blob"):
        return []
    rows = source.ask(
        "SELECT sha256, max(size) FROM blobs_blob WHERE gone_at IS NULL AND sha256 <> '' GROUP BY sha256 ORDER BY sha256"
    )
    return [(str(sha256), int(size)) for sha256, size in rows]


# ---- contents ----------------------------------------------------------------------------------------------------------


def _earlier(earlier: list[Path], to: tuple[str, ...]) -> dict[str, tuple[Path, Content]]:
    """What the backup before holds under the same keys, by address: it is linked, not written again."""
    if not earlier:
        return {}
    with suppress(Unusable, OSError, ValueError):
        folder = earlier[-1]
        if tuple(folders.manifest_of(folder).get("encrypted_to", ())) == to:
            return {one.sha256: (folders.place_of(folder, one.sha256), one) for one in folders.contents_of(folder)}
    return {}


def _contents(
    folder: Path,
    wanted: list[tuple[str, int]],
    earlier: dict[str, tuple[Path, Content]],
    to: tuple[str, ...],
    tell: Tell,
) -> dict[str, Any]:
    """Every content into the backup. One that went meanwhile was destroyed after the instant of the backup, whose restore
    will destroy its file again; anything else that is missing is a fault of the store and fails the backup."""
    listed: list[Content] = []
    gone = []
    for done, (sha256, size) in enumerate(wanted):
        if done % STEP == 0:
            tell("正在备份附件", done, len(wanted))
        target = folders.place_of(folder, sha256)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = _linked(earlier.get(sha256), target, size) or _copied(sha256, size, target, to)
        if made is None:
            gone.append(sha256)
        else:
            listed.append(made)
    if missing := [sha256 for sha256 in gone if sha256 in _still_named(gone)]:
        raise Unusable(f"附件库缺少 {len(missing)} 个文件（如 {missing[0][:12]}…），备份没有做成")
    lines = (f"{one.sha256} {one.size}" + (f" {one.stored} {one.stored_size}" if to else "") for one in listed)
    folders.write(folder / folders.LISTED, "".join(f"{line}\n" for line in lines))
    return {"count": len(listed), "bytes": sum(one.stored_size for one in listed), "gone": gone}


def _linked(earlier: tuple[Path, Content] | None, target: Path, size: int) -> Content | None:
    """The same content of the backup before: one copy on the disk, as many names as backups. The drill hashes it."""
    if earlier is None:
        return None
    source, one = earlier
    try:
        if one.size != size or source.stat().st_size != one.stored_size:
            return None
        os.link(source, target)
    except OSError:
        return None
    return one


def _copied(sha256: str, size: int, target: Path, to: tuple[str, ...]) -> Content | None:
    try:
        if to:
            made = ciphering.seal(store.path_of(sha256), target, to)
            found, one = made.plain, Content(sha256, size, made.stored, made.size)
        else:
            found, one = folders.copy(store.path_of(sha256), target), Content(sha256, size, sha256, size)
    except FileNotFoundError:
        return None
    if found != sha256:
        raise Unusable(f"附件库中的文件 {sha256[:12]}… 与其校验值不符，已损坏；备份没有做成")
    return one


def _still_named(gone: list[str]) -> set[str]:
    from kedang.kernel.blobs.models import Blob

    return set(Blob.objects.filter(sha256__in=gone, gone_at=None).values_list("sha256", flat=True)) if gone else set()


# ---- configuration -----------------------------------------------------------------------------------------------------


def _configuration(folder: Path, to: tuple[str, ...]) -> None:
    """What the installation was run with: its key, its settings without passwords, its regulations' own folders."""
    key, kept = Path(settings.DATA_DIR) / "secret_key", folder / "configuration" / "secret_key"
    if key.is_file():
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if to:
            ciphering.seal(key, kept.with_name(kept.name + ciphering.SUFFIX), to)
        else:
            folders.write(kept, key.read_text(encoding="ascii"))
            kept.chmod(0o600)
    shown = json.dumps(dict(_variables()), ensure_ascii=False, indent=1, sort_keys=True)
    folders.write(folder / "configuration" / "environment.json", shown + "\n")


def _variables() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name.startswith("KEDANG_"):
            if name.endswith("_URL"):
                yield name, _without_password(value)
            elif not any(word in name for word in SECRET):
                yield name, value


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    place = f"{user.partition(':')[0]}@{host}" if user else host
    return urlunsplit(parts._replace(netloc=place))


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    """Hash and size of everything but the contents, whose hashes are their names."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("contents/"):
            found[name] = {"sha256": folders.digest_of(path), "size": path.stat().st_size}
    return found
