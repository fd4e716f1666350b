"""The regulations in force, compiled once a process and loaded anew when the stamp has moved."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

from kedang.kernel import clock, files, once, stamps
from kedang.kernel.norms.compiled import CompiledNorm, Regulation, compile_pack
from kedang.kernel.norms.expressions import Env, FactStore
from kedang.kernel.norms.loader import LoadedPack, load_text
from kedang.kernel.norms.models import Duty, DutyState, PackStamp, PackState, PackVersion
from kedang.kernel.norms.schema import Flow, Form
from kedang.kernel.norms.vocabulary import World, vocabulary
from kedang.kernel.org.models import Unit
from kedang.kernel.org.selectors import topmost_named, unit_subtree


@dataclass(frozen=True)
class Version:
    """One version of a regulation, with when and where it acts. `units` None: everywhere; `departments`: the topmost of them."""

    row: int
    regulation: Regulation
    number: int
    since: date
    until: date | None
    units: frozenset[int] | None
    departments: tuple[str, ...] = ()
    overrides: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def pack(self) -> str:
        """The pack's id."""
        return self.regulation.id

    @property
    def title(self) -> str:
        """The regulation's name."""
        return self.regulation.pack.title

    def acts_on(self, day: date) -> bool:
        """Whether this version was in force that day."""
        return self.since <= day and (self.until is None or day < self.until)

    def params(self, day: date) -> dict[str, Any]:
        """Parameters in force that day, the company's own settings first."""
        return {**self.regulation.params(day), **self.overrides}

    def closing(self) -> time | None:
        """The closing hour, if the pack names one."""
        return time.fromisoformat(self.regulation.pack.closing) if self.regulation.pack.closing else None

    def covers(self, view: files.FileView | None, units: Iterable[int], own: bool = False) -> bool:
        """Whether a case lies in the pack's scope: by the file's unit, else by the person's units, or as its own form."""
        if own or self.units is None:
            return True
        if view is not None:
            return view.unit in self.units
        return any(unit in self.units for unit in units)

    def clause_text(self, number: str) -> str:
        """The clause's wording."""
        return self.regulation.clause_text(number)


@dataclass
class Regulations:
    """All versions that are in force or still have open duties."""

    versions: list[Version] = field(default_factory=list)
    _norms: dict[tuple[str, int], tuple[Version, CompiledNorm] | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    retired: frozenset[str] | None = field(default=None, init=False, repr=False, compare=False)
    """Forms out of use (`norms.library`), loaded when first asked for."""
    _days: dict[date, list[Version]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def in_force(self, on: date | datetime | None = None) -> list[Version]:
        """The versions acting on a day (default today)."""
        day = on.date() if isinstance(on, datetime) else on or clock.today()
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = [version for version in self.versions if version.acts_on(day)]
        return list(found)

    def version(self, pack: str, number: int | None = None) -> Version | None:
        """A version by pack and number; without a number the one in force today, else the newest."""
        own = [each for each in self.versions if each.pack == pack]
        if number is not None:
            return next((each for each in own if each.number == number), None)
        today = clock.today()
        return next((each for each in own if each.acts_on(today)), own[-1] if own else None)

    def norm(self, qid: str, number: int | None = None) -> tuple[Version, CompiledNorm] | None:
        """A norm by its full id. Of a numbered version the answer is kept: a list asks it for every row."""
        if number is None:
            return self._norm(qid, None)
        if (qid, number) not in self._norms:
            self._norms[qid, number] = self._norm(qid, number)
        return self._norms[qid, number]

    def _norm(self, qid: str, number: int | None) -> tuple[Version, CompiledNorm] | None:
        pack, _, bare = qid.partition(".")
        version = self.version(pack, number)
        norm = version.regulation.by_id.get(bare) if version else None
        return (version, norm) if version and norm else None

    def form(self, qid: str) -> tuple[Version, Form] | None:
        """A form by full id; by bare id when one pack in force has it."""
        pack, dot, bare = qid.partition(".")
        candidates = [v for v in self.in_force() if (v.pack == pack if dot else qid in v.regulation.pack.forms)]
        name = bare if dot else qid
        return next(((v, v.regulation.pack.forms[name]) for v in candidates if name in v.regulation.pack.forms), None)

    def flow(self, qid: str) -> tuple[Version, str, Flow] | None:
        """A flow by full or bare id: (version, full id, flow)."""
        pack, dot, bare = qid.partition(".")
        name = bare if dot else qid
        for version in self.in_force():
            if (not dot or version.pack == pack) and name in version.regulation.pack.flows:
                return version, f"{version.pack}.{name}", version.regulation.pack.flows[name]
        return None

    def term(self, qid: str) -> tuple[Version, str, Any] | None:
        """A term by full or bare id: (version, full id, term)."""
        pack, dot, bare = qid.partition(".")
        name = bare if dot else qid
        for version in self.in_force():
            if (not dot or version.pack == pack) and name in version.regulation.pack.terms:
                return version, f"{version.pack}.{name}", version.regulation.pack.terms[name]
        return None

    def flows_for(self, view: files.FileView) -> Iterator[tuple[Version, str, Flow]]:
        """The flows a file runs through, by the packs whose scope it lies in."""
        for version in self.in_force():
            if version.covers(view, ()):
                for name, flow in version.regulation.pack.flows.items():
                    yield version, f"{version.pack}.{name}", flow


stamps.register("packs", "SELECT stamp FROM norms_packstamp WHERE id = 1")
_cache: tuple[int, Regulations] | None = None
_compiled: dict[tuple[str, str], Regulation] = {}
_instead: dict[tuple[str, int], Regulation] = {}


def regulations() -> Regulations:
    """What is in force, by the stamp in the database (one small query a deed or page)."""
    return once.remember("regulations", _regulations)


def _regulations() -> Regulations:
    global _cache
    stamp = stamps.now()["packs"]
    if _cache is None or _cache[0] != stamp:
        _cache = (stamp, Regulations(list(_load())))
    return _cache[1]


def forget() -> None:
    """Drop what this process holds, as a scenario does before and after its rolled-back transaction."""
    global _cache
    _cache = None
    once.forget()


def replace(pack: str, version: int, regulation: Regulation | None) -> None:
    """Mutation tests run a changed rule in place of the loaded one (None: the loaded one again)."""
    if regulation is None:
        _instead.pop((pack, version), None)
    else:
        _instead[(pack, version)] = regulation
    forget()


def touch() -> None:
    """Say that what is in force has changed (organisation units included: scopes name them)."""
    # A random number, not a counter: one that a rolled-back transaction had raised would be given out again.
    PackStamp.objects.update_or_create(id=1, defaults={"stamp": secrets.randbits(31)})
    once.forget()


def fact_store(now: datetime | None = None) -> FactStore:
    """A fresh store of facts about the present moment."""
    return FactStore(World(now=now or clock.now(), regulations=regulations()), vocabulary)


def env_of(version: Version, variables: dict[str, Any], facts: FactStore, on: date | None = None) -> Env:
    """Variables with the version's parameters beneath them."""
    day = on or facts.world.now.date()
    return Env({**version.params(day), **variables}, facts)


def scope_units(names: Iterable[str]) -> frozenset[int] | None:
    """Ids of the named units and what lies below them; None for no names (everywhere)."""
    wanted = list(names)
    if not wanted:
        return None
    return frozenset(unit_subtree(set(Unit.objects.filter(name__in=wanted).values_list("id", flat=True))))


def make_version(regulation: Regulation, row: PackVersion) -> Version:
    """A compiled pack with its row's dates and the company's parameter settings."""
    named = row.units or regulation.pack.applies_to.units
    overrides = {k: typed_parameter(regulation, k, v) for k, v in (row.parameters or {}).items()}
    return Version(
        row=row.pk or 0,
        regulation=regulation,
        number=row.version,
        since=row.effective_from,
        until=row.effective_until,
        units=scope_units(named),
        departments=tuple(topmost_named(named)),
        overrides=overrides,
    )


def typed_parameter(regulation: Regulation, name: str, value: Any) -> Any:
    """A parameter's setting as a typed value, by the type the pack declares."""
    from kedang.kernel.norms.compiled import typed_value

    return typed_value(regulation.pack.parameters[name].type, value)


def _load() -> Iterator[Version]:
    """Compile what is in force or still has open duties."""
    open_versions = set(Duty.objects.filter(state=DutyState.OPEN).values_list("pack", "version").distinct())
    rows = PackVersion.objects.filter(state__in=[PackState.EFFECTIVE, PackState.SUPERSEDED]).order_by("pack", "version")
    wanted = [r for r in rows if r.state == PackState.EFFECTIVE or (r.pack, r.version) in open_versions]
    loaded = {row.pk: _read(row.digest, row.sources) for row in wanted}
    others = {each.pack.pack: each.pack for each in loaded.values()}
    for row in wanted:
        yield make_version(_instead.get((row.pack, row.version)) or _compile(loaded[row.pk], others), row)


_texts: dict[str, LoadedPack] = {}


def _read(digest: str, sources: dict[str, str]) -> LoadedPack:
    """Parsing is slow and a version never changes: read once a process."""
    if digest not in _texts:
        _texts[digest] = load_text(sources)
    return _texts[digest]


def _compile(loaded: LoadedPack, others: dict[str, Any]) -> Regulation:
    """Compiled once a process for a text and its neighbours."""
    key = (loaded.digest, ",".join(sorted(others)))
    if key not in _compiled:
        _compiled[key] = compile_pack(loaded, vocabulary, others)
    return _compiled[key]


def naming(unit: str) -> list[str]:
    """Titles of the regulations in force that know a department by this name: in scope, roles or access rows."""
    return [version.title for version in regulations().in_force() if unit in _names_in(version)]


def _names_in(version: Version) -> set[str]:
    pack = version.regulation.pack
    scope = PackVersion.objects.filter(pk=version.row).values_list("units", flat=True).first() or pack.applies_to.units
    rows = [name for row in pack.access.values() for name in row.units]
    return {*scope, *rows, *(role.unit for role in pack.roles.values() if role.unit)}
