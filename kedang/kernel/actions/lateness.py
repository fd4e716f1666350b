"""Numbers that conditions count by: how often somebody was late, and the figures of the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kedang.kernel import clock
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.vocabulary import World, fact, vocabulary
from kedang.kernel.org import selectors as org

Subjects = Sequence[tuple[Any, ...]]
Found = Mapping[tuple[Any, ...], Any]


@fact("count", "次数", ("tally", "person", "text"), "number", optional=1)
def count(subjects: Subjects, world: World) -> Found:
    """count('late', person, month): duties of a person that were breached in a month ('2026-03'; without: ever)."""
    return {args: _count_late({"bearer": args[1]}, args[2] if len(args) > 2 else "") for args in subjects}


@fact("unit_count", "部门次数", ("tally", "unit", "text"), "number", optional=1)
def unit_count(subjects: Subjects, world: World) -> Found:
    """unit_count('late', unit, month): duties of a unit's people and of the unit that were breached in a month."""
    found = {}
    for args in subjects:
        people = list(org.members_of({args[1]}).values_list("id", flat=True))
        month = args[2] if len(args) > 2 else ""
        found[args] = _count_late({"bearer__in": people}, month) + _count_late({"unit": args[1]}, month)
    return found


@fact("late_count", "逾期次数", ("norm", "person", "text"), "number", optional=1)
def late_count(subjects: Subjects, world: World) -> Found:
    """late_count('daily-register', person, month): breached duties of one norm that a person bears ('2026-03')."""
    return {
        args: _count_late({"norm": args[0], "bearer": args[1]}, args[2] if len(args) > 2 else "") for args in subjects
    }


def _count_late(where: dict[str, Any], month: str) -> int:
    rows = Duty.objects.filter(**where).exclude(breached_at=None)
    if not month:
        return rows.count()
    moments = [at for at in rows.values_list("breached_at", flat=True) if at is not None]
    return len([at for at in moments if clock.local(at).strftime("%Y-%m") == month[:7]])


@fact("figure", "统计数字", ("figure", "any", "any", "any"), "number", optional=3)
def figure(subjects: Subjects, world: World) -> Found:
    """figure('contacts', person, since): a registered figure of the product, computed for these arguments."""
    return {args: vocabulary.figures[args[0]].compute(*args[1:]) for args in subjects}
