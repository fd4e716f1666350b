"""The register of customers: who wrote one down first, what a typed time counts, and who decides."""

from datetime import datetime

import pytest

from kedang.customers.claims import selectors
from kedang.customers.claims.models import Claim, Conflict
from kedang.customers.models import Customer
from kedang.kernel import clock
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from tests.support.company import Company


def claim(company: Company, by: str, name: str = "星河餐饮", **more: object) -> Claim:
    """A line of the register."""
    return Claim.objects.get(pk=company.do("customer.claim", by, name=name, **more))


def test_a_new_customer_is_opened_for_who_writes_him_down(company: Company) -> None:
    made = claim(company, "小王", phone="13800138001", source="来电", intention="意向客户", need="租铺面")
    assert made.customer.owner == company["小王"] and made.intended and made.recorded_at == clock.now()
    assert not Conflict.objects.exists()


def test_the_same_name_however_spaced_and_a_like_name_with_the_same_phone_are_one_customer(company: Company) -> None:
    first = claim(company, "小王", phone="13800138001")
    assert claim(company, "小赵", name="星河 餐饮").customer == first.customer
    assert claim(company, "周经理", name="星河餐饮店", phone="13800138001").customer == first.customer
    assert claim(company, "郑总", name="星河餐饮馆", phone="13800138009").customer != first.customer


def test_another_name_is_another_customer(company: Company) -> None:
    assert claim(company, "小王").customer != claim(company, "小赵", name="明月茶楼").customer


def test_the_typed_time_is_kept_and_never_used(company: Company) -> None:
    claim(company, "小王")
    with clock.frozen("2026-03-02 11:40"):
        late = claim(company, "小赵", said_at=datetime(2026, 3, 2, 9, 0))
    assert late.odd and clock.local(late.recorded_at).hour == 11
    assert Event.objects.filter(kind="customer.claim_odd", file=late.customer_id).count() == 1
    view = selectors.conflicts(company["周经理"])[0]
    assert [side.name for side in view.sides] == ["小王", "小赵"] and not view.tied


def test_writing_a_customer_down_twice_keeps_the_first_time(company: Company) -> None:
    first = claim(company, "小王")
    with clock.frozen("2026-03-02 15:00"):
        again = claim(company, "小王", need="想好了")
    assert again.pk == first.pk and again.recorded_at == first.recorded_at and again.need == "想好了"
    assert Event.objects.filter(kind="customer.claimed").count() == 1


def test_a_file_that_has_an_owner_counts_from_when_he_had_it(company: Company, factory: int) -> None:
    claim(company, "小赵", name="上海晨光文具厂")
    assert set(Claim.objects.filter(customer=factory).values_list("person__name", flat=True)) == {"小王", "小赵"}
    assert Customer.objects.get(pk=factory).owner == company["小王"]


def test_one_minute_is_a_tie_that_a_person_settles_for_one_of_the_two(company: Company) -> None:
    claim(company, "小王")
    lost = claim(company, "小赵")
    row = Conflict.objects.get()
    assert row.cause == "同时登记" and row.state == "待裁定" and selectors.conflict_for(company["周经理"], row.pk).tied
    with pytest.raises(Invalid, match="没有登记过"):
        company.do("customer.settle_conflict", "周经理", conflict=row.pk, to=company["郑总"].pk, reason="先到")
    company.do("customer.settle_conflict", "周经理", conflict=row.pk, to=company["小赵"].pk, reason="先接的电话")
    assert Customer.objects.get(pk=lost.customer_id).owner == company["小赵"]
    told = Notice.objects.filter(text__contains="归属认定为小赵（先接的电话）")
    assert [row.person.name for row in told] == ["小王"]
    assert selectors.lost_since(company["小王"], clock.now()) == ["星河餐饮"]
    assert selectors.lost_since(company["小赵"], clock.now()) == []
    assert [line.state for line in selectors.lines_of(company["小王"])] == ["冲撞－归他人"]
    assert [line.state for line in selectors.lines_of(company["小赵"])] == ["归本人"]
    with pytest.raises(Invalid, match="已经认定"):
        company.do("customer.settle_conflict", "周经理", conflict=row.pk, to=company["小王"].pk, reason="再议")


def test_the_owner_has_nothing_to_contest_and_one_dispute_is_enough(company: Company, factory: int) -> None:
    with pytest.raises(Invalid, match="已是负责人"):
        company.do("customer.contest", "小王", customer=factory, ground="是我的")
    company.do("customer.contest", "小赵", customer=factory, ground="我先联系的")
    with pytest.raises(Invalid, match="正在裁定"):
        company.do("customer.contest", "周经理", customer=factory, ground="我也是")


def test_who_may_not_know_of_the_file_does_not_find_the_conflict(company: Company, factory: int) -> None:
    company.do("customer.contest", "小赵", customer=factory, ground="我先联系的")
    pk = Conflict.objects.get().pk
    with pytest.raises(NotFound):
        selectors.conflict_for(company["小李"], pk)
    with pytest.raises(NotFound):
        company.do("customer.settle_conflict", "小李", conflict=pk, to=company["小赵"].pk, reason="x")
    assert selectors.conflicts(company["小李"]) == []


def test_a_name_is_needed(company: Company) -> None:
    with pytest.raises(Invalid, match="客户姓名"):
        company.do("customer.claim", "小王", phone="13800138001")
