"""Upgrading: a backup, this version's tables, a check; and in words how to go back when one of these fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection

import kedang
from kedang.kernel import ledger
from kedang.kernel.backups import engines, runs
from kedang.kernel.backups.folders import Unusable
from kedang.kernel.norms import store
from kedang.kernel.norms.problems import PackError


def upgrade(place: Path, tell: Callable[[str], object]) -> None:
    """Bring the database to this version; nothing is done when it is there already. Unusable says how to go back."""
    if engines.is_empty():
        raise Unusable("数据库还是空的，没有可升级的内容；新建系统请用 kedang init")
    if runs.current():
        tell(f"已是 {kedang.__version__} 的表结构，不用升级。")
        return
    made = runs.backup(place)
    tell(f"升级前的备份：{made.folder}")
    try:
        call_command("migrate", verbosity=0, interactive=False)
        _check()
    except (DatabaseError, CommandError, PackError, Unusable, ValueError) as error:
        raise Unusable(f"升级没有成功：{error}。\n{_back(made.folder)}") from error
    runs.record("backup.upgraded", {"version": kedang.__version__, "name": made.folder.name})
    tell(f"已升级到 {kedang.__version__}，台账核验无误。")


def _check() -> None:
    """Django's own checks, the regulations in force, the ledger."""
    call_command("check", verbosity=0)
    store.forget()
    store.regulations()
    result = ledger.verify()
    if not result.ok:
        raise Unusable("台账核验不过：" + "；".join(result.problems[:5]))


def _back(folder: Path) -> str:
    """Going back: the old program, an empty place, the backup that was just made."""
    database = (
        "另建一个空数据库，改 KEDANG_DATABASE_URL" if connection.vendor == "postgresql" else "数据库在新文件夹里重建"
    )
    return (
        "退回的办法：1. 停止客档（systemctl stop kedang）；2. 装回原来的版本；"
        f"3. 把 KEDANG_DATA 指向一个空文件夹，{database}；4. 运行 kedang restore {folder}；5. 启动。"
        "原来的数据没有删除，可留作查找原因。"
    )
