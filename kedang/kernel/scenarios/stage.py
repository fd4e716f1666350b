"""Setting the stage: a company, its people and its customers, made for one scenario and rolled back with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Model

from kedang.kernel import clock
from kedang.kernel.actions.packs import sources_of
from kedang.kernel.norms import store
from kedang.kernel.norms.loader import LoadedPack, load_pack
from kedang.kernel.norms.models import (
    Duty,
    FileStage,
    FileTerm,
    FormRecord,
    Grant,
    PackState,
    PackVersion,
    Proposal,
)
from kedang.kernel.norms.schema import Pack, Role
from kedang.kernel.org import changes
from kedang.kernel.org.models import Person, Post, Unit
from kedang.kernel.scenarios.grammar import Scenario, ScenarioError

BASELINE = "baseline"
HEADS = ("head", "general_manager")
MakeCustomer = Callable[..., int]

FindCustomer = Callable[[str], int | None]

_make_customer: MakeCustomer | None = None
_find_customer: FindCustomer | None = None


NUMBERED: dict[str, type[Model]] = {"duty": Duty, "filed": FormRecord, "grant": Grant, "proposal": Proposal}
"""What a scenario calls by number (`proposal: 1`, the first of this scenario) or as the newest (`proposal: last`)."""


def number_rows(name: str, model: type[Model]) -> None:
    """Let scenarios call the rows of an app's table by number."""
    NUMBERED[name] = model


def register_customers(make: MakeCustomer, find: FindCustomer) -> None:
    """The customers app says how a scenario's customer is made (make(name, owner=, unit=, by=, attributes=) -> id) and
    found by the name it has now."""
    global _make_customer, _find_customer
    _make_customer, _find_customer = make, find


@dataclass
class Cast:
    """Who and what a scenario is about, by name."""

    people: dict[str, Person] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    packs: tuple[str, ...] = ()
    acting: Person | None = None
    """Who does the present step: uploads in it are his."""

    def customer(self, name: str) -> int | None:
        """A customer by the name the scenario gave it, or by the one it has now."""
        if name not in self.customers and _find_customer is not None and (found := _find_customer(name)):
            self.customers[name] = found
        return self.customers.get(name)


_folders: dict[str, LoadedPack] = {}
_sources: dict[str, dict[str, str]] = {}


def find_pack(name: str, near: Path | None = None) -> Path:
    """The folder of a pack: beside the scenario file, else in the installation's pack folders."""
    beside = [near.parent.parent] if near and near.parent.name == "scenarios" else []
    roots = [each.parent for each in beside] + [Path(each) for each in settings.PACK_DIRS]
    for folder in [*beside, *(root / name for root in roots)]:
        if folder.name == name and (folder / "pack.yaml").exists():
            return folder
    raise ScenarioError(f"找不到制度包“{name}”")


def loaded_pack(folder: Path) -> LoadedPack:
    """A pack read once a process."""
    key = str(folder)
    if key not in _folders:
        _folders[key] = load_pack(folder)
        _sources[key] = sources_of(folder)
    return _folders[key]


def set_up(scenario: Scenario) -> Cast:
    """Make the company, the people, the packs in force and the given customers."""
    folders = [find_pack(name, Path(scenario.file)) for name in scenario.packs]
    if BASELINE not in scenario.packs and (base := _baseline()) is not None:
        folders.append(base)
    loaded = [loaded_pack(folder) for folder in folders]
    cast = Cast(packs=scenario.packs)
    roles = {name: role for each in reversed(loaded) for name, role in each.pack.roles.items()}
    _company(cast, scenario, [each.pack for each in loaded], roles)
    for folder, each in zip(folders, loaded, strict=True):
        _in_force(each, _sources[str(folder)], scenario, each.pack.pack in scenario.packs)
    store.touch()
    store.forget()
    for name, attributes in scenario.given.items():
        _customer(cast, name, dict(attributes))
    return cast


def _baseline() -> Path | None:
    for root in settings.PACK_DIRS:
        if (Path(root) / BASELINE / "pack.yaml").exists():
            return Path(root) / BASELINE
    return None


def _in_force(loaded: LoadedPack, sources: dict[str, str], scenario: Scenario, own: bool) -> None:
    """A version row in force from the scenario's own date, with the scenario's parameters."""
    pack = loaded.pack
    since = scenario.effective if own and scenario.effective else pack.effective
    PackVersion.objects.create(
        pack=pack.pack,
        version=pack.version,
        title=pack.title,
        state=PackState.EFFECTIVE,
        effective_from=since if isinstance(since, date) else date.fromisoformat(str(since)),
        sources=sources,
        parameters={k: _plain(v) for k, v in scenario.parameters.items() if own and k in pack.parameters},
        digest=loaded.digest,
        loaded_at=clock.now(),
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, float, bool)) else str(value)


def _company(cast: Cast, scenario: Scenario, packs: list[Pack], roles: Mapping[str, Role]) -> None:
    root = changes.create_unit("示例公司")
    cast.units["示例公司"] = root
    names = [str(p["unit"]) for p in scenario.people.values() if p.get("unit")]
    names += [str(g["unit"]) for g in scenario.given.values() if g.get("unit")]
    names += [role.unit for pack in packs for role in pack.roles.values() if role.unit]
    names += [name for pack in packs for name in pack.applies_to.units]
    for name in dict.fromkeys(names):
        if name not in cast.units:
            cast.units[name] = changes.create_unit(name, parent=root)
    for name, spec in scenario.people.items():
        _person(cast, name, spec, roles, root)


def _person(cast: Cast, name: str, spec: Mapping[str, Any], roles: Mapping[str, Role], root: Unit) -> None:
    """A person with the posts of his roles; `role` may be a list, `unit` defaults to the role's own or the company."""
    wanted = spec.get("role", [])
    role_ids = [str(each) for each in (wanted if isinstance(wanted, list) else [wanted])]
    person = changes.create_person(username=f"s{len(cast.people) + 1:03}", name=name)
    cast.people[name] = person
    for role_id in role_ids or ["staff"]:
        role = roles.get(role_id)
        if role is None and role_id not in ("staff", "admin"):
            raise ScenarioError(f"人员{name}的角色“{role_id}”不在制度包里")
        post = _post((role.post if role else None) or "staff", role.name if role else "员工")
        unit = spec.get("unit") or (role.unit if role else None)
        changes.appoint(person, post, cast.units[str(unit)] if unit else root, start=date(2000, 1, 1))
    if "admin" in role_ids:
        Person.objects.filter(pk=person.pk).update(is_admin=True)
        person.refresh_from_db()


def _post(key: str, name: str) -> Post:
    found = Post.objects.filter(key=key).first()
    return found or changes.create_post(key, name, is_head=key in HEADS or key.endswith("_head"))


def _customer(cast: Cast, name: str, attributes: dict[str, Any]) -> None:
    """A given customer: complete, owned, and in the classes and stages named; it triggers no norm."""
    owner_name, unit_name = attributes.pop("owner", None), attributes.pop("unit", None)
    owner = cast.people[str(owner_name)] if owner_name else None
    unit = cast.units.get(str(unit_name)) if unit_name else None
    terms, stages, rest = _classes(attributes)
    people = {k: rest.pop(k) for k in ("collaborators", "custodian", "archived") if k in rest}
    assert _make_customer is not None
    by = owner or next(iter(cast.people.values()))
    file = _make_customer(
        name,
        owner=owner,
        unit=unit or (None if owner else cast.units["示例公司"]),
        by=by,
        attributes=rest,
        collaborators=[cast.people[str(each)] for each in people.get("collaborators", [])],
        custodian=cast.people[str(people["custodian"])] if people.get("custodian") else None,
        archived=people.get("archived") or False,
    )
    cast.customers[name] = file
    now = clock.now()
    FileTerm.objects.bulk_create(FileTerm(file=file, term=t, value=v, since=now) for t, v in terms.items() if v)
    FileStage.objects.bulk_create(FileStage(file=file, flow=f, stage=s, since=now) for f, s in stages.items())


def _classes(attributes: dict[str, Any]) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
    """Split what is given into classes (defaulting the bound ones to their first value), stages and plain attributes."""
    terms: dict[str, str] = {}
    stages: dict[str, str] = {}
    rest = dict(attributes)
    for version in store.regulations().in_force(date.max.replace(year=9000)) or store.regulations().versions:
        pack = version.regulation.pack
        bound = {
            spec.binds[5:]
            for form in pack.forms.values()
            if form.complete
            for spec in form.fields
            if spec.binds and spec.binds.startswith("term.")
        }
        for name, term in pack.terms.items():
            if name in attributes:
                rest.pop(name, None)
                terms[f"{version.pack}.{name}"] = _value_id(term.values, attributes[name])
            elif name in bound:
                terms[f"{version.pack}.{name}"] = term.default or next(iter(term.values))
        for name, flow in pack.flows.items():
            if name in attributes:
                rest.pop(name, None)
                stages[f"{version.pack}.{name}"] = _value_id({s.id: s.name for s in flow.stages}, attributes[name])
    return terms, stages, rest


def _value_id(values: Mapping[str, str], given: Any) -> str:
    if given in (None, ""):
        return ""
    for key, label in values.items():
        if str(given) in (key, label):
            return key
    raise ScenarioError(f"“{given}”不是可选值：{'、'.join(values.values())}")
