"""恢复：把一份备份恢复到空的位置，核验每个校验值和台账，并再次销毁后来已销毁的档案"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What from, and the lists of destroyed files."""
    parser.add_argument("source", type=Path, metavar="备份", help="一份备份，或放备份的文件夹（取最近一份）")
    parser.add_argument(
        "--destroyed", type=Path, action="append", default=[], metavar="名单", help="另外的已销毁档案名单（可写多次）"
    )
    parser.add_argument("--without-list", action="store_true", help="没有已销毁档案名单也恢复（记入台账）")
    parser.add_argument(
        "--key-file", type=Path, metavar="密钥文件", help="打开加密的备份（默认 KEDANG_BACKUP_KEY_FILE）"
    )
    parser.add_argument("--report", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """0 restored, 1 refused or failed."""
    from kedang.cli.backup import attempted

    return attempted(lambda: _restore(args))


def _restore(args: argparse.Namespace) -> None:
    from kedang.kernel.backups import drilling, restoring

    done = restoring.restore(args.source, lists=args.destroyed, without_list=args.without_list, key_file=args.key_file)
    rows = sum(done.manifest["tables"].values())
    print(f"已从 {done.folder} 恢复：{rows} 行，{done.contents} 个附件；台账 {done.events} 条事件核验无误。")
    if done.migrated:
        print("备份由较早的版本做成，表结构已升级到本版本。")
    if done.erased:
        print(f"有 {len(done.erased)} 份档案在备份之后已销毁，按名单再次销毁并记入台账。")
    if done.manifest["packs"]:
        print("备份时的设置见备份中的 configuration/environment.json；其中不含密码，请重新填写。")
    if args.report:
        told = {"rows": rows, "files": done.contents, "events": done.events, "erased": len(done.erased)}
        print(drilling.REPORT + json.dumps(told))
