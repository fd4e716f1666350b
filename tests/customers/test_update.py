"""customer.update, customer.classify, customer.report_change."""

import pytest

from kedang.customers.history import EditConflict
from kedang.customers.models import Change, Customer, FormerName
from kedang.customers.selectors import change_history, search_files
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.ledger.models import Event, Value
from kedang.kernel.norms.models import FileTerm
from tests.support.company import Company

ALL = {"base": "show", "contact": "show", "deal": "show"}


def test_a_change_keeps_old_and_new_with_who_and_why(company: Company, factory: int) -> None:
    company.do("customer.update", "小王", customer=factory, phone="021-57475621", reason="客户换号")
    change = Change.objects.get(customer=factory, field="phone")
    assert (change.old, change.new, change.by, change.reason) == (
        "13800138000",
        "021-57475621",
        company["小王"],
        "客户换号",
    )
    event = Event.objects.get(kind="customer.updated")
    assert change.event == event.pk
    assert "13800138000" not in str(event.data)
    assert Value.objects.get(event=event, field="phone").old == "13800138000"


def test_fields_not_given_stay_and_named_ones_are_emptied(company: Company, factory: int) -> None:
    company.do("customer.update", "小王", customer=factory, nature="民营")
    company.do("customer.update", "小王", customer=factory, clear=["address"])
    row = Customer.objects.get(pk=factory)
    assert (row.nature, row.address, row.phone) == ("民营", "", "13800138000")


def test_nothing_differs_nothing_happens(company: Company, factory: int) -> None:
    before = Event.objects.count()
    company.do("customer.update", "小王", customer=factory, phone="138 0013 8000")
    assert Event.objects.count() == before
    assert Customer.objects.get(pk=factory).version == 1


def test_a_new_name_leaves_the_former_one_findable(company: Company, factory: int) -> None:
    company.do("customer.update", "小王", customer=factory, name="上海晨光集团股份有限公司")
    assert FormerName.objects.get(customer=factory).name == "上海晨光文具厂"
    assert [row.pk for row in search_files(company["小王"], "文具厂")] == [factory]
    with pytest.raises(Invalid, match="重复"):
        company.do("customer.register", "小赵", name="上海晨光集团")


def test_taking_the_name_or_code_of_another_file_is_refused(company: Company, factory: int) -> None:
    other = company.do("customer.register", "小王", name="大禹厂")
    with pytest.raises(Invalid) as error:
        company.do("customer.update", "小王", customer=other, name="上海晨光文具厂")
    assert "重复" in error.value.errors["name"]
    with pytest.raises(Invalid) as error:
        company.do("customer.update", "小王", customer=other, credit_code="91310000607215270Y")
    assert "credit_code" in error.value.errors


def test_the_second_of_two_savers_sees_mine_theirs_and_the_original(company: Company, factory: int) -> None:
    company.do("customer.update", "周经理", customer=factory, version=1, address="上海市浦东新区1号")
    with pytest.raises(EditConflict) as error:
        company.do("customer.update", "小王", customer=factory, version=1, address="上海市浦东新区2号", nature="民营")
    rows = {row["field"]: row for row in error.value.rows}
    assert rows["address"] == {
        "field": "address",
        "label": "地址",
        "mine": "上海市浦东新区2号",
        "theirs": "上海市浦东新区1号",
        "original": "上海市奉贤区金钱公路3469号",
    }
    assert rows["nature"]["mine"] == "民营"
    row = Customer.objects.get(pk=factory)
    assert (row.address, row.nature) == ("上海市浦东新区1号", "")
    saved = company.do("customer.update", "小王", customer=factory, version=error.value.version, nature="民营")
    assert saved["version"] == 3


def test_another_salesperson_may_know_but_not_change_and_a_stranger_finds_nothing(
    company: Company, factory: int
) -> None:
    with pytest.raises(Refused):
        company.do("customer.update", "小赵", customer=factory, nature="民营")
    with pytest.raises(NotFound):
        company.do("customer.update", "小李", customer=factory, nature="民营")


def test_a_class_is_set_by_label_or_id_and_its_change_is_history(company: Company, factory: int) -> None:
    company.do("customer.classify", "小王", customer=factory, term="category", value="一般客户")
    company.do("customer.classify", "小王", customer=factory, term="category", value="key")
    assert FileTerm.objects.get(file=factory).value == "key"
    line = next(line for line in change_history(factory, ALL) if line.label == "客户类别")
    assert (line.old, line.new, line.by) == ("一般客户", "重点客户", "小王")


def test_a_class_that_is_not_there_lists_those_that_are(company: Company, factory: int) -> None:
    with pytest.raises(Invalid) as error:
        company.do("customer.classify", "小王", customer=factory, term="category", value="贵宾")
    assert "重点客户、一般客户" in error.value.errors["value"]


def test_a_major_change_is_written_down_with_its_day_and_both_values(company: Company, factory: int) -> None:
    company.do(
        "customer.report_change", "小王", customer=factory, matter="法定代表人变更", side="客户方",
        occurred_on="2026-03-01", old="陈某", new="林某",
    )  # fmt: skip
    line = change_history(factory, ALL)[0]
    assert (line.label, line.old, line.new) == ("客户方变动：法定代表人变更", "陈某", "林某")
    event = Event.objects.get(kind="customer.change_reported")
    assert event.occurred_at.date().isoformat() == "2026-03-01"
    assert "陈某" not in str(event.data)


def test_a_change_cannot_lie_in_the_future(company: Company, factory: int) -> None:
    with pytest.raises(Invalid) as error:
        company.do(
            "customer.report_change", "小王", customer=factory, matter="迁址", side="客户方", occurred_on="2026-03-03"
        )
    assert "occurred_on" in error.value.errors


def test_the_change_history_respects_the_readers_rights(company: Company, factory: int) -> None:
    company.do("customer.update", "小王", customer=factory, phone="13800138009")
    masked = change_history(factory, {**ALL, "contact": "mask"})[0]
    assert (masked.old, masked.new) == ("138****8000", "138****8009")
    assert change_history(factory, {**ALL, "contact": "hide"}) == []
