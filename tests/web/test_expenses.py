"""费用: finance reviews and pays, a claimant follows her own, nobody else learns of a claim; no query a row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from kedang.customers.models import Customer
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import regulations
from kedang.trade.models import ExpenseClaim
from kedang.web import tasks
from tests.web.conftest import HTMX, Office, queries

Sign = Callable[[str], Client]


def claim(office: Office, by: str = "wang", **more: object) -> int:
    """A claim that no regulation asks a filed customer for."""
    return int(office.do("expense.submit", by, **{"kind": "其他", "amount": "1234.50", "note": "打印标书", **more}))


def page(client: Client, path: str = "/expenses/") -> str:
    return client.get(path).content.decode()


def test_finance_reads_what_waits_with_customer_amount_and_claimant(office: Office, as_: Sign) -> None:
    customer = office.customer()
    number = claim(office, customer=customer)
    text = page(as_("wu"))
    for word in ("2026-03-02", "晨光精密机械厂", "1,234.50", "王晓芸", "打印标书", "待审"):
        assert word in text
    assert f"/do/expense.review/?expense={number}" in text
    assert f'href="/customers/{customer}/"' in text


def test_a_customer_she_may_not_know_is_named_but_not_linked(office: Office, as_: Sign) -> None:
    customer = office.customer(by="li")
    claim(office, by="li", customer=customer)
    ExpenseClaim.objects.update(claimant=office["xu"])
    text = page(as_("xu"))
    assert "晨光精密机械厂" in text and f'href="/customers/{customer}/"' not in text


def test_payment_is_off_before_the_review_and_says_by_which_clause(office: Office, as_: Sign) -> None:
    number = claim(office, customer=office.customer())
    text = page(as_("wu"))
    off = text[text.index(f"why-expense-pay-{number}") - 200 :]
    assert 'aria-disabled="true"' in off[:400] and "第2.3条" in off and "财务审核通过后才能报销" in off
    office.do("expense.review", "wu", expense=number, agree=True)
    text = page(as_("wu"), "/expenses/?tab=reviewed")
    assert f"/do/expense.pay/?expense={number}" in text and 'aria-disabled="true"' not in text
    assert "没有等您审核的报销单" in page(as_("wu"))


def test_each_refusal_names_its_own_customer(office: Office, as_: Sign) -> None:
    for name in ("甲机械厂", "乙机械厂"):
        claim(office, customer=office.customer(name))
    text = page(as_("wu"))
    assert "不能报销“甲机械厂”" in text and "不能报销“乙机械厂”" in text


def test_payment_waits_for_the_review_also_where_no_regulation_says_so(office: Office, as_: Sign) -> None:
    number = claim(office, by="zhao", customer=office.customer("惠民大药房", by="zhao"))
    text = page(as_("wu"))
    off = text[text.index(f"/do/expense.pay/?expense={number}") :][:400]
    assert 'aria-disabled="true"' in off and "审核通过后才能报销" in off


def test_what_is_reviewed_stands_above_the_form_with_the_filing_of_the_customer(office: Office, as_: Sign) -> None:
    number = claim(office, customer=office.customer())
    text = page(as_("wu"), f"/do/expense.review/?expense={number}")
    for word in ("晨光精密机械厂", "1,234.50 元", "王晓芸", "备案状态", "未备案", "通过", "退回"):
        assert word in text, word
    assert f'type="hidden" name="expense" value="{number}"' in text and 'id="f-expense"' not in text


def test_finance_passes_a_claim_and_pays_it(office: Office, as_: Sign) -> None:
    number, client = claim(office), as_("wu")
    sent = {"expense": number, "agree": "true", "opinion": "单据齐全", "key": "a"}
    response = client.post("/do/expense.review/", sent)
    assert (response.status_code, response["Location"]) == (302, "/expenses/")
    row = ExpenseClaim.objects.get(pk=number)
    assert (row.state, row.reviewed_by, row.opinion) == ("已审核", office["wu"], "单据齐全")
    assert client.post("/do/expense.pay/", {"expense": number, "key": "b"}).status_code == 302
    assert ExpenseClaim.objects.get(pk=number).state == "已报销"
    assert Event.objects.get(kind="expense.paid").subject == f"expense:{number}"
    assert "已报销" in page(as_("wang"))


def test_sending_back_needs_its_reason_and_the_claimant_reads_it(office: Office, as_: Sign) -> None:
    number, client = claim(office), as_("wu")
    wrong = client.post("/do/expense.review/", {"expense": number, "agree": "false", "key": "a"}, headers=HTMX)
    assert wrong.status_code == 422 and "退回须写明原因" in wrong.content.decode()
    wrong = client.post("/do/expense.review/", {"expense": number, "opinion": "写好的", "key": "b"}, headers=HTMX)
    text = wrong.content.decode()
    assert wrong.status_code == 422 and "此项必填" in text and "写好的" in text and "1,234.50" in text
    client.post("/do/expense.review/", {"expense": number, "agree": "false", "opinion": "缺发票", "key": "c"})
    mine = page(as_("wang"))
    assert "退回" in mine and "吴桂芳：缺发票" in mine


def test_a_second_review_is_told_what_happened(office: Office, as_: Sign) -> None:
    number = claim(office)
    office.do("expense.review", "wu", expense=number, agree=True)
    again = as_("wu").post("/do/expense.review/", {"expense": number, "agree": "true", "key": "z"}, headers=HTMX)
    assert again.status_code == 422 and "报销单状态为已审核，不能审核" in again.content.decode()


def test_the_claimant_is_refused_the_review_in_four_lines(office: Office, as_: Sign) -> None:
    number, client = claim(office, customer=office.customer()), as_("wang")
    text = page(client, f"/do/expense.review/?expense={number}")
    for word in ("被拒绝的是", "条款与原文", "第2.3条", "比对的事实", "怎样可以放行"):
        assert word in text, word
    client.post("/do/expense.review/", {"expense": number, "agree": "true", "key": "a"})
    assert ExpenseClaim.objects.get(pk=number).state == "待审"


def test_finance_does_not_review_her_own(office: Office, as_: Sign) -> None:
    number, client = claim(office, by="wu"), as_("wu")
    assert "自己的报销单由其他财务人员审核" in page(client)
    sent = client.post("/do/expense.review/", {"expense": number, "agree": "true", "key": "a"}, headers=HTMX)
    assert sent.status_code == 422 and "不能审核自己的报销单" in sent.content.decode()


@pytest.mark.parametrize("login", ["chen", "zhou", "zheng", "admin"])
def test_to_everybody_else_there_is_no_such_claim(office: Office, as_: Sign, login: str) -> None:
    number, client = claim(office), as_(login)
    assert "打印标书" not in page(client, "/expenses/?tab=all")
    for action in ("review", "pay"):
        path = f"/do/expense.{action}/"
        assert client.get(f"{path}?expense={number}").status_code == 404
        assert client.post(path, {"expense": number, "agree": "true", "key": "a"}).status_code == 404
    assert ExpenseClaim.objects.get(pk=number).state == "待审"


@pytest.mark.parametrize("asked", ["", "?expense=", "?expense=abc", "?expense=0", "?expense=99999999999999999999"])
def test_a_claim_that_is_none_is_no_page(office: Office, as_: Sign, asked: str) -> None:
    assert as_("wu").get(f"/do/expense.review/{asked}").status_code == 404


def test_the_entry_stands_in_the_navigation_of_those_concerned(office: Office, as_: Sign) -> None:
    assert 'href="/expenses/"' in page(as_("wu"), "/proposals/")
    assert 'href="/expenses/"' not in page(as_("wang"), "/proposals/")
    claim(office)
    assert 'href="/expenses/"' in page(as_("wang"), "/proposals/")
    assert 'href="/expenses/"' not in page(as_("chen"), "/proposals/")


def test_a_salesperson_has_her_own_list_only(office: Office, as_: Sign) -> None:
    claim(office)
    claim(office, by="chen", note="别人的单")
    text = page(as_("wang"), "/expenses/?tab=pending")
    assert "打印标书" in text and "别人的单" not in text
    assert "我提交的" in text and "已审核待报销" not in text and "?tab=all" not in text


@pytest.mark.parametrize(
    ("login", "tab", "word"),
    [
        ("wu", "pending", "没有等您审核的报销单"),
        ("wu", "reviewed", "没有等待报销的报销单"),
        ("wu", "mine", "您还没有提交过报销单"),
        ("wu", "all", "还没有报销单"),
        ("wang", "", "您还没有提交过报销单"),
    ],
)
def test_every_empty_list_says_so(office: Office, as_: Sign, login: str, tab: str, word: str) -> None:
    assert word in page(as_(login), f"/expenses/?tab={tab}")


def test_a_claim_is_handed_in_from_the_page(office: Office, as_: Sign) -> None:
    client = as_("wang")
    assert "/do/expense.submit/" in page(client)
    text = page(client, "/do/expense.submit/")
    assert 'name="customer"' in text and 'name="amount"' in text
    sent = {"kind": "其他", "amount": "88", "occurred_on": "2026-03-01", "note": "快递", "key": "a"}
    assert client.post("/do/expense.submit/", sent)["Location"] == "/expenses/"
    assert "快递" in page(client)
    refused = client.post("/do/expense.submit/", {**sent, "kind": "招待", "key": "b"}, headers=HTMX).content.decode()
    assert "第1.8.1条" in refused and 'value="快递"' in refused


def test_money_spent_before_the_filing_is_marked(office: Office, as_: Sign) -> None:
    ExpenseClaim.objects.filter(pk=claim(office)).update(filed_after=True)
    assert "事后备案" in page(as_("wu"))


def test_the_duty_leads_to_the_review_of_its_own_claim(office: Office, as_: Sign) -> None:
    first, second = (claim(office, customer=office.customer(name)) for name in ("甲机械厂", "乙机械厂"))
    duties = {one.subject: one for one in Duty.objects.filter(norm="customer-registry.review-claim")}
    assert set(duties) == {f"expense:{first}", f"expense:{second}"}
    way = tasks.way_of(duties[f"expense:{second}"], regulations())
    assert (way.label, way.url) == ("审核报销单", f"/do/expense.review/?expense={second}")
    assert way.url in page(as_("wu"), "/")
    assert tasks.kind_of(duties[f"expense:{first}"], regulations()) == "review"


def test_fifty_a_page_the_oldest_first(office: Office, as_: Sign) -> None:
    rows = [fresh(office, number) for number in range(53)]
    ExpenseClaim.objects.bulk_create(rows)
    client = as_("wu")
    assert page(client).count("<tr data-row") == 50
    last = page(client, "/expenses/?page=2")
    assert last.count("<tr data-row") == 3 and 'rel="prev"' in last and 'rel="next"' not in last


def fresh(office: Office, number: int, **more: object) -> ExpenseClaim:
    values = {"claimant": office["wang"], "kind": "其他", "amount_fen": 100 + number, "occurred_on": date(2026, 3, 1)}
    return ExpenseClaim(**{**values, **more})


@pytest.mark.parametrize("tab", ["pending", "reviewed", "all"])
def test_ten_times_the_claims_cost_no_more_queries(office: Office, as_: Sign, tab: str) -> None:
    client = as_("wu")
    for number in range(2):
        claim(office, customer=office.customer(f"先{number}机械厂"))
    ExpenseClaim.objects.bulk_create([fresh(office, 0, state="已审核", customer=Customer.objects.first())])
    path = f"/expenses/?tab={tab}"
    few = queries(client, path)
    customers = [Customer.objects.get(pk=office.customer(f"后{number}机械厂")) for number in range(15)]
    states = ("待审", "已审核", "退回", "已报销")
    ExpenseClaim.objects.bulk_create(
        [
            fresh(office, n, customer=one, state=state)
            for n, one in enumerate(customers)
            for state in states[: 2 + n % 3]
        ]
    )
    assert queries(client, path) == few <= 20
