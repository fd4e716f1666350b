"""Random walks over the approval machine: whatever is tried, the invariants of DESIGN §6 hold.

KEDANG_WALKS=20000 walks longer; the normal suite takes a sample.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kedang.kernel.approvals import machine
from kedang.kernel.approvals.values import Move, MoveRefused, Seat, State, StepSpec

REQUESTER, SPOKEN_FOR = 1, 2
VOTERS = list(range(3, 9))
EVERYBODY = [REQUESTER, SPOKEN_FOR, *VOTERS]
VOTES = ["agree", "reject", "return"]
CHANGES = ["transfer", "delegate", "add_beside", "add_before", "add_after", "remove_signer", "take_back"]
OTHERS = ["withdraw", "remind", "resubmit", "void", "nonsense"]

seats = st.lists(st.lists(st.sampled_from(VOTERS), min_size=1, max_size=3, unique=True), min_size=1, max_size=4)


@st.composite
def specs(draw: st.DrawFn) -> StepSpec:
    mode = draw(st.sampled_from(["any", "all", "sequence", "ratio"]))
    return StepSpec(
        mode,
        tuple(Seat(tuple(people)) for people in draw(seats)),
        pack=draw(st.sampled_from(["a", "b"])),
        form=draw(st.sampled_from(["", "", "review"])),
        negative=draw(st.sampled_from(["ends", "ends", "holds"])),
        ratio=draw(st.sampled_from([34, 50, 67, 100])) if mode == "ratio" else None,
    )


routes = st.lists(specs(), min_size=1, max_size=4).map(tuple)


class Walk(RuleBasedStateMachine):
    state: State

    @initialize(route=routes, spoken_for=st.sampled_from([None, SPOKEN_FOR]))
    def submit(self, route: tuple[StepSpec, ...], spoken_for: int | None) -> None:
        self.state = machine.start(REQUESTER, route, on_behalf_of=spoken_for)

    def _apply(self, move: Move) -> None:
        before = self.state
        try:
            self.state = machine.apply(self.state, move)
        except MoveRefused as refusal:
            assert refusal.message and self.state == before

    @precondition(lambda self: self.state.active is not None)
    @rule(
        data=st.data(),
        kind=st.sampled_from([*VOTES, "agree", "agree", *CHANGES]),
        to=st.lists(st.sampled_from(EVERYBODY), max_size=2),
        step=st.sampled_from([None, 0, 1]),
        then=st.sampled_from(["", "restart", "straight"]),
        lent=st.booleans(),
    )
    def holder_moves(
        self, data: st.DataObject, kind: str, to: list[int], step: int | None, then: str, lent: bool
    ) -> None:
        """Somebody whose turn it is (or a stand-in for him) does something."""
        holder = data.draw(st.sampled_from(self.state.steps[self.state.active].pending)).person
        by = data.draw(st.sampled_from(EVERYBODY)) if lent else holder
        principals = frozenset([holder]) if lent else frozenset()
        self._apply(Move(kind, by, tuple(to), step=step, then=then, opinion="不妥", form={}, principals=principals))

    @rule(
        kind=st.sampled_from([*VOTES, *CHANGES, *OTHERS]), by=st.sampled_from(EVERYBODY), to=st.sampled_from(EVERYBODY)
    )
    def anybody_tries(self, kind: str, by: int, to: int) -> None:
        self._apply(Move(kind, by, (to,), opinion="看看"))

    @precondition(lambda self: self.state.status == "returned")
    @rule(route=routes, changed=st.booleans())
    def resubmit(self, route: tuple[StepSpec, ...], changed: bool) -> None:
        self._apply(Move("resubmit", REQUESTER, steps=route, changed=changed))
        assert self.state.status in ("pending", "approved")

    @invariant()
    def a_pending_request_has_exactly_one_active_step(self) -> None:
        active = [step for step in self.state.steps if step.status == "active"]
        assert len(active) == (1 if self.state.status == "pending" else 0)

    @invariant()
    def an_active_step_has_a_pending_ballot_and_a_closed_one_has_none(self) -> None:
        for step in self.state.steps:
            assert bool(step.pending) == (step.status == "active"), step

    @invariant()
    def nobody_holds_two_open_ballots_in_a_step(self) -> None:
        for step in self.state.steps:
            people = [ballot.person for ballot in step.pending]
            assert len(people) == len(set(people))
            voices = [ballot.voice for ballot in step.pending]
            assert len(voices) == len(set(voices))

    @invariant()
    def the_requester_never_votes(self) -> None:
        for step in self.state.steps:
            for ballot in step.ballots:
                assert ballot.person not in self.state.barred and ballot.acting_for not in self.state.barred

    @invariant()
    def an_approved_request_went_through_every_step_with_a_real_agreement(self) -> None:
        if self.state.status != "approved":
            return
        assert all(step.status in ("passed", "skipped") for step in self.state.steps)
        assert any(b.status == "agreed" for step in self.state.steps for b in step.current)


Walk.TestCase.settings = settings(
    max_examples=int(os.environ.get("KEDANG_WALKS", "300")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestWalks = Walk.TestCase
