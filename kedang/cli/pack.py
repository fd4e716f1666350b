"""制度包：检查、试跑、覆盖、词汇、比较、载入、颁行。"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedang.kernel.norms.loader import LoadedPack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands (PACK.md §7)."""
    commands = parser.add_subparsers(dest="pack_command", required=True, metavar="命令")
    check = commands.add_parser("check", help="检查制度包；不用数据库（--mutate 除外）")
    check.add_argument("paths", nargs="+", type=Path, metavar="路径")
    check.add_argument("--with", dest="context", nargs="+", action="extend", type=Path, default=[], metavar="制度包")
    check.add_argument("--mutate", action="store_true", help="逐条拿掉规则再跑情景，看有没有情景发觉")
    check.add_argument("--json", action="store_true")
    test = commands.add_parser("test", help="跑情景；有不通过的退出码为 1")
    test.add_argument("paths", nargs="*", type=Path, metavar="路径")
    test.add_argument("--json", action="store_true")
    coverage = commands.add_parser("coverage", help="每个制度包的条款、执行、不执行、缓行、未证实")
    coverage.add_argument("paths", nargs="*", type=Path, metavar="路径")
    coverage.add_argument("--json", action="store_true")
    vocabulary = commands.add_parser("vocabulary", help="制度包能用的全部词汇")
    vocabulary.add_argument("--json", action="store_true")
    schema = commands.add_parser("schema", help="制度包的 JSON Schema，供编辑器用")
    schema.add_argument("--json", action="store_true")
    diff = commands.add_parser("diff", help="比较两个版本；只写一个时与现行版本比较")
    diff.add_argument("old", type=Path, metavar="旧")
    diff.add_argument("new", type=Path, nargs="?", metavar="新")
    diff.add_argument("--json", action="store_true")
    load = commands.add_parser("load", help="检查后存为待颁行的版本；有错的不存，现行的照旧")
    load.add_argument("paths", nargs="+", type=Path, metavar="路径")
    load.add_argument("--unit", dest="units", action="append", metavar="部门", help="只适用于这些部门（可写多次）")
    adopt = commands.add_parser("adopt", help="使已载入的版本生效")
    adopt.add_argument("pack", metavar="制度")
    adopt.add_argument("--version", type=int, metavar="版本", help="不写为最新载入的")
    adopt.add_argument("--since", type=date.fromisoformat, metavar="日期", help="不写为制度写明的生效日")


def run(args: argparse.Namespace) -> int:
    """Run the chosen subcommand; 0 when all is well, 1 on a finding, 2 on bad input."""
    from kedang.kernel.errors import KedangError
    from kedang.kernel.norms.problems import PackError

    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "check": _check,
        "test": _test,
        "coverage": _coverage,
        "vocabulary": _vocabulary,
        "schema": _schema,
        "diff": _diff,
        "load": _load,
        "adopt": _adopt,
    }
    try:
        return commands[args.pack_command](args)
    except PackError as fault:
        _print_problems(fault.problems)
        return 1
    except KedangError as fault:
        print(fault, file=sys.stderr)
        return 2


def _print_problems(problems: Sequence[Any]) -> None:
    for each in problems:
        print(f"提醒 {each}" if each.severity == "warning" else each)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def pack_folders(paths: Sequence[Path]) -> list[Path]:
    """The pack folders at or right below these paths; without paths those the installation comes with."""
    from django.conf import settings

    found: list[Path] = []
    for path in paths or settings.PACK_DIRS:
        if path.is_dir() and not (path / "pack.yaml").is_file():
            below = sorted(each.parent for each in path.glob("*/pack.yaml"))
            found += below or [path]
        else:
            found.append(path)
    return found


# ---- without a database -----------------------------------------------------------------------------------------


def _load_all(paths: Sequence[Path]) -> tuple[list[LoadedPack], list[Any]]:
    """Packs that can be read, and the problems of those that cannot."""
    from kedang.kernel.norms.loader import load_pack
    from kedang.kernel.norms.problems import PackError

    loaded, problems = [], []
    for path in paths:
        try:
            loaded.append(load_pack(path))
        except PackError as fault:
            problems += fault.problems
    return loaded, problems


def _check(args: argparse.Namespace) -> int:
    from kedang.kernel.norms.check import check
    from kedang.kernel.norms.vocabulary import vocabulary

    loaded, problems = _load_all(pack_folders(args.paths))
    context, unread = _load_all(pack_folders(args.context) if args.context else [])
    problems += unread
    problems += check(loaded, vocabulary, context=context)
    if args.mutate and not any(each.severity == "error" for each in problems):
        from kedang.kernel import scenarios

        problems += scenarios.mutate(loaded)
    wrong = [each for each in problems if each.severity == "error"]
    if args.json:
        _print_json([{**_problem_json(each)} for each in problems])
    else:
        _print_problems(problems)
        print(f"{len(loaded)} 个制度包，{len(wrong)} 处错误，{len(problems) - len(wrong)} 处提醒")
    return 1 if wrong else 0


def _problem_json(problem: Any) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("file", "line", "column", "severity", "message", "suggestion")}


def _vocabulary(args: argparse.Namespace) -> int:
    from kedang.kernel.ledger import kinds
    from kedang.kernel.norms.describe import vocabulary_json
    from kedang.kernel.norms.vocabulary import vocabulary

    packs = [loaded.pack for loaded in _load_all(pack_folders([]))[0]]
    words = vocabulary_json(vocabulary, kinds.all_kinds(), packs)
    if args.json:
        _print_json(words)
        return 0
    for shelf, entries in words.items():
        print(f"\n{shelf}（{len(entries)}）")
        for each in entries:
            print(f"  {each.get('name') or each.get('id')}  {each.get('label', '')}")
    return 0


def _schema(args: argparse.Namespace) -> int:
    from kedang.kernel.norms.describe import schema_json

    _print_json(schema_json())
    return 0


def _diff(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from kedang.kernel.norms.diff import differences
    from kedang.kernel.norms.loader import load_pack

    new = load_pack(args.new or args.old).pack
    old = load_pack(args.old).pack if args.new else _running(new.pack)
    found = differences(old, new)
    if args.json:
        _print_json([asdict(each) for each in found])
    else:
        for each in found:
            print(each)
        print("没有差别" if not found else f"{len(found)} 处差别")
    return 0


def _running(pack: str) -> Any:
    """The version of a regulation in force."""
    from kedang.kernel.errors import Invalid
    from kedang.kernel.norms.store import regulations

    version = regulations().version(pack)
    if version is None:
        raise Invalid(f"没有现行的制度“{pack}”，请写出要比较的两个路径。")
    return version.regulation.pack


# ---- with a database --------------------------------------------------------------------------------------------


def _test(args: argparse.Namespace) -> int:
    from kedang.kernel import scenarios

    results: list[dict[str, Any]] = scenarios.test(args.paths or pack_folders([]))
    if args.json:
        _print_json(results)
    else:
        for each in results:
            print(
                f"{'通过' if each['passed'] else '不通过'} {each['pack']} {each['scenario']}  {each['message'] or ''}"
            )
        print(f"{len(results)} 个情景，{sum(not each['passed'] for each in results)} 个不通过")
    return 0 if all(each["passed"] for each in results) else 1


def _coverage(args: argparse.Namespace) -> int:
    from kedang.kernel import scenarios

    rows: list[dict[str, Any]] = scenarios.coverage(pack_folders(args.paths))
    if args.json:
        _print_json(rows)
        return 0
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    return 0


def _load(args: argparse.Namespace) -> int:
    from kedang.kernel.actions import packs

    for folder in pack_folders(args.paths):
        row = packs.load(folder, units=args.units)
        print(f"已载入《{row.title}》第 {row.version} 版")
    return 0


def _adopt(args: argparse.Namespace) -> int:
    from kedang.kernel.actions import packs
    from kedang.kernel.errors import Invalid
    from kedang.kernel.norms.models import PackVersion

    rows = PackVersion.objects.filter(pack=args.pack)
    row = (rows.filter(version=args.version) if args.version else rows).order_by("-version").first()
    if row is None:
        raise Invalid(f"没有载入过制度“{args.pack}”{f'第 {args.version} 版' if args.version else ''}，请先 pack load。")
    since = args.since or row.effective_from
    packs.put_in_force(row, since, None)
    print(f"《{row.title}》第 {row.version} 版自 {since} 起生效")
    return 0
