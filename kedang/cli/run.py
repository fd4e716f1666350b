"""启动系统:网页、后台任务与规则时钟"""

import argparse
import os
import sys

from kedang.cli.supervisor import Child, Supervisor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the address, the size and the demo switch."""
    parser.add_argument("--host", default=os.environ.get("KEDANG_HOST", "127.0.0.1"), help="监听地址")
    parser.add_argument("--port", type=int, default=int(os.environ.get("KEDANG_PORT", "8000")), help="监听端口")
    parser.add_argument("--web-workers", type=int, default=1, help="网页进程数（使用 PostgreSQL 时可多个）")
    parser.add_argument("--threads", type=int, default=4, help="每个网页进程的线程数")
    parser.add_argument("--demo", action="store_true", help="先建好数据库；数据库为空时载入演示公司，并列出账号")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl+C; returns the exit status of what ended it."""
    from kedang.kernel.backups import restoring

    if restoring.unfinished():
        print(f"正在恢复，或上次恢复没有做完（{restoring.mark()}），不能启动。", file=sys.stderr)
        return 2
    if args.demo:
        if status := prepare_demo():
            print("演示公司没有准备好，不启动。", file=sys.stderr)
            return status
    elif half_a_demo():
        print("演示公司没有载完，不能启动。请运行 kedang run --demo，它会清空后从头载入。", file=sys.stderr)
        return 2
    print(f"客档已启动：http://{args.host}:{args.port}/ （按 Ctrl+C 停止）", flush=True)
    return Supervisor(children(args)).run()


def children(args: argparse.Namespace) -> list[Child]:
    """Return the processes of one installation."""
    python = sys.executable
    web = [python, "-m", "granian", "--interface", "wsgi", "--host", args.host, "--port", str(args.port)]
    web += ["--workers", str(args.web_workers), "--blocking-threads", str(args.threads)]
    web += ["--workers-kill-timeout", "4", "--log-level", "warning", "kedang.config.wsgi:application"]
    return [
        # Without the web process there is nothing to serve: its end ends all.
        Child("网页", web, vital=True),
        Child("后台任务", [python, "-m", "kedang.cli", "worker"]),
        Child("规则时钟", [python, "-m", "kedang.cli", "tick"]),
    ]


def half_a_demo() -> bool:
    """Whether loading the demo company was broken off."""
    from kedang.demo import load

    return load.unfinished()


def prepare_demo() -> int:
    """Bring the database up to date, fill an empty one with the demo company, list its accounts; 0 when all of it is there.
    What a broken load has left is taken away first.

    ``kedang demo`` loads and lists; ``kedang demo --accounts`` only lists, and says nothing in a
    database that does not hold the demo company.
    """
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from kedang.cli import main

    call_command("migrate", verbosity=0, interactive=False)
    if half_a_demo():
        return main(["demo"])
    if not get_user_model().objects.exists():
        print("数据库为空，正在载入演示公司……", flush=True)
        return main(["demo"])
    return main(["demo", "--accounts"])
