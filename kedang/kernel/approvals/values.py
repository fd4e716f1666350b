"""The values the approval machine moves: pure, frozen, without Django.

A step has *seats*. A seat is one voice the route asks for, and any of its people may speak it: `role: finance` with
three holders is one seat of three people, `all: [market, finance, legal]` is three seats. One person's vote counts for
every seat he is in, so nobody is asked twice in a step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kedang.kernel.errors import Invalid

# Ballots that make their person one of the step; a transferred or cancelled one does not.
COUNTED = ("pending", "agreed", "rejected")
VOTED = ("agreed", "rejected", "returned", "transferred")
OPEN_REQUEST = ("pending", "returned")
# Nothing passes because nobody looked at it: there is no time-out that agrees.
TIMEOUTS = {
    "remind": "再次提醒审批人",
    "escalate": "同时交审批人的上级审批",
    "return": "退回提交人",
    "reject": "按不同意终止",
}
SYSTEM = 0
"""Who moves when time does: no person."""
MODE_LABELS = {"any": "或签", "all": "会签", "sequence": "依次", "ratio": "票签"}


class MoveRefused(Invalid):
    """The move is not possible now; says why in Chinese, at the field when one is to blame."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__({field: message})
        self.message = message


@dataclass(frozen=True)
class Seat:
    """One voice: satisfied when any of `people` (person ids) agrees."""

    people: tuple[int, ...]
    role: str = ""
    role_name: str = ""
    added_by: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, the inverse of `from_json`."""
        return {"people": list(self.people), "role": self.role, "role_name": self.role_name, "added_by": self.added_by}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Seat:
        """A seat from its JSON."""
        return cls(tuple(data["people"]), data["role"], data["role_name"], data["added_by"])


@dataclass(frozen=True)
class StepSpec:
    """One step of a route with its people resolved; frozen with the request."""

    mode: str
    seats: tuple[Seat, ...]
    role: str = ""
    role_name: str = ""
    pack: str = ""
    clause: str = ""
    norm: str = ""
    form: str = ""
    negative: str = "ends"  # ends | holds
    ratio: int | None = None  # percent of the seats, 1 to 100, for mode 'ratio'
    notes: tuple[str, ...] = ()
    added_by: int | None = None
    within: str = ""  # a duration; '' for no time limit
    timeout: str = "remind"  # what a passed time limit does: one of TIMEOUTS
    holiday: str = "stay"
    closing: str = ""
    agree_if: str = ""  # 'route:index' of the condition that must hold before the step passes
    first: str = ""  # what has to be done for that condition, in words
    batch: bool = False  # many requests may be agreed to at once

    @classmethod
    def of_role(cls, role: str, role_name: str, people: tuple[int, ...], **more: Any) -> StepSpec:
        """A plain `role` step: whoever holds the role, the first to act decides (或签)."""
        return cls("any", (Seat(people, role, role_name),), role, role_name, **more)

    @property
    def voters(self) -> tuple[int, ...]:
        """Everybody in any seat, once, in order."""
        return tuple(dict.fromkeys(person for seat in self.seats for person in seat.people))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, the inverse of `from_json`."""
        data = {name: getattr(self, name) for name in _PLAIN}
        return {**data, "seats": [seat.to_json() for seat in self.seats], "notes": list(self.notes)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> StepSpec:
        """A spec from its JSON; further keys (what the row keeps beside it) are left alone."""
        seats = tuple(Seat.from_json(seat) for seat in data["seats"])
        later = {name: data[name] for name in _LATER if name in data}
        return cls(seats=seats, notes=tuple(data["notes"]), **{name: data[name] for name in _FIRST}, **later)


_FIRST = ("mode", "role", "role_name", "pack", "clause", "norm", "form", "negative", "ratio", "added_by")
# Rows frozen before these keys were thought of do not have them.
_LATER = ("within", "timeout", "holiday", "closing", "agree_if", "first", "batch")
_PLAIN = (*_FIRST, *_LATER)


@dataclass(frozen=True)
class Ballot:
    """One person's ballot. `acting_for` is the principal when it was cast for somebody else.

    A `consulted` one is no vote: `asked_by` wants an opinion on `question`, `advised` has given it. `promised` is who has
    agreed on the condition that the step names; the ballot stays open until that holds.
    """

    person: int
    status: str = "pending"
    acting_for: int | None = None
    opinion: str = ""
    form: dict[str, Any] | None = field(default=None, compare=False)
    run: int = 1
    seen: bool = False
    id: int | None = None
    asked_by: int | None = None
    question: str = ""
    promised: int | None = None

    @property
    def voice(self) -> int:
        """Whose voice it is in the seats."""
        return self.acting_for or self.person

    @property
    def pending(self) -> bool:
        """True while it waits for its person."""
        return self.status == "pending"


@dataclass(frozen=True)
class StepState:
    """A step and its ballots. Only ballots of the present `run` count; earlier runs are history."""

    spec: StepSpec
    status: str = "waiting"
    ballots: tuple[Ballot, ...] = ()
    run: int = 1
    carried: tuple[int, ...] = ()
    id: int | None = None
    due: datetime | None = field(default=None, compare=False)

    @property
    def current(self) -> tuple[Ballot, ...]:
        """The ballots that count."""
        return tuple(ballot for ballot in self.ballots if ballot.run == self.run)

    @property
    def pending(self) -> tuple[Ballot, ...]:
        """The ballots that wait."""
        return tuple(ballot for ballot in self.ballots if ballot.pending)

    @property
    def consulted(self) -> tuple[Ballot, ...]:
        """Those asked for an opinion who have not given it."""
        return tuple(ballot for ballot in self.ballots if ballot.status == "consulted")

    @property
    def agreed(self) -> frozenset[int]:
        """Voices that agreed, in this step or carried over from an earlier one."""
        return frozenset(b.voice for b in self.current if b.status == "agreed") | frozenset(self.carried)

    @property
    def rejected(self) -> frozenset[int]:
        """Voices whose last vote here is 拒绝 and who have not agreed since."""
        return frozenset(b.voice for b in self.current if b.status == "rejected") - self.agreed

    def with_ballot(self, old: Ballot, new: Ballot) -> StepState:
        """The step with one ballot replaced."""
        return replace(self, ballots=tuple(new if ballot is old else ballot for ballot in self.ballots))


@dataclass(frozen=True)
class State:
    """A whole request as the machine sees it. `barred` never vote: the requester and the person spoken for."""

    requester: int
    barred: frozenset[int]
    steps: tuple[StepState, ...] = ()
    status: str = "pending"
    resume: int | None = None
    round: int = 1

    @property
    def active(self) -> int | None:
        """Index of the active step."""
        return next((index for index, step in enumerate(self.steps) if step.status == "active"), None)

    def with_step(self, index: int, step: StepState) -> State:
        """The state with one step replaced."""
        return replace(self, steps=(*self.steps[:index], step, *self.steps[index + 1 :]))


@dataclass(frozen=True)
class Move:
    """What somebody wants to do. `principals` are those he may speak for today (代理)."""

    kind: str
    by: int
    to: tuple[int, ...] = ()
    step: int | None = None
    then: str = ""  # after 退回: restart | straight
    opinion: str = ""
    form: dict[str, Any] | None = field(default=None, compare=False)
    principals: frozenset[int] = frozenset()
    steps: tuple[StepSpec, ...] = ()
    changed: bool = True
    promise: bool = False  # the step's condition does not hold yet: agree on condition
    above: tuple[tuple[int, int], ...] = ()  # (voter, his superior), for a time-out that escalates
