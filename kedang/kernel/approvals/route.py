"""From the people a regulation names to the people who will be asked: the safe defaults of DESIGN §6.

Nobody decides on his own request (his superior does, and the chain says so); an empty post refuses at the preview and
never passes; one person is asked once (the machine carries real agreements over; here it is only foretold).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kedang.kernel.approvals.values import MoveRefused, Seat, StepSpec
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

BY_SUPERIOR = "因提交人即审批人，由上级审批"
LEFT_OUT = "提交人不参与审批，由该岗位的其他人审批"


class EmptyPost(MoveRefused):
    """A step has nobody who may decide; the request cannot be made until the post is filled."""

    def __init__(self, role_name: str, about_names: Sequence[str] = (), *, own: bool = False) -> None:
        where = f"（{'、'.join(about_names)}）" if about_names else ""
        why = "只有提交人自己，且没有上级可代为审批" if own else "现在无人担任"
        super().__init__(f"审批角色“{role_name}”{where}{why}，不能提交。请联系管理员任命后再试。")
        self.role_name = role_name


def prepare(
    steps: Sequence[StepSpec],
    requester: Person,
    about_names: Sequence[str] = (),
    *,
    on_behalf_of: Person | None = None,
    unit_id: int | None = None,
) -> list[StepSpec]:
    """The route with the requester taken out of it; EmptyPost when a step has nobody left to decide.

    `about_names` are words for the message (customer, unit); `unit_id` the unit whose head is the superior.
    """
    barred = {person.pk for person in (requester, on_behalf_of) if person}
    return [_prepare_step(step, barred, about_names, unit_id) for step in steps]


def foretold_once(specs: Sequence[StepSpec], agreed: Sequence[frozenset[int]] = ()) -> list[frozenset[int]]:
    """For each step, who will not be asked again because he is certain to have agreed before.

    `agreed[i]` are the real agreements of steps already gone through. Certain otherwise means: the only person of a
    seat that must agree.
    """
    found: list[frozenset[int]] = []
    sure: list[frozenset[int]] = []
    for index, spec in enumerate(specs):
        once = frozenset() if spec.form or spec.agree_if else _sure_before(specs, sure, index) & frozenset(spec.voters)
        found.append(once)
        real = agreed[index] if index < len(agreed) else frozenset()
        sure.append(real or once | _certain(spec))
    return found


def _prepare_step(step: StepSpec, barred: set[int], about_names: Sequence[str], unit_id: int | None) -> StepSpec:
    seats, notes = [], list(step.notes)
    for seat in step.seats:
        kept, note = _prepare_seat(seat, step.role_name, barred, about_names, unit_id)
        seats.append(kept)
        if note and note not in notes:
            notes.append(note)
    if not seats:
        raise EmptyPost(step.role_name, about_names)
    return replace(step, seats=tuple(seats), notes=tuple(notes))


def _prepare_seat(
    seat: Seat, role_name: str, barred: set[int], about_names: Sequence[str], unit_id: int | None
) -> tuple[Seat, str]:
    name = seat.role_name or role_name
    if not seat.people:
        raise EmptyPost(name, about_names)
    others = tuple(person for person in seat.people if person not in barred)
    if len(others) == len(seat.people):
        return seat, ""
    if others:
        return replace(seat, people=others), LEFT_OUT
    superior = _superior_beyond(seat.people[0], barred, unit_id)
    if superior is None:
        raise EmptyPost(name, about_names, own=True)
    return replace(seat, people=(superior,)), BY_SUPERIOR


def _superior_beyond(person: int, barred: set[int], unit_id: int | None) -> int | None:
    """The nearest superior who is not barred himself."""
    tried: set[int] = set()
    while person not in tried:
        tried.add(person)
        above = org.superior(person, unit_id=unit_id)
        if above is None:
            return None
        if above.pk not in barred:
            return above.pk
        # Spoken-for and typist may be each other's superior: go on from there in that person's own unit.
        person, unit_id = above.pk, None
    return None


def _certain(spec: StepSpec) -> frozenset[int]:
    if spec.mode in ("all", "sequence") or len(spec.seats) == 1:
        return frozenset(seat.people[0] for seat in spec.seats if len(seat.people) == 1)
    return frozenset()


def _sure_before(specs: Sequence[StepSpec], sure: Sequence[frozenset[int]], index: int) -> frozenset[int]:
    found: set[int] = set()
    for before in range(index):
        if before == index - 1 or specs[before].pack != specs[index].pack:
            found |= sure[before]
    return frozenset(found)
