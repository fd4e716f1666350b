"""Who may know of a file and who may open it: the access rows of the packs in force, and grants. One source for the
list query and for the single check, so that a list and a get-by-id cannot differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from kedang.kernel.picking import pick

Verb = Literal["list", "open"]
READ, COPY = "read", "copy"
RIGHTS = ("hide", "mask", "show")
GRANTED_DEFAULT = {"contact": "mask", "id_number": "mask"}
GROUPS = {"contact": "联系方式", "credit": "信用", "id_number": "证件", "deal": "往来"}
"""Field groups that may be asked for by themselves."""


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
    _grants: list[Grant] | None = None
    _subordinates: frozenset[int] | None = None
    _reaches: dict[Verb, Reach] = field(default_factory=dict)

    @property
    def grants(self) -> list[Grant]:
        """The grants that run for him now, loaded when first asked for."""
        if self._grants is None:
            self._grants = _granted_to(self.person)
        return self._grants

    def grants_on(self, file: int, verb: str = READ) -> list[Grant]:
        """Those of one verb on one file."""
        return [each for each in self.grants if each.file == file and verb in each.verbs]

    @property
    def granted(self) -> frozenset[int]:
        """Files that running grants let him read."""
        return frozenset(each.file for each in self.grants if each.file is not None and READ in each.verbs)

    @property
    def granted_whole(self) -> frozenset[int]:
        """Those of them that are his to read as a whole, and not only a few of their fields."""
        return frozenset(
            each.file for each in self.grants if each.file is not None and READ in each.verbs and not each.fields
        )

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
            # Who was granted a few fields opens the page that shows them, and nothing else of the file.
            files=self.granted_whole if verb == "open" else frozenset(each.file for each in self.grants if each.file),
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
    """A person's grants that run now; at its last instant a grant is over."""
    now = clock.now()
    return Grant.objects.filter(person=person, valid_until__gt=now, valid_from__lte=now, ended_at=None).order_by("id")


def _granted_to(person: int) -> list[Grant]:
    """The same as a list. Few people have any, and every page asks."""
    now = clock.now()
    some = pick(Grant, ("id",), person_id=person, valid_until__gt=now, valid_from__lte=now, ended_at=None)
    return list(running_grants(person)) if some else []


def granted_on(person: int, file: int) -> list[Grant]:
    """His grants on one file that run now, the last one first."""
    return sorted((each for each in _granted_to(person) if each.file == file), key=lambda each: -each.pk)


def reach(person: int, verb: Verb) -> Reach:
    """Which files a person reaches with a verb."""
    return standing(person).reach(verb)


def outside(people: Iterable[int], view: files.FileView) -> list[int]:
    """Those among these people who may not even list the file: nothing that names it may be sent to them."""
    return [person for person in people if not reach(person, "list").holds(view)]


def own_right(who: Standing, view: files.FileView) -> bool:
    """Whether he opens the file by what he is, and not only by a grant."""
    return view.owner == who.person or who.person in view.collaborators or _opens(who, view)


def whole_file(who: Standing, view: files.FileView) -> bool:
    """Whether all of the file is his to read: dealings, forms and records, and not only a few fields."""
    return own_right(who, view) or view.id in who.granted_whole


def may_copy(who: Standing, view: files.FileView) -> bool:
    """Whether what he reads of the file may leave the system with him; asked again at every download."""
    return own_right(who, view) or bool(who.grants_on(view.id, COPY))


def field_rights(
    who: Standing, view: files.FileView, groups: Iterable[str], *, copying: bool = False
) -> dict[str, str]:
    """{group: show | mask | hide} for a reader of a file; `copying`: for one who takes it along.

    Who opens it by his own right has what his rows say (show when they say nothing); who opens it by a grant sees
    personal groups masked unless a row says otherwise; who only knows of it sees the head and nothing else. What was
    asked for by name and granted is shown: a group as such, one attribute under its own name (`customer.phone`).
    """
    given = who.grants_on(view.id, COPY if copying else READ)
    if own_right(who, view):
        rights = {group: _best(who, view, group, "fields", "show") for group in groups}
    elif any(not each.fields for each in given):
        rights = {group: _best(who, view, group, "granted", GRANTED_DEFAULT.get(group, "show")) for group in groups}
    else:
        rights = {group: "show" if group in ("", "base") else "hide" for group in groups}
    for name in {name for each in given for name in each.fields}:
        if name in rights or "." in name:
            rights[name] = "show"
    return rights


def right_of(rights: Mapping[str, str], attribute: str, group: str, default: str = "hide") -> str:
    """The right on one attribute: what was granted for it alone, else its group's."""
    return rights.get(attribute) or rights.get(group, default)


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
