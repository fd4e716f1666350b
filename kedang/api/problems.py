"""What is answered instead of a result: one shape for every status, in Chinese. The one place that makes it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse

from kedang.kernel import clock
from kedang.kernel.actions import answers
from kedang.kernel.approvals import chain
from kedang.kernel.errors import (
    AsksReason,
    Conflict,
    Gone,
    Invalid,
    KedangError,
    KeyUsed,
    NeedsApproval,
    NotFound,
    Refused,
    RefusedBefore,
)

log = logging.getLogger("kedang.api")
HIDDEN = NotFound()
UNAVAILABLE = "系统正忙或数据库暂时不可用，请稍后再试。"


class Problem(Exception):
    """An answer of the API itself: no token, no scope, too many requests, a body that is none."""

    def __init__(self, status: int, code: str, message: str, errors: Mapping[str, str] | None = None, **headers: str):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.errors, self.headers = dict(errors or {}), headers

    def answer(self) -> JsonResponse:
        """As a response."""
        made = said(self.status, self.code, self.message, errors=self.errors)
        for name, value in self.headers.items():
            made[name.replace("_", "-")] = value
        return made


def said(status: int, code: str, message: str, **more: Any) -> JsonResponse:
    """A problem as JSON; empty parts are left out."""
    body = {
        "code": code,
        "message": message,
        **{key: value for key, value in more.items() if value not in (None, {}, [])},
    }
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def of_error(error: KedangError, reader: int) -> JsonResponse:
    """What the kernel answered instead of doing a deed."""
    if isinstance(error, Refused):
        return refused(answers.told(error.decision, reader))
    if isinstance(error, RefusedBefore):
        told = error.told or {"what": "", "clauses": [], "facts": [], "lift": [], "ask": [], "exception": False}
        return refused(told)
    if isinstance(error, AsksReason):
        told = answers.told(error.decision, reader)
        code = error.decision.verdict
        ask = (
            "请写明 reason 后用同一个幂等键重新提交。" if code == "reason" else "请将 confirmed 设为 true 后重新提交。"
        )
        return said(
            409, code, f"{told['what']}{'须说明理由' if code == 'reason' else '前须确认'}。{ask}", **lines(told)
        )
    if isinstance(error, NeedsApproval):
        return asked(error.request)
    if isinstance(error, KeyUsed):
        return said(409, "key_used", "这个幂等键已用于内容不同的另一次提交，请换一个新的键。")
    if isinstance(error, Conflict):
        rows = [row | {} for row in getattr(error, "rows", ())]
        return said(409, "conflict", str(error), conflict=rows, version=getattr(error, "version", None))
    if isinstance(error, Invalid):
        return said(422, "invalid", str(error), errors=error.errors)
    if isinstance(error, Gone):
        return said(410, "gone", str(error))
    if isinstance(error, NotFound):
        # Alike whatever is hidden: not even the wording may differ.
        return said(404, "not_found", str(HIDDEN))
    return said(400, "bad", str(error))


def refused(told: Mapping[str, Any]) -> JsonResponse:
    """403 with clause, reason, facts, what would lift it and whom to ask."""
    first = next((line for line in told["clauses"]), None)
    number = f"第{first['number']}条：" if first and first["number"] else ""
    why = (first["message"] or first["text"]) if first else "制度不允许。"
    return said(403, "refused", f"不能{told['what']}。{number}{why}", **lines(told))


def lines(told: Mapping[str, Any]) -> dict[str, Any]:
    """The four lines of a decision."""
    return {key: told[key] for key in ("clauses", "facts", "lift", "ask")} | {"exception": told["exception"] or None}


def asked(request: Any) -> JsonResponse:
    """202: an approval was opened; which, and who will be asked."""
    body = {
        "code": "approval",
        "message": "已提交审批，批准后自动办理。",
        "request": {"id": request.pk, "number": request.number, "title": request.title, "asked_at": clock.local(request.asked_at).isoformat()},
        "route": route(chain.chain(request)),
    }  # fmt: skip
    return JsonResponse(body, status=202, json_dumps_params={"ensure_ascii": False})


def route(steps: list[chain.ChainStep]) -> list[dict[str, Any]]:
    """Who is asked in which order; the same for a foretold chain and one that runs."""
    return [
        {"step": step.number, "role": step.role_name, "mode": step.mode_label, "people": [one.name for one in step.people],
         "pack": step.pack, "clause": step.clause, "notes": list(step.notes)}
        for step in steps if not step.past
    ]  # fmt: skip


def broken(request: HttpRequest, error: BaseException) -> JsonResponse:
    """500 with a number that stands in the log too."""
    number = f"{clock.now():%m%d-%H%M}-{secrets.token_hex(2).upper()}"
    log.error("error %s at %s %s", number, request.method, request.path, exc_info=error)
    return said(500, "broken", f"系统出错（故障编号 {number}），没有办成。请把编号告诉管理员。")


# ---- what pydantic says, in Chinese ---------------------------------------------------------------------------------

WORDS = {
    "missing": "此项必填", "int_parsing": "请填写整数", "int_type": "请填写整数", "int_from_float": "请填写整数", "int_parsing_size": "数字过大",
    "bool_parsing": "请填写 true 或 false", "bool_type": "请填写 true 或 false", "string_type": "请填写文字",
    "string_too_long": "最多 {max_length} 个字", "string_too_short": "最少 {min_length} 个字", "string_pattern_mismatch": "格式不对",
    "greater_than_equal": "不能小于 {ge}", "less_than_equal": "不能大于 {le}", "greater_than": "须大于 {gt}", "less_than": "须小于 {lt}",
    "literal_error": "只能是 {expected} 之一", "enum": "只能是 {expected} 之一", "list_type": "请填写列表", "dict_type": "请填写对象",
    "date_from_datetime_parsing": "日期应如 2026-03-02", "date_parsing": "日期应如 2026-03-02", "datetime_parsing": "时间应如 2026-03-02T09:30:00+08:00",
    "too_long": "最多 {max_length} 项", "too_short": "最少 {min_length} 项", "extra_forbidden": "没有这一栏", "json_invalid": "不是 JSON",
    "model_attributes_type": "请填写对象", "finite_number": "请填写数字", "float_parsing": "请填写数字", "string_unicode": "含有不能保存的字符",
}  # fmt: skip


def of_validation(found: list[dict[str, Any]]) -> JsonResponse:
    """422 with a Chinese message at each field; an address that cannot be one is not found."""
    if any(error["loc"] and error["loc"][0] == "path" for error in found):
        return said(404, "not_found", str(HIDDEN))
    errors = {_place(error["loc"]): _words(error) for error in found}
    return said(
        422, "invalid", "；".join(dict.fromkeys(f"{key}：{text}" for key, text in errors.items())), errors=errors
    )


def _place(loc: Any) -> str:
    parts = [str(part) for part in loc if part not in ("query", "body", "header", "form")]
    return ".".join(parts[-1:] if len(parts) == 1 else [part for part in parts if part != "asked"])


def _words(error: Mapping[str, Any]) -> str:
    told = {
        key: str(value).replace(" or ", "、").replace(", ", "、") for key, value in (error.get("ctx") or {}).items()
    }
    try:
        return WORDS.get(error["type"], "填写不对").format_map(told)
    except (KeyError, IndexError):
        return "填写不对"
