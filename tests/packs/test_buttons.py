"""A button shows what the deed would answer: dry_run and perform agree on every action of the packs that ship."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from kedang.kernel import clock
from kedang.kernel.actions import dry_run, perform
from kedang.kernel.errors import AsksReason, Conflict, Invalid, KedangError, NeedsApproval, NotFound, Refused
from kedang.kernel.fields import Field
from kedang.kernel.norms import store
from kedang.kernel.norms.vocabulary import Action, vocabulary
from kedang.kernel.scenarios import stage
from kedang.kernel.scenarios.grammar import Scenario

PACKS = Path(__file__).resolve().parents[2] / "packs"
CASES = 200
ROLES = {
    "customer-registry": ["sales", "dept_manager", "gm", "market", "market_admin", "finance"],
    "sales-files": ["contact_owner", "direct_superior", "file_keeper", "salesperson", "clerk", "finance"],
}


LEFT_OUT = {"form.file", "flow.move", "contract.terminate"}
"""Their arguments are a form, a flow's stage, or a form that goes along, none of which a button has."""


class Undo(Exception):
    pass


@pytest.fixture(params=sorted(ROLES))
def cast(request: pytest.FixtureRequest, db: None) -> Iterator[stage.Cast]:
    """A company under one of the regulations, with customers that are owned, shared, poor in data and nobody's."""
    name = request.param
    from kedang.kernel.norms.loader import load_pack

    known = {**load_pack(PACKS / "baseline").pack.roles, **load_pack(PACKS / name).pack.roles}
    posts = [role for role in dict.fromkeys([*ROLES[name], *known]) if role in known and known[role].post]
    people = {f"{role}{unit}": {"role": role, "unit": unit} for role in posts for unit in ("一部", "二部")}
    people |= {"甲": {"role": "salesperson", "unit": "一部"}, "乙": {"role": "salesperson", "unit": "二部"}}
    given: dict[str, dict[str, Any]] = {
        "甲厂": {"owner": "甲", "unit": "一部"},
        "乙厂": {"owner": "乙", "unit": "二部", "phone": "", "collaborators": ["甲"]},
        "公厂": {"unit": "一部"},
    }
    made = Scenario(str(PACKS / name / "scenarios" / "x.yaml"), "x", (), (name,), people, given, {}, None, ())
    with clock.frozen("2027-03-01 10:00"):
        yield stage.set_up(made)
    store.forget()


def value(spec: Field, cast: stage.Cast, dice: random.Random) -> Any:
    """A value of the field's type; now and then one that does not exist."""
    if spec.choices:
        return dice.choice([each.id if hasattr(each, "id") else each for each in spec.choices])
    made: dict[str, Any] = {
        "customer": dice.choice([*cast.customers.values(), 999_999]),
        "person": dice.choice([each.pk for each in cast.people.values()]),
        "unit": dice.choice([each.pk for each in cast.units.values()]),
        "date": dice.choice(["2027-02-20", "2027-03-05"]),
        "datetime": "2027-02-20 10:00",
        "bool": dice.choice([True, False]),
        "money": dice.choice([1, 500, 20000]),
        "number": 1,
        "integer": 1,
        "phone": "13800138000",
        "json": {},
    }
    return made.get(spec.type, "某事")


def arguments(spec: Action, cast: stage.Cast, dice: random.Random) -> dict[str, Any]:
    """Full arguments: what is required, and each of the others or the word that it is empty."""
    return {each.id: value(each, cast, dice) if each.required or dice.random() < 0.5 else None for each in spec.args}


def answer(name: str, by: Any, args: dict[str, Any]) -> KedangError | None:
    """What perform says; nothing is kept."""
    found: KedangError | None = None
    try:
        with transaction.atomic():
            try:
                perform(name, by=by, **args)
            except KedangError as error:
                found = error
            raise Undo
    except Undo:
        store.forget()
    return found


EXPECTED: dict[str, tuple[type[KedangError], ...]] = {
    # What the action itself finds wrong (a state, a double) no norm speaks of, and no button is asked.
    "allow": (Invalid, Conflict, NotFound),
    "refuse": (Refused,),
    "needs": (NeedsApproval, Invalid),
    "reason": (AsksReason,),
    "confirm": (AsksReason,),
    "not_found": (NotFound,),
}


def test_a_button_and_its_deed_agree(cast: stage.Cast) -> None:
    dice = random.Random(20260302)
    actions = [
        each for each in vocabulary.actions.values() if each.about and not each.system and each.name not in LEFT_OUT
    ]
    seen: Counter[str] = Counter()
    for _ in range(CASES):
        spec, who = dice.choice(actions), dice.choice(list(cast.people.values()))
        args = arguments(spec, cast, dice)
        try:
            said = dry_run(spec.name, by=who, **args)
        except Invalid:
            assert isinstance(answer(spec.name, who, args), Invalid)
            continue
        found = answer(spec.name, who, args)
        seen[said.verdict] += 1
        told = (spec.name, who.name, args, said.verdict, repr(found))
        assert not said.depends, told
        if isinstance(found, Invalid) and said.verdict != "not_found":
            continue  # bad input is answered before any rule is asked
        if found is None:
            assert said.verdict == "allow", told
        else:
            assert isinstance(found, EXPECTED[said.verdict]), told
            if isinstance(found, Refused):
                assert set(said.clauses) <= set(found.decision.clauses), told
    assert {"allow", "refuse", "not_found"} <= set(seen)
