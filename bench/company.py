"""A made-up company of any size: units, people, files with a year of history, all from one seed, so that two runs measure
the same thing. Rows are inserted in bulk and not through actions (`history`): a million deeds would take hours."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.conf import settings

from kedang.kernel.actions import packs
from kedang.kernel.names import sort_key
from kedang.kernel.norms import store
from kedang.kernel.org import changes as org
from kedang.kernel.org.models import Appointment, Person, Post, Unit

PER_SALESPERSON = 200
PER_UNIT = 10
PLACES = [
    "上海", "北京", "广州", "深圳", "杭州", "南京", "苏州", "宁波", "无锡", "合肥",
    "武汉", "长沙", "成都", "重庆", "西安", "郑州", "济南", "青岛", "天津", "沈阳",
]  # fmt: skip
FIRST = "云启天宏华盛鑫恒瑞泰昌隆海蓝星辰明远博文金石永安东方正大新力佳和中联智达汇丰"
SECOND = "程晨光创诚信达通源兴旺茂林峰岳川江湖洋润泽嘉美康宁顺利合众同济世纪元亨贞"
RARE, RARELY = "森淼", 16
"""A firm's name that so many files carry, however large the company: to search for it is the same work at every size."""
TRADES = [
    "科技", "贸易", "机械", "电子", "食品", "医药", "建材", "纺织", "化工", "物流", "文具", "家具", "汽车配件", "仪器仪表",
    "医疗器械", "环保设备",
]  # fmt: skip
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红"
POSTS = {
    "salesperson": ("业务员", False), "head": ("部门经理", True), "general_manager": ("总经理", False),
    "clerk": ("内勤", False), "custodian": ("档案管理员", False), "market_admin": ("市场管理员", False),
    "finance": ("财务", False), "staff": ("员工", False),
}  # fmt: skip
OFFICES = {
    "总经办": ["general_manager", "clerk"], "市场推广部": ["staff"] * 5 + ["market_admin"],
    "档案室": ["head"] + ["custodian"] * 5, "财务部": ["finance"] * 5,
}  # fmt: skip
REGISTRY, FILES = "customer-registry", "sales-files"


@dataclass(frozen=True)
class Sizes:
    """How much of everything, as after some years: 3 records, 10 events, 2 open duties a customer."""

    customers: int
    records: int
    events: int
    duties: int

    @classmethod
    def of(cls, customers: int) -> Sizes:
        """The sizes that belong to a number of customers."""
        return cls(customers, customers * 3, customers * 10, customers * 2)


@dataclass
class Company:
    """What was made, and the people the measures sign in as."""

    sizes: Sizes
    sellers: dict[str, list[Person]] = field(default_factory=dict)
    heads: dict[str, Person] = field(default_factory=dict)
    manager: Person | None = None
    owners: list[tuple[int, int, str]] = field(default_factory=list)
    """(person, unit, pack) of each salesperson."""
    units: int = 0
    """Departments that sell, in each of the two areas."""


def make(customers: int) -> Company:
    """Fill the empty, migrated database; returns the company."""
    company = Company(Sizes.of(customers))
    dice = random.Random(customers)
    _organisation(company, dice)
    for name in ("baseline", REGISTRY, FILES):
        units = {"baseline": None, REGISTRY: ["一区"], FILES: ["二区"]}[name]
        row = packs.load(Path(settings.BASE_DIR) / "packs" / name, units=units)
        packs.put_in_force(row, row.effective_from, company.manager)
    store.forget()
    from bench.history import History

    History(company, dice).write()
    return company


def _organisation(company: Company, dice: random.Random) -> None:
    posts = {key: org.create_post(key, name, is_head=head) for key, (name, head) in POSTS.items()}
    root = org.create_unit("公司")
    for name, members in OFFICES.items():
        unit = org.create_unit(name, root)
        for key in members:
            person = _hire(dice, posts[key], unit)
            if key == "general_manager":
                company.manager = person
    wanted = max(4, company.sizes.customers // PER_SALESPERSON)
    areas = {REGISTRY: org.create_unit("一区", root), FILES: org.create_unit("二区", root)}
    company.units = max(1, wanted // 2 // PER_UNIT)
    for pack, area in areas.items():
        company.sellers[pack] = []
        for number in range(company.units):
            unit = org.create_unit(f"{area.name}业务{number + 1}部", area)
            head = _hire(dice, posts["head"], unit)
            company.heads.setdefault(pack, head)
            for _ in range(min(PER_UNIT, wanted // 2)):
                person = _hire(dice, posts["salesperson"], unit)
                company.sellers[pack].append(person)
                company.owners.append((person.pk, unit.pk, pack))


def _hire(dice: random.Random, post: Post, unit: Unit) -> Person:
    name = _person_name(dice)
    number = Person.objects.count() + 1
    person = Person(username=f"u{number}", name=name, sort_key=sort_key(name))
    person.set_unusable_password()
    person.save()
    Appointment.objects.create(person=person, post=post, unit=unit, start=date(2025, 1, 1))
    return person


def _person_name(dice: random.Random) -> str:
    return dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2))))


def name_parts(number: int, copy: int = 0) -> list[str]:
    """Place, two-character firm, trade and what else it takes for a name of its own; a copy has its seat elsewhere."""
    first, rest = number % len(FIRST), number // len(FIRST)
    second, rest = rest % len(SECOND), rest // len(SECOND)
    firm = RARE if number < RARELY and not copy else FIRST[first] + SECOND[second]
    trade, place = (rest * 7 + number) % len(TRADES), rest // len(TRADES) + copy * 4
    again = str(rest // len(TRADES) // len(PLACES) or "") + "集团" * (copy * 4 // len(PLACES))
    return [PLACES[place % len(PLACES)], firm, TRADES[trade] + again, "有限公司"]


def company_name(number: int, copy: int = 0) -> str:
    """A name of its own for each number."""
    return "".join(name_parts(number, copy))
