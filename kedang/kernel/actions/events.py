"""Event kinds of the kernel itself."""

from __future__ import annotations

from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.kinds import EventKind

_PASSED = {"action": "text", "label": "text", "why": "long_text?", "reason": "long_text?"}
WHY = {"why": "原因"}
REASON = {"reason": "理由"}
PURPOSE = {"purpose": "用途"}
_GRANT = {
    "person": "person",
    "name": "text",
    "grant": "integer",
    "number": "text?",
    "verbs": "text?",
    "scope": "text?",
    "form": "text?",
}

KINDS = (
    EventKind(
        "norm.refused",
        "被拒绝",
        "{actor}办理“{label}”被拒绝：{why}",
        {"action": "text", "label": "text", "why": "long_text?", "about": "text?"},
        WHY,
    ),
    EventKind(
        "norm.reasoned", "说明原因后办理", "{actor}说明原因后办理“{label}”：{reason}", _PASSED, {**WHY, **REASON}
    ),
    EventKind("norm.confirmed", "确认后办理", "{actor}确认后办理“{label}”：{why}", _PASSED, {**WHY, **REASON}),
    EventKind("norm.warned", "提示", "{actor}办理“{label}”时得到提示：{why}", _PASSED, {**WHY, **REASON}),
    EventKind(
        "norm.breached", "违反", "{title}{how}", {"duty": "integer?", "norm": "text", "title": "text", "how": "text"}
    ),
    EventKind(
        "norm.yielded",
        "从严",
        "{title}：按{holds}办理，从严，不另按本条",
        {"title": "text", "holds": "text", "norm": "text"},
    ),
    EventKind(
        "norm.gap",
        "缺资料",
        "“{label}”缺资料，无法判断：{facts}",
        {"norm": "text", "label": "text", "facts": "text", "names": "text", "rule": "text"},
    ),
    EventKind(
        "norm.notified", "通知", "通知{people}：{text}", {"people": "text?", "text": "long_text?"}, {"text": "内容"}
    ),
    EventKind("norm.assigned", "按规则指派", "按规则指派：{why}", {"person": "person", "why": "long_text?"}, WHY),
    EventKind(
        "proposal.opened", "提出建议", "提出建议：{title}", {"proposal": "integer", "title": "text"}, {"title": "事由"}
    ),
    EventKind(
        "proposal.settled",
        "裁定",
        "{actor}裁定“{title}”：{verdict}，理由：{reason}",
        {"proposal": "integer", "title": "text", "verdict": "text", "reason": "long_text"},
        {"title": "事由", **REASON},
    ),
    EventKind(
        "proposal.heard", "陈述", "{actor}陈述：{text}", {"proposal": "integer", "text": "long_text"}, {"text": "陈述"}
    ),
    EventKind("duty.done", "办结", "{title}：{state}", {"duty": "integer", "title": "text", "state": "text"}),
    EventKind("duty.taken", "领办", "{actor}领办：{title}", {"duty": "integer", "title": "text"}),
    EventKind(
        "duty.excused",
        "说明特殊情况",
        "{actor}说明特殊情况：{title}，{reason}",
        {"duty": "integer", "title": "text", "reason": "long_text"},
        REASON,
    ),
    EventKind(
        "duty.extended",
        "延期",
        "{actor}将“{title}”第{times}次延期至{until}，理由：{reason}",
        {"duty": "integer", "title": "text", "times": "integer", "until": "text", "reason": "long_text"},
        REASON,
    ),
    EventKind("duty.paused", "暂停计时", "{title}：暂停计时", {"duty": "integer", "title": "text"}),
    EventKind(
        "duty.resumed",
        "恢复计时",
        "{title}：恢复计时，期限{until}",
        {"duty": "integer", "title": "text", "until": "text"},
    ),
    EventKind(
        "duty.waived",
        "豁免",
        "{actor}豁免：{title}，{reason}",
        {"duty": "integer", "title": "text", "reason": "long_text"},
        REASON,
    ),
    EventKind(
        "duty.finished",
        "办结",
        "{actor}办结：{title}，{note}",
        {"duty": "integer", "title": "text", "note": "long_text?"},
        {"note": "说明"},
    ),
    EventKind(
        "form.filed",
        "提交表单",
        "{actor}提交《{name}》",
        {"form": "text", "name": "text", "record": "integer", "number": "text?"},
        {"*": ""},
    ),
    EventKind(
        "flow.moved",
        "流转",
        "{actor}将{name}由“{from_label}”改为“{to_label}”",
        {
            "flow": "text",
            "name": "text",
            "from": "text",
            "to": "text",
            "from_label": "text",
            "to_label": "text",
            "direction": "text",
            "opinion": "long_text?",
        },
        {"opinion": "意见"},
    ),
    EventKind("file.viewed", "查看附件", "{actor}查看附件", {"blob": "integer", "sha256": "text"}, {"name": "文件名"}),
    EventKind("file.copied", "下载附件", "{actor}下载附件", {"blob": "integer", "sha256": "text"}, {"name": "文件名"}),
    EventKind(
        "file.opened",
        "查阅",
        "{actor}查阅档案",
        {"purpose": "text?", "request": "integer?", "number": "text?"},
        PURPOSE,
    ),
    EventKind(
        "form.opened",
        "查阅表单",
        "{actor}查阅{name}",
        {
            "form": "text",
            "name": "text",
            "record": "integer?",
            "since": "date?",
            "through": "date?",
            "rows": "integer",
            "purpose": "text?",
            "number": "text?",
        },
        PURPOSE,
    ),
    EventKind(
        "form.exported",
        "导出表单登记",
        "{actor}导出{name} {rows} 份，用途：{purpose}，编号 {code}",
        {
            "form": "text",
            "name": "text",
            "since": "date?",
            "through": "date?",
            "rows": "integer",
            "purpose": "text",
            "code": "text",
            "digest": "text",
            "number": "text?",
            "recipient": "text?",
        },
        {**PURPOSE, "recipient": "接收人"},
    ),
    EventKind(
        "access.granted",
        "授权查阅",
        "授权{name}{verbs}{scope}，至{until}",
        {**_GRANT, "until": "text", "request": "integer?", "relation": "text?"},
    ),
    EventKind("access.expired", "授权到期收回", "{name}的授权到期收回：{verbs}{scope}", _GRANT),
    EventKind(
        "access.revoked",
        "收回授权",
        "{actor}收回{name}的授权：{verbs}{scope}，事由：{reason}",
        {**_GRANT, "reason": "text"},
        REASON,
    ),
    EventKind(
        "access.disclosed",
        "对外提供",
        "{actor}对外提供{what}，接收人：{recipient}（{way}），内容摘要 {digest}",
        {
            "what": "text",
            "recipient": "text",
            "way": "text",
            "purpose": "text",
            "digest": "text",
            "number": "text?",
            "form": "text?",
        },
        {"summary": "内容摘要", "what": "内容", "recipient": "接收人", **PURPOSE},
    ),
    EventKind(
        "pack.interpreted",
        "解释条款",
        "{actor}解释{title}第{clause}条",
        {"pack": "text", "title": "text", "clause": "text", "text": "long_text"},
    ),
    EventKind(
        "form.retired",
        "停用表单",
        "{actor}停用《{name}》，第{clauses}条因此失效",
        {"form": "text", "name": "text", "clauses": "text", "reason": "text"},
    ),
    EventKind("form.restored", "恢复使用表单", "{actor}恢复使用《{name}》", {"form": "text", "name": "text"}),
    EventKind(
        "pack.drafted",
        "起草制度",
        "{actor}起草{title}第{version}版",
        {"pack": "text", "title": "text", "version": "integer", "clause": "text?", "text": "long_text?"},
    ),
    EventKind(
        "pack.adopted",
        "制度生效",
        "{title}第{version}版自{since}起生效",
        {"pack": "text", "title": "text", "version": "integer", "since": "date"},
    ),
    EventKind("calendar.changed", "调整工作日历", "{actor}将{day}设为{kind}", {"day": "date", "kind": "text"}),
    EventKind(
        "pack.acknowledged",
        "签收制度",
        "{actor}已阅读并签收《{title}》第{version}版",
        {"pack": "text", "title": "text", "version": "integer", "digest": "text"},
    ),
    EventKind("pack.urged", "催签", "{actor}催签《{title}》，{count}人", {"title": "text", "count": "integer"}),
    EventKind(
        "event.corrected",
        "更正记录",
        "{actor}更正{what}，理由：{reason}",
        {
            "entry": "integer",
            "what": "text",
            "said": "long_text",
            "reason": "text",
            "undone": "long_text?",
            "left": "long_text?",
        },
        {"what": "更正的记录", "said": "原记录", **REASON, "undone": "已撤销", "left": "未撤销"},
    ),
    EventKind(
        "deed.typed",
        "代录",
        "{actor}代{name}录入“{label}”，理由：{reason}",
        {"action": "text", "label": "text", "name": "text", "reason": "text"},
        REASON,
    ),
    EventKind(
        "person.left", "离职", "{actor}登记{name}离职，最后一天 {on}", {"name": "text", "on": "date", "reason": "text"}
    ),
    EventKind(
        "handover.changed",
        "离职交接",
        "{actor}办理{name}的离职交接：{what}",
        {"name": "text", "what": "long_text", "digest": "text?"},
    ),
    EventKind("handover.closed", "交接办结", "{name}的离职交接办结，{count}项", {"name": "text", "count": "integer"}),
    EventKind("calendar.confirmed", "确认放假安排", "{actor}确认{year}年的放假安排", {"year": "integer"}),
    EventKind("account.password_set", "设置密码", "{actor}凭一次性链接设置密码（{how}）", {"how": "text"}),
    EventKind("org.changed", "组织变动", "{actor}{what}", {"what": "text"}),
    EventKind("job.cancelled", "取消任务", "{actor}取消后台任务“{title}”", {"job": "integer", "title": "text"}),
    EventKind(
        "list.exported",
        "导出列表",
        "{actor}导出{what} {rows} 行（{format}），用途：{purpose}，编号 {code}",
        {
            "what": "text",
            "list": "text",
            "rows": "integer",
            "columns": "text",
            "filters": "json?",
            "purpose": "text",
            "code": "text",
            "digest": "text",
            "format": "text",
        },
        {"what": "内容", **PURPOSE},
    ),
    EventKind("job.fetched", "下载结果", "{actor}下载《{name}》", {"job": "integer", "name": "text"}),
)


def register() -> None:
    """Make the kernel's kinds known; called once when the kernel is ready."""
    kinds.register(*KINDS)
