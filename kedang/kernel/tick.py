"""What the passing of time does: every step is a query on an index of due times, then one small transaction a row with a
conditional update. Idempotent; catches up on missed hours; a row that raises is parked and reported, the rest go on."""

from __future__ import annotations

import logging
import secrets
import time as wall
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction

from kedang.kernel import clock, files, ledger
from kedang.kernel.actions import clocks, duties, effects, locks, reacting, recomputing, schedules
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.executing import execute
from kedang.kernel.approvals.models import Request, RequestStatus
from kedang.kernel.models import Parked, Pulse
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.models import Clock, Duty, DutyState, Grant
from kedang.kernel.norms.schema import ConsequenceNorm, ScheduleNorm
from kedang.kernel.norms.store import Regulations, Version, env_of, fact_store, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.workdays import calendar, periods

log = logging.getLogger("kedang.tick")
SUMMARY_HOUR = time(18, 0)
"""Periodic consequences sum up on the period's last day at this hour, and once more after midnight."""
REPEATABLE = frozenset({"propose"})
"""What may be done again for one subject and period: a proposal is brought up to date, not made twice."""
BATCH = 500


def tick() -> None:
    """Do what is due by now, once."""
    regs = regulations()
    for name, step in STEPS:
        try:
            step(regs)
        except Exception as error:
            park(name, "step", error)
    _beat("tick")


def park(step: str, row: str, error: Exception) -> None:
    """Set a failing row aside with a number that can be quoted; outside a broken transaction."""
    number = secrets.token_hex(4)
    log.exception("tick step %s row %s parked as %s", step, row, number)
    if not Parked.objects.filter(step=step, row=row, solved_at=None).exists():
        Parked.objects.create(step=step, row=row, error=f"{type(error).__name__}: {error}", number=number, at=clock.now())


def each(step: str, rows: Iterable[int], work: Callable[[int], None]) -> None:
    """One small transaction a row; what raises is parked."""
    parked = set(Parked.objects.filter(step=step, solved_at=None).values_list("row", flat=True))
    for row in rows:
        if str(row) in parked:
            continue
        try:
            with transaction.atomic():
                work(row)
        except Exception as error:
            park(step, str(row), error)


# ---- reminders and breaches --------------------------------------------------------------------------------------


def send_reminders(regs: Regulations) -> None:
    """Remind whoever bears a duty, at the times its norm names."""
    due = Duty.objects.filter(state=DutyState.OPEN, next_remind_at__lte=clock.now()).order_by("next_remind_at")
    each("remind", list(due.values_list("id", flat=True)[:BATCH]), lambda pk: _remind(regs, pk))


def _remind(regs: Regulations, pk: int) -> None:
    duty = Duty.objects.select_for_update().get(pk=pk)
    if duty.state != DutyState.OPEN or duty.next_remind_at is None or duty.next_remind_at > clock.now():
        return
    found = regs.norm(duty.norm, duty.version)
    spans = getattr(found[1].norm, "remind", []) if found else []
    duty.next_remind_at = duties.next_reminder(found[0], spans, duty.due_at, calendar.load()) if found else None
    duty.save(update_fields=["next_remind_at"])
    if found is None:
        return
    case = _case(found, duty)
    taken = duty.bearer_id or duty.taken_by_id
    people = sorted(reacting.bearers_of(found[0], duty, case.variables, case.facts)) if taken else _heads(duty, case)
    until = f"，期限 {clock.local(duty.due_at):%Y-%m-%d %H:%M}" if duty.due_at else ""
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
    each("breach", list(due.values_list("id", flat=True)[:BATCH]), lambda pk: _breach(regs, pk))


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
            when = norm.expr("when") or norm.expr("where")
            if when is None or when.evaluate(env_of(version, case.variables, case.facts)).truth is True:
                effects.run(case, deed, regs)
    reacting.react(deed, regs)


# ---- clocks: absences and ladders --------------------------------------------------------------------------------


def run_clocks(regs: Regulations) -> None:
    """Warn before, and act when an absence clock or a ladder step is due."""
    _wind(regs)
    now = clock.now()
    warn = Clock.objects.filter(fired_at=None, warned_at=None, warn_at__lte=now).values_list("id", flat=True)
    each("warn", list(warn[:BATCH]), lambda pk: _warn(regs, pk))
    due = Clock.objects.filter(fired_at=None, due_at__lt=now).order_by("due_at").values_list("id", flat=True)
    each("clock", list(due[:BATCH]), lambda pk: _fire(regs, pk))


def _wind(regs: Regulations) -> None:
    """Once a day, clocks for files on which nothing has happened since the regulation came into force."""
    for version in regs.in_force():
        for norm in version.regulation.timed:
            if not isinstance(norm.norm, ConsequenceNorm) or norm.norm.every:
                continue
            name = schedules.pulse_of(norm, version, "wind")
            if _last_day(name) != clock.today():
                with transaction.atomic():
                    locks.take([name])
                    clocks.wind(version, norm)
                    _beat(name, clock.today())


def _clock_case(regs: Regulations, row: Clock) -> effects.Case | None:
    found = regs.norm(row.norm, row.version)
    view = files.view(row.file) if row.file else None
    if found is None or view is None:
        return None
    variables = {"file": view.id, "customer": view.id}
    return effects.Case(found[0], found[1], variables, fact_store(), file=view.id, period=f"{row.anchor:%Y-%m-%d}/{row.step}")


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
    when = case.norm.expr("when") or case.norm.expr("where")
    if when is not None and when.evaluate(env_of(case.version, case.variables, case.facts)).truth is not True:
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


# ---- periods -----------------------------------------------------------------------------------------------------


def open_schedules(regs: Regulations) -> None:
    """Once a day (and after a change of what is in force), open the present period's duties."""
    for version in regs.in_force():
        for norm in version.regulation.timed:
            if not isinstance(norm.norm, ScheduleNorm):
                continue
            name = schedules.pulse_of(norm, version)
            if _last_day(name) == clock.today():
                continue
            with transaction.atomic():
                locks.take([name])
                last = _last_day(name)
                if last != clock.today():
                    schedules.catch_up(version, norm, last)
                    schedules.open_all(version, norm)
                    _beat(name, clock.today())


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
    for period in _over(periods.previous(here, cal), _last_day(over), version.since, cal):
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
    if (_last_day(pulse) or date.min) >= period.last:
        return
    with transaction.atomic():
        locks.take([pulse])
        if (_last_day(pulse) or date.min) < period.last:
            _sum_up_period(regs, version, norm, period)
            _beat(pulse, period.last)


def _sum_up_period(regs: Regulations, version: Version, norm: CompiledNorm, period: periods.Period) -> None:
    """Ask of each subject. The round after midnight brings proposals up to date and does the rest only for subjects
    that the evening did not see."""
    deed = Deed(by=None)
    facts = fact_store()
    when = norm.expr("when") or norm.expr("where")
    rule = norm.norm
    assert isinstance(rule, ConsequenceNorm)
    for variables, file in _subjects(version, norm, facts):
        known = {**variables, "month": period.key, "period": period.key}
        if when is not None and when.evaluate(env_of(version, known, facts)).truth is not True:
            continue
        case = effects.Case(version, norm, known, facts, file=file, period=period.key)
        _, first = Clock.objects.get_or_create(
            norm=norm.qid,
            subject=case.subject,
            step=0,
            anchor=clock.at_time(period.last, time(0)),
            defaults={"version": version.number, "file": file, "due_at": clock.now(), "fired_at": clock.now()},
        )
        effects.run(case, deed, regs, verbs=None if first else REPEATABLE)
    reacting.react(deed, regs)


def _subjects(version: Version, norm: CompiledNorm, facts: object) -> Iterable[tuple[dict[str, int], int | None]]:
    """What a periodic consequence is asked of: persons in scope, holders, units, files, or the company."""
    from kedang.kernel.norms.people import holders_of

    kind, role = norm.for_each
    if kind in ("person", "holder"):
        people = holders_of(version, role, {}, fact_store()) if role else schedules.people_in(version)
        return [({"person": person, "actor": person}, None) for person in people]
    if kind == "unit":
        units = version.units if version.units is not None else {unit.pk for unit in org.unit_tree()}
        return [({"unit": unit}, None) for unit in sorted(units)]
    if kind == "file":
        when = norm.expr("when") or norm.expr("where")
        narrowed = when.to_q("file", version.params(clock.today())) if when is not None and when.queryable("file") else None
        return [({"file": f, "customer": f}, f) for f in files.ids_in_units(version.units, narrowed)]
    return [({}, None)]


# ---- grants, approvals, seals ------------------------------------------------------------------------------------


def end_grants(regs: Regulations) -> None:
    """Take back what has run out (guards compare the time themselves; this makes it visible)."""
    due = Grant.objects.filter(ended_at=None, valid_until__lt=clock.now()).order_by("valid_until")
    each("grant", list(due.values_list("id", flat=True)[:BATCH]), _end_grant)


def _end_grant(pk: int) -> None:
    grant = Grant.objects.select_for_update().get(pk=pk)
    if grant.ended_at is not None:
        return
    grant.ended_at = grant.valid_until
    grant.save(update_fields=["ended_at"])
    deed = Deed(by=None)
    first = (grant.norms or [{}])[0]
    deed.record(
        "access.expired",
        file=grant.file,
        subject=f"grant:{grant.pk}",
        data={"person": grant.person_id, "name": grant.person.name, "grant": grant.pk},
        norm=first.get("norm", ""),
        clause=first.get("clause", ""),
        pack=first.get("pack", ""),
    )


def execute_approved(regs: Regulations) -> None:
    """What was approved and whose process died before running it."""
    waiting = Request.objects.filter(status=RequestStatus.APPROVED, decided_at__lt=clock.now() - timedelta(minutes=1))
    for pk in list(waiting.values_list("id", flat=True)[:BATCH]):
        try:
            execute(pk)
        except Exception as error:
            park("execute", str(pk), error)


def seal_ledger(regs: Regulations) -> None:
    """Seal what was recorded since the last seal; inside a test's or a scenario's transaction there is nothing to seal."""
    if not connection.in_atomic_block:
        ledger.seal()


def follow_calendar(regs: Regulations) -> None:
    """Keep next year's days at hand, and work deadlines out anew when the calendar has changed since the last tick."""
    if not connection.in_atomic_block:  # a test or a scenario has no use for rows that it takes back
        calendar.seed_years(clock.today().year, clock.today().year + 1)
    name = f"calendar:{calendar.load().version}"[:40]
    if _seen(name):
        return
    with transaction.atomic():
        locks.take(["tick:calendar"])
        known = Pulse.objects.filter(name__startswith="calendar:")
        if not _seen(name):
            if known.exists():
                recomputing.all_open(regs)
            known.delete()
            _beat(name)


def _seen(pulse: str) -> bool:
    return Pulse.objects.filter(name=pulse).exists()


STEPS: tuple[tuple[str, Callable[[Regulations], None]], ...] = (
    ("calendar", follow_calendar),
    ("schedules", open_schedules),
    ("reminders", send_reminders),
    ("breaches", mark_breaches),
    ("clocks", run_clocks),
    ("periodic", run_periodic),
    ("grants", end_grants),
    ("approved", execute_approved),
    ("seal", seal_ledger),
)


# ---- the pulse ---------------------------------------------------------------------------------------------------


def _beat(name: str, through: date | None = None) -> None:
    Pulse.objects.update_or_create(name=name, defaults={"at": clock.now(), "through": through})


def _last_day(name: str) -> date | None:
    return Pulse.objects.filter(name=name).values_list("through", flat=True).first()


def stopped_for() -> timedelta | None:
    """How long the clock of rules has stood still, when that is more than five minutes (规则时钟已停)."""
    at = Pulse.objects.filter(name="tick").values_list("at", flat=True).first()
    idle = clock.now() - at if at else None
    return idle if idle is not None and idle > timedelta(minutes=5) else None


def next_wakeup(after: datetime, until: datetime) -> datetime | None:
    """The next instant at which a tick has something to do, for those who run time fast (scenarios, catching up)."""
    step = timedelta(microseconds=1)
    candidates = [
        Duty.objects.filter(state=DutyState.OPEN, breach_check_at__gte=after).order_by("breach_check_at").values_list("breach_check_at", flat=True).first(),
        Clock.objects.filter(fired_at=None, due_at__gte=after).order_by("due_at").values_list("due_at", flat=True).first(),
        Grant.objects.filter(ended_at=None, valid_until__gte=after).order_by("valid_until").values_list("valid_until", flat=True).first(),
    ]
    moments = [moment + step for moment in candidates if moment is not None]
    for model, field in ((Duty, "next_remind_at"), (Clock, "warn_at")):
        rows = model.objects.filter(**{f"{field}__gt": after})
        first = rows.order_by(field).values_list(field, flat=True).first()
        if first is not None:
            moments.append(first)
    day = clock.local(after).date()
    moments += [clock.at_time(day + timedelta(days=1), time(0)), clock.at_time(day, SUMMARY_HOUR)]
    ahead = [moment for moment in moments if after < moment <= until]
    return min(ahead) if ahead else None


def tick_forever(pause: float = 60.0) -> None:
    """The process behind `kedang run`: a tick at the start of every minute."""
    while True:
        started = wall.monotonic()
        try:
            tick()
        except Exception:
            log.exception("tick failed")
        finally:
            connection.close()
        wall.sleep(max(1.0, pause - (wall.monotonic() - started)))


