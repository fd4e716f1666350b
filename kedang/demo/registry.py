"""Life in 业务一部 and 业务二部, under 《客户登记备案、查阅与维护管理办法》."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kedang.demo.names import Made
from kedang.demo.story import Story
from kedang.kernel import clock
from kedang.kernel.norms.models import Duty, DutyState

SALES = ["wang", "chen", "li", "liu"]
HEADS = {"wang": "zhou", "chen": "zhou", "li": "sun", "liu": "sun"}
MARKET = ["fang", "han"]
TALK = [
    "介绍新一季产品，对方要样品和报价", "确认交货时间，本周五前发货", "催问合同盖章进度", "了解今年采购预算，下月招标", "沟通付款方式，希望月结三十天",
    "回复技术问题，约工程师下周到现场", "问候并了解库存，近期无需求", "客户反映包装破损，已安排补发", "跟进报价，对方认为价格偏高", "约定下周二上门演示",
]  # fmt: skip
VISITS = [
    "参观车间，见到采购经理，样品试用情况良好", "当面核对上半年账目，双方无异议", "演示新品，客户要求提供检测报告", "拜访总经理，谈年度框架协议",
    "现场处理质量反馈，客户表示满意", "了解新厂区投产计划，下半年用量预计增加三成",
]  # fmt: skip
KINDS = ["电话", "电话", "电话", "微信", "微信", "邮件", "传真", "长途电话", "询价"]
CATEGORIES = ["target", "potential", "potential", "key", "general", "general", "general"]


class Registry:
    """The two business departments."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.files: dict[int, str] = {}
        self.made: dict[int, Made] = {}
        self.major: set[int] = set()
        self.filed: set[int] = set()
        self.contracts: dict[int, int] = {}
        self.planned: set[tuple[int, date]] = set()

    # ---- 期初 -----------------------------------------------------------------------------------------------------

    def open_with(self, count: int) -> None:
        """Customers the company had before: brought in as 期初资料, which triggers no norm."""
        for _ in range(count):
            login = self.story.rng.choice(SALES)
            self.bring(login, self.story.rng.choice(CATEGORIES))

    def bring(self, login: str, category: str) -> int:
        """One customer from before, filed and accepted; the file."""
        file = self._register(login, self.story.names.business(), category, origin="opening")
        self._contact(login, file, origin="opening")
        self._basic_form(login, file, category, origin="opening")
        self._accept(file, origin="opening")
        return file

    def _register(self, login: str, made: Made, category: str, **more: Any) -> int:
        # 一般客户 needs dealings first (1.2.1): it starts as 潜在客户.
        terms = {"category": "potential" if category == "general" else category}
        file = self.story.do(
            "customer.register", login, name=made.name, credit_code=made.credit_code, phone=made.phone,
            address=made.address, nature=made.nature, parent_unit=made.parent_unit, source=made.source,
            contact_name=made.contact, contact_post=made.contact_post, contact_phone=made.contact_phone, terms=terms, **more,
        )  # fmt: skip
        self.files[file], self.made[file] = login, made
        return int(file)

    def _contact(self, login: str, file: int, **more: Any) -> None:
        rng = self.story.rng
        next_at = self.story.clock.at + timedelta(days=rng.randint(2, 40)) if self.story.chance(0.5) else None
        self.story.do(
            "contact.record", login, customer=file, kind=rng.choice(KINDS), content=rng.choice(TALK),
            with_person=self.made[file].contact, next_at=next_at, **more,
        )  # fmt: skip
        if file in self.major and self.story.chance(0.85):
            self.story.later(rng.choice([0, 1, 1, 2, 4]), lambda: self._report(login, file), 17)

    def _basic_form(self, login: str, file: int, category: str, **more: Any) -> None:
        made = self.made[file]
        data = {
            "name": made.name, "category": category, "nature": made.nature, "parent_unit": made.parent_unit,
            "address": made.address, "contact_name": made.contact, "phone": made.phone,
        }  # fmt: skip
        self.story.do("form.file", login, form="customer-registry.customer_basic", customer=file, data=data, **more)

    def _accept(self, file: int, **more: Any) -> None:
        flow = "customer-registry.registration"
        self.story.do("flow.move", self.story.rng.choice(MARKET), customer=file, flow=flow, to="filed", **more)
        self.filed.add(file)

    # ---- new customers --------------------------------------------------------------------------------------------

    def plan_new(self, count: int) -> None:
        """New customers over the whole time, some of whom are filed late or not yet."""
        for _ in range(count):
            self.story.plan(self.story.moment(self.story.some_day()), self._meet)

    def _meet(self) -> None:
        story, rng = self.story, self.story.rng
        login = rng.choice(SALES)
        made = story.names.business()
        if story.chance(0.5):
            story.do("customer.search", login, q=made.name)
        category = rng.choice(CATEGORIES)
        file = self._register(login, made, category)
        if story.chance(0.2):
            self.major.add(file)
            story.do("customer.classify", login, customer=file, term="customer-registry.weight", value="major")
            if story.chance(0.7):
                story.later(rng.randint(1, 4), lambda: self._second_person(login, file))
        self._contact(login, file)
        fate = rng.random()
        if fate < 0.76:
            story.later(rng.randint(1, 5), lambda: self._file(login, file, category))
        elif fate < 0.9:
            story.later(rng.randint(6, 13), lambda: self._file(login, file, category))
        else:
            self._neglect(login, file)

    def _second_person(self, login: str, file: int) -> None:
        other = next(one for one in SALES if one != login and HEADS[one] == HEADS[login])
        self.story.do("customer.add_collaborator", login, customer=file, person=self.story.company[other].pk)

    def _report(self, login: str, file: int) -> None:
        data = {
            "contacted_on": self.story.clock.at.date(),
            "content": "已联系对方负责人，有明确意向",
            "next_step": "一周内提交方案",
        }
        self.story.do("form.file", login, form="customer-registry.contact_report", customer=file, data=data)

    def _file(self, login: str, file: int, category: str) -> None:
        self._basic_form(login, file, category)
        if self.story.chance(0.12):
            self.story.later(1, lambda: self._send_back(login, file, category))
        elif self.story.chance(0.94):
            self.story.later(self.story.rng.randint(1, 3), lambda: self._accept(file))

    def _send_back(self, login: str, file: int, category: str) -> None:
        flow, opinion = "customer-registry.registration", "联系人职务与来电登记不一致，请核对后重报"
        market = self.story.rng.choice(MARKET)
        self.story.do("flow.move", market, customer=file, flow=flow, to="unfiled", opinion=opinion)
        self.story.later(2, lambda: self._basic_form(login, file, category))
        self.story.later(4, lambda: self._accept(file))

    def _neglect(self, login: str, file: int) -> None:
        """Never filed: urged, and expenses for it are refused."""
        for wait in (7, 10, 13)[: self.story.rng.randint(1, 3)]:
            self.story.later(wait, lambda: self._urge(file))
        self.story.later(self.story.rng.randint(3, 9), lambda: self._expense(login, file))

    def _urge(self, file: int) -> None:
        data = {
            "urged_on": self.story.clock.at.date(),
            "result": self.story.rng.choice(["答应本周补报", "电话未接", "说明资料不全"]),
        }
        self.story.do("form.file", "lin", form="customer-registry.urge_record", customer=file, data=data)

    # ---- daily work -----------------------------------------------------------------------------------------------

    def plan_work(
        self, *, contacts: int, visits: int, expenses: int, readings: int, changes: int, contracts: int
    ) -> None:
        """Contacts, visits, claims, readings, changes and contracts over the whole time."""
        works = [
            (contacts, self._work_contact), (visits, self._work_visit), (expenses, self._work_expense),
            (readings, self._work_reading), (changes, self._work_change), (contracts, self._work_contract),
        ]  # fmt: skip
        for count, work in works:
            for _ in range(count):
                self.story.plan(self.story.moment(self.story.some_day()), work)
        self.story.plan(self.story.moment(self.story.first, 9), self._maintenance_plans)
        for back in range(1, 5):
            # Somebody holds a right to read at the end, whenever the story is told.
            day = self.story.calendar.add_workdays(self.story.until.date(), -back)
            self.story.plan(self.story.moment(day, 10), self._work_reading)

    def _maintenance_plans(self) -> None:
        ways = {"key": ("month", "每月上门拜访一次，节日问候"), "general": ("quarter", "每季电话回访并上门一次")}
        for category, (frequency, how) in ways.items():
            data = {"category": category, "frequency": frequency, "ways": how}
            self.story.do("form.file", "fang", form="customer-registry.maintenance_plan", data=data)

    def some(self) -> tuple[int, str]:
        """Some file and whose it is."""
        file = self.story.rng.choice(list(self.files))
        return file, self.files[file]

    def _work_contact(self) -> None:
        file, login = self.some()
        if self.story.chance(0.4):
            self.story.read(login, file)
        self._contact(login, file)

    def _work_visit(self) -> None:
        """A visit that a duty asks for, if there is one; else one that is planned first, and now and then missed."""
        login = self.story.rng.choice(SALES)
        duty = Duty.objects.filter(
            state=DutyState.OPEN, bearer=self.story.company[login], norm__endswith="maintenance-visit"
        ).order_by("due_at", "id").first()  # fmt: skip
        if duty and duty.file in self.files:
            self._visit(self.files[duty.file], duty.file)
            return
        file, login = self.some()
        days = self.story.rng.randint(1, 6)
        day = self.story.calendar.add_workdays(self.story.clock.at.date(), days)
        if (file, day) in self.planned:
            return
        self.planned.add((file, day))
        self.story.do("visit.plan", login, customer=file, planned_on=day, purpose="季度拜访")
        if self.story.chance(0.85):
            self.story.later(days, lambda: self._visit(login, file), 17)

    def _visit(self, login: str, file: int) -> None:
        self.story.do(
            "visit.record",
            login,
            customer=file,
            content=self.story.rng.choice(VISITS),
            with_person=self.made[file].contact,
        )

    def _work_expense(self) -> None:
        file, login = self.some()
        self._expense(login, file)

    def _expense(self, login: str, file: int) -> None:
        rng = self.story.rng
        kind, low, high = rng.choice([("招待", 200, 1500), ("差旅", 300, 2600), ("礼品", 100, 800)])
        claim = self.story.do(
            "expense.submit", login, customer=file, kind=kind, amount=f"{rng.randint(low, high)}.00",
            occurred_on=self.story.clock.at.date() - timedelta(days=rng.randint(0, 6)), note=f"{kind}费",
        )  # fmt: skip
        if claim and self.story.chance(0.85):
            self.story.later(rng.randint(1, 4), lambda: self._review(claim))

    def _review(self, claim: int) -> None:
        if self.story.chance(0.08):
            self.story.do("expense.review", "wu", expense=claim, agree=False, opinion="缺发票明细，请补齐后重新提交")
            return
        self.story.do("expense.review", "wu", expense=claim, agree=True)
        if self.story.chance(0.9):
            self.story.later(2, lambda: self.story.do("expense.pay", "wu", expense=claim), 16)

    def _work_reading(self) -> None:
        """Somebody asks to read a colleague's file; it opens once the head, or for another unit the director, agrees."""
        file, owner = self.some()
        reader = self.story.rng.choice([one for one in SALES if one != owner])
        purpose = self.story.rng.choice(["了解同类客户报价", "接替休假同事跟进", "准备联合投标", "核对历史订单"])
        self.story.do("file.open", reader, customer=file, purpose=purpose)
        self.story.later(3, lambda: self.story.read(reader, file, purpose))

    def _work_change(self) -> None:
        filed = [file for file in self.files if file in self.filed]
        file = self.story.rng.choice(filed)
        login = self.files[file]
        matter, old, new = self.story.rng.choice(
            [
                ("法定代表人变更", "陈国华", "林志强"),
                ("注册地址迁移", "老厂区", "新厂区"),
                ("采购负责人更换", "", ""),
                ("股东变更", "", "引入新股东"),
            ]
        )
        self.story.do("customer.report_change", login, customer=file, matter=matter, side="客户方", old=old, new=new)
        wait = self.story.rng.randint(1, 5) if self.story.chance(0.75) else self.story.rng.randint(6, 9)
        if self.story.chance(0.9):
            self.story.later(wait, lambda: self._maintain(login, file, matter))

    def _maintain(self, login: str, file: int, matter: str) -> None:
        data = {"matter": matter, "changed_on": self.story.clock.at.date(), "phone": self.story.names.mobile()}
        self.story.do("form.file", login, form="customer-registry.maintenance_form", customer=file, data=data)

    def _work_contract(self) -> None:
        file, login = self.some()
        year = self.story.clock.at.year
        number = len(self.contracts) + 1
        contract = self.story.do(
            "contract.register", login, customer=file, name=f"{year}年第{number:02}号供货合同",
            amount=str(self.story.rng.randint(8, 260) * 1000),
        )  # fmt: skip
        if contract:
            self.contracts[contract] = file
            if self.story.chance(0.12):
                self.story.later(self.story.rng.randint(5, 20), lambda: self._end_contract(login, file, contract))

    def _end_contract(self, login: str, file: int, contract: int) -> None:
        reason = "客户调整采购计划，双方协商终止"
        form = {"matter": reason, "changed_on": clock.today()}
        self.story.do(
            "contract.terminate", login, customer=file, contract=contract, reason=reason, relationship_change=form
        )
