"""The event kinds of trade."""

from __future__ import annotations

from kedang.kernel.ledger import EventKind, kinds

NAMED = {"name": "合同名称", "reason": "终止原因"}
NOTE = {"note": "说明", "opinion": "意见"}
KINDS = [
    EventKind("expense.submitted", "提交报销单", "{actor}提交{kind}费报销单 {amount} 元",
              {"expense": "integer", "kind": "text", "amount": "money", "occurred_on": "date", "filed_after": "bool?"}, NOTE),
    EventKind("expense.reviewed", "审核报销单", "{actor}审核报销单：{outcome}", {"expense": "integer", "agree": "bool", "outcome": "text"}, NOTE),
    EventKind("expense.paid", "报销", "{actor}支付报销单 {amount} 元", {"expense": "integer", "amount": "money"}),
    EventKind("contract.registered", "登记合同", "{actor}登记合同", {"contract": "integer", "amount": "money?", "signed_on": "date"}, NAMED),
    EventKind("contract.terminated", "终止合同", "{actor}终止合同", {"contract": "integer"}, NAMED),
]  # fmt: skip


def register() -> None:
    """Make the kinds known to the ledger."""
    kinds.register(*KINDS)
