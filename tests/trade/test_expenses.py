"""expense.submit, expense.review, expense.pay."""

from decimal import Decimal

import pytest

from kedang.customers.models import FileSummary
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from kedang.trade.models import ExpenseClaim
from kedang.trade.selectors import expense_for, file_expenses
from tests.support.company import Company


@pytest.fixture
def claim(company: Company, factory: int) -> int:
    """A claim of 小王 over 800.50 元."""
    return company.do(
        "expense.submit", "小王", customer=factory, kind="招待", amount="800.50", occurred_on="2026-03-01"
    )


def test_a_claim_waits_for_finance_and_shows_on_the_file(company: Company, factory: int, claim: int) -> None:
    row = ExpenseClaim.objects.get(pk=claim)
    assert (row.state, row.amount, row.amount_fen) == ("待审", Decimal("800.50"), 80050)
    assert [one.pk for one in file_expenses(factory)] == [claim]
    assert FileSummary.objects.get(pk=factory).expense_fen == 80050
    assert Event.objects.get(kind="expense.submitted").data["amount"] == "800.50"


def test_only_reviewed_claims_are_paid_and_only_once(company: Company, claim: int) -> None:
    with pytest.raises(Invalid, match="审核通过后才能报销"):
        company.do("expense.pay", "钱会计", expense=claim)
    company.do("expense.review", "钱会计", expense=claim, agree=True)
    company.do("expense.pay", "钱会计", expense=claim)
    assert ExpenseClaim.objects.get(pk=claim).state == "已报销"
    with pytest.raises(Invalid, match="已报销"):
        company.do("expense.pay", "钱会计", expense=claim)


def test_sending_back_says_why_and_takes_the_sum_off_the_file(company: Company, factory: int, claim: int) -> None:
    with pytest.raises(Invalid) as error:
        company.do("expense.review", "钱会计", expense=claim, agree=False)
    assert "opinion" in error.value.errors
    company.do("expense.review", "钱会计", expense=claim, agree=False, opinion="缺发票")
    assert ExpenseClaim.objects.get(pk=claim).state == "退回"
    assert FileSummary.objects.get(pk=factory).expense_fen == 0
    with pytest.raises(Invalid, match="不能审核"):
        company.do("expense.review", "钱会计", expense=claim, agree=True)


def test_nobody_reviews_his_own_claim(company: Company, factory: int) -> None:
    own = company.do("expense.submit", "钱会计", amount="10", kind="其他")
    with pytest.raises(Invalid, match="自己的报销单"):
        company.do("expense.review", "钱会计", expense=own, agree=True)


def test_a_claim_is_seen_by_its_claimant_and_finance_only(company: Company, claim: int) -> None:
    assert expense_for(company["小王"], claim).pk == claim
    assert expense_for(company["钱会计"], claim).pk == claim
    for name in ("小赵", "周经理", "小李"):
        with pytest.raises(NotFound):
            expense_for(company[name], claim)


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "一百"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"occurred_on": "2026-03-03"}, "occurred_on"),
        ({"occurred_on": "2020-03-03"}, "occurred_on"),
        ({"kind": "娱乐"}, "kind"),
    ],
)
def test_bad_input_is_answered_at_its_field(company: Company, factory: int, args: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as error:
        company.do("expense.submit", "小王", **{"customer": factory, "amount": "100", **args})
    assert field in error.value.errors
    assert not ExpenseClaim.objects.exists()


def test_a_double_click_submits_one_claim(company: Company, factory: int) -> None:
    for _ in range(2):
        perform("expense.submit", by=company["小王"], key="once", customer=factory, amount="100")
    assert ExpenseClaim.objects.count() == 1
