"""What is written is what the machine said: rows read back give the same state, whatever was done."""

import random
import uuid
from dataclasses import replace

import pytest

from kedang.kernel.approvals import machine, rows, service
from kedang.kernel.approvals.models import Request
from kedang.kernel.approvals.values import Move, MoveRefused, Seat, StepSpec
from kedang.kernel.errors import NotFound
from tests.approvals.conftest import ask

KINDS = [
    "agree", "agree", "agree", "reject", "return", "transfer", "delegate", "add_before", "add_after", "add_beside",
    "remove_signer", "take_back", "withdraw",
]  # fmt: skip


def without_ids(state):
    """The state as values only: the rows' ids are not the machine's business, nor in which order ballots were read."""
    steps = []
    for step in state.steps:
        ballots = sorted((replace(b, id=None) for b in step.ballots), key=repr)
        steps.append(replace(step, id=None, ballots=tuple(ballots)))
    return replace(state, steps=tuple(steps))


def random_route(dice, people):
    specs = []
    for _ in range(dice.randint(1, 4)):
        mode = dice.choice(["any", "all", "sequence", "ratio"])
        seats = tuple(Seat((person.pk,), "r", "角色") for person in dice.sample(people, dice.randint(1, 3)))
        negative = dice.choice(["ends", "holds"])
        specs.append(StepSpec(mode, seats, "r", "角色", negative=negative, ratio=60 if mode == "ratio" else None))
    return specs


@pytest.mark.parametrize("seed", range(15))
def test_rows_and_machine_agree_after_every_move(cast, seed):
    dice = random.Random(seed)
    people = [cast.郑总, cast.周经理, cast.财务甲, cast.财务乙, cast.市场, cast.法务]
    request = ask(cast.小王, *random_route(dice, people))
    moved = 0
    for _ in range(25):
        state = rows.state_of(Request.objects.get(pk=request.pk))
        by = _somebody(dice, state, people)
        move = Move(
            dice.choice(KINDS), by.pk, to=(dice.choice(people).pk,), step=dice.choice([None, 0]),
            then=dice.choice(["", "straight"]), opinion="见附件", form={},
        )  # fmt: skip
        if state.status == "returned":
            _resubmit(request, cast.小王, random_route(dice, people), state)
            moved += 1
            continue
        try:
            expected = machine.apply(state, move)
        except MoveRefused:
            expected = None
        try:
            service.move(
                request.pk, by=by, kind=move.kind, to=list(move.to), step=move.step, then=move.then, opinion="见附件",
                form={}, command=uuid.uuid4(),
            )  # fmt: skip
        except (MoveRefused, NotFound):
            assert expected is None or by.pk not in _involved(state)
            continue
        assert expected is not None
        moved += 1
        assert without_ids(rows.state_of(Request.objects.get(pk=request.pk))) == without_ids(expected)
    assert moved


def _somebody(dice, state, people):
    holders = {b.person for step in state.steps for b in step.pending}
    likely = [person for person in people if person.pk in holders]
    return dice.choice(likely) if likely and dice.random() < 0.8 else dice.choice(people)


def _involved(state):
    return {person for step in state.steps for b in step.ballots for person in (b.person, b.acting_for)}


def _resubmit(request, by, specs, state):
    expected = machine.apply(state, Move("resubmit", by.pk, steps=tuple(specs), changed=True))
    service.resubmit(request.pk, by=by, command=uuid.uuid4(), args={}, steps=specs, norms=[], digest=uuid.uuid4().hex)
    assert without_ids(rows.state_of(Request.objects.get(pk=request.pk))) == without_ids(expected)
