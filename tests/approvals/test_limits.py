"""Time limits of steps, and agreements on condition: what time does to a request, once, and what it never does."""

import uuid
from datetime import datetime

import pytest
from django.db import transaction

from kedang.kernel import clock
from kedang.kernel.approvals import selectors, timing
from kedang.kernel.approvals.models import Ballot, Request, Step
from kedang.kernel.approvals.values import TIMEOUTS, MoveRefused
from kedang.kernel.ledger.models import Event
from tests.approvals.conftest import ask, role, together

MONDAY = "2026-03-02 10:00"


@pytest.fixture
def held():
    with clock.frozen(MONDAY) as frozen:
        yield frozen


def late(held, request, at="2026-03-05 00:00"):
    held.move_to(datetime.fromisoformat(at))
    with transaction.atomic():
        return timing.time_out(request.pk, command=uuid.uuid4())


def limited(how, *people, **more):
    return role("审批人", *people, within="2 working_days", timeout=how, **more)


def pending():
    return set(Ballot.objects.filter(status="pending").values_list("person__name", flat=True))


def test_no_time_out_agrees():
    assert set(TIMEOUTS) == {"remind", "escalate", "return", "reject"}


def test_the_limit_begins_when_the_step_does_and_ends_with_its_last_instant(cast, do, held):
    request = ask(cast.小王, role("部门经理", cast.周经理), limited("return", cast.郑总))
    assert Step.objects.get(index=1).due_at is None
    held.move_to(datetime.fromisoformat("2026-03-03 09:00"))
    do(request, cast.周经理, "agree")
    due = clock.local(Step.objects.get(index=1).due_at)
    assert f"{due:%Y-%m-%d %H:%M}" == "2026-03-05 23:59"
    assert timing.overdue(due) == []
    assert late(held, request, "2026-03-05 23:59") is None
    held.move_to(datetime.fromisoformat("2026-03-06 00:00"))
    assert timing.overdue(clock.now()) == [request.pk]


def test_reminding_changes_nothing_and_comes_again(cast, held):
    request = ask(cast.小王, limited("remind", cast.郑总))
    assert late(held, request).status_after == "pending" and pending() == {"郑总"}
    step = Step.objects.get()
    assert clock.local(step.due_at) > clock.now() and step.overdue_since is not None
    assert late(held, request) is None, "twice in a row does it once"
    assert Event.objects.filter(kind="approval.timed_out").count() == 1
    assert late(held, request, "2026-03-10 00:00") is not None


def test_escalating_asks_the_superior_beside_the_voter_once(cast, do, held):
    request = ask(cast.小李, limited("escalate", cast.小王))
    outcome = late(held, request)
    assert outcome.asked == (cast.周经理.pk,) and pending() == {"小王", "周经理"}
    assert late(held, request, "2026-03-20 00:00") is None
    assert do(request, cast.周经理, "agree").approved
    assert Ballot.objects.get(person=cast.小王).status == "cancelled"


def test_escalating_never_reaches_the_requester_and_then_only_reminds(cast, held):
    request = ask(cast.周经理, limited("escalate", cast.小王))
    late(held, request)
    assert pending() == {"小王"}
    assert Step.objects.get().due_at is not None


@pytest.mark.parametrize(
    ("how", "status", "kind"), [("return", "returned", "returned"), ("reject", "rejected", "rejected")]
)
def test_returning_and_rejecting_end_the_step_with_nobody_voting(how, status, kind, cast, held):
    request = ask(cast.小王, limited(how, cast.郑总))
    assert late(held, request).status_after == status and pending() == set()
    assert [e.kind for e in Event.objects.filter(actor=None)] == ["approval.timed_out", f"approval.{kind}"]
    assert late(held, request) is None


def test_a_vote_after_the_limit_is_refused_even_before_the_clock_comes_round(cast, do, held):
    request = ask(cast.小王, limited("return", cast.郑总))
    held.move_to(datetime.fromisoformat("2026-03-05 00:00"))
    with pytest.raises(MoveRefused, match="审批期限已过，按规定退回提交人"):
        do(request, cast.郑总, "agree")
    do(request, cast.小王, "withdraw")


def test_voted_in_time_the_limit_does_nothing(cast, do, held):
    request = ask(cast.小王, limited("reject", cast.郑总))
    do(request, cast.郑总, "agree")
    assert late(held, request) is None and Request.objects.get().status == "approved"


# ---- on condition --------------------------------------------------------------------------------------------------


def conditional(*people, mode="any"):
    more = {"agree_if": "gm_only:0", "first": "完成售后培训"}
    return role("总经理", *people, **more) if mode == "any" else together(mode, *people, **more)


def fulfil(request):
    with transaction.atomic():
        return timing.fulfil(request.pk, command=uuid.uuid4())


def test_agreed_on_condition_the_step_waits_and_the_voter_has_nothing_left_to_do(cast, do):
    request = ask(cast.小王, conditional(cast.郑总))
    outcome = do(request, cast.郑总, "agree", "培训完就行", promise=True)
    assert outcome.status_after == "pending" and pending() == {"郑总"}
    assert not selectors.pending_for(cast.郑总).exists() and selectors.decided_by(cast.郑总).get() == request
    (event,) = outcome.events
    assert (event.kind, event.data["first"]) == ("approval.agreed_if", "完成售后培训")
    assert timing.promised() == [request.pk]


def test_once_it_holds_the_agreement_counts_as_it_was_given(cast, do):
    request = ask(cast.小王, conditional(cast.郑总))
    do(request, cast.郑总, "agree", "培训完就行", promise=True)
    outcome = fulfil(request)
    assert outcome.approved and [e.kind for e in outcome.events] == ["approval.fulfilled", "approval.approved"]
    ballot = Ballot.objects.get()
    assert (ballot.status, ballot.opinion, ballot.person) == ("agreed", "培训完就行", cast.郑总)
    assert ballot.promised_at is not None and fulfil(request) is None


def test_until_then_he_may_change_his_mind(cast, do):
    request = ask(cast.小王, conditional(cast.郑总))
    do(request, cast.郑总, "agree", promise=True)
    assert do(request, cast.郑总, "reject", "改主意了").status_after == "rejected"
    assert fulfil(request) is None and timing.promised() == []


def test_others_of_the_step_still_vote(cast, do):
    request = ask(cast.小王, conditional(cast.市场, cast.法务, mode="all"))
    do(request, cast.市场, "agree", promise=True)
    assert fulfil(request).status_after == "pending"
    assert do(request, cast.法务, "agree").approved


def test_a_conditional_step_is_never_passed_over_because_he_agreed_before(cast, do):
    request = ask(cast.小王, role("部门经理", cast.郑总), conditional(cast.郑总))
    assert do(request, cast.郑总, "agree").status_after == "pending"
    assert pending() == {"郑总"}


def test_what_was_promised_was_read(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), conditional(cast.郑总))
    do(request, cast.周经理, "agree")
    do(request, cast.郑总, "agree", promise=True)
    with pytest.raises(MoveRefused, match="不能拿回"):
        do(request, cast.周经理, "take_back")
