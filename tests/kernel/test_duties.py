"""Duties: opened, reminded of, breached, done, reopened; whose they are."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from kedang.kernel import clock, inbox, tick
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NeedsApproval, NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Duty
from tests.kernel.conftest import register
from tests.support.company import Company

Under = Callable[..., Company]


@pytest.fixture
def company(under: Under) -> Company:
    return under("duties")


@pytest.fixture
def factory(company: Company) -> int:
    return register(company, "晨光厂")


def duty(norm: str, **where: Any) -> Duty:
    return Duty.objects.get(norm=f"duties.{norm}", **where)


def states(norm: str) -> list[str]:
    return list(Duty.objects.filter(norm=f"duties.{norm}").order_by("due_at", "id").values_list("state", flat=True))


def due(norm: str) -> str:
    at = duty(norm).due_at
    assert at is not None
    return f"{clock.local(at):%m-%d %H:%M}"


def report(company: Company, file: int, by: str = "小王") -> Any:
    return company.do("form.file", by, form="report", customer=file, data={"result": "好"})


def pass_time(held: clock.Frozen, until: str) -> None:
    """Tick at each instant at which something falls due, as the worker would."""
    end = clock.local(datetime.fromisoformat(until))
    while (at := tick.next_wakeup(held.at, end)) is not None:
        held.move_to(at)
        tick.tick()
    held.move_to(end)
    tick.tick()


# ---- from opening to closing -------------------------------------------------------------------------------------


def test_an_event_opens_one_duty_a_customer_however_often_it_comes(company: Company, factory: int) -> None:
    for _ in range(3):
        company.do("contact.record", "小王", customer=factory)
    row = duty("report")
    assert (row.state, row.bearer, row.file, due("report")) == ("open", company["小王"], factory, "03-04 23:59")


def test_a_deadline_counts_from_when_it_happened(company: Company, factory: int, held: clock.Frozen) -> None:
    held.move_to(datetime(2026, 3, 6, 9))
    company.do("contact.record", "小王", customer=factory, occurred_at="2026-03-04 15:00")
    assert due("report") == "03-06 23:59"


def test_what_is_done_in_time_is_done_and_later_is_late(company: Company, factory: int, held: clock.Frozen) -> None:
    other = register(company, "大禹厂")
    for file in (factory, other):
        company.do("contact.record", "小王", customer=file)
    pass_time(held, "2026-03-04T23:59")
    report(company, factory)
    assert duty("report", file=factory).state == "done"
    pass_time(held, "2026-03-05T00:01")
    report(company, other)
    row = duty("report", file=other)
    assert (row.state, row.breached_at) == ("late", row.due_at)


def test_reminder_and_breach_come_exactly_once(company: Company, factory: int, held: clock.Frozen) -> None:
    company.do("contact.record", "小王", customer=factory)
    pass_time(held, "2026-03-03T08:59")
    assert not Notice.objects.exists()
    for _ in range(2):
        pass_time(held, "2026-03-03T09:00")
    assert Notice.objects.get().person == company["小王"]
    for until in ("2026-03-05T00:00", "2026-03-05T00:01", "2026-03-09T00:00"):
        pass_time(held, until)
        tick.tick()
    assert Event.objects.filter(kind="norm.breached").count() == 1
    assert [n.person.name for n in Notice.objects.filter(clause="1").exclude(kind="reminder")] == ["周经理"]
    assert duty("report").state == "open"


def test_a_breach_is_not_missed_when_the_clock_of_rules_stood_still(
    company: Company, factory: int, held: clock.Frozen
) -> None:
    company.do("contact.record", "小王", customer=factory)
    held.move_to(datetime(2026, 4, 1, 9))
    tick.tick()
    tick.tick()
    event = Event.objects.get(kind="norm.breached")
    assert clock.local(event.occurred_at).date().isoformat() == "2026-03-04"
    assert Notice.objects.exclude(kind="reminder").count() == 1


def test_a_duty_goes_with_the_file_to_its_new_owner(company: Company, factory: int) -> None:
    company.do("contact.record", "小王", customer=factory)
    company.do("customer.transfer", "周经理", customer=factory, to=company["小赵"].pk, reason="调整")
    assert duty("report").bearer == company["小赵"]


def test_a_returned_form_opens_the_duty_again_with_its_old_due_time(
    company: Company, factory: int, held: clock.Frozen
) -> None:
    company.do("contact.record", "小王", customer=factory)
    was = due("report")
    report(company, factory)
    assert duty("report").state == "done"
    held.move_to(datetime(2026, 3, 3, 9))
    with pytest.raises(Invalid):
        company.do("flow.move", "周经理", customer=factory, flow="filing", to="unfiled")
    company.do("flow.move", "周经理", customer=factory, flow="filing", to="unfiled", opinion="缺联系人")
    assert (duty("report").state, due("report")) == ("open", was)
    report(company, factory)
    assert duty("report").state == "done"


def test_a_norm_overridden_on_the_same_event_opens_nothing(company: Company, factory: int) -> None:
    company.do("customer.classify", "小王", customer=factory, term="level", value="high")
    company.do("contact.record", "小王", customer=factory)
    assert states("report") == []
    assert due("report-soon") == "03-03 23:59"


def test_only_the_bearer_closes_what_asks_for_the_bearer(company: Company, factory: int) -> None:
    company.do("customer.classify", "小王", customer=factory, term="level", value="high")
    company.do("contact.record", "小王", customer=factory)
    report(company, factory, "小赵")
    assert states("report-soon") == ["open"]
    report(company, factory)
    assert states("report-soon") == ["done"]


def test_opening_balances_open_nothing(company: Company, factory: int) -> None:
    perform("contact.record", by=company["小王"], customer=factory, origin="opening")
    assert not Duty.objects.exists()


# ---- whose it is -------------------------------------------------------------------------------------------------


def test_a_units_duty_is_its_heads_until_somebody_takes_it(company: Company, factory: int, held: clock.Frozen) -> None:
    company.do("customer.transfer", "周经理", customer=factory, to=company["小李"].pk, reason="调整")
    row = duty("unit-call")
    assert (row.unit, row.bearer) == (company.units["业务二部"], None)
    assert inbox.counts(company["吴经理"]).duties == 1
    assert inbox.counts(company["小李"]).duties == 0
    with pytest.raises(NotFound):
        company.do("duty.take", "小王", duty=row.pk)
    company.do("duty.take", "吴经理", duty=row.pk)
    assert duty("unit-call").taken_by == company["吴经理"]
    pass_time(held, "2026-03-03T23:30")
    assert [n.person.name for n in Notice.objects.filter(kind="reminder", clause="2")] == ["吴经理"]
    company.do("visit.record", "小李", customer=factory, content="看样")
    assert states("unit-call") == ["open"]
    company.do("visit.record", "吴经理", customer=factory, content="看样")
    assert states("unit-call") == ["done"]


def test_all_of_several_bearers_have_one_each(company: Company, factory: int) -> None:
    for name in ("小赵", "小李"):
        company.do("customer.add_collaborator", "小王", customer=factory, person=company[name].pk)
    company.do("visit.plan", "小王", customer=factory, planned_on="2026-03-05", purpose="看样")
    assert {d.bearer.name for d in Duty.objects.filter(norm="duties.all-visit") if d.bearer} == {"小赵", "小李"}
    company.do("visit.record", "小赵", customer=factory, content="看样")
    assert duty("all-visit", bearer=company["小赵"]).state == "done"
    assert duty("all-visit", bearer=company["小李"]).state == "open"


# ---- closing in other ways ---------------------------------------------------------------------------------------


def test_a_count_asks_for_several_deeds(company: Company, factory: int) -> None:
    company.do(
        "customer.report_change", "小王", customer=factory, matter="停产", occurred_on="2026-03-02", side="客户方"
    )
    company.do("visit.record", "小王", customer=factory, content="一")
    assert states("two-visits") == ["open"]
    company.do("visit.record", "小王", customer=factory, content="二")
    assert states("two-visits") == ["done"]


def test_one_deed_closes_the_oldest_of_a_norm_and_no_other(company: Company, factory: int, held: clock.Frozen) -> None:
    company.do("expense.submit", "小王", customer=factory, kind="差旅", amount=1)
    held.move_to(datetime(2026, 3, 3, 10))
    company.do("expense.submit", "小王", customer=factory, kind="差旅", amount=2)
    company.do("contract.register", "小王", customer=factory, name="供货合同", signed_on="2026-03-03")
    assert states("by-evening") == ["late", "open"]


def test_grace_needs_its_reason_and_ends(company: Company, factory: int, held: clock.Frozen) -> None:
    other = register(company, "大禹厂")
    for file in (factory, other):
        company.do("expense.submit", "小王", customer=file, kind="差旅", amount=1)
    row = duty("by-evening", file=factory)
    assert row.grace_until is not None
    assert (f"{clock.local(row.due_at):%d %H:%M}", f"{clock.local(row.grace_until):%d %H:%M}") == (
        "02 17:30",
        "03 10:00",
    )  # type: ignore[arg-type]
    company.do("duty.excuse", "小王", duty=row.pk, reason="出差")
    pass_time(held, "2026-03-03T09:00")
    for file in (factory, other):
        company.do("contract.register", "小王", customer=file, name="供货合同", signed_on="2026-03-03")
    assert duty("by-evening", file=factory).state == "late_excused"
    assert duty("by-evening", file=other).state == "late"
    assert not Event.objects.filter(kind="norm.breached").exists()


def test_after_the_grace_no_excuse_helps(company: Company, factory: int, held: clock.Frozen) -> None:
    company.do("expense.submit", "小王", customer=factory, kind="差旅", amount=1)
    row = duty("by-evening")
    pass_time(held, "2026-03-03T10:01")
    assert duty("by-evening").breached_at is not None
    with pytest.raises(Invalid):
        company.do("duty.excuse", "小王", duty=row.pk, reason="出差")
    company.do("contract.register", "小王", customer=factory, name="供货合同", signed_on="2026-03-03")
    assert duty("by-evening").state == "late"


def test_a_duty_whose_reason_is_gone_is_void(company: Company, factory: int) -> None:
    company.do("customer.classify", "小王", customer=factory, term="level", value="high")
    assert states("see-high") == ["open"]
    company.do("customer.classify", "小王", customer=factory, term="level", value="low")
    assert states("see-high") == ["void"]


def test_asking_closes_and_a_refusal_opens_again(company: Company, factory: int) -> None:
    company.do(
        "customer.report_change", "小王", customer=factory, matter="停产", occurred_on="2026-03-02", side="客户方"
    )
    was = due("claim-it")
    for move, state in (("reject", "open"), ("agree", "done")):
        with pytest.raises(NeedsApproval) as caught:
            company.do("expense.submit", "小王", customer=factory, kind="差旅", amount=6000)
        assert duty("claim-it").state == "done"
        perform("approval.move", by=company["郑总"], request=caught.value.request.pk, move=move, opinion="按规定")
        assert (duty("claim-it").state, due("claim-it")) == (state, was)


def test_another_persons_asking_does_not_close_the_bearers_duty(company: Company, factory: int) -> None:
    company.do(
        "customer.report_change", "小王", customer=factory, matter="停产", occurred_on="2026-03-02", side="客户方"
    )
    with pytest.raises(NeedsApproval):
        company.do("expense.submit", "小赵", customer=factory, kind="差旅", amount=6000)
    assert duty("claim-it").state == "open"


def test_what_a_deed_closes_cannot_be_closed_by_hand(company: Company, factory: int) -> None:
    company.do("contact.record", "小王", customer=factory)
    with pytest.raises(Invalid):
        company.do("duty.finish", "小王", duty=duty("report").pk)
    with pytest.raises(NotFound):
        company.do("duty.finish", "小李", duty=duty("report").pk)
