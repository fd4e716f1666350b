"""Counting the votes of one step: when it passes, when it fails, whose ballot should be open."""

from __future__ import annotations

from dataclasses import replace

from kedang.kernel.approvals.values import Ballot, Seat, State, StepState


def passes(step: StepState) -> bool:
    """True when the step's mode is satisfied and every added signer has agreed."""
    return _base_met(step) and all(_spoken(seat, step.agreed) for seat in _added(step))


def failed(step: StepState) -> bool:
    """True when a 拒绝 ends the request; under `negative: holds` the person may vote again instead."""
    if step.spec.negative == "holds" or not step.rejected:
        return False
    if step.spec.mode != "ratio" or any(set(seat.people) & step.rejected for seat in _added(step)):
        return True
    return not _base_met(step) and len(_base(step)) - len(_lost(step)) < needed(step)


def needed(step: StepState) -> int:
    """How many base seats must agree."""
    seats = len(_base(step))
    if step.spec.mode == "any":
        return min(1, seats)
    if step.spec.mode == "ratio":
        # Ceiling in whole numbers: a float would pass 2 of 3 for 67 %.
        return -(-seats * (step.spec.ratio or 100) // 100)
    return seats


def wanted(step: StepState) -> tuple[int, ...]:
    """Voices that should hold an open ballot now, in order."""
    seats = [seat for seat in _added(step) if not _spoken(seat, step.agreed)]
    if not _base_met(step):
        lost = [] if step.spec.negative == "holds" else _lost(step)
        still = [seat for seat in _base(step) if not _spoken(seat, step.agreed) and seat not in lost]
        seats = (still[:1] if step.spec.mode == "sequence" else still) + seats
    return tuple(dict.fromkeys(person for seat in seats for person in seat.people))


def synced(step: StepState) -> StepState:
    """The active step with its open ballots brought in line with `wanted`."""
    voices = wanted(step)
    ballots = [_kept(ballot, voices) for ballot in step.ballots]
    held = {b.voice for b in ballots if b.pending} | {b.person for b in ballots if b.pending}
    ballots += [Ballot(person, run=step.run) for person in voices if person not in held]
    return replace(step, ballots=tuple(ballots))


def closed(step: StepState, status: str) -> StepState:
    """The step with its open ballots cancelled, and the opinions not given no longer asked for."""
    open_now = ("pending", "consulted")
    ballots = tuple(replace(b, status="cancelled") if b.status in open_now else b for b in step.ballots)
    return replace(step, status=status, ballots=ballots)


def fresh(step: StepState) -> StepState:
    """The step as it waits to be gone through again: what was voted becomes history."""
    return replace(step, status="waiting", run=step.run + 1, carried=())


def carried(state: State, index: int) -> tuple[int, ...]:
    """People of this step who already agreed: in the step before it, or in any earlier step of another pack.

    Only real agreements count, never a prediction: an approver who passed his ballot on has not been asked.
    """
    step = state.steps[index]
    if step.spec.form or step.spec.agree_if:
        return ()
    found: set[int] = set()
    adjacent = True
    for before in reversed(state.steps[:index]):
        if before.status in ("passed", "skipped") and (adjacent or before.spec.pack != step.spec.pack):
            found |= before.agreed
        adjacent = adjacent and before.status == "skipped"
    return tuple(person for person in step.spec.voters if person in found)


def _base(step: StepState) -> list[Seat]:
    return [seat for seat in step.spec.seats if seat.added_by is None or step.spec.added_by is not None]


def _added(step: StepState) -> list[Seat]:
    return [seat for seat in step.spec.seats if seat.added_by is not None and step.spec.added_by is None]


def _spoken(seat: Seat, voices: frozenset[int]) -> bool:
    return not voices.isdisjoint(seat.people)


def _base_met(step: StepState) -> bool:
    return sum(_spoken(seat, step.agreed) for seat in _base(step)) >= needed(step)


def _lost(step: StepState) -> list[Seat]:
    """Base seats that a 拒绝 has decided; only 票签 goes on counting after one."""
    voices = step.rejected
    return [seat for seat in _base(step) if _spoken(seat, voices) and not _spoken(seat, step.agreed)]


def _kept(ballot: Ballot, voices: tuple[int, ...]) -> Ballot:
    return replace(ballot, status="cancelled") if ballot.pending and ballot.voice not in voices else ballot
