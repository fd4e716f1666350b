"""Restoring into an empty place: every hash first, then the database, the contents, this version's tables, and, before
anybody can read, the destruction of what has been destroyed since. While it runs a mark keeps `kedang run` from starting."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from kedang.kernel import ledger
from kedang.kernel.actions.deed import Deed
from kedang.kernel.backups import ciphering, content, engines, erasures, events, folders
from kedang.kernel.backups.folders import Unusable
from kedang.kernel.blobs import store
from kedang.kernel.blobs.store import sync_folder
from kedang.kernel.ledger.sealing import Head

MARK = "restoring"
HARMLESS = {"secret_key", MARK, erasures.LIST, erasures.PLACES}


@dataclass(frozen=True)
class Restored:
    """A finished restore."""

    folder: Path
    manifest: dict[str, Any]
    contents: int
    erased: list[int]
    migrated: bool
    events: int
    """Events that the ledger's verification went through."""


def mark() -> Path:
    """While this file is there, a restore runs or has broken off, and nothing is served."""
    return Path(settings.DATA_DIR) / MARK


def unfinished() -> bool:
    """Whether a restore runs or has broken off."""
    return mark().exists()


def restore(
    source: Path, *, lists: Iterable[Path] = (), without_list: bool = False, key_file: Path | None = None
) -> Restored:
    """Restore a backup (or the newest one of a place) into the configured, empty installation. Unusable says why not."""
    folder = folders.newest(source.resolve())
    manifest = folders.manifest_of(folder)
    _check_fits(folder, manifest)
    key = ciphering.key_for(folder.name, manifest, key_file)
    _check_empty()
    known = _lists(folder, lists, without_list)
    if found := folders.faults(folder, manifest):
        raise Unusable(f"备份 {folder.name} 不完好，没有恢复：" + "；".join(found[:10]))
    folders.write(mark(), f"{folder}\n")
    _load(folder / manifest["database"], key)
    _check_same(manifest)
    count = _contents(folder, key)
    _key(folder, key)
    migrated = _migrate(manifest)
    erased = erasures.again(known)
    if erased:
        engines.scrub()
    verified = _verify(manifest)
    _record(folder, manifest, erased, _how(migrated, without_list and not known))
    erasures.publish()
    connection.close()
    mark().unlink()
    sync_folder(mark().parent)
    return Restored(folder, manifest, count, erased, migrated, verified)


# ---- whether it may be done --------------------------------------------------------------------------------------------


def _check_fits(folder: Path, manifest: dict[str, Any]) -> None:
    if manifest["engine"] != connection.vendor:
        there, here = engines.NAMES[manifest["engine"]], engines.NAMES[connection.vendor]
        raise Unusable(f"备份 {folder.name} 来自 {there}，当前配置的是 {here}；请按原来的数据库配置后再恢复")
    ours = set(MigrationLoader(None).disk_migrations or {})
    apps = {app for app, _ in ours}
    later = [
        f"{app}.{name}"
        for app, names in manifest["migrations"].items()
        for name in names
        if app in apps and (app, name) not in ours
    ]
    if later:
        raise Unusable(
            f"备份 {folder.name} 由更新的版本（{manifest['version']}）做成，本版本不认识其中的表结构"
            f"（{'、'.join(later[:3])}）；请先升级程序再恢复"
        )


def _check_empty() -> None:
    data = Path(settings.DATA_DIR)
    if unfinished():
        raise Unusable(f"{data} 里有一次没有做完的恢复。请清空这个文件夹和数据库，然后重新恢复")
    held = [path.name for path in data.iterdir() if path.name not in HARMLESS and not _nothing_in(path)]
    if held or any(path.is_file() for path in store.root().rglob("*")):
        raise Unusable(
            f"只能恢复到空的位置，{data} 里已有内容（{'、'.join(sorted(held)[:3])}）；请换一个空文件夹（KEDANG_DATA）"
        )
    if not engines.is_empty():
        raise Unusable(f"只能恢复到空的数据库，{connection.settings_dict['NAME']} 里已有表；请另建一个空数据库")


def _nothing_in(path: Path) -> bool:
    """An empty folder, or the empty file that a look at a missing database leaves."""
    return not any(path.iterdir()) if path.is_dir() else path.stat().st_size == 0


def _lists(folder: Path, more: Iterable[Path], without: bool) -> list[erasures.Entry]:
    """Everything known to be destroyed: from the list beside the backups, the one beside the data, and those named."""
    given = list(more)
    found = [path for path in (folder.parent / erasures.LIST, *erasures.lists(), *given) if path.is_file()]
    if missing := [path for path in given if not path.is_file()]:
        raise Unusable(f"找不到名单 {missing[0]}")
    if not found and not without:
        raise Unusable(
            f"备份旁没有已销毁档案名单（{erasures.LIST}），恢复后已销毁的内容会重新出现。请用 --destroyed 指明名单；"
            "确实没有名单时加 --without-list，这会记入台账"
        )
    return list({entry.key: entry for path in found for entry in erasures.read(path)[0]}.values())


# ---- doing it ----------------------------------------------------------------------------------------------------------


def _load(path: Path, key: ciphering.Key | None) -> None:
    if key is None:
        engines.load(path)
        return
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=settings.DATA_DIR) as scratch:
        opened = Path(scratch) / path.stem
        ciphering.unseal(path, opened, key)
        engines.load(opened)


def _check_same(manifest: dict[str, Any]) -> None:
    """What is in the database now is, byte for byte of its canonical text, what was in the backed-up one."""
    with content.opened() as source:
        held = content.read(source)
    connection.close()
    if held.rows != manifest["tables"]:
        wrong = [name for name, count in manifest["tables"].items() if held.rows.get(name) != count]
        raise Unusable(f"恢复出来的表与备份清单行数不符：{'、'.join(wrong[:5])}")
    if held.sha256 != manifest["content"]:
        raise Unusable("恢复出来的内容与备份清单的校验值不符")


def _contents(folder: Path, key: ciphering.Key | None) -> int:
    count = 0
    for one in folders.contents_of(folder):
        source, target = folders.place_of(folder, one.sha256), store.path_of(one.sha256)
        if not source.is_file():
            continue  # destroyed since, see faults()
        for level in (store.root(), target.parent.parent, target.parent):
            level.mkdir(mode=0o700, exist_ok=True)
        found = folders.copy(source, target) if key is None else ciphering.unseal(source, target, key)
        if found != one.sha256:
            raise Unusable(f"附件 {one.sha256} 恢复出来与其校验值不符")
        target.chmod(0o600)
        count += 1
    for level in [store.root(), *store.root().glob("blobs"), *store.root().glob("blobs/??")]:
        if level.is_dir():
            sync_folder(level)
    return count


def _key(folder: Path, key: ciphering.Key | None) -> None:
    """The installation's own key, unless the environment gives one."""
    kept = folder / "configuration" / ("secret_key" + (ciphering.SUFFIX if key else ""))
    if kept.is_file() and not os.environ.get("KEDANG_SECRET_KEY"):
        target = Path(settings.DATA_DIR) / "secret_key"
        if key is None:
            folders.write(target, kept.read_text(encoding="ascii"))
        else:
            target.unlink(missing_ok=True)
            ciphering.unseal(kept, target, key)
        target.chmod(0o600)


def _migrate(manifest: dict[str, Any]) -> bool:
    """An older version's tables into this one's form; whether there was anything to do."""
    loader = MigrationLoader(connection)
    pending = set(loader.disk_migrations or {}) - set(loader.applied_migrations or {})
    if pending:
        call_command("migrate", verbosity=0, interactive=False)
    return bool(pending)


def _verify(manifest: dict[str, Any]) -> int:
    """The ledger, held to the head that the backup recorded; and a content for every row that names one."""
    told = manifest["ledger"]
    heads = [Head(told["last_id"], told["digest"])] if told["last_id"] else []
    result = ledger.verify(heads)
    if not result.ok:
        raise Unusable("恢复出来的台账核验不过：" + "；".join(result.problems[:5]))
    from kedang.kernel.blobs.models import Blob

    named = set(Blob.objects.filter(gone_at=None).exclude(kept_at=None).values_list("sha256", flat=True))
    missing = [sha256 for sha256 in named if not store.path_of(sha256).is_file()]
    lost = set(missing) - folders.purged_of(Path(mark().read_text(encoding="utf-8").strip()))
    if lost - set(manifest["contents"]["gone"]):
        raise Unusable(f"恢复后缺少 {len(lost)} 个附件")
    return result.events


def _how(migrated: bool, without: bool) -> str:
    forms = "已升级到本版本的表结构" if migrated else "表结构相同"
    return f"{forms}，没有已销毁档案名单" if without else forms


def _record(folder: Path, manifest: dict[str, Any], erased: list[int], how: str) -> None:
    told = manifest["ledger"]
    data = {
        "name": folder.name,
        "made_at": manifest["made_at"],
        "head": told["last_id"],
        "digest": told["digest"] or None,
        "erased": len(erased),
        "how": how,
    }
    with transaction.atomic():
        Deed(by=None).record(events.RESTORED, data=data)


def environment_of(folder: Path) -> dict[str, str]:
    """The KEDANG_* settings that the backed-up installation ran with, without passwords."""
    path = folder / "configuration" / "environment.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
