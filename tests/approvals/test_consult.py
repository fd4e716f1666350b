"""征询, 抄送, 再次执行: what is asked and told beside the votes, and by whom."""

import uuid

import pytest

from kedang.kernel.approvals import chain, selectors, service
from kedang.kernel.approvals.models import Ballot, Request, Watcher
from kedang.kernel.approvals.values import MoveRefused
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from tests.approvals.conftest import ask, role, together


def people(request):
    return [(p.name, p.state, p.opinion) for step in chain.chain(request) for p in step.people]


def test_asked_for_an_opinion_one_reads_answers_and_decides_nothing(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    do(request, cast.郑总, "consult", "合同条款有无问题？", to=cast.法务)
    assert list(selectors.pending_for(cast.法务)) == [request] and selectors.pending_for(cast.郑总).exists()
    assert [move for move, _, _ in selectors.allowed_moves(cast.法务, request)] == ["advise"]
    with pytest.raises(MoveRefused, match="不是当前步骤的审批人"):
        do(request, cast.法务, "agree")
    outcome = do(request, cast.法务, "advise", "没有问题")
    assert outcome.status_after == "pending" and not selectors.pending_for(cast.法务).exists()
    assert people(request) == [("郑总", "pending", ""), ("法务", "advised", "没有问题")]
    (asked,) = Event.objects.filter(kind="approval.consulted")
    assert asked.data["people"] == "法务" and asked.values.get(field="opinion").new == "合同条款有无问题？"
    assert selectors.decided_by(cast.法务).get() == request


def test_the_vote_need_not_wait_for_the_opinion(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    do(request, cast.郑总, "consult", "怎么看？", to=cast.法务)
    assert do(request, cast.郑总, "agree").approved
    assert Ballot.objects.get(person=cast.法务).status == "cancelled"
    with pytest.raises(MoveRefused, match="可能已经办完"):
        do(request, cast.法务, "advise", "迟到的意见")


def test_asking_needs_a_question_a_person_and_somebody_new(cast, do):
    request = ask(cast.小王, together("all", cast.郑总, cast.市场))
    for opinion, to, words in [
        ("", cast.法务, "请写明要问什么"),
        ("问", None, "请选择征询谁"),
        ("问", cast.小王, "不能征询提交人本人"),
        ("问", cast.市场, "已经是本步的审批人"),
    ]:
        with pytest.raises(Invalid) as refused:
            do(request, cast.郑总, "consult", opinion, to=to)
        assert words in "".join(refused.value.errors.values())
    do(request, cast.郑总, "consult", "问", to=cast.法务)
    with pytest.raises(MoveRefused, match="正在等答复"):
        do(request, cast.市场, "consult", "再问", to=cast.法务)
    with pytest.raises(MoveRefused, match="不是当前步骤的审批人"):
        do(request, cast.法务, "consult", "我也问", to=cast.财务甲)
    with pytest.raises(Invalid, match="必须写明意见"):
        do(request, cast.法务, "advise", " ")


def test_answered_once_an_opinion_stands_and_may_be_asked_again(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    do(request, cast.郑总, "consult", "一问", to=cast.法务)
    do(request, cast.法务, "advise", "一答")
    with pytest.raises(MoveRefused):
        do(request, cast.法务, "advise", "改口")
    do(request, cast.郑总, "consult", "二问", to=cast.法务)
    assert Ballot.objects.filter(person=cast.法务, status="consulted").get().question == "二问"


def test_a_step_somebody_was_asked_about_is_no_longer_unread(cast, do):
    """The opinion asked for shows that the next approver has read it: the one before cannot take his vote back."""
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    do(request, cast.周经理, "agree")
    do(request, cast.郑总, "consult", "怎么看？", to=cast.法务)
    with pytest.raises(MoveRefused, match="不能拿回"):
        do(request, cast.周经理, "take_back")


def copy(request, by, *to):
    return service.copy_to(request.pk, to, by=by, command=uuid.uuid4())


def test_a_copy_may_be_read_and_is_marked_as_read(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总), copies=[cast.市场.pk])
    copy(request, cast.郑总, cast.法务, cast.市场)
    assert Watcher.objects.count() == 2 and Event.objects.filter(kind="approval.copied").count() == 2
    assert [row.unread for row in selectors.watching(cast.法务)] == [True] and selectors.unread_copies(cast.法务) == 1
    service.mark_seen(request, cast.法务)
    assert [row.unread for row in selectors.watching(cast.法务)] == [False] and selectors.unread_copies(cast.法务) == 0
    assert [(w.person.name, w.added_by.name) for w in selectors.watchers_of(request)] == [
        ("市场", "小王"),
        ("法务", "郑总"),
    ]


def test_who_was_only_sent_a_copy_cannot_send_it_on(cast):
    request = ask(cast.小王, role("总经理", cast.郑总), copies=[cast.法务.pk])
    with pytest.raises(MoveRefused, match="只有提交人和审批人"):
        copy(request, cast.法务, cast.市场)
    with pytest.raises(NotFound):
        copy(request, cast.小李, cast.市场)
    with pytest.raises(MoveRefused, match="请选择抄送给谁"):
        copy(request, cast.小王)
    cast.市场.is_active = False
    cast.市场.save()
    with pytest.raises(MoveRefused, match="已停用"):
        copy(request, cast.小王, cast.市场)


def test_what_failed_is_tried_again_by_its_requester_alone(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    do(request, cast.郑总, "agree")
    request.refresh_from_db()
    service.mark_failed(request, "客户已被他人报备", command=request.command)
    with pytest.raises(MoveRefused, match="只有申请人"):
        do(request, cast.郑总, "retry")
    outcome = do(request, cast.小王, "retry")
    assert outcome.approved and [event.kind for event in outcome.events] == ["approval.retried"]
    service.mark_executed(Request.objects.get(), command=request.command)
    with pytest.raises(MoveRefused, match="批准未执行"):
        do(request, cast.小王, "retry")
