"""The approval machine: `apply(state, move) -> state`, pure. What cannot be done raises MoveRefused in Chinese.

Votes and changes of voters are here; what decides nothing itself is in `asides`.
Invariants (held by a property test): a pending request has exactly one active step; an active step has a pending
ballot; a closed step has none; nobody holds two open ballots in a step; the requester never votes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kedang.kernel.approvals import asides, counting
from kedang.kernel.approvals.parts import (
    ballot_of,
    close_ballot,
    end,
    need_form,
    need_opinion,
    need_requester,
    newcomers,
    open_step,
    settle,
)
from kedang.kernel.approvals.values import (
    OPEN_REQUEST,
    Ballot,
    Move,
    MoveRefused,
    Seat,
    State,
    StepSpec,
    StepState,
)

__all__ = ["Ballot", "Move", "MoveRefused", "Seat", "State", "StepSpec", "StepState", "apply", "start"]


def start(requester: int, specs: tuple[StepSpec, ...], *, on_behalf_of: int | None = None, round: int = 1) -> State:
    """提交: the state of a new request with its first step open."""
    barred = frozenset(person for person in (requester, on_behalf_of) if person)
    if not specs:
        raise MoveRefused("审批路线为空，不能提交。")
    for spec in specs:
        _check_spec(spec, barred)
    state = State(requester, barred, tuple(StepState(spec) for spec in specs), round=round)
    return open_step(state, 0)


def apply(state: State, move: Move) -> State:
    """The state after the move; raises MoveRefused and changes nothing when it is not possible."""
    handler = _MOVES.get(move.kind)
    if handler is None:
        raise MoveRefused(f"没有“{move.kind}”这种操作。")
    return handler(state, move)


# --- votes ------------------------------------------------------------------


def _agree(state: State, move: Move) -> State:
    index, ballot = ballot_of(state, move)
    need_form(state.steps[index].spec, move)
    if move.promise:
        return asides.promise(state, index, ballot, move)
    return settle(close_ballot(state, index, ballot, move, "agreed"), index)


def _reject(state: State, move: Move) -> State:
    index, ballot = ballot_of(state, move)
    need_opinion(move, "拒绝")
    need_form(state.steps[index].spec, move)
    return settle(close_ballot(state, index, ballot, move, "rejected"), index)


def _return(state: State, move: Move) -> State:
    """退回 to the requester (no step named) or to an earlier passed step, then again from there or straight back."""
    index, ballot = ballot_of(state, move)
    need_opinion(move, "退回")
    if move.then not in ("", "restart", "straight"):
        raise MoveRefused("退回后的走法只能是“重新走”或“直接回到本步”。", "then")
    target = move.step
    if target is not None and not (0 <= target < index and state.steps[target].status == "passed"):
        raise MoveRefused("只能退回到本步之前已经通过的步骤。", "step")
    state = close_ballot(state, index, ballot, move, "returned")
    state = state.with_step(index, counting.closed(state.steps[index], "returned"))
    if target is None:
        return replace(state, status="returned", resume=index if move.then == "straight" else None)
    if move.then != "straight":
        for later in range(target + 1, len(state.steps)):
            if state.steps[later].status in ("passed", "skipped"):
                state = state.with_step(later, counting.fresh(state.steps[later]))
    return open_step(state, target)


# --- the requester ----------------------------------------------------------


def _resubmit(state: State, move: Move) -> State:
    """再次提交: a new round on a new route; straight back only when what was approved has not changed."""
    need_requester(state, move, "再次提交")
    if state.status != "returned":
        raise MoveRefused("只有被退回的申请才能再次提交。")
    if state.resume is not None and not move.changed:
        return open_step(replace(state, status="pending", resume=None), state.resume)
    others = next(iter(state.barred - {state.requester}), None)
    return start(state.requester, move.steps, on_behalf_of=others, round=state.round + 1)


def _withdraw(state: State, move: Move) -> State:
    need_requester(state, move, "撤回")
    if state.status not in OPEN_REQUEST:
        raise MoveRefused("申请已经办结，不能撤回。")
    return end(state, "withdrawn", "closed")


def _void(state: State, move: Move) -> State:
    """作废: what was approved but not carried out is given up."""
    need_requester(state, move, "作废")
    if state.status not in ("approved", "failed"):
        raise MoveRefused("只有已批准而尚未执行的申请才能作废。")
    return replace(state, status="void")


def _remind(state: State, move: Move) -> State:
    need_requester(state, move, "催办")
    if state.status != "pending":
        raise MoveRefused("申请不在审批中，无须催办。")
    return state


# --- changing who votes -----------------------------------------------------


def _transfer(state: State, move: Move) -> State:
    """转交: the ballot becomes another person's own."""
    index, ballot = ballot_of(state, move)
    (receiver,) = newcomers(state, index, move, "转交", only_one=True)
    state = close_ballot(state, index, ballot, move, "transferred")
    step = state.steps[index]
    seats = tuple(_swap(seat, ballot.voice, receiver) for seat in step.spec.seats)
    state = state.with_step(index, replace(step, spec=replace(step.spec, seats=seats)))
    return settle(state, index)


def _delegate(state: State, move: Move) -> State:
    """委托: another person votes on this request for me; the voice stays mine."""
    index, ballot = ballot_of(state, move)
    (receiver,) = newcomers(state, index, move, "委托", only_one=True)
    state = close_ballot(state, index, ballot, move, "transferred")
    step = state.steps[index]
    handed = Ballot(receiver, acting_for=ballot.voice, run=step.run)
    return settle(state.with_step(index, replace(step, ballots=(*step.ballots, handed))), index)


def _add_beside(state: State, move: Move) -> State:
    """并加签: further people in this step, all of whom must agree besides what the step asks."""
    index, ballot = ballot_of(state, move)
    people = newcomers(state, index, move, "加签")
    step = state.steps[index]
    added = tuple(Seat((person,), role_name="加签", added_by=ballot.voice) for person in people)
    spec = replace(step.spec, seats=step.spec.seats + added)
    return _asked(settle(state.with_step(index, replace(step, spec=spec)), index), index, people, move)


def _add_before(state: State, move: Move) -> State:
    """前加签: others decide first; this step waits and keeps the votes it has."""
    index, ballot = ballot_of(state, move)
    extra = _extra_step(state, index, ballot, move)
    waiting = replace(counting.closed(state.steps[index], "waiting"), carried=())
    state = _insert(state.with_step(index, waiting), index, extra)
    return _asked(open_step(state, index), index, extra.spec.voters, move)


def _add_after(state: State, move: Move) -> State:
    """后加签: I agree, and others decide after this step."""
    index, ballot = ballot_of(state, move)
    extra = _extra_step(state, index, ballot, move)
    return _agree(_insert(state, index + 1, extra), replace(move, kind="agree"))


def _remove_signer(state: State, move: Move) -> State:
    """减签: whoever added a signer takes him out again before he has voted."""
    if state.status != "pending":
        raise MoveRefused("申请不在审批中，不能减签。")
    if not move.to:
        raise MoveRefused("请选择减去谁。", "to")
    for index, step in enumerate(state.steps):
        if step.status not in ("active", "waiting"):
            continue
        gone = tuple(seat for seat in step.spec.seats if _removable(seat, step, move))
        if gone:
            left = tuple(seat for seat in step.spec.seats if seat not in gone)
            state = state.with_step(index, replace(step, spec=replace(step.spec, seats=left)))
            return settle(state, index) if step.status == "active" else state
    raise MoveRefused("只能减去自己加签、且尚未处理的人。", "to")


def _take_back(state: State, move: Move) -> State:
    """拿回: an approver takes his own agreement back while nobody after him has read it."""
    index = state.active
    if state.status != "pending" or index is None:
        raise MoveRefused("申请已经办结，不能拿回。")
    if _own_agreement(state.steps[index], move.by) is None:
        index = _previous_voted(state, index)
        state = _reopen_previous(state, index, move.by)
    ballot = _own_agreement(state.steps[index], move.by)
    if ballot is None:
        raise MoveRefused("您在本步或上一步没有可拿回的同意意见。")
    step = state.steps[index].with_ballot(ballot, replace(ballot, status="cancelled"))
    return settle(state.with_step(index, step), index)


# --- parts ------------------------------------------------------------------


def _extra_step(state: State, index: int, ballot: Ballot, move: Move) -> StepState:
    people = newcomers(state, index, move, "加签")
    seats = tuple(Seat((person,), role_name="加签", added_by=ballot.voice) for person in people)
    here = state.steps[index].spec
    spec = StepSpec("all", seats, role_name="加签", pack=here.pack, clause=here.clause, added_by=ballot.voice)
    return StepState(spec)


def _asked(state: State, index: int, people: tuple[int, ...], move: Move) -> State:
    """What is said to those added stands on their ballots: it is the first thing they want to know."""
    step, said = state.steps[index], move.opinion.strip()
    ballots = tuple(
        replace(each, question=said) if each.pending and each.voice in people else each for each in step.ballots
    )
    return state.with_step(index, replace(step, ballots=ballots)) if said else state


def _insert(state: State, index: int, step: StepState) -> State:
    return replace(state, steps=(*state.steps[:index], step, *state.steps[index:]))


def _swap(seat: Seat, old: int, new: int) -> Seat:
    return replace(seat, people=tuple(dict.fromkeys(new if person == old else person for person in seat.people)))


def _removable(seat: Seat, step: StepState, move: Move) -> bool:
    mine = seat.added_by is not None and seat.added_by in (move.by, *move.principals)
    return mine and bool(set(seat.people) & set(move.to)) and not set(seat.people) & step.agreed


def _own_agreement(step: StepState, person: int) -> Ballot | None:
    return next((b for b in step.current if b.person == person and b.status == "agreed"), None)


def _previous_voted(state: State, index: int) -> int:
    for before in range(index - 1, -1, -1):
        if state.steps[before].status == "passed":
            return before
    raise MoveRefused("您在本步或上一步没有可拿回的同意意见。")


def _reopen_previous(state: State, index: int, person: int) -> State:
    """Close the present step unread and make the one before active again, its other votes kept."""
    present = state.active
    assert present is not None
    if _own_agreement(state.steps[index], person) is None:
        raise MoveRefused("您在本步或上一步没有可拿回的同意意见。")
    step = state.steps[present]
    if any(b.seen or b.promised or not b.pending for b in step.current if b.status != "cancelled"):
        raise MoveRefused("下一步的审批人已经看到，不能拿回。")
    for later in range(index + 1, present + 1):
        state = state.with_step(later, counting.fresh(counting.closed(state.steps[later], "waiting")))
    return state.with_step(index, replace(state.steps[index], status="active"))


def _check_spec(spec: StepSpec, barred: frozenset[int]) -> None:
    if not spec.seats or not all(seat.people for seat in spec.seats):
        raise MoveRefused(f"“{spec.role_name}”现在无人担任，不能提交。")
    if barred & set(spec.voters):
        raise MoveRefused("提交人不能审批自己的申请。")


_MOVES: dict[str, Callable[[State, Move], State]] = {
    "agree": _agree,
    "reject": _reject,
    "return": _return,
    "resubmit": _resubmit,
    "withdraw": _withdraw,
    "void": _void,
    "remind": _remind,
    "transfer": _transfer,
    "delegate": _delegate,
    "add_beside": _add_beside,
    "add_before": _add_before,
    "add_after": _add_after,
    "remove_signer": _remove_signer,
    "take_back": _take_back,
    **asides.MOVES,
}
