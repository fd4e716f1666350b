"""审批 to its ends: forms of voters, opinions, copies, conditions, limits, many at once, what failed, and paper."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from kedang.kernel import tick
from kedang.kernel.actions import perform
from kedang.kernel.approvals.models import Ballot, Request, Watcher
from kedang.kernel.errors import NeedsApproval
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Duty
from tests.support.company import in_force
from tests.web.conftest import HTMX, Office, queries

PACK = """
pack: votes
version: 1
title: 客户变更审批办法
issuer: 示例公司
effective: 2026-01-05
roles:
  finance: {name: 财务, post: finance}
  head: {name: 部门经理, post: head, of: file.unit}
  gm: {name: 总经理, post: general_manager}
parameters:
  slow: {type: duration, clause: "2", values: {2026-01-05: 2 working_days}}
routes:
  checked: [{role: finance, form: review, within: slow, timeout: return}, {role: gm}]
  trained: [{role: gm, agree_if: "known(customer.address)", first: 补全客户地址}]
  quick: [{role: head, within: 1 working_day, timeout: escalate}]
clauses:
  "1": {text: 修改客户资料须经财务审查、总经理批准。}
  "2": {text: 财务应在两个工作日内审查，逾期退回。}
  "3": {text: 客户地址补全以后，总经理方可批准放入公海。}
  "4": {text: 增加联系人由部门经理批准，可以成批批准。}
forms:
  review:
    name: 审查意见表
    clause: "1"
    about: none
    fields:
      - {id: verdict, name: 结论, type: choice, values: [合格, 不合格], required: true}
      - {id: note, name: 说明, type: text, required_when: verdict == '不合格', message: 不合格的要写说明}
norms:
  - {id: change, clause: "1", kind: approval, action: customer.update, route: checked, then: run}
  - {id: release, clause: "3", kind: approval, action: customer.release, route: trained, then: run}
  - {id: contact, clause: "4", kind: approval, action: customer.add_contact, route: quick, then: run, batch: true}
"""


@pytest.fixture
def votes(office: Office) -> Iterator[Office]:
    """The office, with one more regulation in force."""
    with in_force(PACK):
        yield office


def ask(office: Office, action: str, by: str, **args: Any) -> Request:
    with pytest.raises(NeedsApproval) as raised:
        office.do(action, by, **args)
    return raised.value.request


@pytest.fixture
def change(votes: Office) -> Request:
    """王晓芸 wants another phone and address on a file of hers."""
    customer = votes.customer(phone="13800138000")
    return ask(votes, "customer.update", "wang", customer=customer, phone="13911112222", address="解放路 1 号")


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def move(client: Client, one: Request, kind: str, **fields: object):
    return client.post(f"/approvals/{one.pk}/{kind}/", {"key": uuid.uuid4().hex, **fields}, headers=HTMX)


As = Callable[[str], Client]

# ---- what is asked -------------------------------------------------------------------------------------------------


def test_a_change_is_shown_old_beside_new(change: Request, as_: As) -> None:
    page = text(as_("wang"), f"/approvals/{change.pk}/")
    assert "13800138000" in page and "13911112222" in page and "解放路 1 号" in page
    assert "SP-2026-" in page and "客户变更审批办法" in page


def test_an_approver_sees_of_it_what_his_field_rights_allow(change: Request, votes: Office, as_: As) -> None:
    """财务 may know of the file and not open it: that it changes, not to what."""
    page = text(as_("wu"), f"/approvals/{change.pk}/")
    assert "13800138000" not in page and "13911112222" not in page and "您无权查看" in page
    assert "联系电话" in page and "晨光精密机械厂" in page


def test_what_stood_there_stays_on_the_sheet_after_it_was_carried_out(change: Request, votes: Office, as_: As) -> None:
    move(as_("wu"), change, "agree", **{"form.verdict": "合格"})
    move(as_("zheng"), change, "agree")
    change.refresh_from_db()
    assert change.status == "executed"
    page = text(as_("wang"), f"/approvals/{change.pk}/")
    assert "13800138000" in page and "13911112222" in page


# ---- the form of a voter -------------------------------------------------------------------------------------------


def test_a_step_with_a_form_is_voted_on_in_a_dialog_with_its_fields(change: Request, as_: As) -> None:
    assert f"/approvals/{change.pk}/agree/" in text(as_("wu"), f"/approvals/{change.pk}/")
    dialog = as_("wu").get(f"/approvals/{change.pk}/agree/", headers=HTMX).content.decode()
    assert "审查意见表" in dialog and 'name="form.verdict"' in dialog and "<html" not in dialog


def test_what_is_wrong_in_the_form_is_said_at_the_field_and_nothing_typed_is_lost(change: Request, as_: As) -> None:
    client = as_("wu")
    answer = move(client, change, "reject", opinion="资料不全，请看说明", **{"form.verdict": "不合格", "form.note": ""})
    said = answer.content.decode()
    assert answer.status_code == 422 and 'id="f-form.note-error"' in said and "不合格的要写说明" in said
    assert "资料不全，请看说明" in said
    assert "checked" in said.split('value="不合格"')[1][:40]
    assert Ballot.objects.get().status == "pending"
    assert "须先填写审批表单" in move(client, change, "agree").content.decode()


def test_the_filled_form_stands_in_the_chain(change: Request, as_: As) -> None:
    move(as_("wu"), change, "agree", opinion="看过", **{"form.verdict": "合格", "form.note": "证照齐全"})
    page = text(as_("zheng"), f"/approvals/{change.pk}/")
    assert "证照齐全" in page and "合格" in page and "看过" in page


# ---- opinions and copies -------------------------------------------------------------------------------------------


def test_somebody_asked_for_his_opinion_answers_on_the_page(change: Request, votes: Office, as_: As) -> None:
    answer = move(as_("wu"), change, "consult", people=[votes["han"].pk, votes["lin"].pk], opinion="地址对吗？")
    assert answer.status_code == 204, answer.content.decode()
    han = as_("han")
    assert "征询" in text(han, "/approvals/") and "地址对吗？" in text(han, "/approvals/")
    page = text(han, f"/approvals/{change.pk}/")
    assert "答复征询" in page and f"/approvals/{change.pk}/agree/" not in page
    assert "必须写明意见" in move(han, change, "advise").content.decode()
    assert move(han, change, "advise", opinion="地址没错").status_code == 204
    seen = text(as_("wu"), f"/approvals/{change.pk}/")
    assert "地址没错" in seen and "地址对吗？" in seen
    assert Notice.objects.filter(person=votes["wu"], text__contains="地址没错").exists()
    assert Notice.objects.filter(person=votes["lin"], text__contains="征询您的意见").exists()


def test_a_copy_goes_to_its_tab_unread_until_opened(change: Request, votes: Office, as_: As) -> None:
    assert move(as_("wang"), change, "copy", people=[votes["lin"].pk]).status_code == 204
    lin = as_("lin")
    assert "1 未读" in text(lin, "/approvals/") and 'aria-label="未读"' in text(lin, "/approvals/?tab=watching")
    page = text(lin, f"/approvals/{change.pk}/")
    assert "王晓芸抄送" in page and "13911112222" in page, "who keeps all files reads in the copy what he reads there"
    assert "未读" not in text(lin, "/approvals/?tab=watching").split('class="ask-list"')[1]
    assert move(lin, change, "copy", people=[votes["han"].pk]).status_code == 422
    assert move(lin, change, "agree").status_code == 422


def test_a_copy_is_not_sent_to_whom_the_customer_is_hidden(change: Request, votes: Office, as_: As) -> None:
    answer = move(as_("wang"), change, "copy", people=[votes["ding"].pk])
    assert answer.status_code == 422 and "丁保全看不到这份客户档案，不能抄送" in answer.content.decode()
    answer = move(as_("wu"), change, "agree", copies=[votes["ding"].pk], **{"form.verdict": "合格"})
    assert answer.status_code == 422 and "丁保全看不到" in answer.content.decode()
    change.refresh_from_db()
    assert change.status == "pending" and not Watcher.objects.exists()
    other = votes.customer("恒远物流公司")
    sent = {"reason": "不再合作", "copies": [votes["ding"].pk], "key": "r1"}
    page = as_("wang").post(f"/customers/{other}/do/customer.release/", sent).content.decode()
    assert "丁保全看不到" in page and "不再合作" in page
    assert not Watcher.objects.exists() and not Request.objects.filter(file=other).exists()
    assert "恒远物流公司" not in text(as_("ding"), "/approvals/?tab=watching")


def test_copies_go_out_with_the_vote_and_with_the_submission(change: Request, votes: Office, as_: As) -> None:
    move(as_("wu"), change, "agree", copies=[votes["han"].pk], **{"form.verdict": "合格"})
    assert Watcher.objects.get().added_by == votes["wu"]
    other = votes.customer("恒远物流公司")
    page = as_("wang").get(f"/customers/{other}/do/customer.release/").content.decode()
    assert 'name="copies"' in page
    sent = {"reason": "不再合作", "copies": [votes["lin"].pk, votes["han"].pk], "key": "r1"}
    as_("wang").post(f"/customers/{other}/do/customer.release/", sent)
    assert set(Watcher.objects.filter(request__file=other).values_list("person", flat=True)) == {
        votes["lin"].pk, votes["han"].pk
    }  # fmt: skip


# ---- 退回 and again ------------------------------------------------------------------------------------------------


def test_the_way_back_is_chosen_and_the_requester_may_change_what_he_asked(
    change: Request, votes: Office, as_: As
) -> None:
    wu = as_("wu")
    dialog = wu.get(f"/approvals/{change.pk}/return/", headers=HTMX).content.decode()
    assert "退回提交人" in dialog and "重新走" in dialog and "直达" in dialog
    assert "退回必须写明意见" in move(wu, change, "return", then="straight").content.decode()
    assert move(wu, change, "return", opinion="地址不对", then="straight", key="2").status_code == 204
    wang = as_("wang")
    again = wang.get(f"/approvals/{change.pk}/resubmit/", headers=HTMX).content.decode()
    assert "解放路 1 号" in again and "按现在的制度和人员" in again and "郑国栋" in again
    sent = {"phone": "13911112222", "address": "解放路 2 号", "name": "", "reason": ""}
    answer = move(wang, change, "resubmit", **sent)
    assert answer.status_code == 204, answer.content.decode()
    change.refresh_from_db()
    assert (change.args["address"], change.round, change.status) == ("解放路 2 号", 2, "pending")


def test_resubmitted_unchanged_it_goes_straight_back_to_where_it_was_returned(
    change: Request, votes: Office, as_: As
) -> None:
    move(as_("wu"), change, "agree", **{"form.verdict": "合格"})
    move(as_("zheng"), change, "return", opinion="核实一下", then="straight")
    move(as_("wang"), change, "resubmit", phone="13911112222", address="解放路 1 号")
    change.refresh_from_db()
    assert change.round == 1 and Ballot.objects.get(status="pending").person == votes["zheng"]


# ---- conditions and limits -----------------------------------------------------------------------------------------


def test_agreed_on_condition_the_requester_gets_a_duty_and_the_step_passes_when_it_is_done(
    votes: Office, as_: As
) -> None:
    customer = votes.customer()
    one = ask(votes, "customer.release", "wang", customer=customer, reason="不再合作")
    assert "补全客户地址" in text(as_("zheng"), f"/approvals/{one.pk}/")
    answer = move(as_("zheng"), one, "agree", opinion="地址补了就行")
    assert answer.status_code == 204
    duty = Duty.objects.get(subject=f"approval:{one.pk}")
    assert duty.bearer == votes["wang"] and duty.title.startswith("补全客户地址") and duty.state == "open"
    assert "附条件同意" in text(as_("wang"), f"/approvals/{one.pk}/")
    assert "没有等您审批的申请" in text(as_("zheng"), "/approvals/")
    assert "补全客户地址" in text(as_("wang"), "/")
    finish = as_("wang").post(f"/duties/{duty.pk}/finish/", {"note": "办了", "key": "f"}, headers=HTMX)
    assert "条件成立" in finish.content.decode()
    change = ask(votes, "customer.update", "wang", customer=customer, address="解放路 1 号")
    move(as_("wu"), change, "agree", **{"form.verdict": "合格"})
    move(as_("zheng"), change, "agree")
    tick.tick()
    one.refresh_from_db(), duty.refresh_from_db()
    assert (one.status, duty.state) == ("executed", "done")
    assert Event.objects.filter(kind="approval.fulfilled").count() == 1


def test_withdrawn_the_duty_of_its_condition_is_void(votes: Office, as_: As) -> None:
    one = ask(votes, "customer.release", "wang", customer=votes.customer(), reason="不再合作")
    move(as_("zheng"), one, "agree")
    move(as_("wang"), one, "withdraw")
    assert Duty.objects.get(subject=f"approval:{one.pk}").state == "void"


def test_the_page_says_how_long_is_left_and_what_happens_then(change: Request, votes: Office, as_: As) -> None:
    page = text(as_("wu"), f"/approvals/{change.pk}/")
    assert "限2个工作日，逾期退回提交人" in page and 'class="due' in page
    votes.clock.move_to(datetime.fromisoformat("2026-03-05 00:00"))
    late = move(as_("wu"), change, "agree", **{"form.verdict": "合格"})
    assert late.status_code == 422 and "审批期限已过" in late.content.decode()
    tick.tick()
    change.refresh_from_db()
    assert change.status == "returned"
    assert Notice.objects.filter(person=votes["wang"], text__contains="超过审批期限，按规定退回提交人").count() == 1
    tick.tick()
    assert Event.objects.filter(kind="approval.timed_out").count() == 1


def test_escalated_the_superior_may_decide_beside_the_one_who_did_not(votes: Office, as_: As) -> None:
    one = ask(votes, "customer.add_contact", "wang", customer=votes.customer(), name="刘工")
    votes.clock.move_to(datetime.fromisoformat("2026-03-04 00:00"))
    tick.tick()
    assert "刘工" in text(as_("zheng"), f"/approvals/{one.pk}/")
    assert "同时交上级审批" in text(as_("zhou"), f"/approvals/{one.pk}/")
    move(as_("zheng"), one, "agree")
    one.refresh_from_db()
    assert one.status == "executed"


# ---- many at once --------------------------------------------------------------------------------------------------


def test_many_are_agreed_to_at_once_where_the_regulation_allows_it(votes: Office, as_: As) -> None:
    customer = votes.customer()
    many = [ask(votes, "customer.add_contact", "wang", customer=customer, name=name) for name in ("刘工", "何工")]
    with pytest.raises(NeedsApproval) as single:
        votes.do("file.open", "chen", customer=customer, purpose="接手")
    page = text(as_("zhou"), "/approvals/")
    assert "批量同意" in page and "第1.5.1条没有允许批量同意" in page
    ids = [*(one.pk for one in many), single.value.request.pk, 999_999]
    answer = as_("zhou").post("/approvals/batch/", {"ids": ids, "key": "b1", "opinion": "照办"})
    said = answer.content.decode()
    assert "4 份中已同意" in said and "没有允许批量同意" in said and "没有这份申请" in said
    assert sorted(Request.objects.values_list("status", flat=True)) == ["executed", "executed", "pending"]
    assert Event.objects.filter(kind="approval.agreed").values("command").distinct().count() == 2
    again = as_("zhou").post("/approvals/batch/", {"ids": ids, "key": "b1", "opinion": "照办"})
    assert again.status_code == 200 and Event.objects.filter(kind="approval.agreed").count() == 2
    assert as_("zhou").post("/approvals/batch/", {"ids": ["x"]}).status_code == 422


# ---- approved and not carried out ----------------------------------------------------------------------------------


def test_what_failed_says_why_and_is_carried_out_when_the_cause_is_gone(votes: Office, as_: As) -> None:
    one = ask(votes, "customer.add_contact", "wang", customer=votes.customer(), name="刘工")
    one.args["phone"] = "不是电话"
    one.save()
    move(as_("zhou"), one, "agree")
    page = text(as_("wang"), f"/approvals/{one.pk}/")
    assert "批准了但没有执行" in page and "再次执行" in page
    assert "再次执行" not in text(as_("zhou"), f"/approvals/{one.pk}/").split('id="bar"')[1]
    one.refresh_from_db()
    one.args.pop("phone")
    one.save()
    assert move(as_("zhou"), one, "retry").status_code == 422
    assert move(as_("wang"), one, "retry", key="r").status_code == 204
    one.refresh_from_db()
    assert one.status == "executed"


# ---- bad input -----------------------------------------------------------------------------------------------------


def test_a_second_click_a_stale_page_and_a_vote_after_withdrawal_are_told_what_happened(
    change: Request, votes: Office, as_: As
) -> None:
    wu, filled = as_("wu"), {"form.verdict": "合格"}
    first, second = (move(wu, change, "agree", key="same", **filled) for _ in range(2))
    assert first.status_code == second.status_code == 204
    stale = move(wu, change, "reject", opinion="晚了", key="other", **filled)
    assert stale.status_code == 422 and "您已处理过，申请已转到下一步" in stale.content.decode()
    assert "晚了" in stale.content.decode() and "看最新情况" in stale.content.decode()
    move(as_("wang"), change, "withdraw")
    gone = move(as_("zheng"), change, "agree")
    assert gone.status_code == 422 and "申请已不在审批中" in gone.content.decode()
    assert Event.objects.filter(kind="approval.agreed").count() == 1


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("reject", {"opinion": "长" * 2001}, "意见不能超过 2000 字"),
        ("transfer", {"to": "999999", "opinion": "x"}, "所选人员不存在或已停用"),
        ("add_beside", {"people": ["x"]}, "所选人员不存在或已停用"),
        ("consult", {"people": [], "opinion": "问"}, "请选择征询谁"),
        ("return", {"opinion": "x", "step": "7"}, "只能退回到本步之前"),
        ("return", {"opinion": "x", "then": "sideways"}, "退回后的走法"),
        ("copy", {"people": []}, "请选择抄送给谁"),
    ],
)
def test_bad_input_is_refused_in_words_and_changes_nothing(
    kind: str, fields: dict[str, Any], words: str, change: Request, as_: As
) -> None:
    wu = as_("wu")
    fields = {"form.verdict": "合格", **fields} if kind == "reject" else fields
    answer = move(wu, change, kind, **fields)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert Ballot.objects.get().status == "pending"


def test_nobody_else_reaches_a_dialog_or_prints(change: Request, as_: As) -> None:
    li = as_("li")
    for path in ("agree/", "return/", "consult/", "resubmit/"):
        assert li.get(f"/approvals/{change.pk}/{path}").status_code == 404
    assert li.post(f"/approvals/{change.pk}/print/").status_code == 404
    assert as_("wang").get(f"/approvals/{change.pk}/agree/").status_code == 404


# ---- on paper ------------------------------------------------------------------------------------------------------


def paper(client: Client, one: Request) -> str:
    from pypdf import PdfReader

    answer = client.post(f"/approvals/{one.pk}/print/")
    assert answer["Content-Type"] == "application/pdf" and one.number in answer["Content-Disposition"]
    # Where a line breaks and how wide a gap is are the typesetter's business.
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    return "".join(said.split())


def test_the_sheet_says_who_decided_what_and_when(change: Request, votes: Office, as_: As) -> None:
    move(as_("wu"), change, "agree", opinion="证照齐全", **{"form.verdict": "合格"})
    move(as_("zheng"), change, "agree", opinion="同意")
    said = paper(as_("wang"), change)
    for words in (change.number, "客户变更审批办法", "第1条", "13800138000", "13911112222", "吴桂芳", "证照齐全", "郑国栋",
                  "2026-03-02 10:00", "已执行", "王晓芸 于 2026-03-02 10:00 打印"):  # fmt: skip
        assert words.replace(" ", "") in said, words
    assert Event.objects.filter(kind="approval.printed", actor=votes["wang"]).count() == 1


def test_the_sheet_shows_no_more_than_the_page_does(change: Request, as_: As) -> None:
    said = paper(as_("wu"), change)
    assert "13800138000" not in said and "13911112222" not in said and "您无权查看" in said


def test_marks_in_what_was_typed_stay_text_on_paper(votes: Office, as_: As) -> None:
    one = ask(votes, "customer.release", "wang", customer=votes.customer(), reason="#panic() $x^2$ *重* \\ // 尾")
    assert "#panic()$x^2$*重*\\//尾" in paper(as_("wang"), one)


def test_without_its_component_printing_says_so(change: Request, as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "typst", None)
    answer = as_("wang").post(f"/approvals/{change.pk}/print/")
    assert answer.status_code == 422 and "暂时不能打印" in answer.content.decode()
    assert not Event.objects.filter(kind="approval.printed").exists()


# ---- queries -------------------------------------------------------------------------------------------------------


def test_lists_and_page_cost_the_same_however_much_there_is(votes: Office, as_: As) -> None:
    customer = votes.customer()

    def more(number: int) -> Request:
        one = ask(votes, "customer.add_contact", "wang", customer=customer, name=f"联系人{number}")
        service_copy(votes, one)
        return one

    first = [more(number) for number in range(2)]
    client, reader = as_("zhou"), as_("han")
    few = [
        queries(client, "/approvals/"),
        queries(reader, "/approvals/?tab=watching"),
        queries(client, f"/approvals/{first[0].pk}/"),
    ]
    for number in range(2, 14):
        more(number)
    for kind in ("add_beside", "consult"):
        fields = {"people": [votes[name].pk for name in (("sun", "ma") if kind == "add_beside" else ("lin", "fang"))]}
        assert move(client, first[0], kind, opinion="看看", **fields).status_code == 204
    many = [
        queries(client, "/approvals/"),
        queries(reader, "/approvals/?tab=watching"),
        queries(client, f"/approvals/{first[0].pk}/"),
    ]
    assert many[:2] == few[:2] and max(many[:2]) <= 32
    assert many[2] <= few[2] + 1 <= 46


def service_copy(office: Office, one: Request) -> None:
    perform("approval.move", by=office["wang"], request=one.pk, move="copy", people=[office["han"].pk])
