"""Random days under the packs that ship: whatever people try, in whatever order, nothing breaks and the books agree."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from kedang.kernel import clock, tick
from kedang.kernel.actions import perform
from kedang.kernel.actions.forms import field_of
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.approvals.models import Request
from kedang.kernel.errors import KedangError
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Parked
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person
from kedang.kernel.scenarios import stage
from tests.packs.test_buttons import cast, value

__all__ = ["cast"]
DEEDS = 60
CLOSED = (DutyState.DONE, DutyState.LATE, DutyState.LATE_EXCUSED)
Command = tuple[str, dict[str, Any]]


def a_form(company: stage.Cast, dice: random.Random) -> Command:
    """A form of the regulations in force, filled in."""
    version, name, form = dice.choice(
        [(v, name, form) for v in regulations().in_force() for name, form in v.regulation.pack.forms.items()]
    )
    known = [field_of(version, each) for each in form.fields]
    data = {each.id: value(each, company, dice) for each in known if each.required or dice.random() < 0.6}
    return "form.file", {"form": name, "data": data, "customer": dice.choice(list(company.customers.values()))}


def a_move(company: stage.Cast, dice: random.Random) -> Command:
    """A step of a flow, on or back."""
    flow, stage_id = dice.choice(
        [
            (name, each.id)
            for v in regulations().in_force()
            for name, flow in v.regulation.pack.flows.items()
            for each in flow.stages
        ]
    )
    file = dice.choice(list(company.customers.values()))
    return "flow.move", {"flow": flow, "to": stage_id, "customer": file, "opinion": "按流程"}


def a_vote(who: Person, dice: random.Random) -> Command | None:
    """A vote on what waits for this person."""
    waiting = list(approvals.pending_for(who)[:3])
    if not waiting:
        return None
    move = dice.choice(["agree", "agree", "reject", "return"])
    return "approval.move", {"request": dice.choice(waiting).pk, "move": move, "opinion": "意见"}


def a_deed(company: stage.Cast, dice: random.Random) -> Command:
    """Any other deed about a customer or a duty, mostly about the customer that is somebody's."""
    spec = dice.choice([each for each in vocabulary.actions.values() if not each.system and each.about])
    args = {each.id: value(each, company, dice) for each in spec.args if each.required or dice.random() < 0.4}
    if spec.about in args and dice.random() < 0.8:
        args[spec.about] = company.customers["甲厂"]
    return spec.name, args


def walk(company: stage.Cast, dice: random.Random) -> int:
    """Try deeds and let time pass; the number that went through. Anything but a proper answer comes up."""
    done = 0
    with clock.frozen("2027-03-02 09:00") as held:
        tick.tick()
        for _ in range(DEEDS):
            who = company.people["甲"] if dice.random() < 0.4 else dice.choice(list(company.people.values()))
            if dice.random() < 0.15:
                held.advance(timedelta(hours=dice.choice([1, 5, 30, 200])))
                tick.tick()
            kind = dice.choice([a_form, a_move, a_deed, a_deed])
            name, args = a_vote(who, dice) or kind(company, dice)
            try:
                perform(name, by=who, ask_exception=dice.random() < 0.2, **args)
                done += 1
            except KedangError:
                continue
        tick.tick()
    return done


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_people_try_nothing_breaks_and_the_books_agree(cast: stage.Cast, seed: int) -> None:
    assert walk(cast, random.Random(seed)) > 0
    assert list(Parked.objects.values_list("step", "error")) == []
    for duty in Duty.objects.all():
        assert (duty.state in CLOSED) is (duty.done_at is not None), duty
        assert (duty.state == DutyState.LATE) is (duty.state in CLOSED and duty.breached_at is not None), duty
        if duty.state != DutyState.OPEN:
            assert duty.breach_check_at is None, duty
    for duty in Duty.objects.filter(breached_at__isnull=False):
        told = Event.objects.filter(kind="norm.breached", subject=f"duty:{duty.pk}").count()
        assert told <= 1, duty
    for request in Request.objects.filter(status="pending"):
        assert request.steps.filter(status="active").count() == 1, request
