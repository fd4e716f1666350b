"""How the regulations are kept: by clause, by department, by person; each a fixed number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from kedang.kernel import clock, kept
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.org import selectors as org
from kedang.reports.home.due import Due, fell_due_by_clause
from kedang.reports.home.figures import late_now, percentage
from kedang.reports.home.lens import Lens

Key = tuple[str, str]
"""(regulation, clause)"""
TOP = 8
"""Clauses, departments, people on a card; the rest stands behind its link."""


@dataclass(frozen=True)
class ClauseLine:
    """One clause: what fell due under it and what of that was done in time."""

    pack: str
    title: str
    clause: str
    text: str
    due: int
    met: int
    before: int = 0
    """Of 逾期按条款: how many in the period before."""
    trend: tuple[int, ...] = ()

    @property
    def missed(self) -> int:
        """What was not done in time."""
        return self.due - self.met

    @property
    def rate(self) -> int | None:
        """Per cent in time."""
        return percentage(self.met, self.due)

    @property
    def way(self) -> str:
        """Against the period before."""
        return "up" if self.missed > self.before else "down" if self.missed < self.before else "level"


@dataclass(frozen=True)
class Trend:
    """What was missed, by clause and by piece of the period."""

    lines: tuple[ClauseLine, ...]
    labels: tuple[str, ...]
    totals: tuple[int, ...]
    total: int
    before: int


def by_clause(lens: Lens) -> list[ClauseLine]:
    """按时办结率 by clause, the worst first; two queries."""
    due, met = _of_clauses(fell_due_by_clause(lens, lens.period.span))
    lines = [_line(*key, n, met[key]) for key, n in due.items()]
    return sorted(lines, key=lambda line: (line.rate or 0, -line.due, line.pack, line.clause))


def _of_clauses(rows: Iterable[Due]) -> tuple[Counter[Key], Counter[Key]]:
    """({clause: fell due}, {clause: done in time})."""
    due, met = Counter[Key](), Counter[Key]()
    for each in rows:
        due[each.pack, each.clause] += each.n
        met[each.pack, each.clause] += each.n if each.met else 0
    return due, met


def breaches(lens: Lens) -> Trend:
    """新发生逾期 by clause with its trend, the most frequent first; four queries."""
    span, parts = lens.period.span, lens.period.span.parts()
    before, _ = _of_clauses(each for each in fell_due_by_clause(lens, lens.period.previous) if not each.met)
    trends: dict[Key, list[int]] = {}
    for each in fell_due_by_clause(lens, span, pieces=True):
        if not each.met:
            trends.setdefault((each.pack, each.clause), [0] * len(parts))[each.part] += each.n
    lines = [_line(*key, sum(trend), 0, before=before[key], trend=tuple(trend)) for key, trend in trends.items()]
    totals = tuple(sum(line.trend[at] for line in lines) for at in range(len(parts)))
    ordered = tuple(sorted(lines, key=lambda line: (-line.missed, line.pack, line.clause)))
    return Trend(
        ordered, tuple(label for label, _, _ in parts), totals, sum(line.missed for line in lines), before.total()
    )


def _line(pack: str, clause: str, due: int, met: int, **more: Any) -> ClauseLine:
    version = _version(pack)
    text = version.clause_text(clause) if version else ""
    return ClauseLine(pack, version.title if version else "", clause, text, due, met, **more)


def _version(pack: str) -> Version | None:
    return regulations().version(pack) if pack else None


# ---- 部门逾期, 下属逾期 ---------------------------------------------------------------------------------------------------


@dataclass
class Share:
    """One department or person: what is open past its deadline."""

    id: int
    name: str
    late: int = 0
    oldest: datetime | None = None
    people: set[int] = field(default_factory=set)
    unit: str = ""


def shares(lens: Lens, key: str) -> tuple[list[Share], datetime]:
    """(`by_person` or `by_unit`, when it was counted): of a large company some minutes ago."""
    count = {"person": by_person, "unit": by_unit}[key]
    late = (lens.person.pk, lens.scope, "late", key)
    return kept.large(late, lambda: count(lens), lambda found: sum(each.late for each in found))


def by_person(lens: Lens) -> list[Share]:
    """逾期待办 by who must do them, the most first; three queries."""
    rows = _by_bearer(late_now(lens))
    held = org.held_by_many(who for who, _, _ in rows if who)
    names = org.names_of(who for who, _, _ in rows if who)
    found = [
        Share(who, names.get(who, ""), late, oldest, unit=held[who][0].unit_name if held[who] else "")
        for who, late, oldest in rows
        if who
    ]
    return sorted(found, key=lambda share: (-share.late, share.oldest or clock.now(), share.id))


def by_unit(lens: Lens) -> list[Share]:
    """逾期待办 by department of who must do them, the most first; a duty of a department itself counts there."""
    rows = late_now(lens).order_by().values("bearer_id", "taken_by_id", "unit_id")
    counted = list(rows.annotate(n=Count("pk"), oldest=Min("due_at")))
    held = org.held_by_many(who for row in counted if (who := row["taken_by_id"] or row["bearer_id"]))
    shares: dict[int, Share] = {}
    for row in counted:
        who = row["taken_by_id"] or row["bearer_id"]
        unit = held[who][0].unit if who and held[who] else row["unit_id"] if not who else None
        share = shares.setdefault(unit or 0, Share(unit or 0, ""))
        share.late += row["n"]
        share.oldest = min(filter(None, (share.oldest, row["oldest"])))
        share.people |= {who} if who else set()
    names = org.unit_names_of(shares)
    for pk, share in shares.items():
        share.name = names.get(pk, "未任职或按角色办理")
    return sorted(shares.values(), key=lambda share: (-share.late, share.id))


def _by_bearer(rows: QuerySet[Duty]) -> list[tuple[int | None, int, datetime | None]]:
    counted = rows.order_by().values("bearer_id", "taken_by_id").annotate(n=Count("pk"), oldest=Min("due_at"))
    found: dict[int | None, tuple[int, datetime | None]] = defaultdict(lambda: (0, None))
    for row in counted:
        who = row["taken_by_id"] or row["bearer_id"]
        late, oldest = found[who]
        found[who] = (late + row["n"], min(filter(None, (oldest, row["oldest"]))))
    return [(who, late, oldest) for who, (late, oldest) in found.items()]


def late_of(lens: Lens, person: str = "", unit: str = "") -> QuerySet[Duty]:
    """逾期待办 in scope, narrowed to one person or one department as an address names them."""
    rows = late_now(lens)
    if _number(person):
        return rows.annotate(who=Coalesce("taken_by_id", "bearer_id")).filter(who=int(person))
    return of_unit(rows, int(unit)) if _number(unit) else rows


def _number(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def of_unit(rows: QuerySet[Duty], unit: int) -> QuerySet[Duty]:
    """Those of them that `by_unit` counts under a department; 0 is who works in none, and roles."""
    bearers = {
        who for row in rows.order_by().values_list("bearer_id", "taken_by_id").distinct() if (who := row[1] or row[0])
    }
    held = org.held_by_many(bearers)
    inside = {who for who in bearers if (held[who][0].unit if held[who] else 0) == unit}
    found = Q(taken_by_id__in=inside) | Q(taken_by_id=None, bearer_id__in=inside)
    nobody = Q(taken_by_id=None, bearer_id=None)
    return rows.filter(found | (nobody & (Q(unit_id=unit) if unit else Q(unit_id=None))))
