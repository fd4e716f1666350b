"""The document as the page 接口说明 shows it."""

from __future__ import annotations

import json
from typing import Any

from kedang.api.bodies import KEY_HEADER

SAMPLES: dict[str, Any] = {"integer": 1, "boolean": True, "number": 1, "array": [], "object": {}}
FORMATS = {"date": "2026-11-22", "date-time": "2026-11-22T09:30:00+08:00", "email": "name@example.com"}


def sections(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations by tag, in the order in which tags first come."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path.endswith("/check"):
                continue
            tag = (operation.get("tags") or ["其他"])[0]
            found.setdefault(tag, []).append(_operation(path, method, operation))
    return [{"name": tag, "operations": each} for tag, each in found.items()]


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    args = body["properties"]["args"] if body else {}
    return {
        "path": path, "method": method.upper(), "summary": operation.get("summary", ""), "about": operation.get("description", ""),
        "id": operation["operationId"], "rows": [*_parameters(operation), *_arguments(args)], "codes": _codes(operation),
        "example": json.dumps({"args": _example(args)}, ensure_ascii=False) if body else "", "key": KEY_HEADER if _keyed(operation) else "",
    }  # fmt: skip


def _keyed(operation: dict[str, Any]) -> bool:
    return any(one["name"] == KEY_HEADER for one in operation.get("parameters", []))


def _codes(operation: dict[str, Any]) -> str:
    return "、".join(code for code in operation["responses"] if code.startswith("2"))


def _parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    places = {"path": "地址", "query": "查询", "header": "头"}
    return [
        {"name": one["name"], "label": one.get("description") or one["schema"].get("description") or "", "type": _type(one["schema"]),
         "place": places[one["in"]], "required": one.get("required", False)}
        for one in operation.get("parameters", []) if one["name"] != KEY_HEADER
    ]  # fmt: skip


def _arguments(args: dict[str, Any]) -> list[dict[str, Any]]:
    needed = args.get("required", [])
    return [
        {"name": name, "label": "，".join(filter(None, [one.get("title", ""), one.get("description", "")])), "type": _type(one),
         "place": "args", "required": name in needed}
        for name, one in args.get("properties", {}).items()
    ]  # fmt: skip


def _type(schema: dict[str, Any]) -> str:
    words = {
        "string": "文字",
        "integer": "整数",
        "number": "数字",
        "boolean": "是否",
        "array": "列表",
        "object": "对象",
    }
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if schema.get("enum"):
        return "单选"
    if schema.get("format") in ("date", "date-time"):
        return "日期" if schema["format"] == "date" else "时间"
    return "、".join(words[kind] for kind in kinds if kind in words) or "JSON"


def _example(args: dict[str, Any]) -> dict[str, Any]:
    """The required arguments with something that could stand there."""
    return {name: _sample(args["properties"][name]) for name in args.get("required", [])}


def _sample(schema: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    return SAMPLES.get(str(kind), schema.get("title", "")) if kind else {}
