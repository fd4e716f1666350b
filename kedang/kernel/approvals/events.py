"""The approval.* events: ordinary ledger events with the clause filled, so they are the enforcement register."""

from __future__ import annotations

from dataclasses import replace

from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.kinds import EventKind

_REQUEST = {"request": "integer", "action": "text", "title": "text"}
_VOTE = {**_REQUEST, "step": "integer", "role": "text?", "acting_for": "person?"}
# What people wrote stands beside the ledger, so that it goes with the file it is about.
WRITTEN = {"opinion": "意见", "reason": "事由", "cause": "原因"}
_PEOPLE = {**_VOTE, "people": "text"}


def register() -> None:
    """Make the kinds known to the ledger; called once when the app is ready."""
    kinds.register(*(replace(kind, personal=WRITTEN) for kind in KINDS))


KINDS = (
    EventKind("approval.asked", "提交审批", "{actor}提交审批：{title}", _REQUEST),
    EventKind("approval.agreed", "同意", "{actor}同意：{title}", _VOTE),
    EventKind("approval.rejected", "拒绝", "{actor}拒绝：{title}", {**_VOTE, "final": "bool"}),
    EventKind(
        "approval.returned",
        "退回",
        "{actor}退回：{title}",
        {**_VOTE, "to_step": "integer?", "straight": "bool"},
    ),
    EventKind(
        "approval.resubmitted",
        "再次提交",
        "{actor}再次提交：{title}",
        {**_REQUEST, "straight": "bool"},
    ),
    EventKind("approval.withdrawn", "撤回", "{actor}撤回申请：{title}", _REQUEST),
    EventKind("approval.transferred", "转交", "{actor}将审批转交{people}：{title}", _PEOPLE),
    EventKind("approval.delegated", "委托", "{actor}委托{people}代为审批：{title}", _PEOPLE),
    EventKind("approval.signer_added", "加签", "{actor}加签{people}：{title}", {**_PEOPLE, "where": "text"}),
    EventKind("approval.signer_removed", "减签", "{actor}减签{people}：{title}", _PEOPLE),
    EventKind("approval.consulted", "征询", "{actor}征询{people}：{title}", _PEOPLE),
    EventKind("approval.advised", "答复征询", "{actor}答复征询：{title}", _VOTE),
    EventKind("approval.agreed_if", "附条件同意", "{actor}附条件同意：{title}，{first}", {**_VOTE, "first": "text"}),
    EventKind("approval.fulfilled", "条件成立", "条件已成立，同意生效：{title}", {**_REQUEST, "step": "integer"}),
    EventKind(
        "approval.timed_out",
        "审批超时",
        "超过审批期限：{title}，{how}",
        {**_REQUEST, "step": "integer", "how": "text", "people": "text?"},
    ),
    EventKind("approval.retried", "再次执行", "{actor}再次执行：{title}", _REQUEST),
    EventKind("approval.printed", "打印审批单", "{actor}打印审批单：{title}", _REQUEST),
    EventKind("approval.taken_back", "拿回", "{actor}拿回自己的同意意见：{title}", _VOTE),
    EventKind("approval.copied", "抄送", "{actor}将申请抄送{people}：{title}", {**_REQUEST, "people": "text"}),
    EventKind("approval.reminded", "催办", "{actor}催办：{title}", {**_REQUEST, "people": "text", "step": "integer"}),
    EventKind("approval.approved", "批准", "已批准：{title}", _REQUEST),
    EventKind("approval.executed", "批准后已执行", "批准后已执行：{title}", _REQUEST),
    EventKind("approval.failed", "批准未执行", "批准未执行：{title}", _REQUEST),
    EventKind("approval.voided", "作废", "{actor}作废：{title}", _REQUEST),
)
