"""What each platform's robot takes and answers, by its own documentation. Pure: nothing is sent here.

| robot | body | @ | signature | said no |
| --- | --- | --- | --- | --- |
| 企业微信 | text (markdown knows no @ by mobile), 2,048 bytes | mentioned_mobile_list | none: the address is the secret | errcode |
| 钉钉 | markdown, 20,000 bytes | at.atMobiles, and @mobile in the text | timestamp (ms) and sign in the address | errcode |
| 飞书 | post (rich text with links), 20 kB | by open_id only: the name is written | timestamp (s) and sign in the body | code |
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from kedang.kernel.delivery.models import RobotKind

HOSTS = {
    RobotKind.WECOM: ("qyapi.weixin.qq.com",),
    RobotKind.DINGTALK: ("oapi.dingtalk.com", "api.dingtalk.com"),
    RobotKind.FEISHU: ("open.feishu.cn", "open.larksuite.com"),
}
BYTES = {RobotKind.WECOM: 2000, RobotKind.DINGTALK: 18_000, RobotKind.FEISHU: 16_000}
TOO_FAST = {
    RobotKind.WECOM: {45009, 45033},
    RobotKind.DINGTALK: {130101, 130103, 410100},
    RobotKind.FEISHU: {9499, 11232},
}
JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True)
class Line:
    """One thing that a message says, to one person."""

    name: str
    mobile: str
    text: str
    url: str
    label: str = "去办理"


@dataclass(frozen=True)
class Post:
    """Ready to be sent."""

    url: str
    body: bytes


def compose(kind: str, address: str, secret: str, lines: Sequence[Line], now: datetime) -> Post:
    """The post of a robot for these lines."""
    build = {RobotKind.WECOM: _wecom, RobotKind.DINGTALK: _dingtalk, RobotKind.FEISHU: _feishu}[RobotKind(kind)]
    return build(address, secret, lines, now)


def fitting(kind: str, lines: Sequence[Line]) -> int:
    """How many of the lines fit into one post; one always does."""
    room, count = BYTES[RobotKind(kind)], 0
    for line in lines:
        room -= len(f"{line.name}{line.text}{line.url}{line.label}{line.mobile}".encode()) + 40
        if room < 0:
            break
        count += 1
    return max(1, count)


def verdict(kind: str, status: int, body: bytes) -> tuple[str, str]:
    """('ok' | 'slow' | 'no', why) of what the platform answered. They answer 200 to nearly everything."""
    if status == 429:
        return "slow", "平台限流"
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if status != 200 or not isinstance(said, dict):
        return "no", f"平台答复 {status}"
    code = said.get("errcode", said.get("code", said.get("StatusCode")))
    if code == 0:
        return "ok", ""
    if code in TOO_FAST[RobotKind(kind)]:
        return "slow", "平台限流"
    return "no", f"平台拒绝（{code}）：{str(said.get('errmsg') or said.get('msg') or '')[:120]}"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _mobiles(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(line.mobile for line in lines if line.mobile))


def _wecom(address: str, secret: str, lines: Sequence[Line], now: datetime) -> Post:
    content = "\n\n".join(f"{line.name}：{line.text}\n{line.label}：{line.url}" for line in lines)
    return Post(
        address, _json({"msgtype": "text", "text": {"content": content, "mentioned_mobile_list": _mobiles(lines)}})
    )


def _dingtalk(address: str, secret: str, lines: Sequence[Line], now: datetime) -> Post:
    at = "".join(f"@{mobile} " for mobile in _mobiles(lines))
    text = "\n\n".join(f"**{_plain(line.name)}**：{_plain(line.text)} [{line.label}]({line.url})" for line in lines)
    body = {
        "msgtype": "markdown",
        "markdown": {"title": f"客档：{lines[0].text[:30]}", "text": f"{text}\n\n{at}".strip()},
        "at": {"atMobiles": _mobiles(lines), "isAtAll": False},
    }
    if secret:
        stamp = str(int(now.timestamp() * 1000))
        sign = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        mark = "&" if urlsplit(address).query else "?"
        address += mark + urlencode({"timestamp": stamp, "sign": base64.b64encode(sign).decode()})
    return Post(address, _json(body))


def _feishu(address: str, secret: str, lines: Sequence[Line], now: datetime) -> Post:
    content = [
        [{"tag": "text", "text": f"{line.name}：{line.text} "}, {"tag": "a", "text": line.label, "href": line.url}]
        for line in lines
    ]
    body: dict[str, Any] = {"msg_type": "post", "content": {"post": {"zh_cn": {"title": "客档", "content": content}}}}
    if secret:
        stamp = str(int(now.timestamp()))
        sign = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
        body |= {"timestamp": stamp, "sign": base64.b64encode(sign).decode()}
    return Post(address, _json(body))


def _plain(text: str) -> str:
    """Without the marks that markdown would take for its own: a title must not become a link of somebody's making."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|!" else char for char in text)
