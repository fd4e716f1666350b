"""Reminders and breaches of duties: some at a time, in the order of their times, each by what those before it have left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection

from kedang.kernel import clock, direct, files, once
from kedang.kernel.actions import adoption, closing, duties, effects, reacting
from kedang.kernel.actions.deed import Deed
from kedang.kernel.norms import engine
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.store import Regulations, Version, env_of, fact_store
from kedang.kernel.org import selectors as org
from kedang.kernel.tick import rows
from kedang.kernel.workdays import calendar

REMIND = "UPDATE norms_duty SET next_remind_at = %s WHERE id = %s"
MARK = """
    UPDATE norms_duty SET breached_at = due_at, breach_check_at = NULL
    WHERE id = %s AND state = 'open' AND breach_check_at < %s
"""
QUIET = frozenset({"notify", "escalate", "propose", "open_duty", "open_case", "draft"})
"""What may follow a breach among others: it is written and changes no file and nobody's standing."""
SAID = ("norm.breached", "norm.notified", "proposal.opened")
"""The events of a breach that is followed by nothing else."""


def send_reminders(regs: Regulations) -> None:
    """Remind whoever bears a duty, at the times its norm names."""
    due = Duty.objects.filter(state=DutyState.OPEN, next_remind_at__lte=clock.now()).order_by("next_remind_at")
    rows.each(
        "remind",
        list(due.values_list("id", flat=True)),
        lambda pk: _remind(regs, Duty.objects.select_for_update().get(pk=pk)),
        lambda pks: _remind_together(regs, pks),
    )


def _remind_together(regs: Regulations, pks: Sequence[int]) -> Collection[int]:
    found = _held(pks, "next_remind_at")
    for duty in found:
        _remind(regs, duty)
    return {duty.pk for duty in found}


def _held(pks: Sequence[int], order: str) -> list[Duty]:
    """The duties that nobody else holds at this moment, and at once what is asked of each: its file, what its bearer holds,
    who is above him."""
    rows = Duty.objects.select_for_update(skip_locked=True).filter(pk__in=pks).order_by(order, "pk")
    found = list(rows)
    files.views(duty.file for duty in found if duty.file)
    held = org.held_by_many(person for duty in found if (person := duty.taken_by_id or duty.bearer_id))
    org.heads_above(posts[0].unit for posts in held.values() if posts)
    return found


def _remind(regs: Regulations, duty: Duty) -> None:
    if duty.state != DutyState.OPEN or duty.next_remind_at is None or duty.next_remind_at > clock.now():
        return
    if adoption.is_notice(duty):
        adoption.remind(duty)
        return
    found = regs.norm(duty.norm, duty.version)
    spans = getattr(found[1].norm, "remind", []) if found else []
    duty.next_remind_at = duties.next_reminder(found[0], spans, duty.due_at, calendar.load()) if found else None
    direct.run(REMIND, [_stored(duty.next_remind_at), duty.pk])
    if found is None:
        return
    case = _case(found, duty)
    taken = duty.bearer_id or duty.taken_by_id
    people = sorted(closing.bearers_of(found[0], duty, case.variables, case.facts)) if taken else _heads(duty, case)
    until = f"，期限 {_day(duty.due_at)}" if duty.due_at else ""
    effects.tell(people, f"请办理：{duty.title}{_about(duty)}{until}", case, kind="reminder")


def _heads(duty: Duty, case: effects.Case) -> list[int]:
    """A unit's duty reminds its head; a role's duty all who hold it."""
    from kedang.kernel.norms.people import Bearer, people_of

    return people_of(case.version, Bearer(unit=duty.unit_id, role=duty.role), case.variables, case.facts)


def _about(duty: Duty) -> str:
    view = files.view(duty.file) if duty.file else None
    return f"（{view.name}）" if view else ""


def _case(found: tuple[Version, CompiledNorm], duty: Duty) -> effects.Case:
    from kedang.kernel.norms.expressions import DutyView

    bearer = duty.taken_by_id or duty.bearer_id
    home = org.home_unit(bearer) if bearer and duty.unit_id is None else None
    view = DutyView(
        bearer=bearer,
        unit=duty.unit_id or home,
        customer=duty.file,
        due=clock.local(duty.due_at) if duty.due_at else None,
        opened=clock.local(duty.opened_at),
        id=duty.pk,
    )
    variables: dict[str, object] = {"duty": view, "person": bearer, "bearer": bearer, "actor": bearer}
    if duty.unit_id is not None:
        variables["unit"] = duty.unit_id
    if duty.file is not None:
        variables.update(file=duty.file, customer=duty.file)
    return effects.Case(found[0], found[1], variables, fact_store(), duty=duty, file=duty.file)


def mark_breaches(regs: Regulations) -> None:
    """Mark what is past its due time (and grace), and let the packs react."""
    due = Duty.objects.filter(state=DutyState.OPEN, breach_check_at__lt=clock.now()).order_by("breach_check_at")
    rows.each(
        "breach",
        list(due.values_list("id", flat=True)),
        lambda pk: _breach(regs, Duty.objects.select_for_update().get(pk=pk)),
        lambda pks: _breach_together(regs, pks),
    )


def _breach_together(regs: Regulations, pks: Sequence[int]) -> Collection[int]:
    """What may change a file, or what others of these hang on, is left for a transaction of its own."""
    found = [duty for duty in _held(pks, "breach_check_at") if _quiet(regs, duty)]
    for duty in found:
        _breach(regs, duty)
    return {duty.pk for duty in found}


def _quiet(regs: Regulations, duty: Duty) -> bool:
    """Whether nothing follows the breach of such a duty but what is said, proposed and asked for."""
    key = ("quiet", duty.norm, duty.pack, duty.version)
    return once.remember(key, lambda: _all_quiet(regs, duty))


def _all_quiet(regs: Regulations, duty: Duty) -> bool:
    for version in regs.versions:
        answers = (version.regulation.reacts_on, version.regulation.assigns_on)
        if any(kind in answer for answer in answers for kind in SAID):
            return False
        if any(kind in effects.events_of(action) for action in version.regulation.stage_actions for kind in SAID):
            return False
    entries = [entry for _, norm in _following(regs, duty) for entry in norm.norm.do]  # type: ignore[union-attr]
    return all(next(iter(entry)) in QUIET for entry in entries)


def _following(regs: Regulations, duty: Duty) -> list[tuple[Version, CompiledNorm]]:
    """The consequences of breaking such a duty: those of its own version, and those of other regulations."""
    return [
        (version, norm)
        for version in regs.versions
        if version.pack != duty.pack or version.number == duty.version
        for norm in version.regulation.breach_of.get(duty.norm, ())
    ]


def _breach(regs: Regulations, duty: Duty) -> None:
    if not direct.run(MARK, [duty.pk, _stored(clock.now())]):
        return  # done, or put off, since it was looked for
    duty.breached_at, duty.breach_check_at = duty.due_at, None
    deed = Deed(by=None)
    deed.record(
        "norm.breached",
        file=duty.file,
        subject=f"duty:{duty.pk}",
        occurred_at=duty.due_at,
        data={"duty": duty.pk, "norm": duty.norm, "title": duty.title, "how": "逾期未办"},
        norm=duty.norm,
        clause=duty.clause,
        pack=duty.pack,
    )
    for version, norm in _following(regs, duty):
        case = _case((version, norm), duty)
        if engine.truth(norm, env_of(version, case.variables, case.facts)) is True:
            effects.run(case, deed, regs)
    reacting.react(deed, regs)


def _stored(at: datetime | None) -> object:
    """An instant as the engine takes it."""
    return connection.ops.adapt_datetimefield_value(at)


def _day(at: datetime) -> str:
    """'2026-11-27', with the time unless the whole day counts: nobody wants to read 23:59."""
    there = clock.local(at)
    return f"{there:%Y-%m-%d}" if (there.hour, there.minute) == (23, 59) else f"{there:%Y-%m-%d %H:%M}"
