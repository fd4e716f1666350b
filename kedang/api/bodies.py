"""The body of a deed: JSON, read once, and what of it goes where."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from django.http import HttpRequest

from kedang.api.problems import Problem
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field, clean
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

MAX_DEPTH = 40
HALVES = re.compile("[\ud800-\udfff]")
KEY_HEADER = "Idempotency-Key"
OPTIONS = [
    Field("reason", "理由", "long_text", max=2000),
    Field("confirmed", "已确认", "bool"),
    Field("ask_exception", "申请例外", "bool"),
    Field("on_behalf_of", "代谁办理", "person"),
    Field("behalf_reason", "代办理由", "text", max=200),
    Field("copies", "抄送", "json"),
]
"""What is said with a deed beside its arguments; the same for all of them."""


@dataclass(frozen=True)
class Asked:
    """What a body asks for."""

    args: dict[str, Any]
    options: dict[str, Any]


def asked_in(request: HttpRequest) -> Asked:
    """Arguments and options of a deed; Problem 422 for a body that is none, Invalid at what does not belong there."""
    body = _object(request)
    args = body.pop("args", {})
    if not isinstance(args, dict):
        raise Invalid({"args": "请填写对象"})
    said = clean(OPTIONS, body, partial=True)
    options: dict[str, Any] = {key: value for key, value in said.items() if value not in (None, "")}
    if "on_behalf_of" in options:
        options["on_behalf_of"] = _person(options["on_behalf_of"])
    if "copies" in options:
        options["copies"] = _copies(options["copies"])
    return Asked(args, options)


def _object(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json.loads(request.body or b"{}", parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Problem(422, "invalid", "请求体不是有效的 JSON。", {"": "不是有效的 JSON"}) from None
    _check(found)
    if not isinstance(found, dict):
        raise Problem(422, "invalid", "请求体应为 JSON 对象。", {"": "请填写对象"})
    return found


def _check(found: Any) -> None:
    """Problem 422 for what no field could take: halves of a surrogate pair, nesting without end."""
    waiting = [(found, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise Problem(422, "invalid", "请求体的层次太深。", {"": "层次太深"})
        if isinstance(part, str) and not part.isascii() and HALVES.search(part):
            raise Problem(422, "invalid", "请求体含有不完整的字符。", {"": "含有不完整的字符"})
        if isinstance(part, dict):
            waiting += [(each, depth + 1) for pair in part.items() for each in pair]
        elif isinstance(part, list):
            waiting += [(each, depth + 1) for each in part]


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _person(pk: int) -> Person:
    found = org.active_people().filter(pk=pk).first()
    if found is None:
        raise Invalid({"on_behalf_of": "没有这个人，或已停权、离职。"})
    return found


def _copies(found: Any) -> tuple[int, ...]:
    if not isinstance(found, list) or len(found) > 50 or any(type(one) is not int or one < 1 for one in found):
        raise Invalid({"copies": "请填写人员编号的列表，最多 50 人"})
    return tuple(found)


def key_of(request: HttpRequest) -> str:
    """The key of a deed as the kernel keeps it: the person's own, so that nobody meets anybody else's."""
    given = request.headers.get(KEY_HEADER, "").strip()
    if not given:
        raise Problem(
            422, "key_missing", f"请在 {KEY_HEADER} 头中给这次提交一个不重复的键，如 UUID。", {KEY_HEADER: "此项必填"}
        )
    if len(given) > 200:
        raise Problem(422, "invalid", f"{KEY_HEADER} 最多 200 个字。", {KEY_HEADER: "最多 200 个字"})
    return f"api:{request.user.pk}:{hashlib.sha256(given.encode('utf-8', 'surrogatepass')).hexdigest()}"
