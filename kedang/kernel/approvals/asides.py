"""Moves that decide nothing themselves: 征询 and its answer, agreeing on condition, what time does, 再次执行. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kedang.kernel.approvals import counting
from kedang.kernel.approvals.parts import ballot_of, end, need_opinion, need_requester, newcomers, settle
from kedang.kernel.approvals.values import SYSTEM, Ballot, Move, MoveRefused, Seat, State

ESCALATED = "超过期限，同时交上级审批"


def consult(state: State, move: Move) -> State:
    """征询: ask others what they think; the ballot stays where it is and may be cast without waiting for them."""
    index, _ = ballot_of(state, move)
    need_opinion(move, "征询")
    people = newcomers(state, index, move, "征询")
    step = state.steps[index]
    if any(ballot.person in people for ballot in step.consulted):
        raise MoveRefused("已经征询过对方，正在等答复。", "to")
    asked = tuple(
        Ballot(person, "consulted", run=step.run, asked_by=move.by, question=move.opinion.strip()) for person in people
    )
    return state.with_step(index, replace(step, ballots=(*step.ballots, *asked)))


def advise(state: State, move: Move) -> State:
    """答复征询: an opinion, not a vote."""
    found = next(((at, b) for at, step in enumerate(state.steps) for b in step.consulted if b.person == move.by), None)
    if found is None:
        raise MoveRefused("没有等您答复的征询，这一步可能已经办完。")
    need_opinion(move, "答复征询")
    index, ballot = found
    answered = replace(ballot, status="advised", opinion=move.opinion.strip())
    return state.with_step(index, state.steps[index].with_ballot(ballot, answered))


def promise(state: State, index: int, ballot: Ballot, move: Move) -> State:
    """附条件同意: the vote is given and counts once the step's condition holds; until then its ballot stays open."""
    kept = replace(ballot, promised=move.by, opinion=move.opinion.strip(), form=move.form)
    return state.with_step(index, state.steps[index].with_ballot(ballot, kept))


def fulfil(state: State, move: Move) -> State:
    """The condition holds now: what was agreed on condition is agreed."""
    _need_system(move)
    index = state.active
    promised = [b for b in state.steps[index].pending if b.promised] if index is not None else []
    if index is None or not promised:
        raise MoveRefused("没有等条件成立的同意意见。")
    step = state.steps[index]
    for ballot in promised:
        step = step.with_ballot(ballot, _kept_promise(ballot))
    return settle(state.with_step(index, step), index)


def time_out(state: State, move: Move) -> State:
    """What the step's time limit does when it has passed. It never agrees."""
    _need_system(move)
    index = state.active
    if state.status != "pending" or index is None or not state.steps[index].spec.within:
        raise MoveRefused("这一步没有到期的审批。")
    how = state.steps[index].spec.timeout
    if how == "reject":
        return end(state, "rejected", "rejected")
    if how == "return":
        closed = counting.closed(state.steps[index], "returned")
        return replace(state.with_step(index, closed), status="returned", resume=None)
    return _escalated(state, index, move) if how == "escalate" else state


def retry(state: State, move: Move) -> State:
    """再次执行 what was approved and could not be carried out."""
    need_requester(state, move, "再次执行")
    if state.status != "failed":
        raise MoveRefused("只有批准未执行的申请才能再次执行。")
    return replace(state, status="approved")


def _escalated(state: State, index: int, move: Move) -> State:
    """Each voter who has not voted gets his superior beside him in his seats: whichever of them votes first."""
    step = state.steps[index]
    above = dict(move.above)
    voices = {ballot.voice for ballot in step.pending if not ballot.promised}
    there = {*step.spec.voters, *(ballot.person for ballot in step.pending)}
    seats = tuple(_joined(seat, above, voices, there | state.barred) for seat in step.spec.seats)
    if seats == step.spec.seats:
        return state
    spec = replace(step.spec, seats=seats, notes=(*step.spec.notes, ESCALATED))
    return settle(state.with_step(index, replace(step, spec=spec)), index)


def _joined(seat: Seat, above: dict[int, int], voices: set[int], out: set[int] | frozenset[int]) -> Seat:
    more = [above[person] for person in seat.people if person in voices and person in above]
    return replace(seat, people=tuple(dict.fromkeys((*seat.people, *(p for p in more if p not in out)))))


def _kept_promise(ballot: Ballot) -> Ballot:
    """The vote as it was given: by whom, and for whom when he spoke for another."""
    assert ballot.promised is not None
    speaks_for = ballot.acting_for if ballot.person == ballot.promised else ballot.voice
    return replace(ballot, person=ballot.promised, acting_for=speaks_for, status="agreed")


def _need_system(move: Move) -> None:
    if move.by != SYSTEM:
        raise MoveRefused("没有这种操作。")


MOVES: dict[str, Callable[[State, Move], State]] = {
    "consult": consult,
    "advise": advise,
    "fulfil": fulfil,
    "time_out": time_out,
    "retry": retry,
}
