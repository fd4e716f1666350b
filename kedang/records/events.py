"""The event kinds of keeping records."""

from __future__ import annotations

from kedang.kernel.ledger import EventKind, kinds

NOTE = {"note": "说明"}
KINDS = [
    EventKind("record.custodian_assigned", "指定保管人", "{actor}指定{person_name}保管", {"person": "person", "person_name": "text"}),
    EventKind("record.custodian_changed", "更换保管人", "{actor}登记保管人由{former_name}换为{person_name}，{handed_over_on}交接",
              {"person": "person", "person_name": "text", "former": "person", "former_name": "text", "handed_over_on": "date"}),
    EventKind("record.archived", "归档", "{actor}归档，保管人{custodian_name}", {"custodian": "person", "custodian_name": "text"}),
    EventKind("record.handed_over", "移交", "{actor}移交档案材料", {"handover": "integer", "form": "integer?"}),
    EventKind("record.received", "接收", "{actor}接收档案材料", {"handover": "integer"}),
    EventKind("record.sent", "外发", "{actor}外发档案给{to}", {"dispatch": "integer", "to": "text", "person": "person?"}, NOTE),
    EventKind("inventory.counted", "盘点", "{actor}盘点：应有 {expected} 份，实有 {found} 份，缺 {missing} 份",
              {"count": "integer", "expected": "integer", "found": "integer", "missing": "integer", "counted_on": "date"}),
    EventKind("inventory.missing", "盘点缺失", "{counted_on}盘点未见此档案", {"count": "integer", "number": "text", "counted_on": "date"}),
    EventKind("inventory.found", "找到", "{actor}找到盘点缺失的档案", {"count": "integer"}, NOTE),
]  # fmt: skip


def register() -> None:
    """Make the kinds known to the ledger."""
    kinds.register(*KINDS)
