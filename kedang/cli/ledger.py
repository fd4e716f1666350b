"""核验台账（逐段重算封印）、查看和导出台账头。"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the two subcommands."""
    commands = parser.add_subparsers(dest="ledger_command", required=True, metavar="命令")
    verify = commands.add_parser("verify", help="重新计算全部封印，报告被改动之处")
    verify.add_argument("--head", metavar="文件", help="与留存在库外的台账头比对")
    head = commands.add_parser("head", help="显示台账头")
    head.add_argument("--export", metavar="文件", help="把台账头追加到库外的文件")


def run(args: argparse.Namespace) -> int:
    """Run the chosen subcommand; 0 when all is well, 1 on a finding, 2 on bad input."""
    return _verify(args.head) if args.ledger_command == "verify" else _head(args.export)


def _verify(path: str | None) -> int:
    from kedang.kernel import ledger

    try:
        heads = ledger.read_heads(path) if path else []
    except (OSError, ValueError) as error:
        print(f"读不到台账头：{error}", file=sys.stderr)
        return 2
    result = ledger.verify(heads)
    print(f"事件 {result.events} 条，封印 {result.seals} 个，尚未封印 {result.unsealed} 条")
    for problem in result.problems:
        print(f"  × {problem}")
    print("台账完好" if result.ok else f"发现 {len(result.problems)} 处问题")
    return 0 if result.ok else 1


def _head(path: str | None) -> int:
    from kedang.kernel import ledger

    try:
        head = ledger.export_head(Path(path)) if path else ledger.head()
    except OSError as error:
        print(f"写不了文件：{error}", file=sys.stderr)
        return 2
    print(f"封印至 {head.last_id} 号事件  {head.digest or '（尚无封印）'}")
    return 0
