"""Life in 医药销售部 and 档案室, under 《销售客户档案建立与保管办法》."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kedang.customers.models import Customer
from kedang.demo.names import Made
from kedang.demo.registry import KINDS, VISITS
from kedang.demo.story import Story
from kedang.kernel.norms.models import Duty, DutyState
from kedang.records.models import Custody

SALES = ["zhao", "qian"]
HEAD, KEEPER = "ma", "he"
FORM, FLOW = "sales-files.customer_file", "sales-files.file_status"
TALK = [
    "了解药事会时间，准备提单资料", "确认库存，补货二十件", "催问上月回款，财务已排款", "介绍新品规格和医保类别", "邀请参加学术会议", "核对效期产品，约定换货",
    "跟进进院流程，等待科室意见", "店长反馈动销良好，追加陈列",
]  # fmt: skip


class Medical:
    """The sales department whose files a keeper keeps."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.files: dict[int, str] = {}
        self.made: dict[int, Made] = {}
        self.long: list[int] = []

    def open_with(self, count: int) -> None:
        """Customers from before, brought in as reviewed, which triggers no norm; the keeper archives them on the first day."""
        for _ in range(count):
            login = self.story.rng.choice(SALES)
            file = self._register(login, self.story.names.medical(), origin="opening")
            self._contact(login, file, origin="opening")
            self._build(login, file, classed=self.story.chance(0.93), origin="opening")
            self._review(file, origin="opening")
            self._archive(file)

    def _register(self, login: str, made: Made, **more: Any) -> int:
        file = self.story.do(
            "customer.register", login, name=made.name, credit_code=made.credit_code, phone=made.phone,
            address=made.address, nature=made.nature, parent_unit=made.parent_unit, source=made.source,
            contact_name=made.contact, contact_post=made.contact_post, contact_phone=made.contact_phone, **more,
        )  # fmt: skip
        self.files[file], self.made[file] = login, made
        return int(file)

    def _contact(self, login: str, file: int, **more: Any) -> None:
        rng = self.story.rng
        next_at = self.story.clock.at + timedelta(days=rng.randint(3, 30)) if self.story.chance(0.4) else None
        self.story.do(
            "contact.record", login, customer=file, kind=rng.choice(KINDS), content=rng.choice(TALK),
            with_person=self.made[file].contact, next_at=next_at, **more,
        )  # fmt: skip

    def _build(self, login: str, file: int, *, classed: bool = True, **more: Any) -> None:
        made = self.made[file]
        cooperation = "long" if self.story.chance(0.4) else "occasional"
        data = {
            "name": made.name, "cooperation": cooperation, "contact_name": made.contact, "phone": made.phone,
            "address": made.address, "nature": made.nature, "parent_unit": made.parent_unit, "source": made.source,
        }  # fmt: skip
        if classed:
            data["kind_of_customer"] = made.kind
        if made.credit_code:
            data["credit_code"] = made.credit_code
        self.story.do("form.file", login, form=FORM, customer=file, data=data, **more)
        if cooperation == "long" and file not in self.long:
            self.long.append(file)

    def _review(self, file: int, **more: Any) -> None:
        self.story.do("flow.move", HEAD, customer=file, flow=FLOW, to="reviewed", **more)

    def _archive(self, file: int, **more: Any) -> None:
        keeper = self.story.company[KEEPER].pk
        self.story.do("record.assign_custodian", KEEPER, customer=file, person=keeper, **more)
        self.story.do("record.archive", KEEPER, customer=file, **more)

    # ---- new customers --------------------------------------------------------------------------------------------

    def plan_new(self, count: int) -> None:
        """New customers, most built within the week and reviewed in time."""
        for _ in range(count):
            self.story.plan(self.story.moment(self.story.some_day()), self._meet)

    def _meet(self) -> None:
        story, rng = self.story, self.story.rng
        login = rng.choice(SALES)
        file = self._register(login, story.names.medical())
        self._contact(login, file)
        fate = rng.random()
        if fate < 0.9:
            story.later(rng.randint(1, 4) if fate < 0.78 else rng.randint(6, 10), lambda: self._built(login, file))

    def _built(self, login: str, file: int) -> None:
        story = self.story
        self._build(login, file)
        if story.chance(0.1):
            story.later(1, lambda: self._send_back(login, file))
        elif story.chance(0.9):
            story.later(story.rng.randint(1, 5), lambda: self._reviewed(file))

    def _send_back(self, login: str, file: int) -> None:
        self.story.do("flow.move", HEAD, customer=file, flow=FLOW, to="draft", opinion="缺少主管单位说明，补齐后重提")
        self.story.later(2, lambda: self._built(login, file))

    def _reviewed(self, file: int) -> None:
        if self.story.chance(0.2):
            # Too early: no custodian yet, which the regulation refuses.
            self.story.do("record.archive", KEEPER, customer=file)
        self._review(file)
        self.story.later(self.story.rng.randint(1, 3), lambda: self._archive(file))

    # ---- daily work -----------------------------------------------------------------------------------------------

    def plan_work(self, *, contacts: int, visits: int, borrowings: int, expenses: int) -> None:
        """Contacts, visits, borrowings and claims over the whole time, and the quarter's duties at its end."""
        works = [
            (contacts, self._work_contact), (visits, self._work_visit), (borrowings, self._work_borrowing),
            (expenses, self._work_expense),
        ]  # fmt: skip
        for count, work in works:
            for _ in range(count):
                self.story.plan(self.story.moment(self.story.some_day()), work)
        for end in self._quarter_ends():
            self._plan_quarter(end)

    def _quarter_ends(self) -> list[date]:
        days = [
            date(year, month, day)
            for year in (self.story.first.year, self.story.until.year + 1)
            for month, day in ((3, 31), (6, 30), (9, 30), (12, 31))
        ]
        return sorted({day for day in days if self.story.first < day <= self.story.until.date()})

    def _any(self) -> tuple[int, str]:
        file = self.story.rng.choice(list(self.files))
        return file, self.files[file]

    def _work_contact(self) -> None:
        file, login = self._any()
        if self.story.chance(0.4):
            self.story.read(login, file)
        self._contact(login, file)

    def _work_visit(self) -> None:
        file, login = self._any()
        self.story.do(
            "visit.record",
            login,
            customer=file,
            content=self.story.rng.choice(VISITS),
            with_person=self.made[file].contact,
        )

    def _work_expense(self) -> None:
        file, login = self._any()
        claim = self.story.do(
            "expense.submit",
            login,
            customer=file,
            kind="差旅",
            amount=f"{self.story.rng.randint(200, 1800)}.00",
            note="拜访差旅",
        )
        if claim and self.story.chance(0.8):
            self.story.later(2, lambda: self.story.do("expense.review", "wu", expense=claim, agree=True))

    def _work_borrowing(self) -> None:
        """A colleague asks to borrow: without the number of an order or customer refused, with it for the head to decide."""
        file, owner = self._any()
        reader = next(one for one in SALES if one != owner)
        until = self.story.clock.at.date() + timedelta(days=self.story.rng.randint(5, 12))
        if self.story.chance(0.4):
            self.story.do("file.open", reader, customer=file, purpose="帮忙看一下", until=until)
            return
        number = Customer.objects.values_list("number", flat=True).get(pk=file)
        self.story.do("file.open", reader, customer=file, purpose="投标资料", relation=number, until=until)
        self.story.later(3, lambda: self.story.read(reader, file, "投标资料"))

    # ---- the quarter ----------------------------------------------------------------------------------------------

    def _plan_quarter(self, end: date) -> None:
        last = self.story.calendar.previous_workday(end + timedelta(days=1))
        days = self.story.calendar.workdays_in(end - timedelta(days=24), last)
        for file in list(self.long):
            if self.story.chance(0.9):
                day = (
                    self.story.rng.choice(days) if self.story.chance(0.9) else self.story.calendar.add_workdays(end, 4)
                )
                self.story.plan(self.story.moment(day), lambda file=file: self._update(file))  # type: ignore[misc]
        self.story.plan(self.story.moment(last, 15), self._count)

    def _update(self, file: int) -> None:
        login, made = self.files[file], self.made[file]
        data: dict[str, Any] = {"added": "补充本季销量与库存情况，更新科室联系人"}
        names = (
            "name",
            "kind_of_customer",
            "cooperation",
            "contact_name",
            "phone",
            "address",
            "nature",
            "parent_unit",
            "source",
            "credit_code",
        )
        data |= {f"checked_{name}": "仍有效" for name in names}
        if self.story.chance(0.3):
            data |= {"phone": self.story.names.mobile(), "checked_phone": "已修改"}
        data["why_missing"] = "客户暂未提供统一社会信用代码" if not made.credit_code else "客户未反馈"
        self.story.do("form.file", login, form="sales-files.quarterly_update", customer=file, data=data)
        self.story.later(self.story.rng.randint(0, 2), lambda: self._hand_over(login, file), 17)

    def _hand_over(self, login: str, file: int) -> None:
        waiting = Duty.objects.filter(file=file, norm__endswith="hand-over", state=DutyState.OPEN).exists()
        if waiting:
            self.story.do("record.hand_over", login, customer=file)
            wait = self.story.rng.choice([0, 1, 1, 4])
            self.story.later(wait, lambda: self.story.do("record.receive", KEEPER, customer=file), 18)

    def _count(self) -> None:
        keeper = self.story.company[KEEPER]
        kept = list(
            Custody.objects.filter(custodian=keeper, end=None)
            .order_by("customer_id")
            .values_list("customer_id", flat=True)
        )
        if len(kept) < 3:
            return
        missing = kept[len(kept) // 2]
        found = [file for file in kept if file != missing]
        self.story.do("inventory.count", KEEPER, counted_on=self.story.clock.at.date(), found=found)
        self.story.later(
            3, lambda: self.story.do("inventory.find", KEEPER, customer=missing, note="夹在相邻卷宗内，已归位")
        )
