"""Reminders and breaches of duties."""

from __future__ import annotations

from datetime import datetime

from kedang.kernel import clock, files
from kedang.kernel.actions import adoption, closing, duties, effects, reacting
from kedang.kernel.actions.deed import Deed
from kedang.kernel.norms import engine
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.store import Regulations, Version, env_of, fact_store
from kedang.kernel.org import selectors as org
from kedang.kernel.tick import rows
from kedang.kernel.workdays import calendar


def send_reminders(regs: Regulations) -> None:
    """Remind whoever bears a duty, at the times its norm names."""
    due = Duty.objects.filter(state=DutyState.OPEN, next_remind_at__lte=clock.now()).order_by("next_remind_at")
    rows.each("remind", list(due.values_list("id", flat=True)), lambda pk: _remind(regs, pk))


def _remind(regs: Regulations, pk: int) -> None:
    duty = Duty.objects.select_for_update().get(pk=pk)
    if duty.state != DutyState.OPEN or duty.next_remind_at is None or duty.next_remind_at > clock.now():
        return
    if adoption.is_notice(duty):
        adoption.remind(duty)
        return
    found = regs.norm(duty.norm, duty.version)
    spans = getattr(found[1].norm, "remind", []) if found else []
    duty.next_remind_at = duties.next_reminder(found[0], spans, duty.due_at, calendar.load()) if found else None
    duty.save(update_fields=["next_remind_at"])
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
    home = org.primary_appointment(bearer) if bearer and duty.unit_id is None else None
    view = DutyView(
        bearer=bearer,
        unit=duty.unit_id or (home.unit_id if home else None),
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
    rows.each("breach", list(due.values_list("id", flat=True)), lambda pk: _breach(regs, pk))


def _breach(regs: Regulations, pk: int) -> None:
    duty = Duty.objects.select_for_update().get(pk=pk)
    if duty.state != DutyState.OPEN or duty.breach_check_at is None or duty.breach_check_at >= clock.now():
        return
    duty.breached_at = duty.due_at
    duty.breach_check_at = None
    duty.save(update_fields=["breached_at", "breach_check_at"])
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
    for version in regs.versions:
        if version.pack == duty.pack and version.number != duty.version:
            continue
        for norm in version.regulation.breach_of.get(duty.norm, ()):
            case = _case((version, norm), duty)
            if engine.truth(norm, env_of(version, case.variables, case.facts)) is True:
                effects.run(case, deed, regs)
    reacting.react(deed, regs)


def _day(at: datetime) -> str:
    """'2026-11-27', with the time unless the whole day counts: nobody wants to read 23:59."""
    there = clock.local(at)
    return f"{there:%Y-%m-%d}" if (there.hour, there.minute) == (23, 59) else f"{there:%Y-%m-%d %H:%M}"
