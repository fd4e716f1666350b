"""What each field type reads, stores and shows. `kedang.kernel.fields` is the face of this module."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, TypeVar

from kedang.kernel import clock, identifiers
from kedang.kernel.workdays.durations import Duration

REFERENCES = frozenset({"person", "unit", "customer", "contact"})
BLANK = object()
MAX_TEXT, MAX_LONG_TEXT, MAX_FILES = 500, 20_000, 20
MAX_AMOUNT = Decimal("99999999999999")
MAX_ID = 2**63 - 1
CENT = Decimal("0.01")

Choices = Mapping[str, str]
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_TIME = re.compile(r"(\d{1,2})\s*[:点时]\s*(\d{1,2})?\s*分?(?::(\d{1,2})(?:\.(\d{1,6}))?)?")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
"""What neither engine takes: NUL, and halves of a surrogate pair."""
MAX_DEPTH = 32
_YES = {"true", "1", "on", "yes", "是", "有", "√"}
_NO = {"false", "0", "off", "no", "否", "无", "×"}


def half_width(text: str) -> str:
    """Full-width letters, digits and signs to their half-width forms, and no blanks around."""
    return unicodedata.normalize("NFKC", text).strip()


def _text(raw: Any) -> str:
    if not isinstance(raw, (str, int, float, Decimal)) or isinstance(raw, bool):
        raise ValueError("请填写文字")
    text = str(raw).replace("\r\n", "\n").replace("\r", "\n").strip()
    if _CONTROL.search(text):
        raise ValueError("含有看不见的控制字符，请删去后重填")
    return text


def _read_text(raw: Any, _: Choices) -> str:
    text = re.sub(r"\s*\n\s*", " ", _text(raw))
    if len(text) > MAX_TEXT:
        raise ValueError(f"最多 {MAX_TEXT} 个字")
    return text


def _read_long_text(raw: Any, _: Choices) -> str:
    text = _text(raw)
    if len(text) > MAX_LONG_TEXT:
        raise ValueError(f"最多 {MAX_LONG_TEXT} 个字")
    return text


def _decimal(raw: Any, what: str) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, float, Decimal)):
        raise ValueError(f"请填写{what}")
    text = half_width(str(raw)).lstrip("¥￥").removesuffix("元").strip()
    text = text.replace("，", ",").replace("−", "-")
    try:
        # A float or Decimal may print as 1E+3; text typed by people may not.
        number = Decimal(text) if isinstance(raw, (float, Decimal)) else _typed(text, what)
    except InvalidOperation:
        raise ValueError(f"“{raw}”不是{what}") from None
    if not number.is_finite() or abs(number) > MAX_AMOUNT:
        raise ValueError(f"{what}过大")
    return number


def _typed(text: str, what: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"“{text}”不是{what}")
    return Decimal(text.replace(",", ""))


def _read_number(raw: Any, _: Choices) -> Decimal:
    number = _decimal(raw, "数字")
    if -number.as_tuple().exponent > 6:  # type: ignore[operator]
        raise ValueError("最多六位小数")
    return number


def _read_integer(raw: Any, _: Choices) -> int:
    number = _decimal(raw, "整数")
    if number != number.to_integral_value():
        raise ValueError("请填写整数")
    return int(number)


def _read_money(raw: Any, _: Choices) -> Decimal:
    amount = _decimal(raw, "金额")
    if amount != amount.quantize(CENT, ROUND_HALF_UP):
        raise ValueError("金额最多两位小数")
    return amount.quantize(CENT)


def _read_date(raw: Any, _: Choices) -> date:
    if isinstance(raw, datetime):
        return clock.local(raw).date()
    if isinstance(raw, date):
        return raw
    match = _DATE.fullmatch(half_width(str(raw)))
    if not match:
        raise ValueError("日期应如 2026-03-02")
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ValueError(f"没有 {raw} 这一天") from None
    return _in_range(day)


YEARS = "年份应在 1900 到 2200 之间"
Day = TypeVar("Day", date, datetime)


def _in_range(day: Day) -> Day:
    if not 1900 <= day.year <= 2200:
        raise ValueError(YEARS)
    return day


def _read_time(raw: Any, _: Choices) -> time:
    if isinstance(raw, time):
        return raw
    match = _TIME.fullmatch(half_width(str(raw)))
    if not match:
        raise ValueError("时间应如 09:30")
    try:
        return time(int(match[1]), int(match[2] or 0), int(match[3] or 0), int((match[4] or "0").ljust(6, "0")))
    except ValueError:
        raise ValueError(f"没有 {raw} 这个时间") from None


def _read_datetime(raw: Any, _: Choices) -> datetime:
    if isinstance(raw, datetime):
        return clock.local(raw)
    if isinstance(raw, date):
        return clock.at_time(raw, time())
    text = half_width(str(raw))
    try:
        # Only with an offset or a T: fromisoformat would also take forms that people do not mean.
        if "T" in text:
            return _in_range(clock.local(datetime.fromisoformat(text)))
    except OverflowError:
        raise ValueError(YEARS) from None
    except ValueError as error:
        if str(error) == YEARS:
            raise
        raise ValueError("日期时间应如 2026-03-02 09:30") from None
    match = re.match(_DATE, text)
    if not match:
        raise ValueError("日期时间应如 2026-03-02 09:30")
    rest = text[match.end() :].strip()
    return clock.at_time(_read_date(match[0], {}), _read_time(rest, {}) if rest else time())


def _read_bool(raw: Any, _: Choices) -> bool:
    if isinstance(raw, bool):
        return raw
    word = half_width(str(raw)).lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("请选择是或否")


def _read_choice(raw: Any, choices: Choices) -> str:
    text = _text(raw)
    if not choices or text in choices:
        return text
    by_label = {label: key for key, label in choices.items()}
    if text in by_label:
        return by_label[text]
    raise ValueError(f"没有“{text}”这一项，可选：{'、'.join(choices.values())}")


def _read_choices(raw: Any, choices: Choices) -> list[str]:
    picked = re.split(r"[,，、;；]", raw) if isinstance(raw, str) and raw not in choices else raw
    many = list(picked) if isinstance(picked, (list, tuple, set, frozenset)) else [picked]
    cleaned = [_read_choice(one, choices) for one in many if str(one).strip()]
    return list(dict.fromkeys(cleaned))


def _read_email(raw: Any, _: Choices) -> str:
    text = half_width(_text(raw))
    if not _EMAIL.fullmatch(text):
        raise ValueError("邮箱地址不对，应如 name@example.com")
    return text


def _read_reference(raw: Any, _: Choices) -> int:
    text = half_width(str(raw))
    if isinstance(raw, bool) or not re.fullmatch(r"[0-9]{1,19}", text) or not 0 < int(text) <= MAX_ID:
        raise ValueError("请从列表中选择")
    return int(text)


def _read_files(raw: Any, _: Choices) -> list[int]:
    """Ids of uploaded files (`kedang.kernel.blobs`); whether a person may name them is asked of the deed."""
    many = re.split(r"[,，\s]+", raw.strip()) if isinstance(raw, str) else raw
    each = list(many) if isinstance(many, (list, tuple, set, frozenset)) else [many]
    texts = [half_width(str(one)) for one in each if str(one).strip()]
    if any(not re.fullmatch(r"[0-9]{1,19}", text) or not 0 < int(text) <= MAX_ID for text in texts):
        raise ValueError("请上传文件")
    found = list(dict.fromkeys(int(text) for text in texts))
    if len(found) > MAX_FILES:
        raise ValueError(f"一次最多 {MAX_FILES} 个文件")
    return found


def _read_duration(raw: Any, _: Choices) -> Duration:
    return raw if isinstance(raw, Duration) else Duration.parse(half_width(str(raw)))


def _read_json(raw: Any, _: Choices) -> Any:
    try:
        found = json.loads(json.dumps(raw, ensure_ascii=False, default=_plain, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise ValueError("内容不能保存") from None
    _check_json(found)
    return found


def _check_json(value: Any) -> None:
    """ValueError for what the tables cannot keep: NUL, lone surrogates, numbers beyond 64 bits, bottomless nesting."""
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError("内容的层次太深")
        if isinstance(part, str) and _UNSTORABLE.search(part):
            raise ValueError("含有看不见的控制字符，请删去后重填")
        if isinstance(part, int) and abs(part) > MAX_ID:
            raise ValueError("数字过大")
        if isinstance(part, dict):
            waiting += [(each, depth + 1) for pair in part.items() for each in pair]
        elif isinstance(part, list):
            waiting += [(each, depth + 1) for each in part]


def _plain(value: Any) -> Any:
    """JSON for what events carry inside a 'json' key."""
    if isinstance(value, (Decimal, Duration)):
        return str(value)
    if isinstance(value, datetime):
        return clock.local(value).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(type(value).__name__)


def _plain_text(reader: Callable[[str], str]) -> Callable[[Any, Choices], str]:
    return lambda raw, _: reader(half_width(_text(raw)))


_READERS: dict[str, Callable[[Any, Choices], Any]] = {
    "text": _read_text,
    "long_text": _read_long_text,
    "address": _read_text,
    "number": _read_number,
    "integer": _read_integer,
    "money": _read_money,
    "date": _read_date,
    "datetime": _read_datetime,
    "time": _read_time,
    "bool": _read_bool,
    "choice": _read_choice,
    "choices": _read_choices,
    "phone": _plain_text(identifiers.clean_phone),
    "email": _read_email,
    "credit_code": _plain_text(identifiers.clean_credit_code),
    "id_number": _plain_text(identifiers.clean_id_number),
    "duration": _read_duration,
    "json": _read_json,
    "file": _read_files,
    **dict.fromkeys(REFERENCES, _read_reference),
}
TYPES = frozenset(_READERS)


def read(type_name: str, raw: Any, choices: Choices) -> Any:
    """The typed value of what was typed; ValueError in Chinese."""
    return _READERS[type_name](raw, choices)


def dump(type_name: str, value: Any) -> Any:
    """A value as JSON. Identifiers are stored as given: they were checked when they were typed."""
    if type_name in ("text", "long_text", "address", "choice", "phone", "email", "credit_code", "id_number"):
        return str(value)
    typed = read(type_name, value, {})
    if isinstance(typed, datetime):
        return typed.isoformat()
    if isinstance(typed, (date, time)):
        return typed.isoformat()
    return str(typed) if isinstance(typed, (Decimal, Duration)) else typed


def load(type_name: str, value: Any) -> Any:
    """The inverse of `dump`."""
    if type_name in (
        "text",
        "long_text",
        "address",
        "choice",
        "choices",
        "phone",
        "email",
        "credit_code",
        "id_number",
        "json",
    ):
        return value
    return read(type_name, value, {})


def show(type_name: str, value: Any, choices: Choices) -> str:
    """A typed value in Chinese."""
    if type_name == "choice":
        return choices.get(value, str(value))
    if type_name == "choices":
        return "、".join(choices.get(one, str(one)) for one in value)
    if type_name == "bool":
        return "是" if value else "否"
    if type_name == "money":
        return f"{Decimal(value):,.2f}"
    if type_name == "number":
        return f"{Decimal(value).normalize():,f}"
    if type_name == "datetime":
        return f"{clock.local(value):%Y-%m-%d %H:%M}"
    if type_name == "time":
        return f"{value:%H:%M}"
    if type_name == "duration":
        return str(value.label())
    if type_name == "json":
        return json.dumps(value, ensure_ascii=False)
    if type_name == "file":
        return f"{len(value)} 个文件"
    return value.isoformat() if isinstance(value, date) else str(value)
