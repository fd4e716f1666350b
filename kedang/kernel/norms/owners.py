"""Who looks after a regulation: the role its header names as owner, the general manager, the administrators."""

from __future__ import annotations

from collections.abc import Sequence

from kedang.kernel.norms.people import role_held
from kedang.kernel.norms.store import Version
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

GENERAL_MANAGER = "general_manager"


Posts = Sequence[tuple[str, int]]


def posts_of(person: Person) -> Posts:
    """(post, unit) pairs the person holds today."""
    return [(each.post, each.unit) for each in org.held_by(person)]


def governs(person: Person, version: Version, posts: Posts | None = None) -> bool:
    """Whether the person sees how everybody keeps the regulation, and may draft and adopt its next version."""
    if person.is_admin:
        return True
    held = posts_of(person) if posts is None else posts
    if any(post == GENERAL_MANAGER for post, _ in held):
        return True
    role = version.regulation.pack.roles.get(version.regulation.pack.owner or "")
    return role is not None and role_held(role, held, version)


def owner_name(version: Version) -> str:
    """What the owner is called in the regulation; '' when it names none."""
    role = version.regulation.pack.roles.get(version.regulation.pack.owner or "")
    return role.name if role else ""
