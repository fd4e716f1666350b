"""Transfer, assignment, release, collaborators."""

import pytest

from kedang.customers.models import Collaborator, Customer, OwnerHistory
from kedang.customers.selectors import file_for
from kedang.kernel.actions.performing import perform
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from tests.support.company import Company


def test_a_transfer_passes_file_and_unit_on_and_closes_the_former_owners_time(company: Company, factory: int) -> None:
    company.do("customer.transfer", "周经理", customer=factory, to=company["小李"].pk, reason="区域调整")
    row = Customer.objects.get(pk=factory)
    assert (row.owner, row.unit) == (company["小李"], company.units["业务二部"])
    lines = list(OwnerHistory.objects.filter(customer=factory).order_by("id"))
    assert [line.owner for line in lines] == [company["小王"], company["小李"]]
    assert lines[0].end is not None
    assert (lines[1].end, lines[1].reason, lines[1].by) == (None, "区域调整", company["周经理"])
    with pytest.raises(NotFound):
        file_for(company["小王"], factory)


def test_a_transfer_to_the_owner_or_to_someone_gone_is_refused(company: Company, factory: int) -> None:
    with pytest.raises(Invalid, match="已是负责人"):
        company.do("customer.transfer", "小王", customer=factory, to=company["小王"].pk)
    with pytest.raises(Invalid, match="没有这个人"):
        company.do("customer.transfer", "小王", customer=factory, to=99999)


def test_a_norm_assigns_an_owner_as_the_system(company: Company, factory: int) -> None:
    perform("customer.assign_owner", by=None, customer=factory, to=company["小赵"].pk, reason="先登记者")
    assert Customer.objects.get(pk=factory).owner == company["小赵"]
    assert Event.objects.get(kind="customer.assigned").actor is None


def test_release_puts_a_file_into_the_pool_once(company: Company, factory: int) -> None:
    company.do("customer.release", "小王", customer=factory, reason="三个月未跟进")
    row = Customer.objects.get(pk=factory)
    assert (row.owner, row.status) == (None, "公海")
    with pytest.raises(Invalid, match="已在公海"):
        company.do("customer.release", "周经理", customer=factory, reason="再放一次")
    company.do("customer.transfer", "周经理", customer=factory, to=company["小赵"].pk)
    assert Customer.objects.get(pk=factory).status == "正常"


def test_a_file_of_the_pool_is_taken_once_and_by_its_own_unit(company: Company, factory: int) -> None:
    with pytest.raises(Invalid, match="已由小王负责"):
        company.do("customer.take", "小王", customer=factory)
    company.do("customer.add_collaborator", "小王", customer=factory, person=company["小李"].pk)
    company.do("customer.release", "小王", customer=factory, reason="三个月未跟进")
    assert company.do("customer.take", "周经理", customer=factory) == factory
    row = Customer.objects.get(pk=factory)
    assert (row.owner, row.status) == (company["周经理"], "正常")
    assert Event.objects.get(kind="customer.taken").data["to"] == company["周经理"].pk
    with pytest.raises(Invalid, match="已由周经理负责，不在公海"):
        company.do("customer.take", "小李", customer=factory)


def test_release_asks_for_a_reason(company: Company, factory: int) -> None:
    with pytest.raises(Invalid) as error:
        company.do("customer.release", "小王", customer=factory)
    assert "reason" in error.value.errors


def test_a_collaborator_of_another_unit_sees_the_file_until_removed(company: Company, factory: int) -> None:
    company.do("customer.add_collaborator", "小王", customer=factory, person=company["小李"].pk)
    assert file_for(company["小李"], factory, "open").pk == factory
    with pytest.raises(Invalid, match="已是协作人"):
        company.do("customer.add_collaborator", "小王", customer=factory, person=company["小李"].pk)
    company.do("customer.remove_collaborator", "小王", customer=factory, person=company["小李"].pk)
    with pytest.raises(NotFound):
        file_for(company["小李"], factory)
    assert Collaborator.objects.get(customer=factory).until is not None
    with pytest.raises(Invalid, match="不是协作人"):
        company.do("customer.remove_collaborator", "小王", customer=factory, person=company["小李"].pk)


def test_an_owner_is_not_his_own_helper(company: Company, factory: int) -> None:
    with pytest.raises(Invalid, match="是负责人"):
        company.do("customer.add_collaborator", "小王", customer=factory, person=company["小王"].pk)
    company.do("customer.add_collaborator", "小王", customer=factory, person=company["小赵"].pk)
    company.do("customer.transfer", "小王", customer=factory, to=company["小赵"].pk)
    assert not Collaborator.objects.filter(customer=factory, until=None).exists()
