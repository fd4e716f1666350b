"""What concerns some people, counted afresh: one pass over their duties and one over their events, each found by person.

Written as statements, because every other index looks better to an engine that knows only averages: those by regulation and
by kind grow with the company, those by person do not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from kedang.kernel import direct
from kedang.kernel.norms.tallies import BREACHED_DUTY, OFF, first_event

Row = tuple[str, str, str, str, int]
"""(pack, norm, clause, figure, count)"""
DUTY_FIGURES = ("opened", "met", "late", "overdue")


def own_duties(people: Collection[int], first: datetime, after: datetime, now: datetime) -> Iterable[Row]:
    """Duties that these people bear or have taken, by figure: opened and closed in a month, open past their deadline now."""
    if not people:
        return
    who, begin, end, until = sorted(people), *map(connection.ops.adapt_datetimefield_value, (first, after, now))
    marks, done = _marks(who), "done_at >= %s AND done_at < %s AND state"
    counts = ", ".join(
        f"COALESCE(SUM(CASE WHEN {holds} THEN 1 ELSE 0 END), 0)"
        for holds in (
            f"opened_at >= %s AND opened_at < %s AND state NOT IN {OFF}",
            f"{done} IN ('done', 'late_excused')",
            f"{done} = 'late'",
            "state = 'open' AND paused_at IS NULL AND due_at < %s",
        )
    )
    columns = "pack, norm, clause, state, opened_at, done_at, due_at, paused_at"
    told = "(state = 'open' OR opened_at >= %s OR done_at >= %s)"
    sql = (
        f"SELECT pack, norm, clause, {counts} FROM (SELECT {columns} FROM norms_duty WHERE bearer_id IN ({marks}) AND {told}"  # noqa: S608
        f" UNION ALL SELECT {columns} FROM norms_duty WHERE taken_by_id IN ({marks})"
        f" AND (bearer_id IS NULL OR bearer_id NOT IN ({marks})) AND {told}) AS d GROUP BY pack, norm, clause"
    )
    for pack, norm, clause, *numbers in direct.fetch(
        sql, [*[begin, end] * 3, until, *who, begin, begin, *who, *who, begin, begin]
    ):
        for figure, n in zip(DUTY_FIGURES, numbers, strict=True):
            if n:
                yield pack, norm, clause, figure, int(n)


def own_events(people: Collection[int], first: datetime, after: datetime, kinds: Collection[str]) -> Iterable[Row]:
    """Events of these kinds that these people made in a month, or that were made for them; by kind."""
    if not people:
        return
    who, marks = sorted(people), _marks(people)
    # Not the bare kind: PostgreSQL would go through all events of these kinds first.
    held = f"id >= %s AND recorded_at >= %s AND recorded_at < %s AND kind || '' IN ({_marks(kinds)}) AND NOT ({BREACHED_DUTY})"
    values = [first_event(first), *map(connection.ops.adapt_datetimefield_value, (first, after)), *kinds]
    # Nor may SQLite think that the index by clause will do.
    by_actor, by_behalf = (_by("event_actor"), _by("event_behalf"))
    sql = (
        "SELECT pack, norm, clause, kind, COUNT(*) FROM ("  # noqa: S608
        f"SELECT pack, norm, clause, kind FROM ledger_event {by_actor} WHERE actor_id IN ({marks}) AND {held}"
        f" UNION ALL SELECT pack, norm, clause, kind FROM ledger_event {by_behalf} WHERE on_behalf_of_id IN ({marks})"
        f" AND NOT (on_behalf_of_id IS NULL) AND (actor_id IS NULL OR actor_id NOT IN ({marks})) AND {held}"
        ") AS e GROUP BY pack, norm, clause, kind"
    )
    for row in direct.fetch(sql, [*who, *values, *who, *who, *values]):
        yield (*row[:4], int(row[4]))


def _by(index: str) -> str:
    return f"INDEXED BY {index}" if connection.vendor == "sqlite" else ""


def _marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))
