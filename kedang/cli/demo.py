"""在空数据库中建立演示公司，并列出账号"""

import argparse
import sys
import time
import traceback
import unicodedata


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the switch that only lists, and the size."""
    parser.add_argument("--accounts", action="store_true", help="只列出演示公司的账号")
    parser.add_argument("--customers", type=int, default=300, help="客户数")


def run(args: argparse.Namespace) -> int:
    """Make the demo company, or list its accounts; 2 when the database is not empty, 1 when it could not be made whole."""
    from kedang.demo import load
    from kedang.kernel.errors import Invalid

    if args.accounts:
        if load.present() and not load.unfinished():
            _list(load.kept_password())
        return 0
    try:
        with load.alone():
            return _load(args.customers)
    except Invalid as error:
        print(error, file=sys.stderr)
        return 2
    except Exception as error:
        traceback.print_exc()
        print(f"演示公司没有建成：{error}。已写入的一半不能用，再运行一次会清空重来。", file=sys.stderr)
        return 1


def _load(customers: int) -> int:
    from kedang.demo import load
    from kedang.kernel.errors import Invalid

    if load.unfinished():
        print("上次载入演示公司没有做完，现在清空，从头载入……", flush=True)
        load.wipe()
    if not load.empty():
        raise Invalid(load.NOT_EMPTY)
    started, spent, password = time.monotonic(), time.process_time(), load.new_password()
    load.keep_password(password)
    story = load.load(password, customers=customers)
    deeds, wall, busy = sum(story.counts.values()), time.monotonic() - started, time.process_time() - spent
    print(f"演示公司已建立：{customers} 个客户，{deeds} 次办理，用时 {wall:.0f} 秒（处理器 {busy:.1f} 秒）。")
    _list(password)
    return 0


def _list(password: str) -> None:
    from kedang.demo import load

    print("演示账号" + (f"（密码都是 {password} ）：" if password else "："))
    for login, name, jobs in load.accounts():
        print(f"  {login:<8}{name}{' ' * (14 - _width(name))}{jobs}")


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
