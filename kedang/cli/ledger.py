"""核验台账（逐段重算封印）、导出台账头和整本台账"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the three subcommands."""
    commands = parser.add_subparsers(dest="ledger_command", required=True, metavar="命令")
    verify = commands.add_parser("verify", help="重新计算全部封印，报告被改动之处")
    verify.add_argument("--head", metavar="文件", help="与留存在库外的台账头比对")
    head = commands.add_parser("head", help="输出台账头（一行 JSON，可用 > 存到库外）")
    head.add_argument("--export", metavar="文件", help="把台账头追加到库外的文件")
    export = commands.add_parser("export", help="把全部事件和封印写成文本，供脱机核验（scripts/verify_ledger.py）")
    export.add_argument("file", type=Path, metavar="文件", help="写到哪个文件")


def run(args: argparse.Namespace) -> int:
    """Run the chosen subcommand; 0 when all is well, 1 on a finding, 2 on bad input."""
    chosen = args.ledger_command
    return _verify(args.head) if chosen == "verify" else _head(args.export) if chosen == "head" else _export(args.file)


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
    print(head.line(), end="")
    if not head.digest:
        print("尚无封印：规则时钟（kedang run）每分钟封印一次。", file=sys.stderr)
    return 0


def _export(path: Path) -> int:
    from kedang.kernel import ledger

    try:
        with path.open("wb") as out:
            events = ledger.export(out)
    except OSError as error:
        print(f"写不了文件：{error}", file=sys.stderr)
        return 2
    print(f"已写出 {events} 条事件：{path}")
    return 0
