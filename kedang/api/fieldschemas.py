"""A kernel field as JSON schema: the one type system of actions and forms, told to machines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from kedang.kernel.fields import Field
from kedang.kernel.fieldtypes import MAX_FILES, MAX_ID, MAX_LONG_TEXT, MAX_TEXT

ID = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string", "maxLength": MAX_TEXT},
    "long_text": {"type": "string", "maxLength": MAX_LONG_TEXT},
    "address": {"type": "string", "maxLength": MAX_TEXT},
    "number": {"type": ["string", "number"], "description": "数字，最多六位小数"},
    "integer": {"type": "integer"},
    "money": {"type": "string", "pattern": r"^-?\d{1,14}(\.\d{1,2})?$", "description": "金额，元，最多两位小数"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "description": "时刻，如 09:30"},
    "bool": {"type": "boolean"},
    "choice": {"type": "string", "maxLength": MAX_TEXT},
    "choices": {"type": "array", "items": {"type": "string", "maxLength": MAX_TEXT}, "maxItems": 200},
    "phone": {"type": "string", "maxLength": 40, "description": "手机或带区号的固定电话"},
    "email": {"type": "string", "format": "email", "maxLength": 254},
    "credit_code": {"type": "string", "maxLength": 40, "description": "18 位统一社会信用代码"},
    "id_number": {"type": "string", "maxLength": 40, "description": "18 位身份证号码"},
    "duration": {"type": "string", "maxLength": 40, "description": "如 5 工作日、3 天"},
    "json": {},
    "file": {"type": "array", "items": ID, "maxItems": MAX_FILES, "description": "POST /files 给出的 blob"},
    "person": ID, "unit": ID, "customer": ID, "contact": ID,
}  # fmt: skip
SIZED = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}


def schema_of(field: Field) -> dict[str, Any]:
    """One field. What is not required may be null; the kernel reads more than this (全角, 2026年3月2日), and checks it."""
    made: dict[str, Any] = {"title": field.name, **TYPES[field.type]}
    if field.choices and field.type == "choice":
        made |= {
            "enum": list(field.choices),
            "description": "；".join(f"{key} {label}" for key, label in field.choices.items()),
        }
    if field.choices and field.type == "choices":
        made["items"] = {"type": "string", "enum": list(field.choices)}
    if field.pattern and made.get("type") == "string":
        made["pattern"] = f"^(?:{field.pattern})$"
    _bound(field, made)
    if field.shape:
        made["type"] = {"object": "object", "list": "array"}[field.shape]
    if field.purpose:
        made["description"] = "；".join(filter(None, [made.get("description", ""), f"收集目的：{field.purpose}"]))
    if not field.required and made.get("type"):
        kinds = made["type"] if isinstance(made["type"], list) else [made["type"]]
        made["type"] = [*kinds, "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    return made


def _bound(field: Field, made: dict[str, Any]) -> None:
    low, high = SIZED.get(str(made.get("type")), ("minimum", "maximum"))
    for bound, key in ((field.min, low), (field.max, high)):
        if bound is None or isinstance(bound, date):
            continue
        try:
            number = int(str(bound))
        except ValueError:
            continue
        if made.get("type") in ("string", "array", "integer") and "enum" not in made and "format" not in made:
            made[key] = min(number, made[key]) if key in ("maxLength", "maxItems") and key in made else number


def object_of(known: Iterable[Field]) -> dict[str, Any]:
    """Several fields as an object that takes nothing else."""
    listed = list(known)
    made: dict[str, Any] = {
        "type": "object",
        "properties": {field.id: schema_of(field) for field in listed},
        "additionalProperties": False,
    }
    needed = [field.id for field in listed if field.required]
    return {**made, "required": needed} if needed else made
