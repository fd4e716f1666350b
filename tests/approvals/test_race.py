"""Two people move one request at the same moment, on PostgreSQL. SQLite has one writer and never shows these races."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections, transaction

from kedang.kernel.approvals import rows, service, timing
from kedang.kernel.approvals.models import Ballot, Request, Step
from kedang.kernel.approvals.values import Move, MoveRefused
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from tests.approvals.conftest import ask, make_cast, role, together
from tests.approvals.test_walks import check

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TIMES = 20


def at_once(*moves):
    """Run (request, person, kind) moves together, each in its own connection; results in order, refusals as values."""
    gate = Barrier(len(moves))

    def run(request, person, kind):
        try:
            # The connection is opened before the gate, so that the moves really overlap.
            connection.ensure_connection()
            gate.wait(timeout=10)
            with transaction.atomic():
                return service.move(request.pk, by=person, kind=kind, opinion="不妥", command=uuid.uuid4())
        except MoveRefused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(moves)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, *move) for move in moves]]


def asked(cast, *steps, digest=""):
    with transaction.atomic():
        return ask(cast.小王, *steps, digest=digest)


def statuses(request):
    return list(Step.objects.filter(request=request).order_by("index").values_list("status", flat=True))


def test_the_two_last_votes_of_a_countersign_close_the_step():
    cast = make_cast()
    for number in range(TIMES):
        request = asked(cast, together("all", cast.市场, cast.法务), role("总经理", cast.郑总), digest=str(number))
        outcomes = at_once((request, cast.市场, "agree"), (request, cast.法务, "agree"))
        assert all(isinstance(outcome, service.Outcome) for outcome in outcomes)
        assert statuses(request) == ["passed", "active"]
        assert list(
            Ballot.objects.filter(step__request=request, status="pending").values_list("person", flat=True)
        ) == [cast.郑总.pk]


def test_exactly_one_of_two_last_votes_is_told_to_run_the_command():
    cast = make_cast()
    for number in range(TIMES):
        request = asked(cast, together("all", cast.市场, cast.法务), digest=str(number))
        outcomes = at_once((request, cast.市场, "agree"), (request, cast.法务, "agree"))
        assert sorted(outcome.approved for outcome in outcomes) == [False, True]
        assert Request.objects.get(pk=request.pk).status == "approved"
    assert Event.objects.filter(kind="approval.approved").count() == TIMES


def test_one_person_voting_twice_at_once_votes_once():
    cast = make_cast()
    for number in range(TIMES):
        request = asked(cast, together("all", cast.市场, cast.法务), digest=str(number))
        outcomes = at_once((request, cast.市场, "agree"), (request, cast.市场, "agree"))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["MoveRefused", "Outcome"]
        assert Event.objects.filter(kind="approval.agreed", subject=f"approval:{request.pk}").count() == 1


def test_an_agreement_and_a_withdrawal_at_once_leave_one_clear_end():
    cast = make_cast()
    for number in range(TIMES):
        request = asked(cast, role("总经理", cast.郑总), digest=str(number))
        outcomes = at_once((request, cast.郑总, "agree"), (request, cast.小王, "withdraw"))
        assert sum(isinstance(outcome, MoveRefused) for outcome in outcomes) == 1
        assert Request.objects.get(pk=request.pk).status in ("approved", "withdrawn")
        assert not Ballot.objects.filter(step__request=request, status="pending").exists()


# ---- every move against another --------------------------------------------------------------------------------------

FEW = 5


def keeps_its_word(request):
    """The invariants, read back from the rows."""
    request = Request.objects.get(pk=request.pk)
    check(rows.state_of(request), Move("none", 0), rows.state_of(request))
    return request


def raced(*calls):
    """Run functions together, each in a connection and transaction of its own; refusals come back as values."""
    gate = Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            gate.wait(timeout=10)
            with transaction.atomic():
                return call()
        except (MoveRefused, NotFound) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, call) for call in calls]]


def mover(request, person, kind, **more):
    return lambda: service.move(request.pk, by=person, kind=kind, opinion="见意见", command=uuid.uuid4(), **more)


MOVES = {
    "agree": {},
    "reject": {},
    "return": {"then": "straight"},
    "transfer": {"to": "小李"},
    "delegate": {"to": "小李"},
    "add_before": {"to": "小李"},
    "add_after": {"to": "小李"},
    "add_beside": {"to": "小李"},
    "consult": {"to": "小李"},
}


@pytest.mark.parametrize("kind", MOVES)
def test_every_move_of_a_voter_against_another_at_once(kind):
    """A colleague's vote, the very same move again, the requester's withdrawal, the clock: one clear end each time."""
    cast = make_cast()
    more = {key: getattr(cast, value) if key == "to" else value for key, value in MOVES[kind].items()}
    others = ["agree", "reject", "same", "withdraw", "time_out"]
    for number, other in enumerate(others * FEW):
        both = together("all", cast.市场, cast.法务, within="1 day", timeout="escalate")
        request = asked(cast, both, role("总经理", cast.郑总), digest=str(number))
        Step.objects.filter(request=request, status="active").update(due_at=request.asked_at)
        second = {
            "agree": mover(request, cast.法务, "agree"),
            "reject": mover(request, cast.法务, "reject"),
            "same": mover(request, cast.市场, kind, **more),
            "withdraw": mover(request, cast.小王, "withdraw"),
            "time_out": lambda request=request: timing.time_out(request.pk, command=uuid.uuid4()),
        }[other]
        done = raced(mover(request, cast.市场, kind, **more), second)
        assert any(isinstance(each, service.Outcome) for each in done), done
        keeps_its_word(request)
        if other == "same" and kind != "consult":
            said = Event.objects.filter(subject=f"approval:{request.pk}").exclude(kind="approval.asked")
            assert {event.actor_id for event in said if event.actor_id} == {cast.市场.pk}


def test_a_vote_taken_back_and_the_next_vote_at_once_never_both_stand():
    cast = make_cast()
    for number in range(FEW):
        request = asked(cast, role("部门经理", cast.周经理), role("总经理", cast.郑总), digest=str(number))
        raced(mover(request, cast.周经理, "agree"))
        back, vote = raced(mover(request, cast.周经理, "take_back"), mover(request, cast.郑总, "agree"))
        assert isinstance(back, service.Outcome) != isinstance(vote, service.Outcome)
        keeps_its_word(request)


def test_two_answers_to_one_question_are_one_answer():
    cast = make_cast()
    for number in range(FEW):
        request = asked(cast, role("总经理", cast.郑总), digest=str(number))
        raced(mover(request, cast.郑总, "consult", to=cast.法务))
        done = raced(mover(request, cast.法务, "advise"), mover(request, cast.法务, "advise"))
        assert sum(isinstance(each, service.Outcome) for each in done) == 1
        keeps_its_word(request)


def test_a_signer_taken_out_while_he_agrees_leaves_one_of_the_two():
    cast = make_cast()
    for number in range(FEW):
        request = asked(cast, role("总经理", cast.郑总), digest=str(number))
        raced(mover(request, cast.郑总, "add_beside", to=cast.法务))
        raced(mover(request, cast.郑总, "remove_signer", to=cast.法务), mover(request, cast.法务, "agree"))
        keeps_its_word(request)


def test_two_clocks_do_what_a_limit_says_once():
    cast = make_cast()
    for number in range(FEW):
        limited = role("总经理", cast.郑总, within="1 day", timeout="reject")
        request = asked(cast, limited, digest=str(number))
        Step.objects.filter(request=request).update(due_at=request.asked_at)
        clock = [lambda request=request: timing.time_out(request.pk, command=uuid.uuid4())] * 2
        assert sum(each is not None for each in raced(*clock)) == 1
        assert keeps_its_word(request).status == "rejected"
    assert Event.objects.filter(kind="approval.timed_out").count() == FEW


def test_a_condition_fulfilled_while_the_voter_changes_his_mind_ends_one_way():
    cast = make_cast()
    for number in range(FEW):
        conditional = role("总经理", cast.郑总, agree_if="r:0", first="培训")
        request = asked(cast, conditional, digest=str(number))
        raced(mover(request, cast.郑总, "agree", promise=True))
        raced(
            mover(request, cast.郑总, "reject"),
            lambda request=request: timing.fulfil(request.pk, command=uuid.uuid4()),
        )
        assert keeps_its_word(request).status in ("approved", "rejected")
        assert Event.objects.filter(subject=f"approval:{request.pk}", kind="approval.approved").count() <= 1


def test_the_requesters_own_moves_twice_at_once_are_made_once():
    cast = make_cast()
    for number, (kind, status) in enumerate([("withdraw", "pending"), ("void", "failed"), ("retry", "failed")] * 2):
        request = asked(cast, role("总经理", cast.郑总), digest=str(number))
        if status == "failed":
            raced(mover(request, cast.郑总, "agree"))
            raced(lambda request=request: service.mark_failed(request, "原因", command=uuid.uuid4()))
        done = raced(mover(request, cast.小王, kind), mover(request, cast.小王, kind))
        assert sum(isinstance(each, service.Outcome) for each in done) == 1, (kind, done)
        keeps_its_word(request)


def test_copies_sent_twice_at_once_arrive_once():
    cast = make_cast()
    for number in range(FEW):
        request = asked(cast, role("总经理", cast.郑总), digest=str(number))
        send = [lambda request=request: service.copy_to(request.pk, cast.法务, by=cast.小王, command=uuid.uuid4())] * 2
        assert sorted(len(each) for each in raced(*send)) == [0, 1]
