"""The event kinds of the API: who may act by machine, and who is told of what."""

from __future__ import annotations

from kedang.kernel.ledger import EventKind, kinds

KINDS = [
    EventKind("token.created", "新建 API 令牌", "{actor}新建 API 令牌“{name}”", {"token": "integer", "name": "text", "scopes": "json", "until": "datetime?"}),
    EventKind("token.revoked", "停用 API 令牌", "{actor}停用{owner}的 API 令牌“{name}”", {"token": "integer", "name": "text", "owner": "text"}),
    EventKind("webhook.subscribed", "订阅事件", "{actor}订阅事件，推送到{host}", {"webhook": "integer", "host": "text", "kinds": "json"}),
    EventKind("webhook.changed", "修改订阅", "{actor}修改推送到{host}的订阅", {"webhook": "integer", "host": "text", "kinds": "json", "active": "bool"}),
    EventKind("webhook.ended", "取消订阅", "{actor}取消{owner}推送到{host}的订阅", {"webhook": "integer", "host": "text", "owner": "text"}),
    EventKind("webhook.resent", "重发", "{actor}重发推送到{host}的事件", {"webhook": "integer", "host": "text", "delivery": "integer"}),
    EventKind("webhook.given_up", "放弃推送", "推送到{host}的事件多次未送达，不再重试", {"webhook": "integer", "host": "text", "event": "integer"}),
]  # fmt: skip


def register() -> None:
    """Make the kinds known to the ledger."""
    kinds.register(*KINDS)
