"""同意 and 拒绝 in every mode, by the right and the wrong person, once and again."""

import pytest
from django.db import IntegrityError, transaction

from kedang.kernel.approvals import selectors, service
from kedang.kernel.approvals.models import Ballot, Step
from kedang.kernel.approvals.values import MoveRefused
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from tests.approvals.conftest import NORM, ask, role, together


def states(request):
    return list(
        Step.objects.filter(request=request, round=request.round).order_by("index").values_list("status", flat=True)
    )


def test_the_last_agreement_approves_and_names_the_clause(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    first = do(request, cast.周经理, "agree")
    assert (first.status_before, first.status_after, first.approved) == ("pending", "pending", False)
    assert first.asked == (cast.郑总.pk,)
    last = do(request, cast.郑总, "agree", "可以")
    assert last.approved and last.status_after == "approved"
    assert [event.kind for event in last.events] == ["approval.agreed", "approval.approved"]
    assert {(e.pack, e.norm, e.clause) for e in last.events} == {(NORM["pack"], NORM["norm"], NORM["clause"])}
    assert Ballot.objects.get(person=cast.郑总).opinion == "可以"
    assert last.request.decided_at is not None


def test_opening_records_who_asked_for_what_and_why(cast):
    events: list[Event] = []
    request = ask(cast.小王, role("总经理", cast.郑总), sink=events)
    (event,) = events
    assert (event.kind, event.file, event.subject) == ("approval.asked", 7, f"approval:{request.pk}")
    assert event.data["request"] == request.pk and event.values.get(field="reason").new == "核对账款"
    assert request.version == 1


def test_each_norm_that_asks_has_its_own_event(cast):
    events: list[Event] = []
    other = {"pack": "sales-files", "norm": "copy", "clause": "5.2", "text": "复印须经审批。"}
    ask(cast.小王, role("总经理", cast.郑总), norms=[NORM, other], sink=events)
    assert [event.clause for event in events] == ["1.5.1", "5.2"]


def test_a_reject_ends_the_request_and_needs_an_opinion(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    with pytest.raises(Invalid) as refused:
        do(request, cast.周经理, "reject", "  ")
    assert refused.value.errors == {"opinion": "拒绝必须写明意见。"}
    outcome = do(request, cast.周经理, "reject", "用途不清")
    assert outcome.status_after == "rejected" and states(request) == ["rejected", "waiting"]
    with pytest.raises(MoveRefused, match="已不在审批中"):
        do(request, cast.周经理, "agree")


def test_any_of_two_holders_decides_and_the_other_is_let_off(cast, do):
    request = ask(cast.小王, role("财务", cast.财务甲, cast.财务乙))
    assert do(request, cast.财务乙, "agree").approved
    assert Ballot.objects.get(person=cast.财务甲).status == "cancelled"
    with pytest.raises(MoveRefused):
        do(request, cast.财务甲, "agree")


def test_all_waits_for_everybody_and_one_reject_ends_it(cast, do):
    people = (cast.财务甲, cast.市场, cast.法务)
    request = ask(cast.小王, together("all", *people))
    assert [do(request, person, "agree").approved for person in people] == [False, False, True]
    other = ask(cast.小李, together("all", *people), digest="d2")
    do(other, cast.市场, "agree")
    assert do(other, cast.法务, "reject", "合同不符").status_after == "rejected"
    assert Ballot.objects.get(step__request=other, person=cast.财务甲).status == "cancelled"


def test_in_sequence_the_next_is_asked_when_the_one_before_agreed(cast, do):
    request = ask(cast.小王, together("sequence", cast.财务甲, cast.市场))
    with pytest.raises(NotFound):
        do(request, cast.市场, "agree")
    assert do(request, cast.财务甲, "agree").asked == (cast.市场.pk,)
    assert do(request, cast.市场, "agree").approved


def test_ratio_passes_at_its_share_and_fails_when_it_cannot_be_reached(cast, do):
    people = (cast.财务甲, cast.财务乙, cast.市场)
    request = ask(cast.小王, together("ratio", *people, ratio=67))
    for person in people[:2]:
        assert not do(request, person, "agree").approved
    assert do(request, people[2], "agree").approved  # 67 % of three seats is all three
    other = ask(cast.小李, together("ratio", *people, ratio=60), digest="d2")
    assert do(other, people[0], "reject", "不同意").status_after == "pending"
    assert do(other, people[1], "reject", "不同意").status_after == "rejected"


def test_a_held_negative_may_be_voted_again_and_the_next_step_waits(cast, do):
    request = ask(cast.小王, together("all", cast.市场, cast.法务, negative="holds"), role("总经理", cast.郑总))
    do(request, cast.市场, "agree")
    outcome = do(request, cast.法务, "reject", "缺营业执照")
    assert outcome.status_after == "pending" and states(request) == ["active", "waiting"]
    do(request, cast.法务, "agree", "已补齐")
    assert states(request) == ["passed", "active"]
    votes = Ballot.objects.filter(person=cast.法务).order_by("id").values_list("status", flat=True)
    assert list(votes) == ["rejected", "agreed"]


def test_a_step_with_a_form_asks_every_voter_for_it(cast, do):
    request = ask(cast.小王, together("all", cast.市场, form="review_opinion"))
    with pytest.raises(Invalid) as refused:
        do(request, cast.市场, "agree")
    assert "form" in refused.value.errors
    do(request, cast.市场, "agree", form={"result": "合格"})
    assert Ballot.objects.get(person=cast.市场).form == {"result": "合格"}


def test_who_is_not_asked_learns_nothing_and_a_copy_does_not_let_vote(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    with pytest.raises(NotFound):
        do(request, cast.小李, "agree")
    service.copy_to(request.pk, cast.小李, by=cast.小王, command=request.command)
    with pytest.raises(MoveRefused, match="不是当前步骤的审批人"):
        do(request, cast.小李, "agree")


def test_voting_twice_is_refused(cast, do):
    request = ask(cast.小王, together("all", cast.市场, cast.法务))
    do(request, cast.市场, "agree")
    with pytest.raises(MoveRefused, match="已处理过"):
        do(request, cast.市场, "agree")
    assert Event.objects.filter(kind="approval.agreed").count() == 1


def test_the_requester_and_the_one_he_types_for_never_vote(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总), on_behalf_of=cast.小李)
    for person in (cast.小王, cast.小李):
        with pytest.raises(MoveRefused, match="提交人"):
            do(request, person, "agree")
        with pytest.raises(MoveRefused, match="提交人"):
            do(request, cast.郑总, "transfer", to=person)


def test_the_database_refuses_a_second_open_ballot_and_a_second_active_step(cast):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    ballot = Ballot.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Ballot.objects.create(step=ballot.step, person=cast.周经理, opened_at=ballot.opened_at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Step.objects.filter(request=request, index=1).update(status="active")


def test_an_overlong_opinion_is_refused_at_its_field(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    with pytest.raises(Invalid) as refused:
        do(request, cast.郑总, "agree", "长" * 2001)
    assert "2000" in refused.value.errors["opinion"]
    assert selectors.pending_for(cast.郑总).get() == request


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_moves():
    with pytest.raises(RuntimeError, match="transaction"):
        service.locked(1, None)
