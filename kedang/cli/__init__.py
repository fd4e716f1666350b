"""The ``kedang`` command: each module of this package named in COMMANDS is one subcommand.

A subcommand module offers ``add_arguments(parser)`` and ``run(args) -> int``; its docstring's
first line is its help text.
"""

import argparse
import os
import sys
from importlib import import_module
from importlib.util import find_spec

COMMANDS = ("run", "init", "demo", "pack", "ledger", "backup", "restore", "upgrade", "tick", "worker", "manage")


def main(argv: list[str] | None = None) -> int:
    """Run one subcommand; returns the process's exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kedang.config.settings")
    import django

    from kedang.kernel import collector

    with collector.loading():
        django.setup()
        parser = build_parser()
    args = parser.parse_args(argv)
    status: int = args.run(args)
    return status


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every subcommand whose module exists."""
    parser = argparse.ArgumentParser(prog="kedang", description="客档：按企业自己的客户管理制度运行的客户档案系统")
    subparsers = parser.add_subparsers(title="命令", metavar="命令", required=True)
    for name in COMMANDS:
        if find_spec(f"kedang.cli.{name}"):
            module = import_module(f"kedang.cli.{name}")
            summary = (module.__doc__ or "").strip().partition("\n")[0]
            subparser = subparsers.add_parser(name, help=summary, description=summary)
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
