"""A made-up company of any size: units, people, files with a year of history, all from one seed, so that two runs measure
the same thing. Rows are inserted in bulk and not through actions: a million deeds would take hours."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from bench.filling import fill, insert, moment, sqlite
from kedang.customers.models import (
    Contact,
    Customer,
    FileSummary,
    OwnerHistory,
    PhoneDigits,
    SearchText,
)
from kedang.customers.search import lines_of, terms_in
from kedang.engagement.models import ContactRecord
from kedang.kernel import clock
from kedang.kernel.actions import packs
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice, NumberSeries
from kedang.kernel.names import normalize_name, pinyin_initials, sort_key
from kedang.kernel.norms import store
from kedang.kernel.norms.models import Duty, FileStage, FileTerm, FormRecord
from kedang.kernel.org import changes as org
from kedang.kernel.org.models import Appointment, Person, Post, Unit

PER_SALESPERSON = 200
PER_UNIT = 10
PLACES = [
    "上海",
    "北京",
    "广州",
    "深圳",
    "杭州",
    "南京",
    "苏州",
    "宁波",
    "无锡",
    "合肥",
    "武汉",
    "长沙",
    "成都",
    "重庆",
    "西安",
    "郑州",
    "济南",
    "青岛",
    "天津",
    "沈阳",
]
FIRST = "云启天宏华盛鑫恒瑞泰昌隆海蓝星辰明远博文金石永安东方正大新力佳和中联智达汇丰"
SECOND = "程晨光创诚信达通源兴旺茂林峰岳川江湖洋润泽嘉美康宁顺利合众同济世纪元亨贞"
TRADES = [
    "科技",
    "贸易",
    "机械",
    "电子",
    "食品",
    "医药",
    "建材",
    "纺织",
    "化工",
    "物流",
    "文具",
    "家具",
    "汽车配件",
    "仪器仪表",
    "医疗器械",
    "环保设备",
]
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红"
KINDS = ["电话", "上门拜访", "微信", "邮件"]
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
    """How much of everything; proportions of the issue: 3 records, 10 events, 2 open duties a customer."""

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
    for pack, area in areas.items():
        company.sellers[pack] = []
        for number in range(max(1, wanted // 2 // PER_UNIT)):
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


def company_name(number: int) -> str:
    """A name of its own for each number: place, two-character firm, trade."""
    first, rest = number % len(FIRST), number // len(FIRST)
    second, rest = rest % len(SECOND), rest // len(SECOND)
    trade, place = (rest * 7 + number) % len(TRADES), rest // len(TRADES) % len(PLACES)
    again = rest // len(TRADES) // len(PLACES)
    return f"{PLACES[place]}{FIRST[first]}{SECOND[second]}{TRADES[trade]}{again or ''}有限公司"


@dataclass
class File:
    """One customer on its way into the tables."""

    id: int
    owner: int
    unit: int
    pack: str
    since: float
    name: str
    phone: str
    person: str


class History:
    """Writes the files and their year."""

    def __init__(self, company: Company, dice: random.Random) -> None:
        self.company, self.dice, self.sizes = company, dice, company.sizes
        self.now = clock.now().timestamp()
        self.start = self.now - 365 * 86400
        self.files = list(self._files())
        self.events: list[tuple[float, str, int, int, str, str, str, str]] = []
        """(when, kind, file, actor, subject, norm, clause, data)"""

    def write(self) -> None:
        """Everything, in the order that foreign keys ask for."""
        self._customers()
        self._search()
        self._contact_records()
        self._forms()
        self._duties()
        self._notices()
        self._classes()
        self._events()

    def _files(self) -> Iterator[File]:
        step = (self.now - self.start - 86400) / self.sizes.customers
        owners = self.company.owners
        for number in range(self.sizes.customers):
            person, unit, pack = owners[number % len(owners)]
            yield File(
                number + 1, person, unit, pack, self.start + step * number, company_name(number),
                f"13{self.dice.randrange(10**9):09}", _person_name(self.dice),
            )  # fmt: skip

    # ---- the files ---------------------------------------------------------------------------------------------

    def _customers(self) -> None:
        day = {f.id: moment(f.since)[:10] for f in self.files}
        fill(
            Customer,
            ("id", "number", "name", "normalized_name", "sort_key", "initials", "credit_code", "phone", "address", "nature",
             "parent_unit", "source", "owner", "unit", "registered_by", "registered_on", "owner_since", "updated_at"),
            (
                (f.id, self._number(f), f.name, normalize_name(f.name), sort_key(f.name), pinyin_initials(f.name)[:120],
                 f"91{f.id:016}", f.phone, f"{f.name[:2]}市人民路{f.id}号", "有限责任公司", "无", "展会", f.owner, f.unit, f.owner,
                 day[f.id], moment(f.since), moment(f.since))
                for f in self.files
            ),
        )  # fmt: skip
        fill(FileSummary, ("customer",), ((f.id,) for f in self.files))
        fill(
            Contact,
            ("id", "customer", "name", "post", "phone", "primary"),
            ((f.id, f.id, f.person, "经理", f.phone, True) for f in self.files),
        )
        fill(PhoneDigits, ("id", "customer", "digits"), ((f.id, f.id, f.phone) for f in self.files))
        fill(
            OwnerHistory,
            ("id", "customer", "owner", "unit", "start", "by", "reason"),
            ((f.id, f.id, f.owner, f.unit, moment(f.since), f.owner, "登记") for f in self.files),
        )
        NumberSeries.objects.create(key=f"customer:KH-{clock.today().year}-{{seq:5}}", last=self.sizes.customers)
        for f in self.files:
            self._event(
                f.since, "customer.registered", f, data={"number": self._number(f), "kind": "组织", "source": "展会"}
            )
            self._event(f.since, "customer.contact_added", f, data={"contact": f.id})

    def _number(self, f: File) -> str:
        return f"KH-{clock.today().year}-{f.id:05}"

    def _search(self) -> None:
        """The two rows a file and their index, by the same functions that index one."""
        rows = []
        for f in self.files:
            public, private = lines_of(f.name, self._number(f), f"91{f.id:016}", (), [f.person], [f.phone])
            rows += [(f.id, False, public), (f.id, True, private)]
        if sqlite():
            fill(SearchText, ("id", "customer", "private", "text"),
                 ((i, file, hidden, "\n".join(lines)) for i, (file, hidden, lines) in enumerate(rows, 1)))  # fmt: skip
            insert(
                "customers_search",
                ("rowid", "terms"),
                ((i, " ".join(terms_in(lines, hidden))) for i, (_, hidden, lines) in enumerate(rows, 1)),
            )
            return
        texts = (
            (file, hidden, "\n".join(lines), " ".join(f"'{term}'" for term in terms_in(lines, hidden)))
            for file, hidden, lines in rows
        )
        insert(SearchText._meta.db_table, ("customer_id", "private", "text", "terms"), texts)

    # ---- records -----------------------------------------------------------------------------------------------

    def _contact_records(self) -> None:
        """Two thirds of the records: contacts, each with its event."""
        rows, latest = [], {}
        for number in range(1, self.sizes.records * 2 // 3 + 1):
            f = self.dice.choice(self.files)
            when = f.since + self.dice.random() * (self.now - f.since)
            kind = self.dice.choice(KINDS)
            rows.append(
                (
                    number,
                    f.id,
                    kind,
                    f"与{f.person}沟通报价和交期，约定下周再联系",
                    f.person,
                    moment(when),
                    moment(when),
                    f.owner,
                )
            )
            latest[f.id] = max(latest.get(f.id, (0.0, "")), (when, kind))
            self._event(when, "contact.recorded", f, data={"contact": number, "kind": kind})
        names = ("id", "customer", "kind", "content", "with_person", "occurred_at", "recorded_at", "by")
        fill(ContactRecord, names, rows)
        known = [(moment(when), kind, "与客户沟通报价和交期", file) for file, (when, kind) in latest.items()]
        _update("UPDATE customers_filesummary SET last_contact_at = {0}, last_contact_kind = {0}, last_contact_text = {0}"
                " WHERE customer_id = {0}", known)  # fmt: skip
        _update(
            "UPDATE customers_customer SET updated_at = {0} WHERE id = {0}",
            [(when, file) for when, _, _, file in known],
        )

    def _forms(self) -> None:
        """One third: filed forms, each with its event and the step of the flow it made."""
        rows = []
        for number in range(1, self.sizes.records - self.sizes.records * 2 // 3 + 1):
            f = self.files[(number - 1) % len(self.files)]
            when = f.since + min(86400 * 4, self.now - f.since - 60)
            form = "customer_basic" if f.pack == REGISTRY else "customer_file"
            name = "客户基本信息表" if f.pack == REGISTRY else "销售客户档案"
            data = {
                "name": f.name,
                "phone": f.phone,
                "nature": "有限责任公司",
                "parent_unit": "无",
                "contact_name": f.person,
            }
            rows.append(
                (
                    number,
                    f.pack,
                    1,
                    f"{f.pack}.{form}",
                    name,
                    f"B-{number:06}",
                    f.id,
                    _json(data),
                    f.owner,
                    moment(when),
                    moment(when),
                    f"{clock.local(datetime.fromtimestamp(when, UTC)):%Y-%m-%d}",
                )
            )
            norm, clause = ("file-in-time", "1.4.1") if f.pack == REGISTRY else ("build-file", "1.a")
            self._event(
                when,
                "form.filed",
                f,
                "",
                "",
                clause,
                {"form": f"{f.pack}.{form}", "name": name, "record": number, "number": f"B-{number:06}"},
            )
            self._event(
                when,
                "duty.done",
                f,
                f"duty:{number}",
                f"{f.pack}.{norm}",
                clause,
                {"duty": number, "title": f"填报《{name}》", "state": "按时办结"},
            )
        names = (
            "id",
            "pack",
            "version",
            "form",
            "name",
            "number",
            "file",
            "data",
            "filed_by",
            "filed_at",
            "occurred_at",
            "on_day",
        )
        fill(FormRecord, names, rows)

    def _classes(self) -> None:
        terms, stages = [], []
        for f in self.files:
            if f.pack == REGISTRY:
                terms.append((f.id, f"{REGISTRY}.category", "key" if f.id % 5 == 0 else "general", moment(f.since)))
                stages.append((f.id, f"{REGISTRY}.registration", "filed", moment(f.since)))
            else:
                terms.append((f.id, f"{FILES}.kind_of_customer", "dealer", moment(f.since)))
                stages.append((f.id, f"{FILES}.file_status", "reviewed", moment(f.since)))
        fill(FileTerm, ("id", "file", "term", "value", "since"), ((i, *row) for i, row in enumerate(terms, 1)))
        fill(FileStage, ("id", "file", "flow", "stage", "since"), ((i, *row) for i, row in enumerate(stages, 1)))

    # ---- duties, notices ---------------------------------------------------------------------------------------

    def _duties(self) -> None:
        """Open ones, some past due, and half as many that were done, over the year."""
        rules = {
            REGISTRY: [("visit-as-planned", "2.2", "登记拜访记录"), ("contact-report", "1.6.3b", "提交联系报告"), ("report-change", "1.4.2", "提交《客户信息维护表》")],
            FILES: [("hand-over", "2.d", "把季度完善内容送交档案管理人"), ("quarterly", "2.a", "季度完善客户档案"), ("build-file", "1.a", "建立销售客户档案")],
        }  # fmt: skip
        names = ("id", "pack", "version", "norm", "clause", "title", "file", "subject", "bearer", "follows_owner", "opened_at",
                 "counted_from", "due_at", "breach_check_at", "breached_at", "state", "done_at")  # fmt: skip
        rows = []
        for number in range(1, self.sizes.duties * 3 // 2 + 1):
            f = self.files[number % len(self.files)]
            norm, clause, title = rules[f.pack][number // len(self.files) % 3]
            open_ = number <= self.sizes.duties
            due = self.now + self.dice.uniform(-15, 60) * 86400 if open_ else f.since + self.dice.uniform(1, 40) * 86400
            late = due < self.now if open_ else self.dice.random() < 0.2
            opened = moment(due - (75 if open_ else 5) * 86400)
            done = None if open_ else moment(due + (86400 if late else -3600))
            check = moment(due) if open_ and not late else None
            rows.append((number, f.pack, 1, f"{f.pack}.{norm}", clause, title, f.id, f"file:{f.id}", f.owner, True, opened, opened,
                         moment(due), check, moment(due) if late else None, "open" if open_ else "late" if late else "done", done))  # fmt: skip
        fill(Duty, names, rows)

    def _notices(self) -> None:
        rows = []
        for person, _, pack in self.company.owners:
            for number in range(8):
                rows.append(
                    (
                        len(rows) + 1,
                        person,
                        "有一项办理逾期，请尽快处理",
                        pack,
                        "1.4.1",
                        moment(self.now - number * 7200),
                    )
                )
        fill(Notice, ("id", "person", "text", "pack", "clause", "at"), rows)

    # ---- events ------------------------------------------------------------------------------------------------

    def _event(
        self,
        when: float,
        kind: str,
        f: File,
        subject: str = "",
        norm: str = "",
        clause: str = "",
        data: dict[str, Any] | None = None,
    ) -> None:
        self.events.append((when, kind, f.id, f.owner, subject, norm, clause, _json(data or {})))

    def _events(self) -> None:
        """The rest are readings and a few refusals; then all in the order of time, as a ledger has them."""
        refused = {
            "action": "expense.submit",
            "label": "提交费用报销",
            "why": "客户未备案，招待、差旅、礼品等费用不予报销。",
        }
        for number in range(self.sizes.events - len(self.events)):
            f = self.dice.choice(self.files)
            when = f.since + self.dice.random() * (self.now - f.since)
            if number % 25 == 0 and f.pack == REGISTRY:
                self._event(when, "norm.refused", f, "expense.submit", f"{f.pack}.no-filing-no-claim", "1.8.1", refused)
            else:
                self._event(when, "file.opened", f, data={"purpose": None, "request": None})
        self.events.sort()
        names = (
            "id",
            "kind",
            "file",
            "actor",
            "subject",
            "norm",
            "clause",
            "pack",
            "data",
            "command",
            "occurred_at",
            "recorded_at",
        )
        fill(
            Event,
            names,
            (
                (
                    i,
                    kind,
                    file,
                    actor,
                    subject,
                    norm,
                    clause,
                    norm.partition(".")[0],
                    data,
                    UUID(int=i).hex,
                    moment(when),
                    moment(when),
                )
                for i, (when, kind, file, actor, subject, norm, clause, data) in enumerate(self.events, 1)
            ),
        )
        self.events.clear()


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


def _update(sql: str, rows: list[tuple[Any, ...]]) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(sql.replace("{0}", "%s"), rows)
