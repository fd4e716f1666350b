"""Schedules: one duty a period for each subject, opened by the tick or when a file's class changes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max, Q

from kedang.kernel import clock, files, ledger
from kedang.kernel.actions import duties
from kedang.kernel.actions.subjects import Subject, subjects_of
from kedang.kernel.models import Pulse
from kedang.kernel.norms.binding import as_list
from kedang.kernel.norms.classes import classes_of
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import UNKNOWN, FactStore, evaluate_many
from kedang.kernel.norms.models import Duty, DutyState, FormRecord
from kedang.kernel.norms.schema import ScheduleNorm, TableEvery
from kedang.kernel.norms.store import Version, env_of, fact_store
from kedang.kernel.once import once
from kedang.kernel.rows import insert_all
from kedang.kernel.workdays import calendar, deadlines, periods
from kedang.kernel.workdays.durations import Duration

if TYPE_CHECKING:
    from kedang.kernel.actions.reacting import Generation

CHUNK = 1000
ONE = {"workday": Duration(1, "working_day"), "half_year": Duration(2, "quarter")}
"""One period as a span, where the period is not a unit of its own."""
PERIODS = ("workday", "day", "week", "month", "quarter", "half_year", "year")


def regroup(generation: Generation) -> None:
    """A file whose class or stage changed gets, loses or re-times its periodic duties at once."""
    from kedang.kernel.actions.reacting import REGROUPING

    wanted = sorted({e.file for e in generation.events if e.file and e.kind in REGROUPING})
    if not wanted:
        # A deed that closes a duty counted from the last one opens the next at once.
        wanted = sorted({e.file for e in generation.events if e.file and e.kind == "duty.done"})
    views = list(files.views(wanted).values())
    if not views:
        return
    for version in generation.regs.in_force():
        for norm in version.regulation.timed:
            if isinstance(norm.norm, ScheduleNorm) and norm.for_each[0] == "file":
                covered = [v for v in views if version.covers(v, ())]
                open_for_files(version, norm, covered, fact_store(), generation.fresh)


def pulse_of(norm: CompiledNorm, version: Version, part: str = "open") -> str:
    """The name under which it is kept how far a norm's periods have been gone through."""
    digest = hashlib.sha256(f"{norm.qid}:{version.number}".encode()).hexdigest()[:24]
    return f"{part}:{digest}"


def look_again(generation: Generation) -> None:
    """A filed form about no file (a plan, a table of frequencies) may change what periods ask of many: the next tick
    goes through the schedules of its pack again."""
    packs = {e.data["form"].partition(".")[0] for e in generation.by_kind.get("form.filed", ()) if e.file is None}
    names = [
        pulse_of(norm, version)
        for version in generation.regs.in_force()
        if version.pack in packs
        for norm in version.regulation.timed
        if isinstance(norm.norm, ScheduleNorm)
    ]
    if names:
        Pulse.objects.filter(name__in=names).delete()


def catch_up(version: Version, norm: CompiledNorm, through: date | None) -> None:
    """Periods that passed whole while the clock stood still, for schedules of persons, units and the company."""
    rule = norm.norm
    assert isinstance(rule, ScheduleNorm)
    kind = period_name(version, rule)
    if through is None or norm.for_each[0] == "file" or kind not in PERIODS:
        return
    cal = calendar.load()
    period = periods.previous(periods.period_of(kind, clock.today(), cal), cal)
    missed: list[periods.Period] = []
    while period.first > through and period.first >= version.since:
        missed.insert(0, period)
        period = periods.previous(period, cal)
    for each in missed:
        _open_subjects(version, norm, subjects_of(version, norm), fact_store(), each.first)


def open_all(version: Version, norm: CompiledNorm) -> int:
    """Open what the present period asks for, for every subject; the number of duties opened."""
    if norm.for_each[0] == "file":
        return _all_files(version, norm)
    return _open_subjects(version, norm, subjects_of(version, norm), fact_store(), clock.today())


def _all_files(version: Version, norm: CompiledNorm) -> int:
    opened = 0
    facts = fact_store()
    when = norm.expr("when")
    narrowed: Any = (
        when.to_q("file", version.params(clock.today())) if when is not None and when.queryable("file") else None
    )
    batch: list[int] = []
    for file in list(files.ids_in_units(version.units, narrowed)):
        batch.append(file)
        if len(batch) >= CHUNK:
            opened += _batch(version, norm, batch, facts)
            batch = []
    return opened + _batch(version, norm, batch, facts)


def _batch(version: Version, norm: CompiledNorm, batch: Sequence[int], facts: FactStore) -> int:
    """A transaction of its own: the first day of a quarter must not lock everybody out until all files are through."""
    with once(), transaction.atomic():
        opened = open_for_files(version, norm, list(files.views(batch).values()), facts)
    facts.forget()
    return opened


def open_for_files(
    version: Version,
    norm: CompiledNorm,
    views: Sequence[files.FileView],
    facts: FactStore,
    fresh: Collection[int] = (),
) -> int:
    """Open, re-time or void the duties of these files, set-wise. Of `fresh` files it is known that they have none yet."""
    rule = norm.norm
    assert isinstance(rule, ScheduleNorm)
    if not views:
        return 0
    variables = [{"file": v.id, "customer": v.id} for v in views]
    envs = [env_of(version, each, facts) for each in variables]
    when = norm.expr("when")
    holds = [o.truth is True for o in evaluate_many(when, envs)] if when is not None else [True] * len(views)
    every = _periods_of(version, norm, rule, views, envs)
    older = [(v, name) for v, name in zip(views, every, strict=True) if v.id not in fresh]
    current = _open_now(norm, [f"file:{v.id}" for v, _ in older]) if older else {}
    settled = _settled(norm, [v for v, _ in older], [name for _, name in older], current) if older else set()
    asked = zip(views, holds, every, strict=True)
    done = _done_now(rule, [(v.id, name) for v, held, name in asked if held and name and v.id not in settled])
    made: list[Duty] = []
    for view, each, held, period_name in zip(views, variables, holds, every, strict=True):
        duty = current.get(f"file:{view.id}")
        if not held or not period_name:
            _void(duty)
        elif view.id not in settled:
            made += _one(version, norm, rule, view, each, period_name, duty, facts, done)
    new = _not_had(norm, made, {f"file:{file}" for file in fresh})
    insert_all(new, ignore=True)
    return len(new)


def _settled(
    norm: CompiledNorm, views: Sequence[files.FileView], every: Sequence[str], current: Mapping[str, Duty]
) -> set[int]:
    """Files whose duty of the present calendar period stands already and needs no second look; one query."""
    rule = norm.norm
    assert isinstance(rule, ScheduleNorm)
    if counts_from_last(rule):
        return set()
    cal, today = calendar.load(), clock.today()
    keys = {name: periods.period_of(name, today, cal).key for name in set(every) if name}
    wanted = {f"file:{v.id}": keys[name] for v, name in zip(views, every, strict=True) if name}
    rows = Duty.objects.filter(norm=norm.qid, subject__in=list(wanted), period__in=set(keys.values()))
    standing = set(rows.exclude(state=DutyState.VOID).values_list("subject", "period"))
    stale = {subject for subject, duty in current.items() if duty.period != wanted.get(subject)}
    return {
        v.id for v in views if f"file:{v.id}" not in stale and (f"file:{v.id}", wanted.get(f"file:{v.id}")) in standing
    }


def _periods_of(
    version: Version, norm: CompiledNorm, rule: ScheduleNorm, views: Sequence[files.FileView], envs: Sequence[Any]
) -> list[str]:
    """The period name of each file: fixed, from a class table, or from an expression."""
    if isinstance(rule.every, TableEvery):
        term, classes = f"{version.pack}.{rule.every.table}", classes_of([v.id for v in views])
        values = {file: held.get(term) for file, held in classes.items()}
        default = version.regulation.pack.terms[rule.every.table].default
        params = version.params(clock.today())
        named = {value: str(params.get(name, name)) for value, name in rule.every.values.items()}
        return [named.get(values.get(v.id) or default or "", "") for v in views]
    expr = norm.expr("every.of")
    if expr is not None:
        found = [outcome.value for outcome in evaluate_many(expr, envs)]
        return ["" if value is None or value is UNKNOWN else str(value) for value in found]
    name = period_name(version, rule)
    return [name] * len(views)


def period_name(version: Version, rule: ScheduleNorm) -> str:
    """The fixed period, by name or by parameter."""
    name = rule.every if isinstance(rule.every, str) else ""
    return str(version.params(clock.today()).get(name, name))


def counts_from_last(rule: ScheduleNorm) -> bool:
    """Whether the period runs from the last deed instead of the calendar."""
    return getattr(rule.every, "since", "period") == "last_done"


def _open_now(norm: CompiledNorm, subjects: Sequence[str]) -> dict[str, Duty]:
    rows = Duty.objects.filter(norm=norm.qid, state=DutyState.OPEN, subject__in=subjects).order_by("due_at")
    return {duty.subject: duty for duty in rows}


def _void(duty: Duty | None) -> None:
    """The condition no longer holds: what is not yet breached falls away."""
    past = duty is not None and duty.due_at is not None and duty.due_at < clock.now()
    if duty is not None and duty.breached_at is None and not past:
        duty.state, duty.breach_check_at, duty.next_remind_at = DutyState.VOID, None, None
        duty.save(update_fields=["state", "breach_check_at", "next_remind_at"])


def _one(
    version: Version,
    norm: CompiledNorm,
    rule: ScheduleNorm,
    view: files.FileView,
    variables: dict[str, Any],
    name: str,
    duty: Duty | None,
    facts: FactStore,
    done: Collection[int],
) -> list[Duty]:
    if counts_from_last(rule):
        return _since_last(version, norm, rule, view, variables, name, duty, facts)
    return _in_period(version, norm, rule, view, variables, name, duty, facts, done)


def _since_last(
    version: Version,
    norm: CompiledNorm,
    rule: ScheduleNorm,
    view: files.FileView,
    variables: dict[str, Any],
    name: str,
    duty: Duty | None,
    facts: FactStore,
) -> list[Duty]:
    """Due one period after the last deed (or after the file's beginning); a changed class re-times the open duty."""
    anchor = _last_done(norm, rule, view, version) or clock.now()
    if duty is not None:
        anchor = duty.counted_from
    holiday = rule.due.holiday or version.regulation.pack.holiday
    due = deadlines.due_at(
        anchor, ONE.get(name) or Duration(1, name), calendar.load(), holiday=holiday, closing=version.closing()
    )
    if duty is not None:
        moved = duty.first_due_at is not None or duty.paused_at is not None
        if duty.due_at != due and duty.breached_at is None and not moved:
            duty.due_at, duty.breach_check_at = due, due
            duty.save(update_fields=["due_at", "breach_check_at"])
        return []
    made = duties.build(
        version,
        norm,
        view=view,
        subject=f"file:{view.id}",
        variables=variables,
        facts=facts,
        counted_from=anchor,
        period_key=f"since {anchor:%Y-%m-%d}",
    )
    for each in made:
        each.due_at = each.breach_check_at = due
        each.next_remind_at = duties.next_reminder(version, rule.remind, due, calendar.load())
    return made


def _not_had(norm: CompiledNorm, made: Sequence[Duty], fresh: Collection[str]) -> list[Duty]:
    """Those whose subject had no duty in the period; a voided one comes back instead of a second one. One query."""
    older = [duty for duty in made if duty.subject not in fresh]
    if not older:
        return list(made)
    rows = Duty.objects.filter(
        norm=norm.qid, subject__in={d.subject for d in older}, period__in={d.period for d in older}
    )
    had = {(row.subject, row.period): row for row in rows}
    for duty in older:
        found = had.get((duty.subject, duty.period))
        if found is not None and found.state == DutyState.VOID:
            found.state, found.due_at, found.breach_check_at = DutyState.OPEN, duty.due_at, duty.due_at
            found.save(update_fields=["state", "due_at", "breach_check_at"])
    return [duty for duty in made if (duty.subject, duty.period) not in had]


def _last_done(norm: CompiledNorm, rule: ScheduleNorm, view: files.FileView, version: Version) -> datetime | None:
    """When the deed was last done: the form filed, the event recorded; with a condition, when it last closed one."""
    done = rule.done
    if done.form:
        form = done.form if "." in done.form else f"{version.pack}.{done.form}"
        last = FormRecord.objects.filter(form=form, file=view.id).aggregate(at=Max("occurred_at"))["at"]
    elif done.where or done.by not in (None, "anyone"):
        last = Duty.objects.filter(norm=norm.qid, file=view.id).aggregate(at=Max("done_at"))["at"]
    else:
        done_events = ledger.counted().filter(kind__in=as_list(done.event), file=view.id)
        last = done_events.aggregate(at=Max("occurred_at"))["at"]
    return clock.local(last) if last else None


def _in_period(
    version: Version,
    norm: CompiledNorm,
    rule: ScheduleNorm,
    view: files.FileView,
    variables: dict[str, Any],
    name: str,
    duty: Duty | None,
    facts: FactStore,
    done: Collection[int],
) -> list[Duty]:
    """The present period's duty, unless it was opened before or its deed was already done in the period."""
    cal = calendar.load()
    period = periods.period_of(name, clock.today(), cal)
    if duty is not None and duty.period != period.key and duty.due_at and duty.due_at >= clock.now():
        # The class changed in mid period: the old period's duty gives way to the new one's.
        _void(duty)
    if view.id in done and rule.due.window is None:
        return []
    return duties.build(
        version,
        norm,
        view=view,
        subject=f"file:{view.id}",
        variables={**variables, "period": period.key, "day": clock.today()},
        facts=facts,
        counted_from=max(clock.at_time(period.first, time(0)), _start_of(version)),
        period=period,
    )


def _start_of(version: Version) -> datetime:
    return clock.at_time(version.since, time(0))


def _done_now(rule: ScheduleNorm, wanted: Sequence[tuple[int, str]]) -> set[int]:
    """Files whose deed was done in the present period before the duty was opened; a query a period."""
    if counts_from_last(rule) or rule.done.form or rule.done.where:
        return set()
    found: set[int] = set()
    for name in {name for _, name in wanted if name}:
        since = clock.at_time(periods.period_of(name, clock.today(), calendar.load()).first, time(0))
        rows = ledger.counted().filter(
            kind__in=as_list(rule.done.event), file__in=[f for f, n in wanted if n == name], occurred_at__gte=since
        )
        found.update(file for file in rows.values_list("file", flat=True) if file)
    return found


def _open_subjects(
    version: Version, norm: CompiledNorm, subjects: Iterable[Subject], facts: FactStore, today: date
) -> int:
    """Duties of persons, units or the company for the period of a day."""
    rule = norm.norm
    assert isinstance(rule, ScheduleNorm)
    name = period_name(version, rule)
    if name not in PERIODS:
        return 0
    cal = calendar.load()
    if name == "workday" and not cal.is_workday(today):
        return 0
    period = periods.period_of(name, today, cal)
    wanted = list(subjects)
    had = set(
        Duty.objects.filter(Q(norm=norm.qid, period=period.key), subject__in=[s for _, s, _ in wanted]).values_list(
            "subject", flat=True
        )
    )
    new: list[Duty] = []
    when = norm.expr("when")
    for variables, subject, bearer in wanted:
        if subject in had:
            continue
        known = {**variables, "period": period.key, "day": today}
        if when is not None and when.evaluate(env_of(version, known, facts)).truth is not True:
            continue
        named = bearer if rule.bearer == "each" else None
        new += duties.build(
            version,
            norm,
            view=None,
            subject=subject,
            variables=known,
            facts=facts,
            counted_from=max(clock.at_time(period.first, time(0)), _start_of(version)),
            period=period,
            bearer=named,
        )
    insert_all(new, ignore=True)
    return len(new)
