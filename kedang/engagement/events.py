"""The event kinds of engagement."""

from __future__ import annotations

from kedang.kernel.ledger import EventKind, kinds

PERSONAL = {"content": "内容", "with_person": "对方联系人"}
KINDS = [
    EventKind("contact.recorded", "跟进", "{actor}登记{kind}", {"contact": "integer", "kind": "text"}, PERSONAL),
    EventKind("visit.planned", "拜访计划", "{actor}计划于{planned_on}拜访", {"visit": "integer", "planned_on": "date", "person": "person"}, {"purpose": "目的"}),
    EventKind("visit.recorded", "拜访", "{actor}登记拜访", {"contact": "integer", "visit": "integer?", "kind": "text"}, PERSONAL),
    EventKind("visit.cancelled", "取消拜访计划", "{actor}取消了{planned_on}的拜访计划", {"visit": "integer", "planned_on": "date", "reason": "text?"}, {"reason": "原因"}),
    EventKind("reception.reported", "接待登记", "{actor}接待来访客户（{basis}）",
              {"reception": "integer", "basis": "text", "named": "person?", "introducer": "customer?", "unit": "unit", "day": "date", "alike": "integer"},
              {"name": "来访客户", "phone": "联系方式"}),
    EventKind("reception.handed_over", "已联系", "{actor}已联系客户所找的招商经理", {"reception": "integer", "named": "person?"}),
    EventKind("reception.verified", "核实未转接待", "{actor}核实：{verdict}", {"reception": "integer", "verdict": "text"}, {"note": "说明"}),
    EventKind("call.reported", "登记来电", "{actor}登记来电，由{person_name}接听", {"call": "integer", "person": "person", "person_name": "text"}, {"name": "来电客户", "phone": "来电号码"}),
    EventKind("roster.changed", "排当班", "{actor}排{person_name}当班，{since}至{until}",
              {"unit": "unit", "person": "person", "person_name": "text", "since": "date", "until": "date"}),
]  # fmt: skip


def register() -> None:
    """Make the kinds known to the ledger."""
    kinds.register(*KINDS)
