"""Periods: open what they ask for, and sum up what they brought."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from django.db import transaction

from kedang.kernel import clock, files
from kedang.kernel.actions import effects, locks, reacting, schedules, subjects
from kedang.kernel.actions.deed import Deed
from kedang.kernel.norms import engine
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.models import Clock
from kedang.kernel.norms.schema import ConsequenceNorm, ScheduleNorm
from kedang.kernel.norms.store import Regulations, Version, env_of, fact_store
from kedang.kernel.once import once
from kedang.kernel.org import selectors as org
from kedang.kernel.tick import rows
from kedang.kernel.workdays import calendar, periods

SUMMARY_HOUR = time(18, 0)
"""Periodic consequences sum up on the period's last day at this hour, and once more after midnight."""
CHUNK = 1000
REPEATABLE = frozenset({"propose"})
"""What may be done again for one subject and period: a proposal is brought up to date, not made twice."""


def open_schedules(regs: Regulations) -> None:
    """Once a day (and after a change of what is in force), open the present period's duties."""
    for version in regs.in_force():
        for norm in version.regulation.timed:
            if not isinstance(norm.norm, ScheduleNorm):
                continue
            name = schedules.pulse_of(norm, version)
            if rows.last_day(name) == clock.today():
                continue
            if norm.for_each[0] == "file":
                # Batch by batch: what two workers open twice the table keeps once.
                schedules.open_all(version, norm)
                rows.beat(name, clock.today())
                continue
            with once(), transaction.atomic():
                locks.take([name])
                last = rows.last_day(name)
                if last != clock.today():
                    schedules.catch_up(version, norm, last)
                    schedules.open_all(version, norm)
                    rows.beat(name, clock.today())


def run_periodic(regs: Regulations) -> None:
    """Consequences that sum up a period: on its last day in the evening, and once more when it is over."""
    now = clock.now()
    for version in regs.in_force():
        for norm in version.regulation.timed:
            rule = norm.norm
            if isinstance(rule, ConsequenceNorm) and rule.every:
                _sum_up(regs, version, norm, rule, now)


def _sum_up(regs: Regulations, version: Version, norm: CompiledNorm, rule: ConsequenceNorm, now: datetime) -> None:
    cal = calendar.load()
    kind = {"month_end": "month", "quarter_end": "quarter", "year_end": "year"}.get(rule.every or "", rule.every or "")
    kind = str(version.params(now.date()).get(kind, kind))
    here = periods.period_of(kind, now.date(), cal)
    over = schedules.pulse_of(norm, version, "after")
    for period in _over(periods.previous(here, cal), rows.last_day(over), version.since, cal):
        _sum_up_once(regs, version, norm, period, over)
    if now >= clock.at_time(here.last, SUMMARY_HOUR) and here.last >= version.since:
        _sum_up_once(regs, version, norm, here, schedules.pulse_of(norm, version, "evening"))


def _over(last: periods.Period, through: date | None, since: date, cal: calendar.Calendar) -> list[periods.Period]:
    """The periods that are over and not summed up yet, oldest first; all that passed while the clock stood still."""
    found: list[periods.Period] = []
    period = last
    while period.last >= since and period.last > (through or date.min):
        found.insert(0, period)
        if through is None:
            break
        period = periods.previous(period, cal)
    return found


def _sum_up_once(regs: Regulations, version: Version, norm: CompiledNorm, period: periods.Period, pulse: str) -> None:
    """Under a lock: a second worker waits and then finds the round done."""
    if (rows.last_day(pulse) or date.min) >= period.last:
        return
    with once(), transaction.atomic():
        locks.take([pulse])
        if (rows.last_day(pulse) or date.min) < period.last:
            _sum_up_period(regs, version, norm, period)
            rows.beat(pulse, period.last)


def _sum_up_period(regs: Regulations, version: Version, norm: CompiledNorm, period: periods.Period) -> None:
    """Ask of each subject. The round after midnight brings proposals up to date and does the rest only for subjects
    that the evening did not see."""
    deed = Deed(by=None)
    facts = fact_store()
    asked = list(_subjects(version, norm, facts))
    for start in range(0, len(asked), CHUNK):
        part = [({**v, "month": period.key, "period": period.key}, f) for v, f in asked[start : start + CHUNK]]
        held = engine.truths(norm, [env_of(version, known, facts) for known, _ in part])
        for (known, file), truth in zip(part, held, strict=True):
            if truth is True:
                _draw(effects.Case(version, norm, known, facts, file=file, period=period.key), period, deed, regs)
    reacting.react(deed, regs)


def _draw(case: effects.Case, period: periods.Period, deed: Deed, regs: Regulations) -> None:
    """Do what follows for one subject: all of it once a period, a proposal as often as it is asked."""
    _, first = Clock.objects.get_or_create(
        norm=case.norm.qid,
        subject=case.subject,
        step=0,
        anchor=clock.at_time(period.last, time(0)),
        defaults={"version": case.version.number, "file": case.file, "due_at": clock.now(), "fired_at": clock.now()},
    )
    effects.run(case, deed, regs, verbs=None if first else REPEATABLE)


def _subjects(version: Version, norm: CompiledNorm, facts: object) -> Iterable[tuple[dict[str, int], int | None]]:
    """What a periodic consequence is asked of: persons in scope, holders, units, files, or the company."""
    from kedang.kernel.norms.people import holders_of

    kind, role = norm.for_each
    if kind in ("person", "holder"):
        people = holders_of(version, role, {}, fact_store()) if role else subjects.people_in(version)
        return [({"person": person, "actor": person}, None) for person in people]
    if kind == "unit":
        units = version.units if version.units is not None else {unit.pk for unit in org.unit_tree()}
        return [({"unit": unit}, None) for unit in sorted(units)]
    if kind == "file":
        when = norm.expr("when") or norm.expr("where")
        narrowed = (
            when.to_q("file", version.params(clock.today())) if when is not None and when.queryable("file") else None
        )
        return [({"file": f, "customer": f}, f) for f in files.ids_in_units(version.units, narrowed)]
    return [({}, None)]
