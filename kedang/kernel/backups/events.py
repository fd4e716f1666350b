"""Event kinds of backups: what the page of administrators reads and an auditor finds."""

from __future__ import annotations

from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.kinds import EventKind

MADE, FAILED = "backup.made", "backup.failed"
DRILLED, DRILL_FAILED = "backup.drilled", "backup.drill_failed"
RESTORED, ERASED = "backup.restored", "backup.erased"
ASKED = "backup.asked"

KINDS = (
    EventKind(
        MADE,
        "备份",
        "备份完成：{name}，{rows} 行、{files} 个附件，用时 {seconds} 秒",
        {"name": "text", "rows": "integer", "files": "integer", "bytes": "integer", "seconds": "integer",
         "head": "integer", "digest": "text?"},
    ),
    EventKind(ASKED, "手工发起", "{actor}手工发起{what}", {"what": "text", "job": "integer"}),
    EventKind(FAILED, "备份失败", "备份失败：{why}", {"why": "long_text"}),
    EventKind(
        DRILLED,
        "恢复演练",
        "恢复演练通过：{name} 在临时位置恢复，{rows} 行、{files} 个附件逐一核对，台账 {events} 条事件核验无误，用时 {seconds} 秒",
        {"name": "text", "rows": "integer", "files": "integer", "events": "integer", "seconds": "integer"},
    ),
    EventKind(DRILL_FAILED, "恢复演练未通过", "恢复演练未通过：{why}", {"name": "text?", "why": "long_text"}),
    EventKind(
        RESTORED,
        "从备份恢复",
        "从备份 {name}（{made_at} 做成，台账至 {head} 号）恢复；{erased} 份已销毁的档案按名单再次销毁；{how}",
        {"name": "text", "made_at": "text", "head": "integer", "digest": "text?", "erased": "integer", "how": "text"},
    ),
    EventKind("backup.upgraded", "升级", "升级到 {version}（升级前的备份：{name}）", {"version": "text", "name": "text"}),
    EventKind(ERASED, "恢复后再次销毁", "按已销毁档案名单再次销毁（原销毁于 {destroyed_at}）", {"destroyed_at": "text"}),
)  # fmt: skip


def register() -> None:
    """Make them known."""
    kinds.register(*KINDS)
