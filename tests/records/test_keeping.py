"""Custody, archiving, handing over, sending out, counting."""

import pytest

from kedang.kernel import clock
from kedang.kernel.errors import Invalid, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.store import fact_store
from kedang.records.facts import load_archived, load_custodian, missing_files
from kedang.records.models import Custody
from kedang.records.selectors import keeping_of, missing_lines
from tests.support.company import Company


def test_archiving_needs_a_custodian_and_happens_once(company: Company, factory: int) -> None:
    with pytest.raises(Invalid, match="先指定保管人"):
        company.do("record.archive", "何内勤", customer=factory)
    company.do("record.assign_custodian", "何内勤", customer=factory, person=company["何内勤"].pk)
    company.do("record.archive", "何内勤", customer=factory)
    world = fact_store().world
    assert load_archived([(factory,)], world) == {(factory,): True}
    assert load_custodian([(factory,)], world) == {(factory,): company["何内勤"].pk}
    with pytest.raises(Invalid, match="已归档"):
        company.do("record.archive", "何内勤", customer=factory)


def test_a_change_of_custodian_names_both_sides_and_the_day(company: Company, factory: int) -> None:
    company.do("record.assign_custodian", "何内勤", customer=factory, person=company["何内勤"].pk)
    with pytest.raises(Invalid, match="更换请登记交接"):
        company.do("record.assign_custodian", "何内勤", customer=factory, person=company["小赵"].pk)
    with pytest.raises(Invalid) as error:
        company.do(
            "record.change_custodian", "何内勤", customer=factory, to=company["小赵"].pk, handed_over_on="2026-03-05"
        )
    assert "handed_over_on" in error.value.errors
    with clock.frozen("2026-03-06 09:00"):
        company.do(
            "record.change_custodian", "何内勤", customer=factory, to=company["小赵"].pk, handed_over_on="2026-03-05"
        )
    line = Custody.objects.get(customer=factory, end=None)
    assert (line.received_from, line.custodian) == (company["何内勤"], company["小赵"])
    assert line.handed_over_on.isoformat() == "2026-03-05"


def test_who_hands_over_cannot_accept(company: Company, factory: int) -> None:
    with pytest.raises(Invalid, match="没有待接收"):
        company.do("record.receive", "何内勤", customer=factory)
    company.do("record.hand_over", "小王", customer=factory)
    with pytest.raises(Invalid, match="等待保管人接收"):
        company.do("record.hand_over", "小王", customer=factory)
    with pytest.raises(Invalid, match="不能自己接收"):
        company.do("record.receive", "小王", customer=factory)
    company.do("record.receive", "何内勤", customer=factory)
    assert keeping_of(factory)["handovers"][0].received_by == company["何内勤"]


def test_sending_out_is_for_those_who_may_open_the_file(company: Company, factory: int) -> None:
    with pytest.raises(Refused):
        company.do("record.send", "小赵", customer=factory, to="某律所")
    company.do("record.send", "小王", customer=factory, to="某律所", note="诉讼")
    assert Event.objects.get(kind="record.sent").data["to"] == "某律所"


def test_a_count_names_what_is_missing_and_it_can_be_found_later(company: Company, factory: int) -> None:
    other = company.do("customer.register", "小王", name="大禹厂")
    for file in (factory, other):
        company.do("record.assign_custodian", "何内勤", customer=file, person=company["何内勤"].pk)
    answer = company.do("inventory.count", "何内勤", counted_on="2026-03-02", found=["KH-2026-00001"])
    assert answer["missing"] == ["KH-2026-00002"]
    assert Event.objects.get(kind="inventory.missing").file == other
    assert missing_files() == 1
    assert [line.customer_id for line in missing_lines(company["何内勤"])] == [other]
    company.do("inventory.find", "何内勤", customer=other, note="在隔壁柜")
    assert missing_files() == 0
    with pytest.raises(Invalid, match="没有盘点缺失"):
        company.do("inventory.find", "何内勤", customer=other, note="又找到")


def test_a_count_of_what_one_does_not_keep_is_refused(company: Company, factory: int) -> None:
    with pytest.raises(Invalid) as error:
        company.do("inventory.count", "何内勤", counted_on="2026-03-02", found=[factory])
    assert "found" in error.value.errors
    company.do("record.assign_custodian", "何内勤", customer=factory, person=company["何内勤"].pk)
    with pytest.raises(Invalid) as error:
        company.do("inventory.count", "何内勤", counted_on="2026-03-02", found=["KH-2026-09999"])
    assert "KH-2026-09999" in error.value.errors["found"]
