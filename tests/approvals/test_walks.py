"""20,000 random walks over the pure machine: whatever is tried, the invariants of DESIGN §6 hold.

`test_machine_walks` looks for the smallest counterexample; here it is the number that counts. KEDANG_WALKS changes it.
"""

import os
import random
from collections import Counter
from dataclasses import replace

import pytest

from kedang.kernel.approvals import machine
from kedang.kernel.approvals.values import SYSTEM, TIMEOUTS, Ballot, Move, MoveRefused, Seat, State, StepSpec

WALKS = int(os.environ.get("KEDANG_WALKS", "20000"))
PARTS = 4
REQUESTER, SPOKEN_FOR = 1, 2
VOTERS = tuple(range(3, 9))
EVERYBODY = (REQUESTER, SPOKEN_FOR, *VOTERS)
VOTES = ("agree", "agree", "agree", "reject", "return")
CHANGES = ("transfer", "delegate", "add_beside", "add_before", "add_after", "remove_signer", "take_back", "consult")
OTHERS = ("withdraw", "remind", "resubmit", "void", "advise", "retry", "fulfil", "time_out", "nonsense")


def step(dice: random.Random) -> StepSpec:
    mode = dice.choice(("any", "all", "sequence", "ratio"))
    people = [tuple(dice.sample(VOTERS, dice.randint(1, 3))) for _ in range(dice.randint(1, 3))]
    return StepSpec(
        mode,
        tuple(Seat(each) for each in people),
        pack=dice.choice("ab"),
        form=dice.choice(("", "", "review")),
        negative=dice.choice(("ends", "ends", "holds")),
        ratio=dice.choice((34, 50, 67, 100)) if mode == "ratio" else None,
        within=dice.choice(("", "1 day")),
        timeout=dice.choice(tuple(TIMEOUTS)),
        agree_if=dice.choice(("", "", "route:0")),
    )


def route(dice: random.Random) -> tuple[StepSpec, ...]:
    return tuple(step(dice) for _ in range(dice.randint(1, 3)))


def next_move(dice: random.Random, state: State) -> Move:
    """Mostly what somebody whose turn it is would do; sometimes time's own move, or anybody's try."""
    chance, opinion = dice.random(), dice.choice(("不妥", "不妥", ""))
    if state.status == "returned" and chance < 0.5:
        return Move("resubmit", REQUESTER, steps=route(dice), changed=dice.random() < 0.5)
    if state.active is None or chance < 0.15:
        return Move(
            dice.choice((*VOTES, *CHANGES, *OTHERS)), dice.choice(EVERYBODY), (dice.choice(EVERYBODY),), opinion=opinion
        )
    if chance < 0.25:
        above = tuple((voter, dice.choice(EVERYBODY)) for voter in VOTERS)
        return Move(dice.choice(("time_out", "fulfil")), SYSTEM, above=above)
    active = state.steps[state.active]
    if active.consulted and chance < 0.35:
        return Move("advise", active.consulted[0].person, opinion="依我看可以")
    holder = dice.choice(active.pending).person
    lent = dice.random() < 0.2
    return Move(
        dice.choice((*VOTES, *CHANGES)),
        dice.choice(EVERYBODY) if lent else holder,
        tuple(dice.sample(EVERYBODY, dice.randint(0, 2))),
        step=dice.choice((None, 0, 1)),
        then=dice.choice(("", "restart", "straight")),
        opinion=opinion,
        form={} if dice.random() < 0.9 else None,
        principals=frozenset((holder,)) if lent else frozenset(),
        promise=bool(active.spec.agree_if) and dice.random() < 0.5,
    )


def check(before: State, move: Move, after: State) -> None:
    active = [each for each in after.steps if each.status == "active"]
    assert len(active) == (1 if after.status == "pending" else 0), "a pending request has exactly one active step"
    for each in after.steps:
        pending = each.pending
        assert bool(pending) == (each.status == "active"), "an active step has a pending ballot, a closed one none"
        assert not each.consulted or each.status == "active", "nobody is asked for an opinion in a closed step"
        for holders in ([b.person for b in pending], [b.voice for b in pending], [b.person for b in each.consulted]):
            assert len(holders) == len(set(holders)), "nobody holds two open ballots in a step"
        for ballot in each.ballots:
            assert ballot.person not in after.barred, "the requester never votes"
            assert ballot.acting_for not in after.barred
            assert ballot.asked_by is None or ballot.status in ("consulted", "advised", "cancelled"), (
                "no opinion is a vote"
            )
    if after.status == "approved":
        assert all(each.status in ("passed", "skipped") for each in after.steps)
        assert any(b.status == "agreed" for each in after.steps for b in each.current), "somebody has really agreed"
    if move.kind == "time_out":
        assert after.status != "approved" and agreements(after) == agreements(before), "time never agrees"
    if move.kind in ("consult", "advise", "remind"):
        assert after.status == before.status and after.active == before.active, "asking moves nothing on"
    if move.promise and move.kind == "agree":
        assert after.active == before.active and agreements(after) == agreements(before), "a promise does not count yet"


def agreements(state: State) -> int:
    return sum(b.status == "agreed" for each in state.steps for b in each.ballots)


def walk(seed: int, seen: Counter[str]) -> None:
    dice = random.Random(seed)
    other = dice.choice((None, SPOKEN_FOR))
    state = machine.start(REQUESTER, route(dice), on_behalf_of=other)
    for _ in range(14):
        move = next_move(dice, state)
        before = state
        try:
            state = machine.apply(state, move)
        except MoveRefused as refusal:
            assert refusal.message and state is before, "a refusal is said in words and changes nothing"
            continue
        seen[move.kind] += 1
        seen[state.status] += 1
        if move.promise and move.kind == "agree":
            seen["promise"] += 1
        try:
            check(before, move, state)
        except AssertionError as broken:
            raise AssertionError(f"seed {seed}, {move}: {broken}") from broken
        if state.status == "approved" and dice.random() < 0.3:
            state = replace(state, status="failed")


@pytest.mark.parametrize("part", range(PARTS))
def test_twenty_thousand_walks_keep_the_invariants(part: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(part, WALKS, PARTS):
        walk(seed, seen)
    moves = {
        *VOTES,
        *CHANGES,
        "withdraw",
        "remind",
        "resubmit",
        "void",
        "advise",
        "retry",
        "fulfil",
        "time_out",
        "promise",
    }
    if WALKS >= 20000:
        assert moves <= set(seen), f"never made: {moves - set(seen)}"
        assert {"approved", "rejected", "returned", "withdrawn"} <= set(seen)


def test_the_check_notices_a_broken_machine() -> None:
    """A walk that could not fail would prove nothing."""
    spec = StepSpec("all", (Seat((3,)), Seat((4,))))
    state = machine.start(REQUESTER, (spec,))
    broken = state.with_step(0, replace(state.steps[0], ballots=(Ballot(3), Ballot(3))))
    with pytest.raises(AssertionError, match="two open ballots"):
        check(state, Move("agree", 3), broken)
    with pytest.raises(AssertionError, match="exactly one active step"):
        check(state, Move("agree", 3), replace(state, status="approved"))
