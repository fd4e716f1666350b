"""建立一家公司：公司名称、常用岗位、出厂默认权限和第一位系统管理员（没有预设账号）"""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Company and first administrator."""
    parser.add_argument("--company", required=True, help="公司名称")
    parser.add_argument("--admin", required=True, help="系统管理员的登录名")
    parser.add_argument("--name", default="系统管理员", help="系统管理员的姓名")


def run(args: argparse.Namespace) -> int:
    """Make the company in an empty database and print the one-time password; 2 when there is one already."""
    from django.conf import settings
    from django.db import transaction

    from kedang.kernel import clock
    from kedang.kernel.actions import packs
    from kedang.kernel.errors import Invalid
    from kedang.kernel.org import changes, standard
    from kedang.kernel.org.models import Person, Unit

    if Person.objects.exists() or Unit.objects.exists():
        print("数据库里已有公司，不再初始化。", file=sys.stderr)
        return 2
    # Good for one sign-in: the first thing asked for is a password of one's own.
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    try:
        with transaction.atomic():
            root = changes.create_unit(args.company)
            posts = standard.create_posts()
            admin = changes.create_person(
                username=args.admin, name=args.name, password=password, is_admin=True, must_change_password=True
            )
            changes.appoint(admin, posts["staff"], root)
            baseline = next(p for each in settings.PACK_DIRS if (p := Path(each) / "baseline").is_dir())
            packs.put_in_force(packs.load(baseline, by=admin), clock.today(), admin)
    except Invalid as error:
        print(error, file=sys.stderr)
        return 2
    print(f"已建立“{args.company}”。登录名 {args.admin}，一次性密码 {password}，首次登录须改密码。")
    print("接着：在“管理”里建立部门和人员，载入本公司的制度包并颁行。")
    return 0
