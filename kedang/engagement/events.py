"""The event kinds of engagement."""

from __future__ import annotations

from kedang.kernel.ledger import EventKind, kinds

PERSONAL = {"content": "内容", "with_person": "对方联系人"}
KINDS = [
    EventKind("contact.recorded", "跟进", "{actor}登记{kind}", {"contact": "integer", "kind": "text"}, PERSONAL),
    EventKind("visit.planned", "拜访计划", "{actor}计划于{planned_on}拜访", {"visit": "integer", "planned_on": "date", "person": "person"}, {"purpose": "目的"}),
    EventKind("visit.recorded", "拜访", "{actor}登记拜访", {"contact": "integer", "visit": "integer?", "kind": "text"}, PERSONAL),
    EventKind("visit.cancelled", "取消拜访计划", "{actor}取消了{planned_on}的拜访计划", {"visit": "integer", "planned_on": "date", "reason": "text?"}),
]  # fmt: skip


def register() -> None:
    """Make the kinds known to the ledger."""
    kinds.register(*KINDS)
