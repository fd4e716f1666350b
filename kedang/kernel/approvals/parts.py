"""What several moves of the approval machine have in common: passing a step on, finding a ballot, checking a name. Pure."""

from __future__ import annotations

from dataclasses import replace

from kedang.kernel.approvals import counting
from kedang.kernel.approvals.values import COUNTED, VOTED, Ballot, Move, MoveRefused, State, StepSpec

ASK_REQUESTER = "不能征询提交人本人；要他补充说明，请退回。"


def settle(state: State, index: int) -> State:
    """After a change to the active step: end it, pass it on, or bring its open ballots in line with who is wanted."""
    step = state.steps[index]
    if counting.failed(step):
        return end(state, "rejected", "rejected")
    if counting.passes(step):
        voted = any(ballot.status == "agreed" for ballot in step.current)
        done = counting.closed(step, "passed" if voted else "skipped")
        return _advance(state.with_step(index, done), index)
    return state.with_step(index, counting.synced(step))


def _advance(state: State, index: int) -> State:
    """On to the next step that has not passed: after a 退回 with 直达 the ones between still stand."""
    later = range(index + 1, len(state.steps))
    following = next((at for at in later if state.steps[at].status not in ("passed", "skipped")), None)
    return replace(state, status="approved") if following is None else open_step(state, following)


def open_step(state: State, index: int) -> State:
    """Make a step active; one whose people have all agreed just before is passed over (同一人只审一次)."""
    step = state.steps[index]
    if step.status in ("passed", "returned", "skipped"):
        step = counting.fresh(step)
    step = replace(step, status="active", carried=counting.carried(state, index))
    state = replace(state.with_step(index, step), status="pending")
    if counting.passes(step):
        return _advance(state.with_step(index, replace(step, status="skipped")), index)
    return state.with_step(index, counting.synced(step))


def end(state: State, status: str, step_status: str) -> State:
    """The request ended, its active step closed with it."""
    index = state.active
    if index is not None:
        state = state.with_step(index, counting.closed(state.steps[index], step_status))
    return replace(state, status=status, resume=None)


def ballot_of(state: State, move: Move) -> tuple[int, Ballot]:
    """The open ballot the mover holds, his own first, else that of somebody he may speak for."""
    if move.by in state.barred:
        raise MoveRefused("提交人不能审批自己的申请。")
    index = state.active
    if state.status != "pending" or index is None:
        raise MoveRefused("申请已不在审批中，请刷新后查看结果。")
    step = state.steps[index]
    mine = [ballot for ballot in step.pending if ballot.person == move.by]
    lent = [ballot for ballot in step.pending if ballot.person in move.principals]
    # What was agreed on condition may be voted anew, but only when nothing else waits for him.
    ballot = next(iter(sorted(mine + lent, key=lambda each: each.promised is not None)), None)
    if ballot is None:
        raise MoveRefused(_no_ballot(state, index, move.by))
    return index, ballot


def _no_ballot(state: State, index: int, person: int) -> str:
    """Why somebody has nothing to vote on: most often he has just done it, in another window."""
    voted = [any(b.person == person and b.status in VOTED for b in step.ballots) for step in state.steps]
    if voted[index]:
        return "您已处理过这一步，不能重复处理。"
    return "您已处理过，申请已转到下一步。" if any(voted[:index]) else "您不是当前步骤的审批人。"


def close_ballot(state: State, index: int, ballot: Ballot, move: Move, status: str) -> State:
    """The state with one open ballot closed by the mover."""
    acting = ballot.acting_for if ballot.person == move.by else ballot.voice
    done = replace(
        ballot,
        person=move.by,
        acting_for=acting,
        status=status,
        opinion=move.opinion.strip(),
        form=move.form,
        promised=None,
    )
    return state.with_step(index, state.steps[index].with_ballot(ballot, done))


def newcomers(state: State, index: int, move: Move, word: str, *, only_one: bool = False) -> tuple[int, ...]:
    """The people named in the move, checked: allowed to vote and not yet in the step."""
    people = tuple(dict.fromkeys(move.to))
    if not people or (only_one and len(people) != 1):
        raise MoveRefused(f"请选择{word}谁。" if word in ("征询", "加签") else f"请选择{word}给谁。", "to")
    step = state.steps[index]
    involved = {*step.spec.voters, *step.agreed, *(b.person for b in step.current if b.status in COUNTED)}
    for person in people:
        if person in state.barred:
            raise MoveRefused(ASK_REQUESTER if word == "征询" else f"不能{word}给提交人本人。", "to")
        if person in involved or person == move.by:
            raise MoveRefused("对方已经是本步的审批人。", "to")
    return people


def need_requester(state: State, move: Move, word: str) -> None:
    """Refuse the move to anybody but the requester."""
    if move.by not in state.barred:
        raise MoveRefused(f"只有申请人可以{word}。")


def need_opinion(move: Move, word: str) -> None:
    """Refuse the move without a word of opinion."""
    if not move.opinion.strip():
        raise MoveRefused("请写明要问什么。" if word == "征询" else f"{word}必须写明意见。", "opinion")


def need_form(spec: StepSpec, move: Move) -> None:
    """Refuse a vote on a step whose form is not filled in."""
    if spec.form and move.form is None:
        raise MoveRefused("这一步须先填写审批表单。", "form")
