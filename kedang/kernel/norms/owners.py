"""Who looks after a regulation: the role its header names as owner, the general manager, the administrators."""

from __future__ import annotations

from kedang.kernel.norms.people import role_held
from kedang.kernel.norms.store import Version
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

GENERAL_MANAGER = "general_manager"


def governs(person: Person, version: Version) -> bool:
    """Whether the person sees how everybody keeps the regulation, and may draft and adopt its next version."""
    if person.is_admin:
        return True
    posts = [(each.post.key, each.unit_id) for each in org.appointments_of(person)]
    if any(post == GENERAL_MANAGER for post, _ in posts):
        return True
    role = version.regulation.pack.roles.get(version.regulation.pack.owner or "")
    return role is not None and role_held(role, posts)


def owner_name(version: Version) -> str:
    """What the owner is called in the regulation; '' when it names none."""
    role = version.regulation.pack.roles.get(version.regulation.pack.owner or "")
    return role.name if role else ""
