"""Absence clocks and ladders: rows that say what happens at a time unless something restarts or stops it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kedang.kernel import clock, files
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import UNKNOWN
from kedang.kernel.norms.models import Clock
from kedang.kernel.norms.schema import ConsequenceNorm
from kedang.kernel.norms.store import Version, env_of
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration

if TYPE_CHECKING:
    from kedang.kernel.actions.reacting import Generation

STARTING = ("customer.registered", "customer.transferred", "customer.claimed", "flow.moved")


def restart(generation: Generation) -> None:
    """Start or restart the clocks of files on which something happened; ladders follow their anchor."""
    for event in generation.events:
        if event.file is None:
            continue
        for version in generation.acting(event):
            for norm in version.regulation.timed:
                rule = norm.norm
                if not isinstance(rule, ConsequenceNorm):
                    continue
                variables = generation.variables(event, version)
                if rule.absent is not None and (_valid(norm, rule, version, event, variables, generation)):
                    _start(version, norm, rule, event.file, clock.local(event.occurred_at), variables, generation)
                elif rule.ladder is not None:
                    climb(version, norm, rule, event.file, variables, generation.facts)


def _valid(
    norm: CompiledNorm, rule: ConsequenceNorm, version: Version, event: Any, variables: dict[str, Any], generation: Generation
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
    when = norm.expr("when") or norm.expr("where")
    if when is not None and when.evaluate(env_of(version, variables, generation.facts)).truth is False:
        return
    params = version.params(at.date())
    cal = calendar.load()
    span = params.get(rule.absent.for_) or Duration.parse(rule.absent.for_)
    due = deadlines.due_at(at, span, cal, holiday=version.regulation.pack.holiday)
    warn = None
    if rule.warn:
        before = params.get(rule.warn) or Duration.parse(rule.warn)
        warn = due - timedelta(days=before.n * (7 if before.unit == "week" else 1))
    Clock.objects.filter(norm=norm.qid, file=file, fired_at=None).delete()
    Clock.objects.create(
        norm=norm.qid, version=version.number, file=file, subject=f"file:{file}", anchor=at, due_at=due, warn_at=warn
    )


def climb(version: Version, norm: CompiledNorm, rule: ConsequenceNorm, file: int, variables: dict[str, Any], facts: Any) -> None:
    """Set the steps of a ladder by its anchor day: each step once an anchor."""
    assert rule.ladder is not None
    anchor_expr = norm.expr("ladder.anchor")
    anchor = anchor_expr.value(env_of(version, variables, facts)) if anchor_expr else None
    if anchor is None or anchor is UNKNOWN or files.view(file) is None:
        return
    day = anchor.date() if isinstance(anchor, datetime) else anchor
    for index, step in enumerate(rule.ladder.steps):
        due = deadlines.end_of(day + timedelta(days=step.on_day - 1))
        Clock.objects.get_or_create(
            norm=norm.qid,
            subject=f"file:{file}",
            step=index,
            anchor=deadlines.end_of(day),
            defaults={"version": version.number, "file": file, "due_at": due},
        )
