"""Phones, company codes and identity numbers: one spelling each, check digits verified. Pure."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from kedang.kernel import clock

_EXTENSION = re.compile(r"^(.*?)\s*(?:转|分机|ext\.?|x|#)\s*(\d{1,6})$", re.IGNORECASE)
# Firms' own short and toll-free numbers. Public hotlines (12345, 110) are nobody's way to be reached.
_SERVICE = re.compile(r"(?:95\d{3,4}|400\d{7}|800\d{7})")
_LOADING = Lock()
_BAD_PHONE = "电话号码不对，应如 13800138000 或 010-62345678转801"


def clean_phone(text: str) -> str:
    """A mobile as 11 digits, a landline as 010-62345678 with 转801 behind it, a foreign number as +852 ...; else ValueError."""
    number, extension = _split_extension(text)
    compact = re.sub(r"[\s()（）\-–—.]", "", number)
    if not re.fullmatch(r"\+?\d{3,15}", compact):
        raise ValueError(_BAD_PHONE)
    if _SERVICE.fullmatch(compact):
        return compact + extension
    if _mobiles().fullmatch(compact):
        return compact + extension
    return _parsed(compact) + extension


@lru_cache(maxsize=1)
def _mobiles() -> re.Pattern[str]:
    """Mobile numbers as the library's own table has them; most of what is typed, and known without parsing it."""
    table: Any = _library().PhoneMetadata.metadata_for_region("CN")
    return re.compile(table.mobile.national_number_pattern)


def _library() -> Any:
    """phonenumbers, whose tables are large, loaded when a number is first read. One thread at a time: one that came while
    another loads them would find China's not there yet."""
    with _LOADING:
        import phonenumbers

        phonenumbers.PhoneMetadata.metadata_for_region("CN")
    return phonenumbers


def _split_extension(text: str) -> tuple[str, str]:
    match = _EXTENSION.fullmatch(text.strip())
    return (match[1], f"转{match[2]}") if match else (text.strip(), "")


def _parsed(compact: str) -> str:
    phonenumbers = _library()
    try:
        found = phonenumbers.parse(compact, "CN")
    except phonenumbers.NumberParseException:
        raise ValueError(_BAD_PHONE) from None
    if not phonenumbers.is_valid_number(found):
        raise ValueError(_missing_area(compact))
    if found.country_code != 86:
        return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    national: str = phonenumbers.national_significant_number(found)
    if phonenumbers.number_type(found) == phonenumbers.PhoneNumberType.MOBILE:
        return national
    area = phonenumbers.length_of_geographical_area_code(found) or (2 if national[0] in "12" else 3)
    return f"0{national[:area]}-{national[area:]}"


def _missing_area(compact: str) -> str:
    return "座机号码请带区号，如 010-62345678" if re.fullmatch(r"[2-8]\d{6,7}", compact) else _BAD_PHONE


def clean_credit_code(text: str) -> str:
    """统一社会信用代码: 18 characters, upper case, check digit right; else ValueError."""
    compact = re.sub(r"[\s\-–—.]", "", text).upper()
    if len(compact) != 18:
        raise ValueError(f"统一社会信用代码应为 18 位，现为 {len(compact)} 位")
    # Eighteen zeros pass the check digit, and people type them to get past it; no district is 000000.
    if compact[2:8] == "000000":
        raise ValueError("统一社会信用代码不对，请核对")
    try:
        return str(uscc.validate(compact))
    except ValidationError:
        raise ValueError("统一社会信用代码校验位不符，请核对") from None


def clean_id_number(text: str) -> str:
    """居民身份证号: 18 characters, check digit right, birth date real and not in the future; else ValueError."""
    compact = re.sub(r"[\s\-–—.]", "", text).upper()
    if len(compact) != 18:
        raise ValueError(f"身份证号应为 18 位，现为 {len(compact)} 位")
    if not re.fullmatch(r"\d{17}[\dX]", compact):
        raise ValueError("身份证号只能是数字，末位可为 X")
    if not _born_before(compact, clock.today()):
        raise ValueError("身份证号中的出生日期不对")
    try:
        return str(ric.validate(compact))
    except ValidationError:
        raise ValueError("身份证号校验位不符，请核对") from None


def _born_before(number: str, day: date) -> bool:
    try:
        return date(1900, 1, 1) <= date(int(number[6:10]), int(number[10:12]), int(number[12:14])) <= day
    except ValueError:
        return False
