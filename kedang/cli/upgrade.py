"""升级：先备份，再更新数据库的表结构，然后检查；失败时说明怎样退回"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the backup goes."""
    parser.add_argument("place", nargs="?", type=Path, metavar="文件夹", help="备份放到哪里（默认 KEDANG_BACKUP_DIR）")


def run(args: argparse.Namespace) -> int:
    """0 up to date, 1 failed, 2 asked wrongly."""
    from django.conf import settings

    from kedang.cli.backup import attempted
    from kedang.kernel.backups import upgrading

    place = args.place or settings.BACKUP.folder
    if place is None:
        print("升级前要先备份：请写明备份放到哪个文件夹，或设置 KEDANG_BACKUP_DIR。", file=sys.stderr)
        return 2
    return attempted(lambda: upgrading.upgrade(place, tell=print))
