"""The archive of 招商部: papers put in, files lent and taken back, what has been kept long enough destroyed by two."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kedang.customers.models import Customer
from kedang.demo.leasing import CUSTODIAN, DESK, HEAD, Leasing
from kedang.demo.papers import scan
from kedang.demo.story import Story
from kedang.records.models import Archive, Loan

GM = "zheng"
OLD = [
    ("老同兴照相馆", 2015, 4),
    ("万和旅行社营业部", 2016, 3),
    ("金穗种业门市部", 2016, 8),
    ("宏图家电维修部", 2018, 6),
]
"""Archived on paper long before: name, year and month. The last one is still to be kept."""
PURPOSES = ["续租谈判前核对原条款", "接手该客户，了解前期沟通", "核对押金与合同面积"]


class Keeping:
    """何欣's work, and that of whoever borrows from her."""

    def __init__(self, story: Story, leasing: Leasing) -> None:
        self.story, self.leasing = story, leasing
        self.old: list[int] = []

    def plan(self) -> None:
        """The old papers on the regulation's first day, the rest over the last two weeks."""
        story = self.story
        start = story.calendar.workdays_in(self.leasing.since, story.until.date())[0]
        story.plan(story.moment(start, 9), self._bring_in_old)
        for back, work in (
            (16, lambda: self._destroy(0, carry_out=True)),
            (9, lambda: self._destroy(1, carry_out=False)),
            (12, lambda: self._lend("tan", "原件", back_after=2)),
            (8, lambda: self._lend("guo", "原件", back_after=None)),
            (6, lambda: self._lend("yiming", "电子", back_after=3)),
            (2, lambda: self._lend("tan", "电子", back_after=None)),
            (1, lambda: self._lend("guo", "电子", register=False)),
            (1, self._asks_to_destroy),
            (1, self._asks_to_borrow),
        ):
            story.plan(story.moment(story.day(back), 10), work)
        for back in (14, 10, 7, 5, 3, 1):
            story.plan(story.moment(story.day(back), 14), self._put_in_papers)

    # ---- what was there before ------------------------------------------------------------------------------------

    def _bring_in_old(self) -> None:
        story = self.story
        for name, year, month in OLD:
            before = {"customer": self._old_file(name), "origin": "opening"}
            self._paper("guo", before["customer"], "营业执照.png", "营业执照", date(year, month, 2), origin="opening")
            story.do("record.assign_custodian", CUSTODIAN, person=story.company[CUSTODIAN].pk, **before)
            story.do("record.archive", CUSTODIAN, archived_on=date(year, month, 20), **before)

    def _old_file(self, name: str) -> int:
        file = self.story.do(
            "customer.register", "guo", name=name, phone=self.story.names.mobile(), contact_name=self.story.names.person(),
            address="城东新区老商业街", origin="opening",
        )  # fmt: skip
        self.old.append(int(file))
        return int(file)

    # ---- papers ---------------------------------------------------------------------------------------------------

    def _put_in_papers(self) -> None:
        """The owner puts the licence and what else there is into a file that has none yet."""
        held = Customer.objects.filter(pk__in=list(self.leasing.files), items=None).exclude(pk__in=self._kept())
        file = held.order_by("-id").values_list("pk", "owner__username").first()
        if file is None or file[1] not in self.story.company.people:
            return
        day = self.story.clock.at.date() - timedelta(days=self.story.rng.randint(200, 900))
        self._paper(file[1], file[0], "营业执照.png", "营业执照", day, "licence")
        self._paper(file[1], file[0], "税务登记证.pdf", "税务登记证", day + timedelta(days=20), "tax_reg")
        name = "现场平面图及租赁意向书"
        self._paper(file[1], file[0], "租赁意向书.pdf", name, self.story.clock.at.date())
        if self.story.chance(0.5):
            self._identity_card(file[1], file[0])

    def _paper(self, login: str, file: int, name: str, title: str, day: date, kind: str = "", **more: Any) -> None:
        whose = Customer.objects.values_list("name", flat=True).get(pk=file)
        rows = {"名称": whose, "成文日期": day.isoformat(), "备注": "原件存综合服务部档案柜"}
        made = scan(name, title, rows, self.story.company[login])
        if kind:
            more["kind"] = f"leasing-customer-info.{kind}"
        responsible = "市场监督管理局" if kind == "licence" else whose
        self.story.do(
            "record.attach", login, customer=file, files=[made], title=title, issued_on=day, pages=1, responsible=responsible, **more
        )  # fmt: skip

    def _identity_card(self, login: str, file: int) -> None:
        """Papers that show a person come in with a purpose and the evidence of consent."""
        consent = scan("同意书.pdf", "个人信息收集同意书", {"用途": "签订租赁合同"}, self.story.company[login])
        day = self.story.clock.at.date()
        more = {"kind": "id_card", "consent": [consent], "purpose": "签订租赁合同，核对经办人身份"}
        self._paper(login, file, "身份证复印件.png", "经办人身份证复印件", day, **more)

    # ---- loans ----------------------------------------------------------------------------------------------------

    def _kept(self) -> list[int]:
        return list(Archive.objects.values_list("customer_id", flat=True))

    def _home(self, borrower: str) -> int | None:
        """An archived file that nobody has borrowed and that is somebody else's."""
        rows = Archive.objects.filter(customer__in=list(self.leasing.files)).exclude(customer__owner__username=borrower)
        taken = Loan.objects.filter(returned_at=None).values("customer")
        return rows.exclude(customer__in=taken).order_by("id").values_list("customer_id", flat=True).first()

    def _lend(self, login: str, medium: str, back_after: int | None = None, register: bool = True) -> None:
        file = self._home(login)
        if file is None:
            return
        purpose = self.story.rng.choice(PURPOSES)
        asked = self.story.ask("record.borrow", login, customer=file, purpose=purpose, medium=medium)
        self.story.agree(HEAD, asked)
        self.story.agree(GM, asked, "同意，按期归还")
        if register:
            self.story.do("record.register_loan", CUSTODIAN, customer=file)
        if back_after is not None:
            deed = {"customer": file, "note": "材料齐全，无缺页"}
            self.story.later(back_after, lambda: self.story.do("record.return_loan", CUSTODIAN, **deed), 16)

    def _asks_to_borrow(self) -> None:
        if file := self._home("yiming"):
            asked = self.story.ask("record.borrow", "yiming", customer=file, purpose=PURPOSES[0], medium="原件")
            self.story.agree(HEAD, asked)

    # ---- destruction ----------------------------------------------------------------------------------------------

    def _destroy(self, which: int, carry_out: bool) -> None:
        """Agreed to by both; one has been carried out before a second person, one still waits for it."""
        file, reason = self.old[which], "保管期满，经清点无继续保存的价值"
        asked = self.story.ask("record.destroy", CUSTODIAN, customer=file, reason=reason)
        self.story.agree(HEAD, asked, "已核对目录，同意销毁")
        self.story.agree(GM, asked)
        if carry_out:
            deed = {"customer": file, "method": "碎纸机粉碎", "supervisor": self.story.company[DESK].pk}
            self.story.later(1, lambda: self.story.do("record.close_destruction", CUSTODIAN, **deed), 15)

    def _asks_to_destroy(self) -> None:
        asked = self.story.ask("record.destroy", CUSTODIAN, customer=self.old[2], reason="保管期满，门市部已注销")
        self.story.agree(HEAD, asked, "已核对目录，同意销毁")
