"""Two people move one request at the same moment, on PostgreSQL. SQLite has one writer and never shows these races."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections, transaction

from kedang.kernel.approvals import service
from kedang.kernel.approvals.models import Ballot, Request, Step
from kedang.kernel.approvals.values import MoveRefused
from kedang.kernel.ledger.models import Event
from tests.approvals.conftest import ask, make_cast, role, together

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
