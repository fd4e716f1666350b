"""Life in 招商部, under 《招商租售客户信息确认与客户档案管理规范》: registers, visitors, calls, conflicts, files archived and lent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kedang.customers.claims.models import Conflict
from kedang.demo.story import Story
from kedang.kernel.norms.models import Duty, DutyState

PACK = "leasing-customer-info"
MANAGERS = ["yiming", "guo", "tan"]
HEAD, CUSTODIAN, DESK = "luo", "hexin", "qin"
TRADES = [
    "餐饮",
    "茶楼",
    "书店",
    "药房",
    "眼镜店",
    "面馆",
    "健身",
    "花店",
    "烘焙",
    "服饰",
    "儿童教育",
    "摄影",
    "口腔诊所",
    "便利店",
    "文具",
]
WORDS = [
    "星河",
    "明月",
    "春风",
    "白云",
    "青禾",
    "远帆",
    "朝晖",
    "松涛",
    "锦江",
    "知行",
    "满庭",
    "云栖",
    "万象",
    "若水",
    "嘉木",
    "拾光",
]
NEEDS = [
    "租一层临街铺面，约一百二十平方米",
    "租二楼整层做培训",
    "买一套写字楼自用",
    "租六十平方米左右，预算每月八千",
    "租餐饮铺位，要排烟",
]
FOLLOW = [
    "带看一层铺面，对方要平面图",
    "电话确认预算，下周复看",
    "与业主沟通租金，暂未谈拢",
    "复看后基本确定，在拟条款",
    "对方在比较另一处，约月底答复",
]


class Leasing:
    """The leasing department and the service department that keeps its papers."""

    def __init__(self, story: Story, since: date) -> None:
        self.story, self.since = story, since
        self.files: dict[int, str] = {}
        self.today: dict[tuple[str, date], list[dict[str, Any]]] = {}
        self.used: set[str] = set()

    def plan(self) -> None:
        """What happens on every working day, and the few things worth looking at."""
        days = self.story.calendar.workdays_in(self.since, self.story.until.date())
        self.story.plan(self.story.moment(days[0], 8), lambda: self._roster(days))
        for number, day in enumerate(days):
            for _ in range(self.story.rng.randint(0, 2)):
                self.story.plan(self.story.moment(day), self._visitor)
            if number % 2:
                self.story.plan(self.story.moment(day), self._call)
            for login in MANAGERS:
                if self.story.chance(0.55):
                    self.story.plan(self.story.moment(day), lambda login=login: self._found(login))
                self._plan_register(login, day)
            if number % 3 == 2:
                self.story.plan(self.story.moment(day, 15), self._visit_again)
        self._plan_conflicts(days)

    # ---- the desk -------------------------------------------------------------------------------------------------

    def _roster(self, days: list[date]) -> None:
        today = self.story.until.date()
        for number, day in enumerate(dict.fromkeys([*days, today, today + timedelta(days=1)])):
            login = MANAGERS[number % len(MANAGERS)]
            self.story.do("roster.set", HEAD, person=self.story.company[login].pk, day=day)

    def _visitor(self) -> None:
        rng = self.story.rng
        fate = rng.random()
        if fate < 0.3 and self.files:
            file = rng.choice(list(self.files))
            self._asks_for(file, self.files[file])
            return
        name, phone = self._name(), self.story.names.mobile()
        brought = rng.choice(list(self.files)) if fate > 0.8 and self.files else None
        known = fate > 0.65 and brought is None
        made = self.story.do(
            "reception.report", DESK, contacted="是" if known else "否", cannot_name=known or None, visitor=name,
            phone=phone, introducer=brought, designated=bool(brought) and rng.random() < 0.5, note=rng.choice(NEEDS)[:12],
        )  # fmt: skip
        if made:
            self._take_in(made)

    def _take_in(self, reception: int) -> None:
        from kedang.engagement.desk.models import Reception

        row = Reception.objects.select_related("customer__owner").get(pk=reception)
        if row.customer is None or row.customer.owner is None:
            return
        login = row.customer.owner.username
        source = "老客户带来" if row.introducer_id else "来访"
        self._note(login, row.customer.pk, row.customer.name, row.phone, source)

    def _asks_for(self, file: int, owner: str) -> None:
        from kedang.customers.models import Customer

        name = Customer.objects.values_list("name", flat=True).get(pk=file)
        person = self.story.company[owner].name
        made = self.story.do("reception.report", DESK, contacted="是", named=person, visitor=name)
        if made and self.story.chance(0.85):
            at = self.story.clock.at + timedelta(minutes=self.story.rng.randint(2, 20))
            self.story.plan(at, lambda: self.story.do("reception.handover", DESK, reception=made))

    def _call(self) -> None:
        login, name, phone = self.story.rng.choice(MANAGERS), self._name(), self.story.names.mobile()
        made = self.story.do(
            "call.report", DESK, person=self.story.company[login].pk, caller=name, phone=phone, note="看到招租广告来电"
        )
        if made and self.story.chance(0.8):
            self._found(login, name=name, phone=phone, source="来电")

    # ---- the register ---------------------------------------------------------------------------------------------

    def _name(self) -> str:
        rng = self.story.rng
        name = next(each for _ in range(200) if (each := rng.choice(WORDS) + rng.choice(TRADES)) not in self.used)
        self.used.add(name)
        return name

    def _found(self, login: str, *, name: str = "", phone: str = "", source: str = "自行开发") -> None:
        """A customer is written down when he is found; the system stamps the time."""
        name, phone = name or self._name(), phone or self.story.names.mobile()
        kind = self.story.rng.choice(["lease", "lease", "lease", "sale"])
        claim = self.story.do("customer.claim", login, name=name, phone=phone, source=source, business_type=kind)
        if claim:
            from kedang.customers.claims.models import Claim

            self._note(login, Claim.objects.values_list("customer", flat=True).get(pk=claim), name, phone, source, kind)

    def _note(self, login: str, file: int, name: str, phone: str, source: str, kind: str = "lease") -> None:
        self.files[file] = login
        row = {"name": name, "phone": phone, "source": source, "business_type": kind}
        self.today.setdefault((login, self.story.clock.at.date()), []).append(row)
        if self.story.chance(0.8):
            self.story.later(self.story.rng.randint(1, 3), lambda: self._build(login, file), 15)

    def _plan_register(self, login: str, day: date) -> None:
        """Mostly in time; now and then with a reason the next morning, now and then simply late."""
        fate = self.story.rng.random()
        next_day = self.story.calendar.add_workdays(day, 1)
        if fate < 0.88:
            at = self.story.moment(day, 17).replace(minute=self.story.rng.randint(0, 28))
            self.story.plan(at, lambda: self._register(login, day))
        elif fate < 0.95:
            self.story.plan(self.story.moment(day, 18), lambda: self._excuse(login))
            self.story.plan(self.story.moment(next_day, 9), lambda: self._register(login, day))
        else:
            self.story.plan(self.story.moment(next_day, 11), lambda: self._register(login, day))

    def _excuse(self, login: str) -> None:
        duty = Duty.objects.filter(
            norm=f"{PACK}.daily-register", bearer=self.story.company[login], state=DutyState.OPEN
        )
        if row := duty.order_by("-due_at").first():
            self.story.do("duty.excuse", login, duty=row.pk, reason="陪客户看房，赶不回来")

    def _register(self, login: str, day: date) -> None:
        rng = self.story.rng
        rows = []
        for row in self.today.get((login, day), []):
            keen = rng.random() < 0.6
            more = {"intention": "意向客户", "need": rng.choice(NEEDS)} if keen else {"intention": "非意向"}
            rows.append({**row, **more})
        data = {"on_day": day, "rows": rows} if rows else {"on_day": day, "nobody_came": True}
        self.story.do("form.file", login, form=f"{PACK}.info_register", data=data, reason="其余为同行推销或重复来电")

    # ---- files ----------------------------------------------------------------------------------------------------

    def _build(self, login: str, file: int) -> None:
        from kedang.customers.models import Customer

        if Customer.objects.values_list("owner__username", flat=True).get(pk=file) != login:
            return
        data = {
            "contact_name": self.story.names.person(), "phone": self.story.names.mobile(),
            "address": f"城东新区商业街{self.story.rng.randint(1, 180)}号", "business_type": "lease", "follow_up": self.story.rng.choice(FOLLOW),
        }  # fmt: skip
        made = self.story.do("form.file", login, form=f"{PACK}.customer_file", customer=file, data=data)
        if made and self.story.chance(0.85):
            self.story.later(self.story.rng.choice([0, 1, 2, 2]), lambda: self._send(login, file), 16)

    def _send(self, login: str, file: int) -> None:
        if self.story.do("record.hand_over", login, customer=file):
            self.story.later(1, lambda: self._archive(file), 10)

    def _archive(self, file: int) -> None:
        self.story.do("record.assign_custodian", CUSTODIAN, customer=file, person=self.story.company[CUSTODIAN].pk)
        self.story.do("record.receive", CUSTODIAN, customer=file)
        self.story.do("record.archive", CUSTODIAN, customer=file)

    def _visit_again(self) -> None:
        if self.files:
            file = self.story.rng.choice(list(self.files))
            self.story.do("visit.record", self.files[file], customer=file, content=self.story.rng.choice(FOLLOW))

    # ---- conflicts ------------------------------------------------------------------------------------------------

    def _plan_conflicts(self, days: list[date]) -> None:
        """One settled by the times, one in the same minute that the head settled, one that still waits."""
        old, tie, late = days[len(days) // 4], days[len(days) // 2], days[-2]
        self.story.plan(self.story.moment(old, 10), lambda: self._both("满庭芳酒楼", wait=85))
        self.story.plan(self.story.moment(tie, 10), lambda: self._both("朝晖口腔门诊", wait=0))
        self.story.plan(self.story.moment(tie, 16), self._settle)
        self.story.plan(self.story.moment(late, 14), lambda: self._both("云栖儿童乐园", wait=0))

    def _both(self, name: str, wait: int) -> None:
        phone = self.story.names.mobile()
        self._found("guo", name=name, phone=phone)
        at = self.story.clock.at + timedelta(minutes=wait)
        if wait:
            self.story.plan(at, lambda: self._found("tan", name=name, phone=phone, source="来电"))
        else:
            self._found("tan", name=name, phone=phone, source="来电")

    def _settle(self) -> None:
        row = Conflict.objects.filter(winner=None, customer__name="朝晖口腔门诊").first()
        if row is not None:
            to = self.story.company["guo"].pk
            reason = "同一分钟登记；来电记录显示先由郭静接听"
            self.story.do("customer.settle_conflict", HEAD, conflict=row.pk, to=to, reason=reason)
