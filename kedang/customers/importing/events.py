"""The event kinds of importing. Rows' own events are those of the deeds they are."""

from __future__ import annotations

from kedang.kernel.ledger import EventKind, kinds

_ONE = {"batch": "integer", "number": "text"}
_RESULTS = dict.fromkeys(("created", "updated", "skipped", "failed", "waiting"), "integer")

KINDS = [
    EventKind("import.uploaded", "上传导入文件", "{actor}上传导入文件 {number}", {**_ONE, "sha256": "text"}),
    EventKind(
        "customer.import_started", "开始导入", "{actor}开始导入 {number}，{rows} 行，重复的{policy}",
        {**_ONE, "rows": "integer", "opening": "bool", "policy": "text", "sha256": "text"},
    ),
    EventKind(
        "customer.imported", "导入完成",
        "导入 {number} 完成：新建 {created}，覆盖 {updated}，跳过 {skipped}，失败 {failed}，须审批 {waiting}", {**_ONE, **_RESULTS},
    ),
    EventKind("import.fetched", "下载导入资料", "{actor}下载导入 {number} 的{what}", {**_ONE, "what": "text"}),
    EventKind("customer.import_undoing", "撤销导入", "{actor}撤销导入 {number}：{reason}", {**_ONE, "reason": "text"}),
    EventKind(
        "customer.import_undone", "撤销导入完成", "撤销导入 {number} 完成：撤销 {undone} 行，保留 {kept} 行",
        {**_ONE, "reason": "text", "undone": "integer", "kept": "integer"},
    ),
    EventKind("customer.voided", "作废", "{actor}将档案作废", {}, {"credit_code": "统一社会信用代码", "reason": "原因"}),
]  # fmt: skip


def register() -> None:
    """Make the kinds known to the ledger."""
    kinds.register(*KINDS)
