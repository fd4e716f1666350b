"""What fell due in a scope, by clause and state: kept counts for regulations seen whole, the rest counted afresh."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Case, Count, IntegerField, Value, When

from kedang.kernel import clock
from kedang.kernel.norms import tallies
from kedang.kernel.norms.models import DutyState
from kedang.reports.home.lens import Lens, due_within, overdue
from kedang.reports.home.spans import Span

ON_TIME = (DutyState.DONE, DutyState.LATE_EXCUSED)


@dataclass(frozen=True)
class Due:
    """So many duties under a clause; `part` numbers the pieces of the span."""

    pack: str
    clause: str
    part: int
    met: bool
    n: int


def fell_due_by_clause(lens: Lens, span: Span, *, pieces: bool = False) -> list[Due]:
    """Of the duties whose deadline passed in a span, how many under each clause were done in time and how many were not; two
    queries, whatever there is."""
    edges = [first for _, first, _ in span.parts()[1:]] if pieces else []
    terms, values = due_within(span)
    found: Counter[tuple[str, str, int, bool]] = Counter()
    for each in tallies.due(lens.whole, span.start, min(span.end, clock.now()), edges):
        found[each.pack, each.clause, each.part, each.what.removeprefix("due:") in ON_TIME] += each.n
    part = Case(*(When(due_at__lt=edge, then=Value(at)) for at, edge in enumerate(edges)),
                default=Value(len(edges)), output_field=IntegerField())  # fmt: skip
    rows = lens.duties(terms, values, counted=False).order_by().annotate(part=part)
    for row in rows.values("pack", "clause", "part", "state").annotate(n=Count("pk")):
        found[row["pack"], row["clause"], row["part"], row["state"] in ON_TIME] += row["n"]
    return [Due(*key, n) for key, n in found.items() if n]


def late_count(lens: Lens, most: int) -> int:
    """How many duties stand open past their deadline; what is counted afresh is counted no further than `most`."""
    kept = sum(each.n for each in tallies.overdue(lens.whole))
    return kept + lens.duties(*overdue(), counted=False).order_by()[: most + 1].count()
