"""The one field type system: action arguments, event data and pack forms are all lists of `Field`. Pure.

`clean` reads what people type, `to_json`/`from_json` store it, `display` shows it. What each type does stands in
`kedang.kernel.fieldtypes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from kedang.kernel import fieldtypes
from kedang.kernel.errors import Invalid

TYPES = fieldtypes.TYPES
REFERENCES = fieldtypes.REFERENCES
Bound = int | float | Decimal | date | str | None
Namer = Callable[[str, int], str | None]


@dataclass(frozen=True)
class Field:
    """One input: an action argument, a key of event data, or a blank of a form.

    `values` are the choices (a list of texts, or key -> label). `min`/`max` bound numbers and dates, or the length of a
    text. `pattern` is a regular expression the whole text must match.
    """

    id: str
    name: str
    type: str = "text"
    required: bool = False
    values: Mapping[str, str] | Sequence[str] | None = None
    min: Bound = None
    max: Bound = None
    pattern: str | None = None
    personal: bool = False
    purpose: str = ""
    group: str = ""
    default: Any = None
    clause: str = ""
    shape: Literal["", "object", "list"] = ""
    """What a json value must be."""

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"字段 {self.id} 的类型“{self.type}”不存在（可用 {'、'.join(sorted(TYPES))}）")

    @cached_property
    def choices(self) -> dict[str, str]:
        """Key -> label of a choice field; empty for other types."""
        if not self.values:
            return {}
        if isinstance(self.values, Mapping):
            return {str(key): str(label) for key, label in self.values.items()}
        return {str(value): str(value) for value in self.values}


def clean(fields: Iterable[Field], raw: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """Typed values of every field from what was typed; `Invalid` with one Chinese message a field.

    An absent or blank field gives its default (None, [] for choices). Keys nobody declared are refused. `partial` leaves
    absent fields out and requires nothing, for dry runs.
    """
    known = list(fields)
    names = {field.id for field in known}
    errors = {key: "没有这一栏" for key in raw if key not in names}
    cleaned: dict[str, Any] = {}
    for field in known:
        if partial and field.id not in raw:
            continue
        try:
            cleaned[field.id] = clean_one(field, raw.get(field.id))
        except ValueError as error:
            errors[field.id] = str(error)
    if partial:
        errors = {key: text for key, text in errors.items() if text != REQUIRED}
    if errors:
        raise Invalid(errors)
    return cleaned


REQUIRED = "此项必填"
MANY = frozenset({"choices", "file"})
"""Types whose value is a list; nothing is an empty one."""


def clean_one(field: Field, raw: Any) -> Any:
    """One typed value; ValueError with a Chinese message that fits under the field."""
    value = fieldtypes.BLANK if is_blank(raw) else fieldtypes.read(field.type, raw, field.choices)
    if value is fieldtypes.BLANK or value == []:
        if field.default is not None and raw is None:
            return clean_one(field, field.default)
        if field.required:
            raise ValueError(REQUIRED)
        return [] if field.type in MANY else None
    _check_bounds(field, value)
    return value


def is_blank(raw: Any) -> bool:
    """Nothing typed: None, an empty list, or text of blanks only (the full-width blank included)."""
    return raw is None or raw == [] or (isinstance(raw, str) and not raw.strip())


SHAPES: dict[str, tuple[type, str]] = {"object": (dict, "请填写对象（{名称: 值}）"), "list": (list, "请填写列表")}


def _check_bounds(field: Field, value: Any) -> None:
    if field.shape and not isinstance(value, SHAPES[field.shape][0]):
        raise ValueError(SHAPES[field.shape][1])
    if field.pattern and isinstance(value, str) and not re.fullmatch(field.pattern, value):
        raise ValueError("格式不对")
    if field.min is None and field.max is None:
        return
    sized = isinstance(value, (str, list))
    measure = len(value) if sized else value
    low, high = (_bound(field, bound, sized) for bound in (field.min, field.max))
    unit = ("个字" if isinstance(value, str) else "项") if sized else ""
    if low is not None and measure < low:
        raise ValueError(f"不能{'少' if sized else _less(value)}于 {_shown(low)}{unit}")
    if high is not None and measure > high:
        raise ValueError(f"不能{'多' if sized else _more(value)}于 {_shown(high)}{unit}")


def _less(value: Any) -> str:
    return "早" if isinstance(value, date) else "小"


def _more(value: Any) -> str:
    return "晚" if isinstance(value, date) else "大"


def _shown(bound: Any) -> str:
    return bound.isoformat() if isinstance(bound, date) else str(bound)


def _bound(field: Field, bound: Bound, sized: bool) -> Any:
    """The bound in the type of the value it is compared with (packs write it as text or number)."""
    if bound is None:
        return None
    return int(str(bound)) if sized else fieldtypes.read(field.type, bound, {})


def to_json(field: Field, value: Any) -> Any:
    """The value as JSON keeps it: Decimal and dates as text, never a float. Reads loosely typed values first."""
    if value is None:
        return None
    return fieldtypes.dump(field.type, value)


def from_json(field: Field, value: Any) -> Any:
    """The inverse of `to_json`."""
    if value is None:
        return None
    return fieldtypes.load(field.type, value)


def display(field: Field, value: Any, *, mask: bool = False, names: Namer | None = None) -> str:
    """The value in Chinese; '' for nothing. `mask` hides the middle of personal values.

    `names(type, id)` gives the text of a person, unit, customer or contact, and the name of a file.
    """
    if value is None or value == []:
        return ""
    if field.type in REFERENCES:
        shown = names(field.type, int(value)) if names else None
        shown = str(value) if shown is None else shown
        return mask_name(shown) if mask and field.type in ("person", "contact") else shown
    if field.type == "file" and names:
        return "、".join(names("file", int(one)) or "文件" for one in value)
    shown = fieldtypes.show(field.type, value, field.choices)
    return mask_text(field.type, shown) if mask else shown


def mask_text(type_name: str, text: str) -> str:
    """Hide what identifies: the middle of phones and numbers, all but the surname, the user part of an address."""
    if type_name == "phone":
        return mask_phone(text)
    if type_name in ("id_number", "credit_code"):
        return text[:4] + "*" * max(len(text) - 8, 4) + text[-4:] if len(text) > 8 else "*" * len(text)
    if type_name == "email":
        user, at, host = text.partition("@")
        return f"{user[:1]}***{at}{host}"
    if type_name == "address":
        return text[:6] + "****" if len(text) > 6 else "****"
    return mask_name(text)


def mask_phone(text: str) -> str:
    """138****8000; a landline keeps its area code and last two digits."""
    if re.fullmatch(r"1\d{10}", text):
        return f"{text[:3]}****{text[-4:]}"
    head, _, _ = text.partition("转")
    area, dash, number = head.rpartition("-")
    return f"{area}{dash}{'*' * max(len(number) - 2, 4)}{number[-2:]}"


def mask_name(text: str) -> str:
    """张**: the first character and two stars."""
    return f"{text[:1]}**"
