"""The files of a made-up company and their year: contacts, forms, duties, events, notices, search."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from bench.company import FILES, PER_UNIT, REGISTRY, Company, Sizes, _person_name, name_parts
from bench.filling import PHONES, Copies, fill, insert, moment, quickly, sqlite
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
from kedang.kernel import clock, names
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice, NumberSeries
from kedang.kernel.norms.models import Duty, FileStage, FileTerm, FormRecord

KINDS = ["电话", "上门拜访", "微信", "邮件"]
DAY = 86400
RULES = {
    REGISTRY: [("visit-as-planned", "2.2", "登记拜访记录"), ("contact-report", "1.6.3b", "提交联系报告"), ("report-change", "1.4.2", "提交《客户信息维护表》")],
    FILES: [("hand-over", "2.d", "把季度完善内容送交档案管理人"), ("quarterly", "2.a", "季度完善客户档案"), ("build-file", "1.a", "建立销售客户档案")],
}  # fmt: skip
REFUSED = {
    "action": "expense.submit", "label": "提交费用报销", "why": "客户未备案，招待、差旅、礼品等费用不予报销。",
}  # fmt: skip


@dataclass
class File:
    """One customer on its way into the tables."""

    number: int
    id: int
    owner: int
    unit: int
    pack: str
    since: float
    phone: str
    person: str

    @property
    def name(self) -> str:
        """The first of its copies."""
        return "".join(name_parts(self.number))


def copies_of(company: Company) -> Copies:
    """A large company is a smaller one several times over, each with departments of its own."""
    times = next(n for n in (10, 5, 1) if (company.units % n == 0 and company.sizes.customers >= n * 10_000) or n == 1)
    units = company.units // times
    return Copies(times, units * (PER_UNIT + 1), units)


class History:
    """Writes the files and their year."""

    def __init__(self, company: Company, dice: random.Random) -> None:
        self.company, self.dice = company, dice
        self.copies = copies_of(company)
        self.every = self.copies.times
        self.sizes = Sizes.of(company.sizes.customers // self.every)
        self.now = clock.now().timestamp()
        self.start = self.now - 365 * DAY
        self.files = list(self._files())
        self.events: list[tuple[float, str, int, int, str, str, str, str]] = []
        """(when, kind, file, actor, subject, norm, clause, data)"""

    def write(self) -> None:
        """Everything. Without indexes, and without the checks of references, the order does not matter."""
        with quickly():
            self._customers()
            self._search()
            self._contact_records()
            self._forms()
            self._duties()
            self._notices()
            self._classes()
            self._events()

    def _key(self, number: int) -> int:
        """The key of the number-th row: room is left for its copies."""
        return (number - 1) * self.every + 1

    def _files(self) -> Iterator[File]:
        step = (self.now - self.start - DAY) / self.sizes.customers
        some = self.company.units // self.every * PER_UNIT
        both = [[each for each in self.company.owners if each[2] == pack] for pack in (REGISTRY, FILES)]
        owners = [each for pack in both for each in pack[: some or None]]
        for number in range(self.sizes.customers):
            person, unit, pack = owners[number % len(owners)]
            yield File(
                number, self._key(number + 1), person, unit, pack, self.start + step * number,
                f"13{self.dice.randrange(10**9):09}", _person_name(self.dice),
            )  # fmt: skip

    def _fill(self, model: Any, columns: tuple[str, ...], rows: Any) -> None:
        fill(model, columns, rows, self.copies)

    # ---- the files ---------------------------------------------------------------------------------------------

    def _customers(self) -> None:
        fill(
            Customer,
            ("id", "number", "name", "normalized_name", "sort_key", "initials", "credit_code", "phone", "address", "nature",
             "parent_unit", "source", "owner", "unit", "registered_by", "registered_on", "owner_since", "updated_at"),
            (row for f in self.files for row in self._customer(f)),
        )  # fmt: skip
        self._fill(FileSummary, ("customer",), ((f.id,) for f in self.files))
        self._fill(
            Contact,
            ("id", "customer", "name", "post", "phone", "primary"),
            ((f.id, f.id, f.person, "经理", f.phone, True) for f in self.files),
        )
        self._fill(PhoneDigits, ("id", "customer", "digits"), ((f.id, f.id, f.phone) for f in self.files))
        self._fill(
            OwnerHistory,
            ("id", "customer", "owner", "unit", "start", "by", "reason"),
            ((f.id, f.id, f.owner, f.unit, moment(f.since), f.owner, "登记") for f in self.files),
        )
        NumberSeries.objects.create(
            key=f"customer:KH-{clock.today().year}-{{seq:5}}", last=self.company.sizes.customers
        )
        for f in self.files:
            data = {"number": number_of(f.id), "kind": "组织", "source": "展会"}
            self._event(f.since, "customer.registered", f, data=data)
            self._event(f.since, "customer.contact_added", f, data={"contact": f.id})

    def _customer(self, f: File) -> Iterator[tuple[Any, ...]]:
        """The row of a file and of its copies."""
        since = moment(f.since)
        for k in range(self.every):
            key, parts = f.id + k, name_parts(f.number, k)
            name = "".join(parts)
            owner, unit = f.owner + k * self.copies.people, f.unit + k * self.copies.units
            yield (
                key, number_of(key), name, names.normalize_name(name), f"{_spelt(parts)}|{name}", _initials(parts),
                f"91{key:016}", phone_of(f, k), f"{parts[0]}市人民路{key}号", "有限责任公司", "无", "展会", owner, unit, owner,
                since[:10], since, since,
            )  # fmt: skip

    def _search(self) -> None:
        """The two rows a file and their index; initials are put together from the parts of a name."""
        rows = (row for f in self.files for k in range(self.every) for row in self._lines(f, k))
        if not sqlite():
            texts = (
                (file, hidden, "\n".join(lines), " ".join(f"'{term}'" for term in terms_in(lines, hidden)))
                for file, hidden, lines in rows
            )
            insert(SearchText._meta.db_table, ("customer_id", "private", "text", "terms"), texts)
            return
        kept = list(rows)
        texts = ((i, file, hidden, "\n".join(lines)) for i, (file, hidden, lines) in enumerate(kept, 1))
        fill(SearchText, ("id", "customer", "private", "text"), texts)
        terms = ((i, " ".join(terms_in(lines, hidden))) for i, (_, hidden, lines) in enumerate(kept, 1))
        insert("customers_search", ("rowid", "terms"), terms)

    def _lines(self, f: File, k: int) -> Iterator[tuple[int, bool, list[str]]]:
        key, parts = f.id + k, name_parts(f.number, k)
        public = ["".join(parts), _initials(parts), names.fold(number_of(key)), f"91{key:016}"]
        yield key, False, public
        yield key, True, [*_of_person(f.person), phone_of(f, k)]

    # ---- records -----------------------------------------------------------------------------------------------

    def _contact_records(self) -> None:
        """Two thirds of the records: contacts, each with its event."""
        rows, latest = [], {}
        for number in range(1, self.sizes.records * 2 // 3 + 1):
            f = self.dice.choice(self.files)
            when = f.since + self.dice.random() * (self.now - f.since)
            kind, at, key = self.dice.choice(KINDS), moment(when), self._key(number)
            text = f"与{f.person}沟通报价和交期，约定下周再联系"
            rows.append((key, f.id, kind, text, f.person, at, at, f.owner))
            latest[f.id] = max(latest.get(f.id, (0.0, "")), (when, kind))
            self._event(when, "contact.recorded", f, data={"contact": key, "kind": kind})
        columns = ("id", "customer", "kind", "content", "with_person", "occurred_at", "recorded_at", "by")
        self._fill(ContactRecord, columns, rows)
        known = [
            (file + k, moment(when), kind) for file, (when, kind) in latest.items() for k in range(self.every)
        ]  # fmt: skip
        _tell_files(known)

    def _forms(self) -> None:
        """One third: filed forms, each with its event and the step of the flow it made."""
        rows = []
        for number in range(1, self.sizes.records - self.sizes.records * 2 // 3 + 1):
            f = self.files[(number - 1) % len(self.files)]
            when = f.since + min(DAY * 4, self.now - f.since - 60)
            mine = f.pack == REGISTRY
            form, name = ("customer_basic", "客户基本信息表") if mine else ("customer_file", "销售客户档案")
            data = {
                "name": f.name, "phone": f.phone, "nature": "有限责任公司", "parent_unit": "无", "contact_name": f.person,
            }  # fmt: skip
            key, at, full = self._key(number), moment(when), f"{f.pack}.{form}"
            day = f"{clock.local(datetime.fromtimestamp(when, UTC)):%Y-%m-%d}"
            rows.append((key, f.pack, 1, full, name, f"B-{key}", f.id, _json(data), f.owner, at, at, day))
            norm, clause = ("file-in-time", "1.4.1") if mine else ("build-file", "1.a")
            filed = {"form": full, "name": name, "record": key, "number": f"B-{key}"}
            self._event(when, "form.filed", f, "", "", clause, filed)
            done = {"duty": key, "title": f"填报《{name}》", "state": "按时办结"}
            self._event(when, "duty.done", f, f"duty:{key}", f"{f.pack}.{norm}", clause, done)
        columns = (
            "id", "pack", "version", "form", "name", "number", "file", "data", "filed_by", "filed_at", "occurred_at", "on_day",
        )  # fmt: skip
        self._fill(FormRecord, columns, rows)

    def _classes(self) -> None:
        terms, stages = [], []
        for f in self.files:
            mine, since = f.pack == REGISTRY, moment(f.since)
            value = ("category", "key" if f.number % 5 == 0 else "general") if mine else ("kind_of_customer", "dealer")
            stage = ("registration", "filed") if mine else ("file_status", "reviewed")
            terms.append((f.id, f.id, f"{f.pack}.{value[0]}", value[1], since))
            stages.append((f.id, f.id, f"{f.pack}.{stage[0]}", stage[1], since))
        self._fill(FileTerm, ("id", "file", "term", "value", "since"), terms)
        self._fill(FileStage, ("id", "file", "flow", "stage", "since"), stages)

    # ---- duties, notices ---------------------------------------------------------------------------------------

    def _duties(self) -> None:
        """Open ones, some past due, and half as many that were done, over the year."""
        columns = ("id", "pack", "version", "norm", "clause", "title", "file", "subject", "bearer", "follows_owner", "opened_at",
                   "counted_from", "due_at", "breach_check_at", "breached_at", "state", "done_at")  # fmt: skip
        rows = []
        for number in range(1, self.sizes.duties * 3 // 2 + 1):
            f = self.files[number % len(self.files)]
            norm, clause, title = RULES[f.pack][number // len(self.files) % 3]
            open_ = number <= self.sizes.duties
            due = self.now + self.dice.uniform(-15, 60) * DAY if open_ else f.since + self.dice.uniform(1, 40) * DAY
            late = due < self.now if open_ else self.dice.random() < 0.2
            opened = moment(due - (75 if open_ else 5) * DAY)
            done = None if open_ else moment(due + (DAY if late else -3600))
            check = moment(due) if open_ and not late else None
            state = "open" if open_ else "late" if late else "done"
            rows.append((self._key(number), f.pack, 1, f"{f.pack}.{norm}", clause, title, f.id, f"file:{f.id}", f.owner, True, opened,
                         opened, moment(due), check, moment(due) if late else None, state, done))  # fmt: skip
        self._fill(Duty, columns, rows)

    def _notices(self) -> None:
        """Eight unread ones a person who sells."""
        rows = []
        for person, _, pack in self.company.owners:
            for number in range(8):
                at = moment(self.now - number * 7200)
                rows.append((len(rows) + 1, person, "有一项办理逾期，请尽快处理", pack, "1.4.1", at))
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
        for number in range(self.sizes.events - len(self.events)):
            f = self.dice.choice(self.files)
            when = f.since + self.dice.random() * (self.now - f.since)
            if number % 25 == 0 and f.pack == REGISTRY:
                self._event(when, "norm.refused", f, "expense.submit", f"{f.pack}.no-filing-no-claim", "1.8.1", REFUSED)
            else:
                self._event(when, "file.opened", f, data={"purpose": None, "request": None})
        self.events.sort()
        columns = (
            "id", "kind", "file", "actor", "subject", "norm", "clause", "pack", "data", "command", "occurred_at", "recorded_at",
        )  # fmt: skip
        self._fill(Event, columns, (self._row(i, *told) for i, told in enumerate(self.events, 1)))
        self.events.clear()

    def _row(
        self, i: int, when: float, kind: str, file: int, actor: int, subject: str, norm: str, clause: str, data: str
    ) -> tuple[Any, ...]:
        at, key = moment(when), self._key(i)
        return key, kind, file, actor, subject, norm, clause, norm.partition(".")[0], data, UUID(int=key).hex, at, at


def number_of(key: int) -> str:
    """The number of a file by its key."""
    return f"KH-{clock.today().year}-{key:05}"


def phone_of(f: File, k: int) -> str:
    """The phone of a file's copy."""
    return f"1{PHONES[k]}{f.phone[2:]}"


@lru_cache(maxsize=10_000)
def _spelt_part(part: str) -> str:
    return names.sort_key(part).partition("|")[0]


def _spelt(parts: list[str]) -> str:
    return " ".join(_spelt_part(part) for part in parts)


@lru_cache(maxsize=10_000)
def _initials_part(part: str) -> str:
    return names.pinyin_initials(part)


def _initials(parts: list[str]) -> str:
    return "".join(_initials_part(part) for part in parts)


@lru_cache(maxsize=50_000)
def _of_person(name: str) -> list[str]:
    return lines_of("", "", "", (), [name], ())[1]


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


def _tell_files(known: list[tuple[int, str, str]]) -> None:
    """The last contact of each file, in its summary and as its last change."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE last (id bigint PRIMARY KEY, at {'text' if sqlite() else 'timestamptz'}, kind text)"
        )
    insert("last", ("id", "at", "kind"), known)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_filesummary SET last_contact_at = l.at, last_contact_kind = l.kind,"
            " last_contact_text = '与客户沟通报价和交期' FROM last l WHERE l.id = customer_id"
        )
        cursor.execute("UPDATE customers_customer SET updated_at = l.at FROM last l WHERE l.id = customers_customer.id")
        cursor.execute("DROP TABLE last")
