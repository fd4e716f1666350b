"""Django 的管理命令,例如 kedang manage migrate"""

import argparse

from django.core.management import execute_from_command_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take everything that follows as Django's own arguments."""
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="…")


def run(args: argparse.Namespace) -> int:
    """Hand over to Django; it exits by itself on errors."""
    execute_from_command_line(["kedang manage", *args.rest])
    return 0
