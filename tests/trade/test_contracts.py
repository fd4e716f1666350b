"""contract.register, contract.terminate."""

import pytest

from kedang.customers.models import FileSummary
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.norms.store import fact_store
from kedang.trade.facts import load_contract_open
from kedang.trade.models import Contract
from tests.support.company import Company


def test_a_contract_is_in_force_until_it_is_ended_with_a_reason(company: Company, factory: int) -> None:
    contract = company.do("contract.register", "小王", customer=factory, name="年度供货合同", amount="120000")
    world = fact_store().world
    assert load_contract_open([(factory,)], world) == {(factory,): True}
    assert FileSummary.objects.get(pk=factory).contract_fen == 12_000_000
    with pytest.raises(Invalid) as error:
        company.do("contract.terminate", "小王", customer=factory, contract=contract)
    assert "reason" in error.value.errors
    company.do("contract.terminate", "小王", customer=factory, contract=contract, reason="客户停产")
    assert load_contract_open([(factory,)], world) == {(factory,): False}
    with pytest.raises(Invalid, match="已终止"):
        company.do("contract.terminate", "小王", customer=factory, contract=contract, reason="再终止")


def test_a_contract_of_another_customer_is_not_found_here(company: Company, factory: int) -> None:
    other = company.do("customer.register", "小王", name="大禹厂")
    contract = company.do("contract.register", "小王", customer=other, name="合同")
    with pytest.raises(Invalid) as error:
        company.do("contract.terminate", "小王", customer=factory, contract=contract, reason="错")
    assert "contract" in error.value.errors
    assert Contract.objects.get(pk=contract).state == "履行中"


def test_the_wrong_person_is_refused_and_a_stranger_finds_nothing(company: Company, factory: int) -> None:
    with pytest.raises(Refused):
        company.do("contract.register", "小赵", customer=factory, name="合同")
    with pytest.raises(NotFound):
        company.do("contract.register", "小李", customer=factory, name="合同")


def test_a_contract_twice_or_signed_tomorrow_is_refused(company: Company, factory: int) -> None:
    company.do("contract.register", "小王", customer=factory, name="合同")
    with pytest.raises(Invalid, match="重复"):
        company.do("contract.register", "小王", customer=factory, name="合同")
    with pytest.raises(Invalid) as error:
        company.do("contract.register", "小王", customer=factory, name="合同二", signed_on="2026-03-03")
    assert "signed_on" in error.value.errors
