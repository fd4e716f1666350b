"""The event kinds of keeping records."""

from __future__ import annotations

from kedang.kernel.ledger import EventKind, kinds

NOTE = {"note": "说明"}
KINDS = [
    EventKind("record.custodian_assigned", "指定保管人", "{actor}指定{person_name}保管", {"person": "person", "person_name": "text"}),
    EventKind("record.custodian_changed", "更换保管人", "{actor}登记保管人由{former_name}换为{person_name}，{handed_over_on}交接",
              {"person": "person", "person_name": "text", "former": "person", "former_name": "text", "handed_over_on": "date"}),
    EventKind("record.archived", "归档", "{actor}归档，保管人{custodian_name}",
              {"custodian": "person", "custodian_name": "text", "class": "text?"}),
    EventKind("record.reclassified", "调整归档类别", "归档类别由“{from}”转为“{to}”", {"from": "text?", "to": "text?"}),
    EventKind("record.item_added", "存入档案件", "{actor}存入第{number}件",
              {"item": "integer", "number": "integer", "kind": "text?", "twin": "integer?"}, {"title": "题名"}),
    EventKind("record.item_replaced", "替换档案件", "{actor}替换第{number}件，为第{version}版",
              {"item": "integer", "number": "integer", "version": "integer"}, {"reason": "替换理由"}),
    EventKind("record.item_voided", "作废档案件", "{actor}作废第{number}件", {"item": "integer", "number": "integer"}, {"reason": "作废理由"}),
    EventKind("record.item_opened", "查看档案件", "{actor}查看第{number}件",
              {"item": "integer", "number": "integer", "sha256": "text?"}),
    EventKind("record.loan_approved", "借阅获准", "{person_name}借阅{medium}获准，待登记",
              {"loan": "integer", "person": "person", "person_name": "text", "medium": "text"}, {"purpose": "用途"}),
    EventKind("record.loan_registered", "登记借阅", "{actor}登记{person_name}借阅{medium}",
              {"loan": "integer", "person": "person", "person_name": "text", "until": "datetime", "medium": "text"}),
    EventKind("record.loan_returned", "归还档案", "{person_name}归还档案，{actor}收回",
              {"loan": "integer", "person": "person", "person_name": "text", "late": "bool"}, {"note": "归还说明"}),
    EventKind("record.destruction_approved", "批准销毁", "销毁获准，编号{number}", {"destruction": "integer", "number": "text"}),
    EventKind("record.destroyed", "销毁", "{actor}销毁档案，方式{method}，监督人{supervisor_name}",
              {"destruction": "integer", "number": "text", "method": "text", "supervisor": "person", "supervisor_name": "text"}),
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
