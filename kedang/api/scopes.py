"""What a token may do: `read`, `write`, one noun of either (`read:customers`, `write:contact`), or one action
(`write:contact.record`). A token never may more than its person."""

from __future__ import annotations

from collections.abc import Iterable

from kedang.api.offered import actions

READS = {
    "me": "令牌与本人", "customers": "客户档案", "inbox": "待办", "approvals": "审批", "rules": "制度", "organisation": "组织", "events": "事件",
}  # fmt: skip
WIDE = {"read": "读取全部", "write": "办理全部"}


def known() -> dict[str, str]:
    """Every scope there is, with what it lets one do."""
    offered = actions()
    nouns: dict[str, list[str]] = {}
    for name, spec in offered.items():
        nouns.setdefault(name.partition(".")[0], []).append(spec.label)
    return {
        **WIDE,
        **{f"read:{noun}": f"读取{label}" for noun, label in READS.items()},
        **{f"write:{noun}": f"办理：{'、'.join(labels)}" for noun, labels in sorted(nouns.items())},
        **{f"write:{name}": f"办理：{spec.label}" for name, spec in offered.items()},
        "write:files": "上传附件",
    }


def may_read(scopes: Iterable[str], noun: str) -> bool:
    """Whether these scopes let one read a noun; who he is, a token may always ask."""
    return noun == "me" or bool({"read", f"read:{noun}"} & set(scopes))


def may_act(scopes: Iterable[str], action: str) -> bool:
    """Whether these scopes let one do an action."""
    return bool({"write", f"write:{action}", f"write:{action.partition('.')[0]}"} & set(scopes))
