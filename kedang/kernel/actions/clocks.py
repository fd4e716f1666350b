"""Absence clocks and ladders: rows that say what happens at a time unless something restarts or stops it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Max

from kedang.kernel import clock, files, ledger
from kedang.kernel.actions import duties
from kedang.kernel.norms import engine
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import UNKNOWN, Env, evaluate_many
from kedang.kernel.norms.models import Clock
from kedang.kernel.norms.schema import ConsequenceNorm
from kedang.kernel.norms.store import Version, env_of, fact_store
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration

if TYPE_CHECKING:
    from kedang.kernel.actions.reacting import Generation

CHUNK = 1000
STARTING = ("customer.registered", "customer.transferred", "customer.taken", "customer.claimed", "flow.moved")


def restart(generation: Generation) -> None:
    """Start or restart the clocks of files on which something happened; ladders follow their anchor."""
    for event in generation.events:
        if event.file is None:
            continue
        for version in generation.acting(event):
            for norm in version.regulation.timed:
                rule = norm.norm
                if not isinstance(rule, ConsequenceNorm) or (rule.absent is None and rule.ladder is None):
                    continue
                variables = generation.variables(event, version)
                if rule.absent is not None and (_valid(norm, rule, version, event, variables, generation)):
                    _start(version, norm, rule, event.file, clock.local(event.occurred_at), variables, generation)
                elif rule.ladder is not None:
                    climb(version, norm, rule, event.file, variables, generation.facts)


def _valid(
    norm: CompiledNorm,
    rule: ConsequenceNorm,
    version: Version,
    event: Any,
    variables: dict[str, Any],
    generation: Generation,
) -> bool:
    """Whether this event restarts the clock: one of the named kind that counts, or one that begins the file's story."""
    assert rule.absent is not None
    kinds = [rule.absent.event] if isinstance(rule.absent.event, str) else rule.absent.event
    if event.kind in kinds:
        valid = norm.expr("absent.valid")
        return valid is None or valid.evaluate(env_of(version, variables, generation.facts)).truth is True
    return event.kind in STARTING and not Clock.objects.filter(norm=norm.qid, file=event.file, fired_at=None).exists()


def _start(
    version: Version,
    norm: CompiledNorm,
    rule: ConsequenceNorm,
    file: int,
    at: datetime,
    variables: dict[str, Any],
    generation: Generation,
) -> None:
    assert rule.absent is not None
    if engine.truth(norm, env_of(version, variables, generation.facts)) is False:
        return
    Clock.objects.filter(norm=norm.qid, file=file, fired_at=None).delete()
    _set(version, norm, rule, file, at)


def _set(version: Version, norm: CompiledNorm, rule: ConsequenceNorm, file: int, at: datetime) -> None:
    """A clock that runs from an instant; one that ran out from the same instant is not set again."""
    assert rule.absent is not None
    params = version.params(at.date())
    cal = calendar.load()
    span = params.get(rule.absent.for_) or Duration.parse(rule.absent.for_)
    due = deadlines.due_at(at, span, cal, holiday=version.regulation.pack.holiday)
    warn = None
    if rule.warn:
        warn = duties.before(due, params.get(rule.warn) or Duration.parse(rule.warn), cal)
    Clock.objects.get_or_create(
        norm=norm.qid,
        subject=f"file:{file}",
        step=0,
        anchor=at,
        defaults={"version": version.number, "file": file, "due_at": due, "warn_at": warn},
    )


def wind(version: Version, norm: CompiledNorm) -> None:
    """Clocks and ladders for files that have none: what was there before the regulation came into force."""
    rule = norm.norm
    assert isinstance(rule, ConsequenceNorm)
    facts = fact_store()
    known = set(Clock.objects.filter(norm=norm.qid).values_list("file", flat=True))
    waiting = [file for file in files.ids_in_units(version.units) if file not in known]
    for start in range(0, len(waiting), CHUNK):
        part = waiting[start : start + CHUNK]
        envs = [env_of(version, {"file": file, "customer": file}, facts) for file in part]
        held = engine.truths(norm, envs) if rule.absent else [True] * len(part)
        begun = _beginnings(version, norm, rule, part, envs) if rule.absent else {}
        for file, truth in zip(part, held, strict=True):
            if rule.ladder is not None:
                climb(version, norm, rule, file, {"file": file, "customer": file}, facts)
            elif truth is not False:
                _set(version, norm, rule, file, begun[file])


def wind_one(version: Version, norm: CompiledNorm, file: int) -> None:
    """The clock of one file anew, from what is on record now; for an entry that was corrected."""
    rule, facts = norm.norm, fact_store()
    assert isinstance(rule, ConsequenceNorm)
    envs = [env_of(version, {"file": file, "customer": file}, facts)]
    if engine.truths(norm, envs)[0] is not False:
        _set(version, norm, rule, file, _beginnings(version, norm, rule, [file], envs)[file])


def _beginnings(
    version: Version, norm: CompiledNorm, rule: ConsequenceNorm, part: list[int], envs: list[Env]
) -> dict[int, datetime]:
    """From when each file's absence counts: its last event of the kind, `since`, never before the version's first day."""
    assert rule.absent is not None
    kinds = [rule.absent.event] if isinstance(rule.absent.event, str) else rule.absent.event
    rows = ledger.counted().filter(kind__in=kinds, file__in=part).values("file").annotate(at=Max("occurred_at"))
    last = {row["file"]: clock.local(row["at"]) for row in rows}
    since = norm.expr("absent.since")
    given = [outcome.value for outcome in evaluate_many(since, envs)] if since is not None else [None] * len(part)
    floor = clock.at_time(version.since, time(0))
    found = {}
    for file, value in zip(part, given, strict=True):
        own = (
            value
            if isinstance(value, datetime)
            else clock.at_time(value, time(0))
            if isinstance(value, date)
            else floor
        )
        found[file] = max(floor, own, last.get(file, floor))
    return found


def climb(
    version: Version, norm: CompiledNorm, rule: ConsequenceNorm, file: int, variables: dict[str, Any], facts: Any
) -> None:
    """Set the steps of a ladder by its anchor day: each step once an anchor."""
    assert rule.ladder is not None
    anchor_expr = norm.expr("ladder.anchor")
    anchor = anchor_expr.value(env_of(version, variables, facts)) if anchor_expr else None
    if anchor is None or anchor is UNKNOWN or files.view(file) is None:
        return
    day = clock.local(anchor).date() if isinstance(anchor, datetime) else anchor
    running = Clock.objects.filter(norm=norm.qid, file=file, fired_at=None)
    running.exclude(anchor=deadlines.end_of(day)).delete()
    for index, step in enumerate(rule.ladder.steps):
        if step.on_day < 0 and day < clock.today():
            continue  # nobody needs telling beforehand of what is past
        due = deadlines.end_of(day + timedelta(days=step.on_day - 1))
        Clock.objects.get_or_create(
            norm=norm.qid,
            subject=f"file:{file}",
            step=index,
            anchor=deadlines.end_of(day),
            defaults={"version": version.number, "file": file, "due_at": due},
        )
