"""备份：数据库、附件、配置与台账头，做成一个可以核验的文件夹"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, how many stay; and the drill."""
    parser.add_argument("place", nargs="?", type=Path, metavar="文件夹", help="备份放到哪里（默认 KEDANG_BACKUP_DIR）")
    parser.add_argument(
        "--keep",
        type=int,
        metavar="份数",
        help="只留最近几份，更早的删除（默认都留；设了 KEDANG_BACKUP_DIR 时按 KEDANG_BACKUP_KEEP）",
    )
    parser.add_argument("--drill", action="store_true", help="不备份，把最近一份备份恢复到临时位置核验一遍（恢复演练）")
    parser.add_argument("--check", action="store_true", help="不备份，只核对最近一份备份的每个校验值")
    parser.add_argument(
        "--recipient",
        action="append",
        default=[],
        metavar="公钥",
        help="加密，只有对应的密钥文件能打开（age1…，可写多次；默认 KEDANG_BACKUP_RECIPIENT）",
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="密钥文件",
        help="演练加密的备份时用的密钥文件（默认 KEDANG_BACKUP_KEY_FILE）",
    )
    parser.add_argument("--new-key", type=Path, metavar="文件", help="不备份，生成一个密钥文件，印出它的公钥")
    parser.add_argument("--scheduled", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """0 done, 1 failed, 2 asked wrongly."""
    from django.conf import settings

    if args.new_key is not None:
        return attempted(lambda: _new_key(args.new_key))
    place = args.place or settings.BACKUP.folder
    if place is None:
        print("请写明备份放到哪个文件夹，或设置 KEDANG_BACKUP_DIR。", file=sys.stderr)
        return 2
    if args.keep is not None and args.keep < 1:
        print("--keep 须是大于 0 的整数。", file=sys.stderr)
        return 2
    work = _scheduled if args.scheduled else _drill if args.drill else _check if args.check else _backup
    return attempted(lambda: work(place, args))


def attempted(work: Callable[[], None]) -> int:
    """Do it; what goes wrong is said in one line."""
    from django.db import DatabaseError

    from kedang.kernel.backups import runs
    from kedang.kernel.errors import Invalid

    try:
        work()
    except (Invalid, OSError, DatabaseError) as error:
        print(runs.why(error), file=sys.stderr)
        return 1
    return 0


def _new_key(path: Path) -> None:
    from kedang.kernel.backups import ciphering

    public = ciphering.new_key(path)
    print(f"密钥文件：{path}（请抄到别处妥善保管；丢了它，加密的备份谁也打不开）")
    print(f"公钥：{public}")


def _backup(place: Path, args: argparse.Namespace) -> None:
    from django.conf import settings

    from kedang.kernel.backups import runs

    keep = args.keep or (settings.BACKUP.keep if place == settings.BACKUP.folder else 0)
    made = runs.backup(place, keep, to=args.recipient)
    told = made.manifest
    print(f"备份完成：{made.folder}{'（已加密）' if 'encrypted_to' in told else ''}")
    print(
        f"{made.rows} 行，{told['contents']['count']} 个附件，台账封印至 {told['ledger']['last_id']} 号，用时 {made.seconds:.1f} 秒"
    )
    if made.pruned:
        print(f"已删除 {made.pruned} 份旧备份")


def _drill(place: Path, args: argparse.Namespace) -> None:
    from kedang.kernel.backups import runs

    done = runs.drill(place, key_file=args.key_file)
    print(
        f"恢复演练通过：{done.name}，{done.rows} 行，{done.files} 个附件，台账 {done.events} 条事件，用时 {done.seconds:.1f} 秒"
    )


def _check(place: Path, args: argparse.Namespace) -> None:
    from kedang.kernel.backups import folders

    folder = folders.newest(place.resolve())
    if found := folders.faults(folder, folders.manifest_of(folder)):
        raise folders.Unusable("；".join(found[:20]))
    print(f"备份完好：{folder}")


def _scheduled(place: Path, args: argparse.Namespace) -> None:
    from kedang.kernel.backups import runs

    runs.scheduled()
