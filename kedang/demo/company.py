"""Departments, posts, people and the regulations in force in each department."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password

from kedang.kernel.actions import packs, perform
from kedang.kernel.norms.models import PackState
from kedang.kernel.org import changes as org
from kedang.kernel.org import standard
from kedang.kernel.org.models import Person, Post, Unit

ROOT = "远山商贸（演示）有限公司"
REGISTRY_UNITS = ["业务一部", "业务二部"]
MEDICAL_UNIT = "医药销售部"
LEASING_UNITS = ["招商部", "综合服务部"]
UNITS = ["总经办", *REGISTRY_UNITS, MEDICAL_UNIT, *LEASING_UNITS, "市场推广部", "财务部", "档案室"]
OWN_POSTS = [("leasing_manager", "招商经理")]
"""Posts that this company has beside the standard ones."""
# login, name, [(post, unit), …]; the first is the primary one.
PEOPLE: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("zheng", "郑国栋", [("general_manager", ROOT)]),
    ("zhou", "周敏", [("head", "业务一部")]),
    ("wang", "王晓芸", [("salesperson", "业务一部")]),
    ("chen", "陈思远", [("salesperson", "业务一部")]),
    ("xu", "徐佳", [("clerk", "业务一部")]),
    ("sun", "孙立新", [("head", "业务二部")]),
    ("li", "李倩", [("salesperson", "业务二部")]),
    ("liu", "刘洋", [("salesperson", "业务二部")]),
    ("lv", "吕航", [("salesperson", "业务二部")]),
    ("ma", "马丽华", [("head", MEDICAL_UNIT)]),
    ("zhao", "赵宁", [("salesperson", MEDICAL_UNIT)]),
    ("qian", "钱敏", [("salesperson", MEDICAL_UNIT)]),
    ("luo", "罗海涛", [("head", "招商部")]),
    ("yiming", "孙一鸣", [("leasing_manager", "招商部")]),
    ("guo", "郭静", [("leasing_manager", "招商部")]),
    ("tan", "谈晓", [("leasing_manager", "招商部")]),
    ("hexin", "何欣", [("custodian", "综合服务部")]),
    ("qin", "秦朗", [("staff", "综合服务部")]),
    ("han", "韩雪", [("head", "市场推广部"), ("staff", "市场推广部")]),
    ("fang", "方涛", [("staff", "市场推广部")]),
    ("lin", "林静", [("market_admin", "市场推广部")]),
    ("wu", "吴桂芳", [("finance", "财务部")]),
    ("du", "杜建国", [("head", "档案室")]),
    ("he", "何文静", [("custodian", "档案室")]),
    ("ding", "丁保全", [("staff", "总经办")]),
]
ADMIN = ("admin", "系统管理员")
REGULATIONS = {
    "baseline": [],
    "customer-registry": REGISTRY_UNITS,
    "sales-files": [MEDICAL_UNIT],
    "leasing-customer-info": LEASING_UNITS,
}
LEASING_DAYS = 35
"""How long before the story's end the leasing regulation came into force."""


@dataclass
class Company:
    """The people by login and the units by name."""

    people: dict[str, Person]
    units: dict[str, Unit]

    def __getitem__(self, login: str) -> Person:
        return self.people[login]


def found(password: str, since: date) -> Company:
    """Departments and people, appointed long before the story starts."""
    posts = standard.create_posts() | {key: org.create_post(key, name) for key, name in OWN_POSTS}
    root = org.create_unit(ROOT)
    units = {ROOT: root} | {name: org.create_unit(name, root, sort) for sort, name in enumerate(UNITS, start=1)}
    hired = since.replace(year=since.year - 1)
    people = {login: _hire(login, name, jobs, posts, units, hired) for login, name, jobs in PEOPLE}
    login, name = ADMIN
    people[login] = org.create_person(username=login, name=name, is_admin=True)
    # One password for all, so hashed once: argon2 is slow on purpose.
    Person.objects.update(password=make_password(password))
    return Company(people, units)


def _hire(
    login: str,
    name: str,
    jobs: list[tuple[str, str]],
    posts: dict[str, Post],
    units: dict[str, Unit],
    since: date,
) -> Person:
    person = org.create_person(username=login, name=name, email=f"{login}@example.com")
    for number, (post, unit) in enumerate(jobs):
        org.appoint(person, posts[post], units[unit], start=since, primary=number == 0)
    return person


def leasing_since(first: date, until: date) -> date:
    """The day from which the leasing regulation is in force."""
    return max(first, until - timedelta(days=LEASING_DAYS))


def put_regulations_in_force(company: Company, first: date, until: date | None = None) -> None:
    """Load each regulation for its departments and make it effective: the leasing one later than the others."""
    for name, units in REGULATIONS.items():
        row = packs.load(_folder(name), by=company["admin"], units=units)
        if row.state != PackState.EFFECTIVE:
            if until and units == LEASING_UNITS:
                # Whoever it binds is asked to sign it (制度告知) on the day it comes into force.
                since = leasing_since(first, until)
                perform("pack.adopt", by=company["admin"], pack=name, version=row.version, since=since, notify=True)
            else:
                packs.put_in_force(row, first, company["zheng"])


def _folder(name: str) -> Path:
    for base in settings.PACK_DIRS:
        if (Path(base) / name / "pack.yaml").is_file():
            return Path(base) / name
    raise FileNotFoundError(f"制度包 {name} 不在 {settings.PACK_DIRS} 中")
