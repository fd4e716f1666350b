"""Absence clocks and ladders: warn before, act when due."""

from __future__ import annotations

from django.db import transaction

from kedang.kernel import clock, files
from kedang.kernel.actions import clocks, effects, locks, reacting, schedules
from kedang.kernel.actions.deed import Deed
from kedang.kernel.norms import engine
from kedang.kernel.norms.models import Clock
from kedang.kernel.norms.schema import ConsequenceNorm
from kedang.kernel.norms.store import Regulations, env_of, fact_store
from kedang.kernel.tick import rows


def run_clocks(regs: Regulations) -> None:
    """Warn before, and act when an absence clock or a ladder step is due."""
    _wind(regs)
    now = clock.now()
    warn = Clock.objects.filter(fired_at=None, warned_at=None, warn_at__lte=now).values_list("id", flat=True)
    rows.each("warn", list(warn), lambda pk: _warn(regs, pk))
    due = Clock.objects.filter(fired_at=None, due_at__lt=now).order_by("due_at").values_list("id", flat=True)
    rows.each("clock", list(due), lambda pk: _fire(regs, pk))


def _wind(regs: Regulations) -> None:
    """Once a day, clocks for files on which nothing has happened since the regulation came into force."""
    for version in regs.in_force():
        for norm in version.regulation.timed:
            if not isinstance(norm.norm, ConsequenceNorm) or norm.norm.every:
                continue
            name = schedules.pulse_of(norm, version, "wind")
            if rows.last_day(name) != clock.today():
                with transaction.atomic():
                    locks.take([name])
                    clocks.wind(version, norm)
                    rows.beat(name, clock.today())


def _clock_case(regs: Regulations, row: Clock) -> effects.Case | None:
    found = regs.norm(row.norm, row.version)
    view = files.view(row.file) if row.file else None
    if found is None or view is None:
        return None
    variables = {"file": view.id, "customer": view.id}
    return effects.Case(
        found[0], found[1], variables, fact_store(), file=view.id, period=f"{row.anchor:%Y-%m-%d}/{row.step}"
    )


def _warn(regs: Regulations, pk: int) -> None:
    row = Clock.objects.select_for_update().get(pk=pk)
    if row.warned_at is not None or row.fired_at is not None:
        return
    case = _clock_case(regs, row)
    row.warned_at = clock.now()
    row.save(update_fields=["warned_at"])
    if case is not None and case.file is not None:
        view = files.view(case.file)
        text = f"{case.text()}：{clock.local(row.due_at):%Y-%m-%d} 到期"
        effects.tell([view.owner] if view and view.owner else [], text, case, kind="reminder")


def _fire(regs: Regulations, pk: int) -> None:
    row = Clock.objects.select_for_update().get(pk=pk)
    if row.fired_at is not None:
        return
    row.fired_at = clock.now()
    row.save(update_fields=["fired_at"])
    case = _clock_case(regs, row)
    if case is None:
        return
    rule = case.norm.norm
    assert isinstance(rule, ConsequenceNorm)
    stop = case.norm.expr("ladder.stop_when")
    if rule.ladder is not None and stop is not None and case.value("ladder.stop_when") is True:
        return
    if engine.truth(case.norm, env_of(case.version, case.variables, case.facts)) is not True:
        return
    deed = Deed(by=None)
    if rule.ladder is not None:
        step = rule.ladder.steps[row.step]
        entries = step.do if isinstance(step.do, list) else [step.do]
        root = f"ladder.steps[{row.step}].do"
        effects.run(case, deed, regs, entries, root)
    else:
        effects.run(case, deed, regs)
    reacting.react(deed, regs)
