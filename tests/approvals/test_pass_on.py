"""转交, 委托, 代理, 加签, 减签, 拿回, 催办, 抄送 and what comes after the decision."""

import uuid
from datetime import date, timedelta

import pytest

from kedang.kernel import clock
from kedang.kernel.approvals import selectors, service
from kedang.kernel.approvals.models import Ballot, Watcher
from kedang.kernel.approvals.values import MoveRefused
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Delegation
from tests.approvals.conftest import ask, role, together
from tests.approvals.test_vote import states


def test_transferred_the_ballot_is_the_receivers_own(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    assert do(request, cast.郑总, "transfer", to=cast.周经理).asked == (cast.周经理.pk,)
    with pytest.raises(MoveRefused, match="已处理过"):
        do(request, cast.郑总, "agree")
    assert do(request, cast.周经理, "agree").approved
    assert list(selectors.decided_by(cast.郑总)) == [request]


def test_a_transfer_can_go_back_and_needs_one_receiver_who_is_not_in_the_step(cast, do):
    request = ask(cast.小王, together("all", cast.市场, cast.法务))
    for to in (None, [cast.周经理, cast.郑总], cast.法务, cast.市场):
        with pytest.raises(Invalid) as refused:
            do(request, cast.市场, "transfer", to=to)
        assert "to" in refused.value.errors
    do(request, cast.市场, "transfer", to=cast.周经理)
    assert do(request, cast.周经理, "transfer", to=cast.市场).asked == (cast.市场.pk,)


def test_nobody_suspended_or_gone_is_asked(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    cast.市场.is_active = False
    cast.市场.save()
    with pytest.raises(Invalid) as refused:
        do(request, cast.郑总, "transfer", to=cast.市场)
    assert refused.value.errors == {"to": "所选人员不存在或已停用。"}


def test_entrusted_the_voice_stays_with_the_one_who_entrusted(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    do(request, cast.郑总, "delegate", to=cast.周经理)
    outcome = do(request, cast.周经理, "agree")
    assert outcome.approved and outcome.events[0].data["acting_for"] == cast.郑总.pk


def test_a_stand_in_votes_for_the_absent_and_is_shown_as_such(cast, do):
    today = clock.today()
    request = ask(cast.小王, role("总经理", cast.郑总))
    Delegation.objects.create(principal=cast.郑总, delegate=cast.周经理, start=today, end=today)
    assert list(selectors.pending_for(cast.周经理)) == [request]
    assert do(request, cast.周经理, "agree").approved
    ballot = Ballot.objects.get()
    assert (ballot.person, ballot.acting_for) == (cast.周经理, cast.郑总)


def test_a_stand_in_who_asked_cannot_vote_on_his_own_request(cast, do):
    Delegation.objects.create(principal=cast.郑总, delegate=cast.小王, start=date(2020, 1, 1), end=date(2099, 1, 1))
    request = ask(cast.小王, role("总经理", cast.郑总))
    assert not selectors.pending_for(cast.小王).exists()
    with pytest.raises(MoveRefused, match="提交人"):
        do(request, cast.小王, "agree")


def test_a_past_stand_in_has_no_say(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    Delegation.objects.create(principal=cast.郑总, delegate=cast.周经理, start=date(2020, 1, 1), end=date(2020, 1, 2))
    assert not selectors.pending_for(cast.周经理).exists()
    assert not selectors.can_see(cast.周经理, request)


def test_signers_added_before_decide_first_and_the_votes_so_far_stand(cast, do):
    request = ask(cast.小王, together("all", cast.市场, cast.法务), role("总经理", cast.郑总))
    do(request, cast.市场, "agree")
    assert do(request, cast.法务, "add_before", to=cast.财务甲).asked == (cast.财务甲.pk,)
    assert states(request) == ["active", "waiting", "waiting"]
    assert do(request, cast.财务甲, "agree").asked == (cast.法务.pk,)
    do(request, cast.法务, "agree")
    assert do(request, cast.郑总, "agree").approved


def test_signers_added_after_decide_before_the_next_step(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    outcome = do(request, cast.周经理, "add_after", "请法务看合同", to=[cast.法务])
    assert outcome.asked == (cast.法务.pk,) and states(request) == ["passed", "active", "waiting"]
    assert [event.kind for event in outcome.events] == ["approval.signer_added", "approval.agreed"]


def test_signers_added_beside_must_agree_too_even_in_an_any_step(cast, do):
    request = ask(cast.小王, role("财务", cast.财务甲, cast.财务乙))
    do(request, cast.财务甲, "add_beside", to=cast.法务)
    assert not do(request, cast.财务甲, "agree").approved
    assert do(request, cast.法务, "agree").approved


def test_whoever_added_a_signer_takes_him_out_while_he_has_not_voted(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理))
    do(request, cast.周经理, "add_beside", to=cast.法务)
    do(request, cast.周经理, "agree")
    with pytest.raises(Invalid):
        do(request, cast.法务, "remove_signer", to=cast.法务)
    assert do(request, cast.周经理, "remove_signer", to=cast.法务).approved


def test_an_agreement_is_taken_back_while_the_next_has_not_read_it(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    do(request, cast.周经理, "agree")
    do(request, cast.周经理, "take_back")
    assert states(request) == ["active", "waiting"]
    assert list(selectors.pending_for(cast.周经理)) == [request] and not selectors.pending_for(cast.郑总).exists()
    do(request, cast.周经理, "agree")
    service.mark_seen(request, cast.郑总)
    with pytest.raises(MoveRefused, match="已经看到"):
        do(request, cast.周经理, "take_back")


def test_a_vote_is_taken_back_within_a_step_that_is_still_open(cast, do):
    request = ask(cast.小王, together("all", cast.市场, cast.法务))
    do(request, cast.市场, "agree")
    do(request, cast.市场, "take_back")
    assert not do(request, cast.法务, "agree").approved
    assert do(request, cast.市场, "agree").approved


def test_nobody_takes_back_what_he_did_not_say_or_what_is_decided(cast, do):
    request = ask(cast.小王, together("all", cast.市场, cast.法务))
    do(request, cast.市场, "agree")
    with pytest.raises(MoveRefused, match="没有可拿回"):
        do(request, cast.法务, "take_back")
    do(request, cast.法务, "agree")
    with pytest.raises(MoveRefused, match="已经办结"):
        do(request, cast.法务, "take_back")


def test_a_reminder_names_who_is_waited_for_and_comes_once_an_hour(cast, do):
    with clock.frozen("2026-03-02 10:00") as held:
        request = ask(cast.小王, together("all", cast.市场, cast.法务))
        outcome = do(request, cast.小王, "remind")
        assert outcome.events[0].data["people"] == "市场、法务" and outcome.status_after == "pending"
        held.advance(timedelta(minutes=59))
        with pytest.raises(MoveRefused, match="一小时"):
            do(request, cast.小王, "remind")
        held.advance(timedelta(minutes=1))
        do(request, cast.小王, "remind")
        with pytest.raises(MoveRefused, match="只有申请人"):
            do(request, cast.市场, "remind")
    assert Event.objects.filter(kind="approval.reminded").count() == 2


def test_a_copy_is_sent_once_and_read(cast):
    request = ask(cast.小王, role("总经理", cast.郑总))
    assert not selectors.can_see(cast.法务, request)
    for _ in range(2):
        service.copy_to(request.pk, [cast.法务], by=cast.郑总, command=uuid.uuid4())
    assert Watcher.objects.count() == 1 and Event.objects.filter(kind="approval.copied").count() == 1
    assert selectors.get_request(cast.法务, request.pk) == request
    service.mark_seen(request, cast.法务)
    assert Watcher.objects.get().seen_at is not None


def test_approved_it_is_executed_once_or_failed_with_its_cause(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    with pytest.raises(MoveRefused):
        service.mark_executed(request)
    do(request, cast.郑总, "agree")
    event = service.mark_failed(request, "客户已合并")
    assert (request.status, request.cause, event.values.get(field="cause").new) == (
        "failed",
        "客户已合并",
        "客户已合并",
    )
    service.mark_executed(request)
    assert (request.status, request.cause) == ("executed", "")
    with pytest.raises(MoveRefused):
        service.mark_failed(request, "再来")


def test_what_could_not_be_executed_is_given_up_by_its_requester(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    do(request, cast.郑总, "agree")
    service.mark_failed(request, "客户已合并")
    assert do(request, cast.小王, "void").status_after == "void"


def test_an_unknown_move_is_refused(cast, do):
    with pytest.raises(MoveRefused, match="没有"):
        do(ask(cast.小王, role("总经理", cast.郑总)), cast.郑总, "explode")
