"""Who a role, a name in a norm, or an expression stands for: ids of persons, units and roles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kedang.kernel import once
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import UNKNOWN, FactStore
from kedang.kernel.norms.schema import Role
from kedang.kernel.norms.store import Regulations, Version, env_of
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Unit


@dataclass(frozen=True)
class Bearer:
    """Who bears something, stored as it was named: a person, a unit (its head's until taken) or a role."""

    person: int | None = None
    unit: int | None = None
    role: str = ""

    @property
    def nobody(self) -> bool:
        """True when the expression found no one."""
        return self.person is None and self.unit is None and not self.role


def unit_named(name: str) -> int | None:
    """Id of a unit by its name (the first in tree order)."""
    rows = Unit.objects.filter(name=name).order_by("path").values_list("id", flat=True)
    return once.remember(("unit", name), rows.first)


def holders_of(version: Version, role_id: str, variables: dict[str, Any], facts: FactStore) -> list[int]:
    """Persons who hold a role of the pack now, relative to the case where the role is relative."""
    role = version.regulation.pack.roles[role_id]
    exprs = version.regulation.role_exprs.get(role_id, {})
    env = env_of(version, variables, facts)
    if role.is_:
        return as_people(exprs["is"].value(env))
    unit_id: int | None = None
    if role.of:
        unit_id = as_one(exprs["of"].value(env))
        if unit_id is None:
            return []
    elif role.unit:
        unit_id = unit_named(role.unit)
        if unit_id is None:
            return []
    units = version.units if role.within else None
    return org.holders(role.post or "", unit_id=unit_id, within_subtree=bool(role.unit), units=units)


def as_people(value: Any) -> list[int]:
    """A person, a set of persons, or nothing, as a list of ids in stable order."""
    if value is None or value is UNKNOWN:
        return []
    if isinstance(value, (set, frozenset, list, tuple)):
        return sorted({int(each) for each in value if each is not None})
    return [int(value)]


def as_one(value: Any) -> int | None:
    """One id or None."""
    if value is None or value is UNKNOWN:
        return None
    if isinstance(value, (set, frozenset, list, tuple)):
        return next(iter(sorted(value)), None)
    return int(value)


def people_at(
    version: Version, norm: CompiledNorm, path: str, variables: dict[str, Any], facts: FactStore
) -> list[int]:
    """Persons named at a path of a norm ('do[0].notify', 'ask', 'done.by'): a role of the pack or an expression.

    A unit stands for its head.
    """
    bearer = bearer_at(version, norm, path, variables, facts)
    if isinstance(bearer, list):
        return bearer
    return people_of(version, bearer, variables, facts)


def people_of(version: Version, bearer: Bearer, variables: dict[str, Any], facts: FactStore) -> list[int]:
    """The persons behind a bearer: himself, a unit's head, a role's holders."""
    if bearer.person:
        return [bearer.person]
    if bearer.role:
        return holders_of(version, bearer.role.partition(".")[2], variables, facts)
    if bearer.unit:
        head = org.head_of(bearer.unit)
        return [head.pk] if head else []
    return []


def bearer_at(
    version: Version, norm: CompiledNorm, path: str, variables: dict[str, Any], facts: FactStore
) -> Bearer | list[int]:
    """What stands at a path, stored as such; a list when an expression gives several persons."""
    role = norm.roles.get(path)
    if role:
        found = holders_of(version, role, variables, facts)
        if len(found) == 1:
            return Bearer(person=found[0])
        return Bearer(role=f"{version.pack}.{role}")
    expr = norm.expr(path)
    if expr is None:
        return Bearer()
    value = expr.value(env_of(version, variables, facts))
    if expr.type == "unit":
        return Bearer(unit=as_one(value))
    if expr.type.startswith("set["):
        return as_people(value)
    return Bearer(person=as_one(value))


def roles_of(person: int, regulations: Regulations) -> set[str]:
    """Full ids of the roles a person holds by post (roles relative to a file are asked of the file)."""
    posts = {(each.post, each.unit) for each in org.held_by(person)}
    return {
        f"{version.pack}.{role_id}"
        for version in regulations.in_force()
        for role_id, role in version.regulation.pack.roles.items()
        if role_held(role, posts, version)
    }


def role_held(role: Role, posts: Iterable[tuple[str, int]], version: Version) -> bool:
    """Whether these (post, unit) pairs hold a role of the version; a fixed unit includes what lies below it."""
    if not role.post:
        return False
    scope = version.units if role.within else None
    units = [unit for post, unit in posts if post == role.post and (scope is None or unit in scope)]
    if not units or not role.unit:
        return bool(units)
    fixed = unit_named(role.unit)
    return fixed is not None and any(unit in org.unit_subtree({fixed}) for unit in units)
