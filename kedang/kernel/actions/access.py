"""Who may know of a file and who may open it: the access rows of the packs in force, and grants. One source for the
list query and for the single check, so that a list and a get-by-id cannot differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from django.db.models import QuerySet

from kedang.kernel import clock, files
from kedang.kernel.files import FileView
from kedang.kernel.norms.models import Grant
from kedang.kernel.norms.people import role_held
from kedang.kernel.norms.schema import AccessRow
from kedang.kernel.norms.store import Regulations, Version, regulations, scope_units
from kedang.kernel.org import selectors as org

Verb = Literal["list", "open"]
RIGHTS = ("hide", "mask", "show")
GRANTED_DEFAULT = {"contact": "mask", "id_number": "mask"}


@dataclass(frozen=True)
class Reach:
    """Which files a person reaches: everything, or files of units, of owners, shared with him, or granted by id."""

    everything: bool = False
    units: frozenset[int] = frozenset()
    owners: frozenset[int] = frozenset()
    shared_with: int | None = None
    files: frozenset[int] = frozenset()

    def holds(self, view: FileView) -> bool:
        """The single check that mirrors the list query."""
        return (
            self.everything
            or view.unit in self.units
            or view.owner in self.owners
            or (self.shared_with is not None and self.shared_with in view.collaborators)
            or view.id in self.files
        )


@dataclass
class Standing:
    """What a person is, as access asks it: rows of his roles, units, subordinates, grants. Loaded once a request."""

    person: int
    units: frozenset[int]
    rows: list[tuple[Version, str, AccessRow]] = field(default_factory=list)
    _granted: frozenset[int] | None = None
    _subordinates: frozenset[int] | None = None
    _reaches: dict[Verb, Reach] = field(default_factory=dict)

    @property
    def granted(self) -> frozenset[int]:
        """Files that running grants open for him, loaded when first asked for."""
        if self._granted is None:
            self._granted = frozenset(running_grants(self.person).values_list("file", flat=True))
        return self._granted

    def subordinates(self) -> frozenset[int]:
        """Ids of those below, loaded when first asked for."""
        if self._subordinates is None:
            self._subordinates = frozenset(org.subordinates(self.person))
        return self._subordinates

    def reach(self, verb: Verb) -> Reach:
        """The union over the person's roles; worked out once, for a list asks it of every row."""
        if verb not in self._reaches:
            self._reaches[verb] = self._reach(verb)
        return self._reaches[verb]

    def _reach(self, verb: Verb) -> Reach:
        spans = [self._span(version, getattr(row, verb), row) for version, _, row in self.rows]
        return Reach(
            everything=any(span.everything for span in spans),
            units=frozenset().union(*(span.units for span in spans)),
            owners=frozenset({self.person}).union(*(span.owners for span in spans)),
            shared_with=self.person,
            files=self.granted,
        )

    def _span(self, version: Version, scope: str, row: AccessRow) -> Reach:
        """One row's span; 全部 in a pack with units means all of those units."""
        if scope == "全部":
            return Reach(everything=True) if version.units is None else Reach(units=version.units)
        if scope == "本人及下属":
            return Reach(owners=self.subordinates() | {self.person})
        if scope in ("本部门", "本部门及以下", "指定部门"):
            units = self._units(scope, row)
            return Reach(units=units if version.units is None else units & version.units)
        return Reach()

    def _units(self, scope: str, row: AccessRow) -> frozenset[int]:
        if scope == "本部门":
            return self.units
        if scope == "本部门及以下":
            return frozenset(org.unit_subtree(self.units))
        return scope_units(row.units) or frozenset()

    def rows_over(self, view: files.FileView) -> list[tuple[Version, str, AccessRow]]:
        """The rows that act on a file: those of packs whose scope it lies in."""
        return [each for each in self.rows if each[0].covers(view, ())]


def standing(person: int, regs: Regulations | None = None) -> Standing:
    """Load what access asks about a person; grants and subordinates follow when they are asked for."""
    regs = regs or regulations()
    posts = [(each.post, each.unit) for each in org.held_by(person)]
    return Standing(
        person=person,
        units=frozenset(unit for _, unit in posts),
        rows=[
            (version, role_id, row)
            for version in regs.in_force()
            for role_id, row in version.regulation.pack.access.items()
            if role_held(version.regulation.pack.roles[role_id], posts, version)
        ],
    )


def running_grants(person: int) -> QuerySet[Grant]:
    """A person's grants that run now."""
    now = clock.now()
    return Grant.objects.filter(person=person, valid_until__gte=now, valid_from__lte=now, ended_at=None)


def reach(person: int, verb: Verb) -> Reach:
    """Which files a person reaches with a verb."""
    return standing(person).reach(verb)


def granted_verbs(person: int, file: int) -> set[str]:
    """Verbs that running grants give a person on a file."""
    rows = running_grants(person).filter(file=file)
    return {verb for verbs in rows.values_list("verbs", flat=True) for verb in verbs}


def field_rights(who: Standing, view: files.FileView, groups: Iterable[str]) -> dict[str, str]:
    """{group: show | mask | hide} for a reader of a file.

    Who opens it by his own right has what his rows say (show when they say nothing); who opens it by a grant sees
    personal groups masked unless a row says otherwise; who only knows of it sees the head and nothing else.
    """
    if view.owner == who.person or who.person in view.collaborators or _opens(who, view):
        return {group: _best(who, view, group, "fields", "show") for group in groups}
    if view.id in who.granted:
        return {group: _best(who, view, group, "granted", GRANTED_DEFAULT.get(group, "show")) for group in groups}
    return {group: "show" if group in ("", "base") else "hide" for group in groups}


def _opens(who: Standing, view: files.FileView) -> bool:
    own = who.reach("open")
    return own.everything or view.unit in own.units or view.owner in own.owners


def _best(who: Standing, view: files.FileView, group: str, column: str, default: str) -> str:
    """The most permissive right among the rows that name the group; the default when none does."""
    named = [getattr(row, column)[group] for _, _, row in who.rows_over(view) if group in getattr(row, column)]
    return max(named, key=RIGHTS.index) if named else default


def access_clause(who: Standing, view: files.FileView, verb: Verb) -> tuple[Version, str] | None:
    """The access row (its pack and clause) that speaks about this file for this person, for the refusal's second line."""
    for version, _, row in who.rows_over(view):
        clause = row.clause if isinstance(row.clause, str) else row.clause[0]
        if clause:
            return version, clause
    return None
