"""Making a backup: the database at one instant, then the contents (which are only ever added), then the manifest."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

import kedang
from kedang.kernel import clock
from kedang.kernel.backups import content, engines, erasures, folders
from kedang.kernel.backups.content import Source
from kedang.kernel.backups.folders import Unusable
from kedang.kernel.blobs import store

SECRET = ("SECRET", "PASSWORD", "TOKEN", "KEY")
STEP = 50
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


def make(place: Path, *, keep: int = 0, tell: Tell = say_nothing) -> Made:
    """Back everything up into a new folder of `place`; older ones beyond `keep` go (0: all stay). Unusable or OSError."""
    begun = time.monotonic()
    place = place.resolve()
    if place == store.root().resolve() or store.root().resolve() in place.parents:
        raise Unusable("备份不能放在附件文件夹里")
    with folders.alone(place):
        earlier = folders.whole(place)
        with folders.growing(place) as folder:
            manifest = _manifest()
            tell("正在导出数据库", 0, 0)
            with engines.dumped(folder) as source:
                manifest |= state_of(source)
                wanted = addresses(source)
                manifest["engine_version"] = engines.version_of(source)
            manifest["contents"] = _contents(folder, wanted, earlier[-1] if earlier else None, tell)
            _configuration(folder)
            manifest["files"] = _files(folder)
            made = folders.settle(folder, manifest)
        with suppress(Exception):  # a database of an older version has no such table yet
            erasures.publish([place / erasures.LIST])
        erasures.add(place / erasures.LIST, [])
        erasures.note_place(place)
        pruned = folders.prune(place, keep)
    return Made(made, manifest, time.monotonic() - begun, pruned)


def _manifest() -> dict[str, Any]:
    return {
        "format": folders.FORMAT,
        "product": "kedang",
        "version": kedang.__version__,
        "made_at": clock.now().isoformat(timespec="seconds"),
        "engine": connection.vendor,
        "database": engines.FILES[connection.vendor],
        "host": platform.node(),
    }


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


def _contents(folder: Path, wanted: list[tuple[str, int]], earlier: Path | None, tell: Tell) -> dict[str, Any]:
    """Every content into the backup. One that went meanwhile was destroyed after the instant of the backup, whose restore
    will destroy its file again; anything else that is missing is a fault of the store and fails the backup."""
    listed, gone = [], []
    for done, (sha256, size) in enumerate(wanted):
        if done % STEP == 0:
            tell("正在备份附件", done, len(wanted))
        target = folders.place_of(folder, sha256)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (earlier is not None and _linked(folders.place_of(earlier, sha256), target, size)) or _copied(
            sha256, target
        ):
            listed.append((sha256, size))
        else:
            gone.append(sha256)
    if missing := [sha256 for sha256 in gone if sha256 in _still_named(gone)]:
        raise Unusable(f"附件库缺少 {len(missing)} 个文件（如 {missing[0][:12]}…），备份没有做成")
    folders.write(folder / folders.LISTED, "".join(f"{sha256} {size}\n" for sha256, size in listed))
    return {"count": len(listed), "bytes": sum(size for _, size in listed), "gone": gone}


def _linked(source: Path, target: Path, size: int) -> bool:
    """The same content of the backup before: one copy on the disk, as many names as backups. The drill hashes it."""
    try:
        if source.stat().st_size != size:
            return False
        os.link(source, target)
    except OSError:
        return False
    return True


def _copied(sha256: str, target: Path) -> bool:
    try:
        found = folders.copy(store.path_of(sha256), target)
    except FileNotFoundError:
        return False
    if found != sha256:
        raise Unusable(f"附件库中的文件 {sha256[:12]}… 与其校验值不符，已损坏；备份没有做成")
    return True


def _still_named(gone: list[str]) -> set[str]:
    from kedang.kernel.blobs.models import Blob

    return set(Blob.objects.filter(sha256__in=gone, gone_at=None).values_list("sha256", flat=True)) if gone else set()


# ---- configuration -----------------------------------------------------------------------------------------------------


def _configuration(folder: Path) -> None:
    """What the installation was run with: its key, its settings without passwords, its regulations' own folders."""
    key = Path(settings.DATA_DIR) / "secret_key"
    if key.is_file():
        folders.write(folder / "configuration" / "secret_key", key.read_text(encoding="ascii"))
        (folder / "configuration" / "secret_key").chmod(0o600)
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
