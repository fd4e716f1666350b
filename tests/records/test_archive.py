"""Archive classes, periods, loans: sorted by the class, kept to the day, lent to one at a time."""

from __future__ import annotations

import pytest

from kedang.kernel.actions import perform, perform_read
from kedang.kernel.errors import Invalid, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Grant
from kedang.kernel.norms.store import fact_store
from kedang.records import selectors, states
from kedang.records.facts import kept_files, load_class, load_state
from kedang.records.models import Loan
from tests.records.conftest import Keeping


def archived(keeping: Keeping, value: str = "open") -> None:
    keeping.fill()
    if value == "closed":
        keeping.attach(name="合同.pdf", kind="contract")
        keeping.do("customer.classify", "小王", term="keeping.deal", value="closed")
    keeping.archive()


def test_a_file_is_archived_under_its_class_and_moves_on_when_it_closes(keeping: Keeping) -> None:
    archived(keeping)
    found = selectors.archive_of(keeping.file)
    assert (found["class"], found["until"].isoformat()) == ("未成交", "2029-03-02")
    keeping.attach("何内勤", name="合同.pdf", kind="contract")
    keeping.do("customer.classify", "小王", term="keeping.deal", value="closed")
    found = selectors.archive_of(keeping.file)
    assert (found["class"], found["until"].isoformat()) == ("已成交", "2036-03-02")
    assert [(old, new) for old, new, _ in found["moves"]] == [("未成交", "已成交")]
    assert load_class([(keeping.file,)], fact_store().world) == {(keeping.file,): "已成交"}
    assert Event.objects.get(kind="record.reclassified").data == {"from": "未成交", "to": "已成交"}


def test_moving_a_file_that_is_not_archived_is_refused_to_a_person(keeping: Keeping) -> None:
    with pytest.raises(Invalid, match="尚未归档"):
        keeping.do("record.reclassify", "何内勤")


@pytest.mark.parametrize(("day", "state"), [("2036-03-01 23:59", "在管"), ("2036-03-02 00:00", "到期待销毁")])
def test_ten_years_end_on_the_same_day_ten_years_on(keeping: Keeping, day: str, state: str) -> None:
    assert states.of(keeping.file) == ""
    archived(keeping, "closed")
    keeping.clock.move_to(
        keeping.clock.at.replace(year=2036, hour=int(day[11:13]), minute=int(day[14:]), day=int(day[8:10]))
    )
    assert states.of(keeping.file) == state
    assert load_state([(keeping.file,)], fact_store().world) == {(keeping.file,): state}
    assert [kept_files(each) for each in states.STATES] == [int(each == state) for each in states.STATES]


def test_a_loan_shows_nothing_until_both_have_agreed_and_it_is_registered(keeping: Keeping) -> None:
    archived(keeping)

    def sees() -> bool:
        decision = perform_read("file.open", by=keeping.company["小赵"], customer=keeping.file)
        return decision.verdict == "allow"

    request = keeping.asked("record.borrow", "小赵", purpose="续约谈判")
    assert (sees(), keeping.pending("郑总")) == (False, 0)
    keeping.agree(request, "周经理")
    assert not sees()
    with pytest.raises(Invalid, match="没有已批准、待登记"):
        keeping.do("record.register_loan", "何内勤")
    keeping.agree(request, "郑总")
    assert (sees(), Loan.objects.get().registered_at) == (False, None)
    told = Notice.objects.filter(person=keeping.company["何内勤"], file=keeping.file)
    assert [row.text.endswith("已获批准，请登记借阅。") for row in told] == [True]
    keeping.do("record.register_loan", "何内勤")
    assert sees()
    assert states.of(keeping.file) == "借出"
    assert Loan.objects.get().due_at.strftime("%m-%d %H:%M") == "03-05 15:59"
    keeping.do("record.return_loan", "何内勤", note="完好")
    assert not sees()
    assert states.of(keeping.file) == "在管"
    assert Grant.objects.get().end_reason == "归还"


def test_sight_ends_with_the_loan_period_and_a_late_return_says_so(keeping: Keeping) -> None:
    archived(keeping)
    keeping.agree(keeping.asked("record.borrow", "小赵", purpose="续约"), "周经理", "郑总")
    keeping.do("record.register_loan", "何内勤")
    keeping.clock.move_to(keeping.clock.at.replace(day=6))
    assert perform_read("file.open", by=keeping.company["小赵"], customer=keeping.file).verdict == "refuse"
    assert states.of(keeping.file) == "借出"
    keeping.do("record.return_loan", "小赵")
    assert Event.objects.get(kind="record.loan_returned").data["late"] is True


def test_a_loan_may_be_shorter_and_not_longer_than_the_regulation_says(keeping: Keeping) -> None:
    archived(keeping)
    keeping.agree(keeping.asked("record.borrow", "小赵", purpose="续约"), "周经理", "郑总")
    for day, said in (("2026-03-06", "3个工作日"), ("2026-03-01", "不能早于今天")):
        with pytest.raises(Invalid, match=said):
            keeping.do("record.register_loan", "何内勤", until=day)
    keeping.do("record.register_loan", "何内勤", until="2026-03-03")
    assert Loan.objects.get().due_at.strftime("%m-%d") == "03-03"


def test_the_original_is_lent_to_one_at_a_time(keeping: Keeping) -> None:
    archived(keeping)
    for name in ("小赵", "小王"):
        keeping.agree(keeping.asked("record.borrow", name, purpose="续约", medium="原件"), "周经理", "郑总")
    keeping.do("record.register_loan", "何内勤")
    with pytest.raises(Invalid, match="原件已借给小赵"):
        keeping.do("record.register_loan", "何内勤")
    keeping.do("record.return_loan", "何内勤")
    keeping.do("record.register_loan", "何内勤")
    assert Loan.objects.get(returned_at=None).borrower.name == "小王"


def test_nobody_borrows_twice_or_what_is_not_archived(keeping: Keeping) -> None:
    request = keeping.asked("record.borrow", "小赵", purpose="续约")
    keeping.agree(request, "周经理", "郑总")
    assert Event.objects.filter(kind="approval.failed").exists() or not Loan.objects.exists()
    archived(keeping)
    keeping.agree(keeping.asked("record.borrow", "小赵", purpose="续约二"), "周经理", "郑总")
    again = keeping.asked("record.borrow", "小赵", purpose="再借")
    keeping.agree(again, "周经理", "郑总")
    assert Loan.objects.count() == 1


def test_returning_what_is_not_lent_is_refused(keeping: Keeping) -> None:
    archived(keeping)
    with pytest.raises(Invalid, match="没有借出未还"):
        keeping.do("record.return_loan", "何内勤")


def test_who_may_not_know_of_the_file_borrows_nothing(keeping: Keeping) -> None:
    from kedang.kernel.errors import NotFound

    archived(keeping)
    with pytest.raises(NotFound):
        keeping.do("record.borrow", "小李", purpose="看看")
    with pytest.raises((Refused, Invalid)):
        keeping.do("record.return_loan", "小赵")


def test_what_was_archived_before_the_system_came_keeps_its_own_day_and_nothing_else_is_dated_back(
    keeping: Keeping,
) -> None:
    keeping.fill()
    keeping.do("record.assign_custodian", "何内勤", person=keeping.company["何内勤"].pk)
    with pytest.raises(Invalid, match="只有期初资料"):
        keeping.do("record.archive", "何内勤", archived_on="2015-05-20")
    before = {"by": keeping.company["何内勤"], "customer": keeping.file, "origin": "opening"}
    with pytest.raises(Invalid, match="不能晚于今天"):
        perform("record.archive", archived_on="2099-01-01", **before)
    perform("record.archive", archived_on="2015-05-20", **before)
    assert selectors.archive_of(keeping.file)["until"].isoformat() == "2018-05-20"
    assert states.of(keeping.file) == "到期待销毁"
    assert Event.objects.get(kind="record.archived").occurred_at.year == 2015
    with pytest.raises(Invalid, match="已归档"):
        perform("record.archive", archived_on="2015-05-20", **before)


# ---- what is not given back ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("medium", "late"), [("原件", ("逾期未还", "red")), ("电子", ("到期已收回", ""))])
def test_a_loan_says_where_it_stands(keeping: Keeping, medium: str, late: tuple[str, str]) -> None:
    archived(keeping)
    keeping.agree(keeping.asked("record.borrow", "小赵", purpose="续约", medium=medium), "周经理", "郑总")
    assert Loan.objects.get().standing == ("已批准，待登记", "blue")
    keeping.do("record.register_loan", "何内勤")
    keeping.clock.move_to(Loan.objects.get().due_at)
    assert Loan.objects.get().standing == ("借出", "amber")
    keeping.clock.move_to(keeping.clock.at.replace(day=6))
    assert Loan.objects.get().standing == late
    keeping.do("record.return_loan", "何内勤")
    assert Loan.objects.get().standing == ("已归还", "green")
