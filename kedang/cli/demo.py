"""在空数据库中建立演示公司，并列出账号"""

import argparse
import sys
import time
import unicodedata


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the switch that only lists, and the size."""
    parser.add_argument("--accounts", action="store_true", help="只列出演示公司的账号")
    parser.add_argument("--customers", type=int, default=300, help="客户数")


def run(args: argparse.Namespace) -> int:
    """Make the demo company, or list its accounts; 2 when the database is not empty."""
    from kedang.demo import load
    from kedang.kernel.errors import Invalid

    if args.accounts:
        if load.present():
            _list(load.kept_password())
        return 0
    password = load.new_password()
    started = time.monotonic()
    try:
        story = load.load(password, customers=args.customers)
    except Invalid as error:
        print(error, file=sys.stderr)
        return 2
    load.keep_password(password)
    deeds = sum(story.counts.values())
    print(f"演示公司已建立：{args.customers} 个客户，{deeds} 次办理，用时 {time.monotonic() - started:.0f} 秒。")
    _list(password)
    return 0


def _list(password: str) -> None:
    from kedang.demo import load

    print("演示账号" + (f"（密码都是 {password} ）：" if password else "："))
    for login, name, jobs in load.accounts():
        print(f"  {login:<8}{name}{' ' * (14 - _width(name))}{jobs}")


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
