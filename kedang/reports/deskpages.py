"""The named pages of the register, the conflicts, the front desk and the form library, from the screens' own selectors."""

from __future__ import annotations

from datetime import date
from typing import Any

from kedang.customers.claims import selectors as claims
from kedang.engagement.desk import selectors as desk
from kedang.kernel import clock
from kedang.kernel import register as enforcement
from kedang.kernel.norms.vocabulary import Page
from kedang.kernel.org.models import Person


def register_page(person: Person, *, day: str | date | None = None) -> dict[str, Any]:
    """登记表: what a person has written down on a day, and what became of each line."""
    on = date.fromisoformat(str(day)) if day else None
    rows = claims.lines_of(person, on)
    return {
        "rows": [
            {"customer": row.claim.customer.name, "at": _at(row.claim.recorded_at), "state": row.state} for row in rows
        ]
    }


def conflicts_page(person: Person) -> dict[str, Any]:
    """撞单: conflicts with both lines beside one another."""
    found = claims.conflicts(person)
    return {
        "rows": [
            {
                "customer": each.row.customer.name,
                "state": each.row.state,
                "cause": each.row.cause,
                "winner": each.row.winner.name if each.row.winner else "",
                "basis": each.row.basis,
                "sides": [
                    f"{side.name} {_at(side.recorded_at)} {side.state}{' 自填时间异常' if side.odd else ''}"
                    for side in each.sides
                ],
            }
            for each in found
        ],
        "waiting": [each.row.customer.name for each in found if each.waiting],
    }


def desk_page(person: Person) -> dict[str, Any]:
    """接待: today's receptions, what became of them, and what each looks like."""
    return {
        "rows": [
            {
                "visitor": each.row.visitor,
                "basis": each.row.basis,
                "named": each.row.named.name if each.row.named else "",
                "state": each.state,
                "introducer": each.row.introducer.name if each.row.introducer else "",
                "alike": [f"疑似同一人：{one.name} {one.claimed}".strip() for one in each.alike],
            }
            for each in desk.receptions(person)
        ],
        "on_duty": [turn.person.name for turn in desk.on_duty_today()],
        "calls": [f"{call.person.name} {call.caller}".strip() for call in desk.calls(person)],
    }


def forms_page(person: Person, *, pack: str) -> dict[str, Any]:
    """附表: the forms of a regulation, and which clauses fail without one that is out of use."""
    return {
        "rows": [
            {
                "form": each.id,
                "name": f"《{each.form.name}》",
                "state": "停用" if each.retired else "使用中",
                "failing": f"第{'、'.join(each.clauses)}条失效" if each.retired else "",
            }
            for each in enforcement.forms_of(pack)
        ]
    }


def _at(moment: Any) -> str:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M")


PAGES = (
    Page("register", "登记表", register_page),
    Page("conflicts", "撞单", conflicts_page),
    Page("desk", "接待", desk_page),
    Page("forms", "附表", forms_page),
)
