"""What the page of a request says to whoever came for it: why it was sent back, what one is asked, who was added."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from kedang.kernel.approvals import chain
from kedang.kernel.approvals.models import Ballot, Request
from kedang.kernel.errors import NeedsApproval
from tests.web.conftest import HTMX, Office

As = Callable[[str], Client]


@pytest.fixture
def asked(office: Office) -> Request:
    """陈思远 asks for a file of his own department that is not his."""
    with pytest.raises(NeedsApproval) as raised:
        office.do("file.ask", "chen", customer=office.customer(), verb="read", purpose="接手项目")
    return raised.value.request


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def move(client: Client, one: Request, kind: str, **fields: object) -> str:
    answer = client.post(f"/approvals/{one.pk}/{kind}/", {"key": uuid.uuid4().hex, **fields}, headers=HTMX)
    return answer.content.decode()


def step(one: Request) -> chain.ChainStep:
    one.refresh_from_db()
    return next(each for each in chain.chain(one) if each.active)


def test_who_gets_it_back_reads_first_who_sent_it_back_and_why(asked: Request, as_: As) -> None:
    assert "已退回</span>" not in text(as_("chen"), "/approvals/?tab=asked")
    move(as_("zhou"), asked, "return", opinion="请写明用到哪一天")
    page = text(as_("chen"), f"/approvals/{asked.pk}/")
    assert "<b>周敏退回：</b>请写明用到哪一天" in page and page.index("周敏退回") < page.index("申请的内容")
    assert '<span class="n hot">1 已退回</span>' in text(as_("chen"), "/approvals/?tab=pending")
    move(as_("chen"), asked, "resubmit", purpose="接手项目，用到月底")
    assert "周敏退回：" not in text(as_("chen"), f"/approvals/{asked.pk}/")


def test_sending_again_asks_what_asking_asked(asked: Request, as_: As) -> None:
    move(as_("zhou"), asked, "return", opinion="请写明用途")
    dialog = as_("chen").get(f"/approvals/{asked.pk}/resubmit/", headers=HTMX).content.decode()
    assert 'name="fields" value="contact"' in dialog and 'value="接手项目"' in dialog
    assert "业务关联编号" not in dialog


def test_sent_again_as_it_was_it_goes_straight_back(asked: Request, as_: As) -> None:
    """A list of columns of which none is ticked is sent as nothing at all, and is no change."""
    move(as_("zhou"), asked, "return", opinion="请当面说明", then="straight")
    move(as_("chen"), asked, "resubmit", purpose="接手项目", verb="read")
    asked.refresh_from_db()
    assert (asked.status, asked.round) == ("pending", 1)


def test_the_dialog_and_the_bar_behind_it_share_no_id(asked: Request, as_: As) -> None:
    """Else its label and its 常用语 would fill the box behind it."""
    zhou = as_("zhou")
    page, dialog = (
        set(re.findall(r'\bid="([^"]+)"', said))
        for said in (
            text(zhou, f"/approvals/{asked.pk}/"),
            zhou.get(f"/approvals/{asked.pk}/return/", headers=HTMX).content.decode(),
        )
    )
    assert "f-opinion" in dialog and "bar-opinion" in page and not page & dialog


@pytest.mark.parametrize(
    ("kind", "words"), [("consult", "请选择征询谁"), ("add_beside", "请选择加签谁"), ("copy", "请选择抄送给谁")]
)
def test_what_is_wrong_with_those_named_is_said_once_and_at_their_field(
    kind: str, words: str, asked: Request, as_: As
) -> None:
    said = move(as_("zhou"), asked, kind, opinion="请看用途")
    assert said.count(words) == 1
    assert kind == "copy" or "请看用途" in said


def test_who_is_consulted_reads_the_question_first_and_is_offered_no_verdict(
    asked: Request, office: Office, as_: As
) -> None:
    move(as_("zhou"), asked, "consult", people=[office["wang"].pk], opinion="他要看报价，您同意吗？")
    page = text(as_("wang"), f"/approvals/{asked.pk}/")
    assert "<b>周敏征询您的意见：</b>他要看报价，您同意吗？" in page
    assert 'placeholder="您的意见"' in page and "拒绝时必填" not in page and "常用语" not in page
    move(as_("wang"), asked, "advise", opinion="同意")
    assert "周敏征询您的意见" not in text(as_("wang"), f"/approvals/{asked.pk}/")


@pytest.mark.parametrize("kind", ["add_before", "add_beside"])
def test_who_is_added_reads_what_he_is_to_look_at(kind: str, asked: Request, office: Office, as_: As) -> None:
    move(as_("zhou"), asked, kind, people=[office["han"].pk], opinion="请核对用途是否属实")
    assert "<b>周敏请您加签：</b>请核对用途是否属实" in text(as_("han"), f"/approvals/{asked.pk}/")
    assert Ballot.objects.get(person=office["han"]).asked_by is None  # a vote, not an opinion
    assert "加签说明" in text(as_("chen"), f"/approvals/{asked.pk}/")
    move(as_("han"), asked, "agree", opinion="属实")
    assert "请您加签" not in text(as_("han"), f"/approvals/{asked.pk}/")


def test_two_who_must_both_agree_are_not_called_either_of_them(asked: Request, office: Office, as_: As) -> None:
    assert step(asked).mode_label == ""
    move(as_("zhou"), asked, "add_beside", people=[office["han"].pk])
    assert step(asked).mode_label == "会签"
    assert [(each.name, each.added) for each in step(asked).people] == [("周敏", False), ("韩雪", True)]


def test_a_signer_taken_out_again_is_said_to_be_out(asked: Request, office: Office, as_: As) -> None:
    zhou = as_("zhou")
    move(zhou, asked, "add_before", people=[office["han"].pk])
    assert step(asked).mode_label == ""
    assert "请选择减去谁" in move(zhou, asked, "remove_signer")
    move(zhou, asked, "remove_signer", to=str(office["han"].pk))
    assert [each.status_label for each in chain.chain(asked)] == ["已减签", "审批中"]


def test_an_agreement_taken_back_is_said_to_be(asked: Request, office: Office, as_: As) -> None:
    zhou = as_("zhou")
    move(zhou, asked, "add_after", people=[office["han"].pk], opinion="先同意")
    move(zhou, asked, "take_back")
    labels = [(each.name, each.state_label, each.opinion) for each in step(asked).people]
    assert labels == [("周敏", "已拿回", "先同意"), ("周敏", "待审批", "")]


def test_a_voice_that_was_lent_is_not_called_passed_on(asked: Request, office: Office, as_: As) -> None:
    move(as_("zhou"), asked, "delegate", to=office["han"].pk, opinion="请代我看")
    labels = [(each.name, each.acting_for, each.state_label) for each in step(asked).people]
    assert labels == [("周敏", "", "已委托"), ("韩雪", "周敏", "待审批")]
