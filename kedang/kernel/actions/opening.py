"""perform_read(): every reading of content. Decided without locks, on record before the answer is given."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.db import transaction

from kedang.kernel.actions import access, keys, missing, performing, reacting, reading
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.orders import Order, decision_of, prepare
from kedang.kernel.norms.engine import Decision
from kedang.kernel.norms.models import Grant
from kedang.kernel.norms.vocabulary import Action, vocabulary
from kedang.kernel.org.models import Person


def perform_read(name: str, /, *, by: Person, purpose: str = "", every: bool = False, **args: Any) -> Decision:
    """Decide a reading and record it once a person, subject, purpose and hour: what was read, and what was refused. With
    `every` each reading is recorded: the bytes of a file leave as often as they are asked for.

    Raises NotFound outside the list scope; otherwise returns the decision: the caller shows content on `allow` only.
    """
    spec = vocabulary.actions[name]
    given = {**args, **({"purpose": purpose} if purpose else {})}
    order = _ordered(spec, given, by)
    decision = decision_of(order)
    held = _relied_on(order) if decision.verdict == "allow" else []
    if not held:
        _note(order, decision, purpose, every)
        return decision
    # A grant that is taken back at this moment is taken back after this reading, or there is no reading.
    with transaction.atomic():
        list(Grant.objects.select_for_update().filter(pk__in=held).order_by("pk"))
        order = _ordered(spec, given, by)
        decision = decision_of(order)
        _note(order, decision, purpose, every)
    return decision


def _ordered(spec: Action, given: dict[str, Any], by: Person) -> Order:
    order = prepare(spec, given, by=by, dry=True)
    order.args = {**{f.id: None for f in spec.args}, **order.args}
    return order


def _relied_on(order: Order) -> list[int]:
    """The grants without which this person could not read it."""
    who = order.who
    if who is None:
        return []
    if order.reading is not None:
        own = reading.own_right(who, order.reading, order.regs)
        return [] if own else [each.pk for each in who.grants if each.form == order.reading.qid]
    if order.view is None or access.own_right(who, order.view):
        return []
    return [each.pk for each in who.grants_on(order.view.id)]


def _note(order: Order, decision: Decision, purpose: str, every: bool) -> None:
    """Put it on record; the hour's key makes the fragments of a page share one event."""
    about = _about(order)
    if decision.verdict not in ("allow", "refuse") or not about:
        return
    assert order.by is not None
    hour = order.facts.world.now.strftime("%Y%m%d%H")
    what = "read" if decision.verdict == "allow" else "refused"
    with transaction.atomic():
        key = f"{what}:{order.by.pk}:{about}:{purpose[:40]}:{hour}"
        if not every and not keys.claim(key, order.by, what)[1]:
            return
        order.deed = Deed(by=order.by)
        if what == "refused":
            performing.refuse(order, decision)
            return
        order.action.run(deed=order.deed, **order.args)
        missing.note(order, order.deed, decision.undecided)
        reacting.react(order.deed, order.regs)


def _about(order: Order) -> str:
    """What is read, as the key names it; '' for what is about nothing."""
    named = "" if order.action.name == "file.open" else f"{order.action.name}:"
    wanted = order.reading
    if wanted is not None:
        text = f"{wanted.qid}:{wanted.since}:{wanted.through}:{wanted.of}"
        return f"{named}{wanted.filed.pk if wanted.filed else sha256(text.encode()).hexdigest()[:16]}"
    return f"{named}{order.view.id}" if order.view is not None else ""
