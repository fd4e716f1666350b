"""代录: somebody types what another has done. Duty, ownership and lateness follow the person spoken for; the typist is shown.

Who may is said by the packs' access rows (`speaks_for`) and by a running 代理. Nobody votes, signs, decides or administers
for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedang.kernel.errors import Invalid
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.people import role_held
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order

KIND = "deed.typed"
NEVER = (
    "approval.",
    "proposal.",
    "pack.",
    "org.",
    "calendar.",
    "account.",
    "handover.",
    "event.correct",
    "file.open",
    "access.",
)
"""Votes, signatures, decisions, administration, and reading: each by whoever does it."""


def allows(action: str) -> bool:
    """Whether a deed may be typed for another at all."""
    return not action.startswith(NEVER)


def principals(person: Person, regs: Regulations | None = None) -> list[Person]:
    """For whom a person may type, by name."""
    ids = {one.pk for one in org.principals_of(person)}
    scopes = _scopes(person, regs or regulations())
    if "全部" in scopes:
        ids |= set(org.active_people().values_list("pk", flat=True))
    elif scopes:
        ids |= set(org.members_of(_units(person, scopes)).values_list("pk", flat=True))
        ids |= org.subordinates(person) if "本人及下属" in scopes else set()
    ids.discard(person.pk)
    return list(org.active_people().filter(pk__in=ids)) if ids else []


def _scopes(person: Person, regs: Regulations) -> dict[str, list[frozenset[int] | None]]:
    """Scope words that the access rows of his roles give him, with the departments of each row's regulation."""
    posts = [(each.post, each.unit) for each in org.held_by(person)]
    found: dict[str, list[frozenset[int] | None]] = {}
    for version in regs.in_force():
        for role_id, row in version.regulation.pack.access.items():
            if row.speaks_for != "无" and role_held(version.regulation.pack.roles[role_id], posts, version):
                word = "全公司" if row.speaks_for == "全部" and version.units is not None else row.speaks_for
                found.setdefault(word, []).append(version.units)
    return found


def _units(person: Person, scopes: dict[str, list[frozenset[int] | None]]) -> set[int]:
    """Departments whose people he types for; never beyond the departments that the regulation acts in."""
    own = org.units_of(person)
    below = org.unit_subtree(own)
    units: set[int] = set()
    for word, limits in scopes.items():
        reach = {"本部门": own, "本部门及以下": below}.get(word)
        for limit in limits:
            if word == "全公司":
                units |= set(limit or ())
            elif reach is not None:
                units |= reach if limit is None else reach & limit
    return units


def check(order: Order) -> None:
    """What must hold before a deed is typed for another: another, still here, and a reason for it."""
    other = order.on_behalf_of
    if other is None or order.by is None or order.dry:
        return
    if other.left_on or not other.is_active:
        raise Invalid({"on_behalf_of": f"{other.name}已停权或离职，不能代其录入。"})
    if not order.behalf_reason:
        raise Invalid({"behalf_reason": "代录须说明理由，如“外出拜访，电话口述”。"})


def objections(order: Order) -> list[Finding]:
    """Why a deed may not be typed for another."""
    other = order.on_behalf_of
    if other is None or order.by is None:
        return []
    if not allows(order.action.name):
        message = f"“{order.action.label}”须由本人办理，不能由别人代录。"
        return [
            Finding(
                "",
                "代录",
                "",
                "审批、签收、裁定和系统管理须由本人办理。",
                "refuse",
                message,
                f"请{other.name}本人办理",
                (other.pk,),
            )
        ]
    if other in principals(order.by, order.regs):
        return []
    message = f"您不能代{other.name}录入；内勤可以代本部门的人，代理人可以代委托人。"
    return [
        Finding("", "代录", "", "代录限于制度允许的人。", "refuse", message, f"请{other.name}本人办理", (other.pk,))
    ]


def note(order: Order) -> None:
    """The typing itself is on record with its reason, beside what was typed; an approved request noted it when asked."""
    if order.on_behalf_of is None or order.by is None or not order.behalf_reason or order.deed is None:
        return
    order.deed.record(
        KIND,
        file=order.view.id if order.view else None,
        data={
            "action": order.action.name,
            "label": order.action.label,
            "name": order.on_behalf_of.name,
            "reason": order.behalf_reason,
        },
    )
