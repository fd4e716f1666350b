"""The event kinds of customer files. What is personal stands in Value rows, never in the event itself."""

from __future__ import annotations

from kedang.kernel.ledger import EventKind, kinds

PERSONAL = {
    "name": "姓名", "phone": "电话", "email": "邮箱", "post": "职务", "address": "地址",
    "decision_role": "决策角色", "q": "检索词", "note": "说明", "old": "原值", "new": "新值",
}  # fmt: skip
ANY_FIELD = {"*": "字段"}
REASON = {"reason": "理由"}

KINDS = [
    EventKind("customer.registered", "登记客户", "{actor}登记客户，编号 {number}", {"number": "text", "kind": "text", "source": "text?"}, PERSONAL),
    EventKind("customer.updated", "修改资料", "{actor}修改了{fields}", {"fields": "text", "names": "json", "version": "integer"}, ANY_FIELD),
    EventKind("customer.renamed", "客户更名", "{actor}登记客户更名", {}, PERSONAL),
    # Recorded by the kernel (flows.set_term), for forms that bind a class as well as for customer.classify.
    EventKind("customer.classified", "调整分类", "{actor}把{name}定为{new_label}",
              {"term": "text", "name": "text", "old": "text?", "new": "text", "old_label": "text?", "new_label": "text"}),
    # Emitted by the stage of a flow that a pack declares so: the file has been accepted (备案通过).
    EventKind("customer.filed", "备案通过", "客户备案通过"),
    EventKind("customer.change_reported", "登记重大变动", "{actor}登记{side}变动：{matter}",
              {"matter": "text", "side": "text", "occurred_on": "date"}, PERSONAL),
    EventKind("customer.transferred", "转移", "{actor}把客户转移给{to_name}", {"to": "person", "to_name": "text", "former": "person?", "reason": "text?", "succeeds": "bool?"}, REASON),
    EventKind("customer.owner_left", "负责人离职", "负责人{name}离职", {"person": "person", "name": "text"}),
    EventKind("customer.assigned", "指派负责人", "{actor}指派{to_name}负责", {"to": "person", "to_name": "text", "former": "person?", "reason": "text?"}, REASON),
    EventKind("customer.released", "放入公海", "{actor}将客户放入公海", {"former": "person?", "reason": "text?"}, REASON),
    EventKind("customer.taken", "领取客户", "{actor}从公海领取客户", {"to": "person", "to_name": "text"}),
    EventKind("customer.collaborator_added", "添加协作人", "{actor}添加协作人{person_name}", {"person": "person", "person_name": "text", "access": "text"}),
    EventKind("customer.collaborator_removed", "移除协作人", "{actor}移除协作人{person_name}", {"person": "person", "person_name": "text"}),
    EventKind("customer.contact_added", "添加联系人", "{actor}添加联系人", {"contact": "contact"}, PERSONAL),
    EventKind("customer.contact_updated", "修改联系人", "{actor}修改联系人的{fields}", {"contact": "contact", "fields": "text"}, PERSONAL),
    EventKind("customer.claimed", "登记客户信息", "{actor}登记客户信息", {"claim": "integer", "person": "person", "source": "text?"}),
    EventKind("customer.claim_odd", "自填登记时间异常", "{actor}自填的登记时间 {said} 早于系统时间，以系统时间为准",
              {"claim": "integer", "person": "person", "said": "text"}),
    EventKind("customer.conflict_opened", "客户冲撞", "客户冲撞：{cause}", {"conflict": "integer", "cause": "text"}, PERSONAL),
    EventKind("customer.conflict_settled", "裁定归属", "{actor}裁定归{to_name}", {"conflict": "integer", "to": "person", "to_name": "text"}, PERSONAL),
    EventKind("customer.searched", "查重", "{actor}查重，得到 {hits} 条", {"hits": "integer"}, PERSONAL),
    EventKind("customer.exported", "导出", "{actor}导出{what} {rows} 行，用途：{purpose}，编号 {code}",
              {"what": "text", "rows": "integer", "columns": "text", "scope": "text?", "filters": "json?", "purpose": "text", "code": "text", "digest": "text", "number": "text?"}, {**PERSONAL, "what": "内容", "purpose": "用途"}),
]  # fmt: skip

OWNER_EVENTS = [
    "customer.registered",
    "customer.transferred",
    "customer.assigned",
    "customer.released",
    "customer.taken",
    "customer.conflict_settled",
]


def register() -> None:
    """Make the kinds known to the ledger."""
    kinds.register(*KINDS)
