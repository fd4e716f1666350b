"""Closing duties: by the deed they ask for, by a state of affairs, or already by asking for an approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from kedang.kernel import clock, ledger
from kedang.kernel.actions import (
    duties,
    sharing,
    timing,
)
from kedang.kernel.approvals.models import Request
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import FactStore
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.people import people_at
from kedang.kernel.norms.schema import DutyNorm, ScheduleNorm, Trigger
from kedang.kernel.norms.store import Version, env_of, fact_store
from kedang.kernel.org import selectors as org
from kedang.kernel.picking import pick

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order
    from kedang.kernel.actions.reacting import Generation


def close(generation: Generation) -> None:
    """Close open duties whose deed has been done; oldest first, one a norm unless `closes: all`."""
    for kind, events in generation.by_kind.items():
        norms = _closers(generation, kind)
        if not norms:
            continue
        used: set[tuple[int, str]] = set()
        changed = []
        for duty in _candidates(generation, norms, events):
            version, norm = norms[(duty.norm, duty.version)]
            for event in events:
                if (event.pk, duty.norm) in used and norm.norm.closes != "all":  # type: ignore[union-attr]
                    continue
                if does(generation, version, norm, duty, event):
                    duties.close(duty, clock.local(event.occurred_at), event.pk)
                    used.add((event.pk, duty.norm))
                    changed.append(duty)
                    sharing.release(norm, duty)
                    break
        if changed:
            generation.facts.forget()  # what was asked of duties is true no more
            Duty.objects.bulk_update(changed, duties.CLOSING_FIELDS)
            settled(generation, changed)


def _closers(generation: Generation, kind: str) -> dict[tuple[str, int], tuple[Version, CompiledNorm]]:
    return {
        (norm.qid, version.number): (version, norm)
        for version in generation.regs.versions
        for norm in version.regulation.done_on.get(kind, ())
    }


def _candidates(
    generation: Generation, norms: Mapping[tuple[str, int], tuple[Version, CompiledNorm]], events: Sequence[Event]
) -> list[Duty]:
    """Open duties that these events could close: of the same files, or without a file and not another person's own."""
    wanted = {e.file for e in events if e.file} - generation.fresh
    actors = {e.on_behalf_of_id or e.actor_id for e in events}
    own = {qid for (qid, _), (_, norm) in norms.items() if _asks_its_bearer(norm)}
    rows = Duty.objects.filter(state=DutyState.OPEN, norm__in={norm for norm, _ in norms})
    mine = ~Q(norm__in=own) | Q(bearer=None) | Q(bearer__in=actors) | Q(taken_by__in=actors)
    where = Q(file=None) & mine
    found = rows.filter(where | Q(file__in=wanted) if wanted else where).order_by("due_at", "id")
    return [duty for duty in found if (duty.norm, duty.version) in norms]


def _asks_its_bearer(norm: CompiledNorm) -> bool:
    """Whether nobody but its bearer closes such a duty where it is about no file (`correlates`, `_by_whom`)."""
    done = norm.norm.done  # type: ignore[union-attr]
    return done.by in (None, "bearer") and done.for_ not in ("subject", "event")


def does(generation: Generation, version: Version, norm: CompiledNorm, duty: Duty, event: Event) -> bool:
    """Whether this event is the deed that the duty asks for."""
    done = norm.norm.done  # type: ignore[union-attr]
    if not fits(done, event, version) or not correlates(done, duty, event):
        return False
    if timing.too_early(duty, event.occurred_at):
        return False
    variables = generation.variables(event, version)
    variables["bearer"] = duty.taken_by_id or duty.bearer_id
    if duty.period:
        variables |= {"period": duty.period, "day": clock.local(duty.counted_from).date()}
    if not _by_whom(generation, version, norm, duty, event, variables):
        return False
    where = norm.expr("done.where")
    if where is not None and where.evaluate(env_of(version, variables, generation.facts)).truth is not True:
        return False
    return enough(version, done, duty, event)


def _by_whom(
    generation: Generation, version: Version, norm: CompiledNorm, duty: Duty, event: Event, variables: dict[str, Any]
) -> bool:
    done = norm.norm.done  # type: ignore[union-attr]
    person = event.on_behalf_of_id or event.actor_id
    if done.by is None and sharing.MARK in duty.subject and sharing.each_for_himself(norm):
        return person in (duty.bearer_id, duty.taken_by_id)
    if done.by in (None, "anyone"):
        return True
    if done.by == "bearer":
        return person in bearers_of(version, duty, variables, generation.facts)
    return person in people_at(version, norm, "done.by", variables, generation.facts)


def settled(generation: Generation, changed: Sequence[Duty]) -> None:
    """A closed duty is itself an event: later norms and the register of met and late speak of it."""
    for duty in changed:
        generation.deed.record(
            "duty.done",
            file=duty.file,
            subject=f"duty:{duty.pk}",
            occurred_at=duty.done_at,
            data={"duty": duty.pk, "title": duty.title, "state": duty.get_state_display()},
            norm=duty.norm,
            clause=duty.clause,
            pack=duty.pack,
        )


def by_state(generation: Generation) -> None:
    """Duties closed or voided by a state of affairs, looked at for the files that just changed."""
    wanted = generation.settled_files()
    if not wanted:
        return
    norms = {
        (norm.qid, version.number): (version, norm)
        for version in generation.regs.versions
        for norm in version.regulation.norms
        if norm.expr("done.state") or norm.expr("void_when")
    }
    if not norms:
        return
    among = {qid for qid, _ in norms}
    asked = [pk for pk, norm in pick(Duty, ("id", "norm"), file=wanted, state=DutyState.OPEN) if norm in among]
    for duty in Duty.objects.filter(pk__in=asked).order_by("due_at", "id") if asked else ():
        version, norm = norms.get((duty.norm, duty.version), (None, None))
        if version is not None and norm is not None:
            _settle_by_state(generation, version, norm, duty)


def _settle_by_state(generation: Generation, version: Version, norm: CompiledNorm, duty: Duty) -> None:
    facts = fact_store()
    env = env_of(version, {"file": duty.file, "customer": duty.file, "bearer": duty.bearer_id}, facts)
    done, void = norm.expr("done.state"), norm.expr("void_when")
    if done is not None and not timing.too_early(duty, clock.now()) and done.evaluate(env).truth is True:
        duties.close(duty, clock.now(), generation.events[-1].pk)
    elif void is not None and void.evaluate(env).truth is True:
        duty.state, duty.breach_check_at, duty.next_remind_at = DutyState.VOID, None, None
    else:
        return
    duty.save(update_fields=duties.CLOSING_FIELDS)
    if duty.state != DutyState.VOID:
        settled(generation, [duty])


def fits(trigger: Trigger, event: Event, version: Version) -> bool:
    """Whether an event is of the kind (or the filing of the form) that a trigger names."""
    if trigger.form:
        wanted = trigger.form if "." in trigger.form else f"{version.pack}.{trigger.form}"
        return event.kind == "form.filed" and event.data.get("form") == wanted
    kinds = [trigger.event] if isinstance(trigger.event, str) else list(trigger.event or [])
    return event.kind in kinds


def correlates(done: Trigger, duty: Duty, event: Event) -> bool:
    """A duty about a file is closed on that file; one about a row (a visit, a case) by that row; else by its bearer."""
    if done.for_ in ("subject", "event"):
        return duty.subject == event.subject
    if done.for_ in ("bearer", "person", "actor"):
        return (event.on_behalf_of_id or event.actor_id) in (duty.bearer_id, duty.taken_by_id)
    if duty.file is not None:
        return duty.file == event.file
    if duty.bearer_id is not None and not done.by:
        return (event.on_behalf_of_id or event.actor_id) in (duty.bearer_id, duty.taken_by_id)
    return True


def enough(version: Version, done: Trigger, duty: Duty, event: Event) -> bool:
    """`count:` asks for several deeds since the duty opened."""
    needed = int(version.params(duty.opened_at.date()).get(str(done.count), done.count))
    if needed <= 1:
        return True
    kinds = ["form.filed"] if done.form else [done.event] if isinstance(done.event, str) else list(done.event or [])
    rows = ledger.counted().filter(kind__in=kinds, file=event.file, occurred_at__gte=duty.counted_from)
    if done.form:
        return sum(1 for row in rows if fits(done, row, version)) >= needed
    return rows.count() >= needed


def bearers_of(version: Version, duty: Duty, variables: dict[str, Any], facts: FactStore) -> set[int]:
    """The persons who bear a duty now: taker, bearer, the unit's members, the role's holders."""
    if duty.taken_by_id:
        return {duty.taken_by_id}
    if duty.bearer_id:
        return {duty.bearer_id}
    if duty.unit_id:
        return set(org.members_of(org.unit_subtree({duty.unit_id})).values_list("id", flat=True))
    if duty.role:
        from kedang.kernel.norms.people import holders_of

        return set(holders_of(version, duty.role.partition(".")[2], variables, facts))
    return set()


def asked(order: Order, request: Request) -> None:
    """`done: … at: asked`: asking for the approval already closes the duty (it reopens if the answer is no)."""
    qid = order.filing.qid if order.filing else ""
    kinds = order.action.events
    file = order.view.id if order.view else None
    for version in order.regs.versions:
        for norm in version.regulation.norms:
            rule = norm.norm
            if not isinstance(rule, (DutyNorm, ScheduleNorm)) or rule.done.at != "asked":
                continue
            form = f"{version.pack}.{rule.done.form.removeprefix(version.pack + '.')}" if rule.done.form else ""
            named = [rule.done.event] if isinstance(rule.done.event, str) else list(rule.done.event or [])
            if (form and form == qid) or any(kind in kinds for kind in named):
                _close_asked(version, norm, file, request, order)


def _close_asked(version: Version, norm: CompiledNorm, file: int | None, request: Request, order: Order) -> None:
    open_now = Duty.objects.filter(norm=norm.qid, version=version.number, file=file, state=DutyState.OPEN)
    own = norm.norm.done.by == "bearer"  # type: ignore[union-attr]
    for duty in open_now.order_by("due_at", "id"):
        if own and order.actor not in bearers_of(version, duty, order.variables(), order.facts):
            continue
        if timing.too_early(duty, clock.now()):
            continue
        duties.close(duty, clock.now(), None)
        duty.asked_request = request.pk
        duty.save(update_fields=duties.CLOSING_FIELDS)
        return


def asked_in_vain(request: Request) -> None:
    """The request was refused or withdrawn: what had been closed by asking is open again, with its old due time."""
    for duty in Duty.objects.filter(asked_request=request.pk).exclude(state=DutyState.OPEN):
        duty.state, duty.done_at, duty.asked_request = DutyState.OPEN, None, None
        duty.breach_check_at = None if duty.breached_at else duty.grace_until or duty.due_at
        duty.save(update_fields=duties.CLOSING_FIELDS)
