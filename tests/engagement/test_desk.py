"""The front desk: what is asked first, who receives, who is told, and what the log shows to whom."""

from datetime import date
from typing import Any

import pytest

from kedang.customers.claims.models import Likeness
from kedang.customers.models import Customer
from kedang.engagement.desk import selectors
from kedang.engagement.desk.models import CallLog, DutyTurn, Reception
from kedang.kernel.errors import Invalid
from tests.support.company import Company

TODAY = date(2026, 3, 2)


def came(company: Company, by: str = "小赵", **answers: Any) -> Reception:
    """A visitor at the desk."""
    return Reception.objects.get(pk=company.do("reception.report", by, **answers))


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"visitor": "星河餐饮"}, "contacted"),
        ({"visitor": "星河餐饮", "contacted": "是"}, "named"),
        ({"visitor": "星河餐饮", "contacted": "是", "named": "没有此人"}, "named"),
        ({"visitor": "星河餐饮", "contacted": "是", "named": "小王", "cannot_name": True}, "named"),
        ({"visitor": "星河餐饮", "contacted": "否", "named": "小王"}, "contacted"),
        ({"visitor": "星河餐饮", "contacted": "否", "designated": True}, "introducer"),
        ({"contacted": "否"}, "visitor"),
        ({"visitor": "星河餐饮", "contacted": "否", "occurred_at": "2026-03-03 10:00"}, "occurred_at"),
    ],
)
def test_answers_that_do_not_go_together_are_sent_back(company: Company, answers: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as said:
        company.do("reception.report", "小赵", **answers)
    assert field in said.value.errors and not Reception.objects.exists() and not Customer.objects.exists()


def test_who_can_be_named_keeps_his_customer(company: Company, factory: int) -> None:
    row = came(company, contacted="是", named="小王", visitor="上海晨光文具厂")
    assert row.customer_id == factory and row.named == company["小王"] and row.basis == "转原招商经理"
    assert Customer.objects.get(pk=factory).owner == company["小王"]


def test_a_newcomer_that_looks_like_somebody_is_noted_beside_him(company: Company, factory: int) -> None:
    row = came(company, contacted="是", cannot_name=True, visitor="上海晨光文具厂", phone="13800138000")
    assert row.customer is not None and row.customer.name == "上海晨光文具厂（2026-03-02来访）"
    assert Likeness.objects.get(customer=row.customer).other_id == factory
    shown = selectors.receptions(company["周经理"])[0]
    assert [one.name for one in shown.alike] == ["上海晨光文具厂"] and "名称" in shown.alike[0].agrees


def test_reaching_the_manager_is_said_once_by_those_it_concerns(company: Company, factory: int) -> None:
    row = came(company, contacted="是", named="小王", visitor="上海晨光文具厂")
    with pytest.raises(Invalid, match="接待人或所找"):
        company.do("reception.handover", "周经理", reception=row.pk)
    company.do("reception.handover", "小赵", reception=row.pk)
    with pytest.raises(Invalid, match="已经登记过"):
        company.do("reception.handover", "小赵", reception=row.pk)
    new = came(company, contacted="否", visitor="明月茶楼")
    with pytest.raises(Invalid, match="没有要找的"):
        company.do("reception.handover", "小赵", reception=new.pk)


def test_what_was_in_time_need_not_be_verified(company: Company, factory: int) -> None:
    row = came(company, contacted="是", named="小王", visitor="上海晨光文具厂")
    with pytest.raises(Invalid, match="没有超过时限"):
        company.do("reception.verify", "周经理", reception=row.pk, verdict="对方不在场")


def test_a_reader_outside_the_list_sees_what_was_typed_and_no_file(company: Company, factory: int) -> None:
    company.do("reception.report", "小李", contacted="是", named="小王", visitor="上海晨光文具厂")
    shown = selectors.receptions(company["小李"])[0]
    assert not shown.known and shown.row.visitor == "上海晨光文具厂"
    assert not shown.owner and shown.state == "待联系"
    assert selectors.receptions(company["何内勤"]) and selectors.receptions(company["钱会计"]) == []


def test_the_roster_is_set_by_the_head_for_his_own_people_from_today_on(company: Company) -> None:
    def turn(by: str, **more: Any) -> Any:
        return company.do("roster.set", by, **{"person": company["小王"].pk, "day": "2026-03-02", **more})

    assert turn("周经理", until="2026-03-09") == 6  # the working days
    assert DutyTurn.objects.get(day="2026-03-06").person == company["小王"]
    turn("周经理", person=company["小赵"].pk, day="2026-03-06")
    assert DutyTurn.objects.get(day="2026-03-06").person == company["小赵"]
    for by, more in [
        ("小王", {}),
        ("周经理", {"day": "2026-03-01"}),
        ("周经理", {"person": company["小李"].pk}),
        ("周经理", {"until": "2026-03-01"}),
        ("周经理", {"until": "2027-03-01"}),
        ("吴经理", {"unit": company.units["业务一部"].pk}),
    ]:
        with pytest.raises(Invalid):
            turn(by, **more)


def test_calls_are_counted_for_who_took_them(company: Company) -> None:
    company.do("call.report", "何内勤", person=company["小王"].pk, caller="明月茶楼", phone="13800138002")
    with pytest.raises(Invalid):
        company.do("call.report", "何内勤", person=company["小王"].pk, occurred_at="2026-03-02 18:00")
    assert [row.caller for row in selectors.calls(company["小王"])] == ["明月茶楼"]
    assert selectors.calls(company["周经理"]) and not selectors.calls(company["小李"]) and CallLog.objects.count() == 1


def test_the_days_register_begins_with_what_the_desk_noted(company: Company) -> None:
    company.do("call.report", "何内勤", person=company["小王"].pk, caller="明月茶楼")
    row = came(company, contacted="否", visitor="星河餐饮", phone="13800138001")
    rows = selectors.to_register(company["小赵"], TODAY)
    assert rows == [{"name": "星河餐饮", "kind": "组织", "phone": "13800138001", "source": "来访"}] and row.customer
    assert [one["source"] for one in selectors.to_register(company["小王"], TODAY)] == ["来电"]
