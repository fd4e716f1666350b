"""建立一家公司：部门和员工名单、制度和待定参数、第一位系统管理员（没有预设账号和密码）"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedang.kernel.actions.founding import Founded, Founding
    from kedang.kernel.org.roster import Entry

URL = "http://127.0.0.1:8000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Company, staff list, regulations, first administrator."""
    parser.add_argument("--template", type=Path, metavar="文件", help="只写出员工名单的模板（.xlsx），不做别的")
    parser.add_argument("--company", metavar="名称", help="公司名称")
    parser.add_argument("--staff", type=Path, metavar="文件", help="部门和员工名单（Excel 或 CSV，按模板）")
    parser.add_argument(
        "--pack", action="append", default=[], metavar="制度[=部门,部门]", help="载入并颁行的制度（可写多次）"
    )
    parser.add_argument(
        "--param", action="append", default=[], metavar="制度.参数=值", help="填定制度的参数（可写多次）"
    )
    parser.add_argument("--admin", metavar="登录名", help="第一位系统管理员；可以是名单里的人")
    parser.add_argument("--name", default="系统管理员", metavar="姓名", help="管理员不在名单里时的姓名")
    parser.add_argument("--url", default=URL, metavar="网址", help=f"员工打开客档用的网址，默认 {URL}")
    parser.add_argument("--continue", dest="resume", action="store_true", help="公司已建，补做没做完的")


def run(args: argparse.Namespace) -> int:
    """Make the company, all of it or nothing; 2 and the reasons when something is wrong."""
    from kedang.kernel.errors import Invalid
    from kedang.kernel.norms.problems import PackError
    from kedang.kernel.org import roster

    try:
        if args.template:
            args.template.write_bytes(roster.template())
            print(f"模板已写到 {args.template}，填好后用 --staff 导入。")
            return 0
        _report(_made(args), args.url)
    except (Invalid, PackError) as error:
        for line in str(error).split("；"):
            print(line, file=sys.stderr)
        print("没有做任何改动。", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"文件读写不成：{error.filename}（{error.strerror}）", file=sys.stderr)
        return 2
    return 0


def _made(args: argparse.Namespace) -> Founded:
    from kedang.kernel.actions import founding
    from kedang.kernel.errors import Invalid

    missing = [f"--{name}" for name in ("company", "admin") if not getattr(args, name)]
    if missing:
        raise Invalid(f"还要写 {'、'.join(missing)}")
    if founding.exists() and not args.resume:
        raise Invalid("数据库里已有公司，不再初始化；要补做没做完的，请加 --continue。")
    wish = founding.Founding(company=args.company, admin=args.admin, admin_name=args.name, resume=args.resume)
    wish.staff = _staff(args.staff) if args.staff else ()
    wish.packs = {_folder(founding.BASELINE): []} | dict(_pack(text) for text in args.pack)
    wish.parameters = _given(args.param)
    if sys.stdin.isatty():
        _ask(wish)
    return founding.found(wish)


def _staff(path: Path) -> list[Entry]:
    """The list, or every fault of it, a line each."""
    from kedang.kernel.errors import Invalid
    from kedang.kernel.org import roster

    entries, faults = roster.read(path.read_bytes())
    if faults:
        more = [f"另有 {len(faults) - 100} 处"] if len(faults) > 100 else []
        raise Invalid("；".join([f"员工名单有 {len(faults)} 处要改", *map(str, faults[:100]), *more]))
    return entries


def _pack(text: str) -> tuple[Path, list[str]]:
    name, _, units = text.partition("=")
    return _folder(name.strip()), [unit.strip() for unit in units.replace("，", ",").split(",") if unit.strip()]


def _folder(name: str) -> Path:
    """A pack by its id among those the installation comes with, or by its folder."""
    from django.conf import settings

    from kedang.kernel.errors import Invalid

    for folder in (*(Path(each) / name for each in settings.PACK_DIRS), Path(name)):
        if (folder / "pack.yaml").is_file():
            return folder
    known = sorted(each.parent.name for base in settings.PACK_DIRS for each in Path(base).glob("*/pack.yaml"))
    raise Invalid(f"没有制度包“{name}”，现有：{'、'.join(known)}")


def _given(texts: list[str]) -> dict[str, dict[str, str]]:
    from kedang.kernel.errors import Invalid

    found: dict[str, dict[str, str]] = {}
    for text in texts:
        name, mark, value = text.partition("=")
        pack, dot, parameter = name.strip().rpartition(".")
        if not (mark and dot and pack and value.strip()):
            raise Invalid(f"参数“{text}”应写成 制度.参数=值，如 customer-registry.urge_times=3")
        found.setdefault(pack, {})[parameter] = value.strip()
    return found


def _ask(wish: Founding) -> None:
    """At a terminal, ask for what a regulation leaves open."""
    from kedang.kernel.actions import founding
    from kedang.kernel.norms.loader import load_pack

    filled = {pack: dict(values) for pack, values in wish.parameters.items()}
    for folder in wish.packs:
        loaded = load_pack(folder)
        own = filled.setdefault(loaded.pack.pack, {})
        for name, one in founding.open_parameters(loaded, own):
            if value := input(f"《{loaded.pack.title}》{one.name or name}（{one.type}）：").strip():
                own[name] = value
    wish.parameters = {pack: values for pack, values in filled.items() if values}


def _report(made: Founded, url: str) -> None:
    for change in made.changes:
        print(f"{change.label}：{change.what}{f'（{change.text}）' if change.text else ''}")
    for title in made.regulations:
        print(f"制度已颁行：《{title}》")
    for hint in made.hints:
        print(f"请注意　{hint}")
    if not made.secret:
        print("管理员已经设过密码，不再签发链接。")
        return
    print(
        f"系统管理员 {made.admin.name}（登录名 {made.admin.username}）用这个一次性链接设密码，72 小时内有效，只显示这一次："
    )
    print(f"  {url.rstrip('/')}/account/claim/{made.secret}/")
    print("其他人的链接由管理员在“管理 › 人员”里签发。")
