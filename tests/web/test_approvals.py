"""审批: the lists, the chain before and after, every button of the bar, and the next one by itself."""

from collections.abc import Callable

import pytest
from django.test import Client

from kedang.kernel.approvals.models import Request
from kedang.kernel.errors import NeedsApproval
from tests.web.conftest import HTMX, Office, queries


@pytest.fixture
def asked(office: Office) -> Request:
    """陈思远 asks to read a file of his own department."""
    customer = office.customer()
    with pytest.raises(NeedsApproval) as raised:
        office.do("file.open", "chen", customer=customer, purpose="接手项目")
    return raised.value.request


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def move(client: Client, asked: Request, kind: str, **fields: object):
    return client.post(f"/approvals/{asked.pk}/{kind}/", {"key": f"{kind}-1", **fields}, headers=HTMX)


def test_it_stands_in_the_right_lists_and_in_the_tasks(asked: Request, as_: Callable[[str], Client]) -> None:
    assert "晨光精密机械厂" in text(as_("zhou"), "/approvals/")
    assert "晨光精密机械厂" in text(as_("chen"), "/approvals/?tab=asked")
    assert "去审批" in text(as_("zhou"), "/")
    assert "没有等您审批的申请" in text(as_("chen"), "/approvals/")


def test_the_page_says_why_who_and_what_follows(asked: Request, as_: Callable[[str], Client]) -> None:
    page = text(as_("zhou"), f"/approvals/{asked.pk}/")
    for said in ("接手项目", "1.5.1", "须先得到部门经理同意", "周敏", "审批中", "同意后审批完成", "拒绝后审批流将终止"):
        assert said in page


def test_nobody_else_may_know_of_it(asked: Request, as_: Callable[[str], Client]) -> None:
    assert as_("li").get(f"/approvals/{asked.pk}/").status_code == 404
    assert move(as_("li"), asked, "agree").status_code == 404
    assert Request.objects.get().status == "pending"


def test_agreeing_goes_on_to_the_next_that_waits(office: Office, asked: Request, as_: Callable[[str], Client]) -> None:
    with pytest.raises(NeedsApproval) as second:
        office.do("file.open", "chen", customer=office.customer("恒远物流公司"), purpose="同上")
    answer = move(as_("zhou"), asked, "agree")
    assert answer["HX-Redirect"] == f"/approvals/{second.value.request.pk}/"
    asked.refresh_from_db()
    assert asked.status == "executed"


def test_refusing_without_a_word_is_asked_for_one(asked: Request, as_: Callable[[str], Client]) -> None:
    answer = move(as_("zhou"), asked, "reject")
    assert answer.status_code == 422 and 'id="f-opinion-error"' in answer.content.decode()
    move(as_("zhou"), asked, "reject", opinion="理由不足", key="2")
    asked.refresh_from_db()
    assert asked.status == "rejected"
    assert "理由不足" in text(as_("chen"), f"/approvals/{asked.pk}/")


def test_the_requester_withdraws(asked: Request, as_: Callable[[str], Client]) -> None:
    move(as_("chen"), asked, "withdraw")
    asked.refresh_from_db()
    assert asked.status == "withdrawn"


def test_sent_back_it_waits_for_its_requester(asked: Request, as_: Callable[[str], Client]) -> None:
    move(as_("zhou"), asked, "return", opinion="请写明用途")
    asked.refresh_from_db()
    assert asked.status == "returned" and "请写明用途" in text(as_("chen"), f"/approvals/{asked.pk}/")


def test_sent_back_it_is_submitted_again_and_decided(asked: Request, as_: Callable[[str], Client]) -> None:
    move(as_("zhou"), asked, "return", opinion="请写明用途")
    assert move(as_("chen"), asked, "resubmit").status_code == 204
    asked.refresh_from_db()
    assert asked.status == "pending"
    move(as_("zhou"), asked, "agree", key="again")
    asked.refresh_from_db()
    assert asked.status == "executed"


def test_passed_on_another_decides(office: Office, asked: Request, as_: Callable[[str], Client]) -> None:
    move(as_("zhou"), asked, "transfer", to=office["zheng"].pk, opinion="请郑总定")
    assert "没有等您审批的申请" in text(as_("zhou"), "/approvals/")
    move(as_("zheng"), asked, "agree")
    asked.refresh_from_db()
    assert asked.status == "executed"


@pytest.mark.parametrize("kind", ["add_before", "add_after", "add_beside", "delegate"])
def test_every_button_of_the_bar_does_something(
    kind: str, office: Office, asked: Request, as_: Callable[[str], Client]
) -> None:
    to = {"to" if kind == "delegate" else "people": office["zheng"].pk}
    answer = move(as_("zhou"), asked, kind, opinion="请一并看看", **to)
    assert answer.status_code == 204, answer.content.decode()[:500]
    assert "郑国栋" in text(as_("chen"), f"/approvals/{asked.pk}/")


def test_reminding_twice_within_the_hour_is_refused_in_words(asked: Request, as_: Callable[[str], Client]) -> None:
    assert move(as_("chen"), asked, "remind").status_code == 204
    again = move(as_("chen"), asked, "remind", key="2")
    assert again.status_code == 422 and "一小时内已经催办过" in again.content.decode()


def test_a_made_up_move_is_refused_and_changes_nothing(asked: Request, as_: Callable[[str], Client]) -> None:
    assert move(as_("zhou"), asked, "explode").status_code in (404, 422)
    asked.refresh_from_db()
    assert asked.status == "pending"


def test_ten_times_the_requests_cost_no_more_queries(office: Office, as_: Callable[[str], Client]) -> None:
    def ask(name: str) -> None:
        with pytest.raises(NeedsApproval):
            office.do("file.open", "chen", customer=office.customer(name), purpose="看")

    ask("甲机械厂"), ask("乙机械厂")
    client = as_("zhou")
    few = queries(client, "/approvals/")
    for number in range(10):
        ask(f"丙{number}纺织厂")
    assert queries(client, "/approvals/") == few <= 30
