"""A regulation as 制度 shows it: clauses with their enforcers and figures, parameters, versions; how it is kept as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kedang.kernel import clock
from kedang.kernel.errors import NotFound
from kedang.kernel.norms import tallies
from kedang.kernel.norms.library import interpretations
from kedang.kernel.norms.library_models import Interpretation
from kedang.kernel.norms.models import PackVersion
from kedang.kernel.norms.owners import governs, posts_of
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.norms.wording import CAPABILITIES, Enforcer, Parameter, enforcers_of, parameters_of
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.register.figures import (
    FIGURES,
    WHAT_TO_FIGURE,
    Figure,
    Month,
    Sight,
    clause_figures,
    numbers_of,
    sight,
)
from kedang.kernel.register.own import own_duties


@dataclass(frozen=True)
class Counted:
    """One figure of one clause."""

    figure: Figure
    count: int


@dataclass(frozen=True)
class ClauseView:
    """One clause in the regulation's own order and numbering."""

    number: str
    title: str
    text: str
    reading: str
    declined: str
    deferred: str
    enforcers: tuple[Enforcer, ...]
    figures: tuple[Counted, ...]
    interpretations: tuple[Interpretation, ...] = ()
    """How the company reads it, the newest first."""

    @property
    def state(self) -> str:
        """执行, 不执行, or 待功能建成."""
        return "不执行" if self.declined else "待功能建成" if self.deferred else "系统执行"


@dataclass(frozen=True)
class RegulationView:
    """One regulation as 制度 shows it."""

    version: Version
    month: Month
    sight: Sight
    clauses: tuple[ClauseView, ...]
    parameters: tuple[Parameter, ...]
    versions: tuple[PackVersion, ...]
    totals: tuple[Counted, ...]
    """Cases by figure over all clauses, each case once though its norm names several; zeros left out."""


def version_for(pack: str) -> Version:
    """The version in force of a regulation; NotFound when there is none."""
    version = regulations().version(pack)
    if version is None:
        raise NotFound("没有这部制度，或者它还没有生效。")
    return version


def regulation_view(pack: str, person: Person, month: Month | None = None, *, figures: bool = True) -> RegulationView:
    """The regulation clause by clause with the month's figures (if asked for) that this person may see."""
    version = version_for(pack)
    month = month or Month.of(None)
    seen = sight(person, version)
    counted, once = clause_figures(version, month, seen) if figures else ({}, {})
    read = interpretations(pack)
    rows = PackVersion.objects.filter(pack=pack).select_related("loaded_by", "adopted_by").order_by("-version")
    return RegulationView(
        version=version,
        month=month,
        sight=seen,
        clauses=tuple(
            _clause(version, number, counted.get(number, {}), tuple(read.get(number, ())))
            for number in numbers_of(version)
        ),
        parameters=tuple(parameters_of(version)),
        versions=tuple(rows.defer("sources")),
        totals=tuple(Counted(figure, once[key]) for key, figure in FIGURES.items() if once.get(key)),
    )


def _clause(version: Version, number: str, counted: Mapping[str, int], read: tuple[Interpretation, ...]) -> ClauseView:
    entry = version.regulation.pack.clauses[number]
    enforcers = enforcers_of(version, version.regulation.clause_enforcers.get(number, ()))
    kinds = {one.rule for one in enforcers}
    figures = [
        Counted(figure, counted.get(key, 0))
        for key, figure in FIGURES.items()
        if counted.get(key) or kinds.intersection(figure.shown_for)
    ]
    return ClauseView(
        number,
        entry.title,
        entry.text,
        entry.reading,
        entry.declined or "",
        CAPABILITIES.get(entry.deferred or "", entry.deferred or ""),
        tuple(enforcers),
        tuple(figures),
        read,
    )


@dataclass(frozen=True)
class Keeping:
    """How a regulation was kept in a month, over all its duties."""

    met: int = 0
    late: int = 0
    overdue: int = 0

    @property
    def due(self) -> int:
        """What was closed this month or should have been closed by now."""
        return self.met + self.late + self.overdue

    @property
    def rate(self) -> int | None:
        """Per cent on time; None when nothing was due."""
        return round(100 * self.met / self.due) if self.due else None


def keeping(versions: Iterable[Version], person: Person, month: Month) -> dict[str, Keeping]:
    """{pack: Keeping} for many regulations in two queries, each within what the person may see."""
    versions, posts = list(versions), posts_of(person)
    packs = {version.pack for version in versions}
    whole = {version.pack for version in versions if governs(person, version, posts)}
    known = {(version.pack, number) for version in versions for number in numbers_of(version)}
    found: dict[str, dict[str, int]] = {pack: {"met": 0, "late": 0, "overdue": 0} for pack in packs}
    for each in tallies.of_month(whole, *month.span):
        key = WHAT_TO_FIGURE[each.what]
        if key != "opened" and (each.pack, each.clause) in known:
            found[each.pack][key] += each.n
    people = {person.pk, *org.subordinates(person)} if packs - whole else ()
    for pack, _, clause, key, n in own_duties(people, *month.span, clock.now()):
        if pack not in whole and (pack, clause) in known and key != "opened":
            found[pack][key] += n
    return {pack: Keeping(**numbers) for pack, numbers in found.items()}
