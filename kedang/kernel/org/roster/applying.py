"""Merging a staff list into the organisation. The caller holds the transaction; nothing is done when there is a fault."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from kedang.kernel import clock
from kedang.kernel.errors import Invalid
from kedang.kernel.names import sort_key
from kedang.kernel.org import changes
from kedang.kernel.org.models import Person, Post, Unit
from kedang.kernel.org.roster.planning import Change, Hand, Plan, plan_of
from kedang.kernel.org.roster.reading import Entry
from kedang.kernel.org.selectors import root_unit


def difference(entries: Sequence[Entry]) -> Plan:
    """What merging would change."""
    return plan_of(entries)


def apply(entries: Sequence[Entry], *, since: date | None = None) -> list[Change]:
    """Merge the list, appointments from `since` (default today) where a row names no day; what it changed.

    Whoever is not in the list stays as he is: leaving is a deed of its own.
    """
    day = since or clock.today()
    plan = plan_of(entries)
    if plan.faults:
        raise Invalid({"file": "；".join(str(fault) for fault in plan.faults[:20])})
    root = root_unit()
    for name, above in plan.units:
        changes.create_unit(name, _unit(above) if above else root, sort=Unit.objects.count())
    for unit, parent in plan.moved_units:
        changes.move_unit(unit, _unit(parent))
    for name, heads in plan.posts:
        changes.create_post(_free_key(name), name, is_head=heads)
    units = {unit.name: unit for unit in Unit.objects.filter(closed_on=None)}
    posts = {post.name: post for post in Post.objects.all()}
    for hand in plan.hands:
        person = _person(hand)
        for row in hand.ends:
            changes.end_appointment(row, last_day=max(day - timedelta(days=1), row.start - timedelta(days=1)))
        for number, ((in_unit, post), start) in enumerate(hand.begins):
            first = number == 0 and (hand.person is None or any(row.primary for row in hand.ends))
            changes.appoint(person, posts[post], units[in_unit], start=start or day, primary=first)
    return [change for change in plan.changes if change.kind != "absent"]


def _unit(name: str) -> Unit:
    return Unit.objects.get(name=name, closed_on=None)


def _free_key(name: str) -> str:
    base = "_".join(sort_key(name).partition("|")[0].split()) or "post"
    keys = set(Post.objects.values_list("key", flat=True))
    return next(key for key in (f"{base}{number or ''}"[:60] for number in [0, *range(2, 9999)]) if key not in keys)


def _person(hand: Hand) -> Person:
    if hand.person is None:
        of: dict[str, Any] = {
            key: next((getattr(entry, key) for entry in hand.entries if getattr(entry, key)), "") for key in
              ("employee_no", "phone", "email")}  # fmt: skip
        return changes.create_person(username=hand.username, name=hand.first.name, **of)
    if hand.edits:
        changes.edit_person(hand.person, **hand.edits)
    return hand.person
