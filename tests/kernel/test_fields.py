"""What people type becomes typed values or a plain Chinese sentence."""

import string
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedang.kernel import clock, fields
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.workdays.durations import Duration

USCC = "91110000600037341L"
RIC = "11010519491231002X"


def read(kind: str, raw: Any, **more: Any) -> Any:
    return fields.clean([Field("x", "栏", kind, **more)], {"x": raw})["x"]


def complaint(kind: str, raw: Any, **more: Any) -> str:
    with pytest.raises(Invalid) as refused:
        read(kind, raw, **more)
    assert list(refused.value.errors) == ["x"]
    return refused.value.errors["x"]


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("text", "  晨光厂\u3000", "晨光厂"),
        ("text", "第一行\n第二行", "第一行 第二行"),
        ("long_text", " 第一行\r\n第二行 ", "第一行\n第二行"),
        ("number", "１２．５", Decimal("12.5")),
        ("number", "-1,234.5", Decimal("-1234.5")),
        ("integer", "4,000", 4000),
        ("integer", "3.0", 3),
        ("money", "￥1,300", Decimal("1300.00")),
        ("money", "１２．５０元", Decimal("12.50")),
        ("money", 300, Decimal("300.00")),
        ("date", "2026-03-02", date(2026, 3, 2)),
        ("date", "2026/3/2", date(2026, 3, 2)),
        ("date", "2026年3月2日", date(2026, 3, 2)),
        ("date", "２０２６年３月２日", date(2026, 3, 2)),
        ("date", date(2026, 3, 2), date(2026, 3, 2)),
        ("time", "9:05", time(9, 5)),
        ("time", "９：０５", time(9, 5)),
        ("time", "17点30分", time(17, 30)),
        ("datetime", "2026-03-02 10:00", datetime(2026, 3, 2, 10, tzinfo=clock.SHANGHAI)),
        ("datetime", "2026-03-02T10:00", datetime(2026, 3, 2, 10, tzinfo=clock.SHANGHAI)),
        ("datetime", "2026-03-02T02:00:00Z", datetime(2026, 3, 2, 10, tzinfo=clock.SHANGHAI)),
        ("datetime", "2026年3月2日 9点", datetime(2026, 3, 2, 9, tzinfo=clock.SHANGHAI)),
        ("bool", "on", True),
        ("bool", "否", False),
        ("bool", False, False),
        ("phone", "138 0013 8000", "13800138000"),
        ("phone", "+86-138-0013-8000", "13800138000"),
        ("phone", "１３８００１３８０００", "13800138000"),
        ("phone", "19912345678", "19912345678"),
        ("phone", "010-62345678转801", "010-62345678转801"),
        ("phone", "010 62345678 转 801", "010-62345678转801"),
        ("phone", "(0571)87654321 分机 12", "0571-87654321转12"),
        ("phone", "02162345678", "021-62345678"),
        ("phone", "400-810-1234", "4008101234"),
        ("phone", "95588", "95588"),
        ("phone", "+852 2123 4567", "+852 2123 4567"),
        ("email", " Wang@Example.com ", "Wang@Example.com"),
        ("credit_code", "91110000-6000373 41l", USCC),
        ("id_number", "11010519491231002x", RIC),
        ("person", "12", 12),
        ("customer", 12, 12),
        ("duration", "5 working_days", Duration(5, "working_day")),
        ("duration", "5个工作日", Duration(5, "working_day")),
        ("choices", "电话、上门", ["电话", "上门"]),
        ("choices", ["上门", "上门"], ["上门"]),
    ],
)
def test_what_people_type_is_understood(kind: str, raw: Any, expected: Any) -> None:
    value = read(kind, raw)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("kind", "raw", "message"),
    [
        ("text", "a\x00b", "控制字符"),
        ("text", "字" * 501, "最多 500 个字"),
        ("text", ["a"], "请填写文字"),
        ("number", "一百", "不是数字"),
        ("number", "1e5", "不是数字"),
        ("number", "12,34", "不是数字"),
        ("number", float("nan"), "过大"),
        ("number", True, "请填写数字"),
        ("integer", "3.5", "整数"),
        ("money", "0.005", "最多两位小数"),
        ("money", "9" * 20, "过大"),
        ("date", "2026-02-30", "没有 2026-02-30 这一天"),
        ("date", "3月2日", "日期应如"),
        ("date", "0026-03-02", "年份"),
        ("time", "25:00", "没有 25:00 这个时间"),
        ("datetime", "2026-03-02 99:00", "没有"),
        ("datetime", "明天", "日期时间应如"),
        ("bool", "也许", "是或否"),
        ("phone", "无", "电话号码不对"),
        ("phone", "12345", "电话号码不对"),
        ("phone", "62345678", "带区号"),
        ("phone", "1380013800", "电话号码不对"),
        ("email", "wang@", "邮箱"),
        ("email", "a@b", "邮箱"),
        ("credit_code", "91110000600037341M", "校验位"),
        ("credit_code", "9111000060003734", "应为 18 位，现为 16 位"),
        ("id_number", "110105194912310021", "校验位"),
        ("id_number", "110105209912310024", "出生日期"),
        ("id_number", "110105194913310024", "出生日期"),
        ("id_number", "A10105194912310021", "只能是数字"),
        ("person", "小王", "从列表中选择"),
        ("customer", "-1", "从列表中选择"),
        ("unit", "9" * 19, "从列表中选择"),
        ("file", True, "请上传文件"),
        ("duration", "五天", "写法不对"),
        ("json", {1, object()}, "不能保存"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_chinese(kind: str, raw: Any, message: str) -> None:
    assert message in complaint(kind, raw)


def test_required_default_and_blank() -> None:
    assert complaint("text", " \u3000", required=True) == "此项必填"
    assert read("text", "") is None
    assert read("choices", "") == []
    assert fields.clean([Field("x", "栏", "number", default=3)], {}) == {"x": Decimal(3)}
    assert fields.clean([Field("x", "栏", "number", default=3)], {"x": ""}) == {"x": None}


def test_every_bad_field_is_named_at_once_and_unknown_keys_too() -> None:
    form = [Field("a", "甲", "number"), Field("b", "乙", required=True), Field("c", "丙", "date")]
    with pytest.raises(Invalid) as refused:
        fields.clean(form, {"a": "x", "c": "2026-01-05", "typo": 1})
    assert set(refused.value.errors) == {"a", "b", "typo"}


def test_a_dry_run_requires_nothing_but_still_checks_what_is_there() -> None:
    form = [Field("a", "甲", "number", required=True), Field("b", "乙", required=True)]
    assert fields.clean(form, {"a": "1"}, partial=True) == {"a": Decimal(1)}
    with pytest.raises(Invalid):
        fields.clean(form, {"a": "x"}, partial=True)


def test_bounds_and_patterns() -> None:
    assert complaint("number", "0", min=1) == "不能小于 1"
    assert complaint("money", "300.01", max="300") == "不能大于 300.00"
    assert complaint("date", "2026-01-01", min="2026-01-02") == "不能早于 2026-01-02"
    assert complaint("text", "短", min=2) == "不能少于 2个字"
    assert complaint("choices", "甲、乙、丙", max=2) == "不能多于 2项"
    assert complaint("text", "AB1", pattern=r"[A-Z]{2}\d{2}") == "格式不对"
    assert read("text", "AB12", pattern=r"[A-Z]{2}\d{2}") == "AB12"


def test_choices_take_the_key_or_the_label_and_name_what_there_is() -> None:
    values = {"key": "重点", "normal": "一般"}
    assert read("choice", "key", values=values) == read("choice", "重点", values=values) == "key"
    assert complaint("choice", "贵宾", values=values) == "没有“贵宾”这一项，可选：重点、一般"
    assert complaint("choices", "重点、贵宾", values=values).startswith("没有“贵宾”")
    assert read("choices", ["一般", "key"], values=values) == ["normal", "key"]


def test_a_field_of_an_unknown_type_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="类型"):
        Field("x", "栏", "colour")


@pytest.mark.parametrize(
    ("kind", "value", "shown", "masked"),
    [
        ("phone", "13800138000", "13800138000", "138****8000"),
        ("phone", "010-62345678转801", "010-62345678转801", "010-******78"),
        ("id_number", RIC, RIC, "1101**********002X"),
        ("text", "张三丰", "张三丰", "张**"),
        ("email", "wang@example.com", "wang@example.com", "w***@example.com"),
        ("address", "北京市海淀区中关村大街1号", "北京市海淀区中关村大街1号", "北京市海淀区****"),
    ],
)
def test_personal_values_can_be_masked(kind: str, value: str, shown: str, masked: str) -> None:
    field = Field("x", "栏", kind)
    assert fields.display(field, value) == shown
    assert fields.display(field, value, mask=True) == masked


def test_values_are_shown_in_chinese() -> None:
    def show(kind: str, value: Any, **more: Any) -> str:
        return fields.display(Field("x", "栏", kind, **more), value)

    assert show("money", Decimal("1300")) == "1,300.00"
    assert show("number", Decimal("1200.50")) == "1,200.5"
    assert show("number", Decimal("100")) == "100"
    assert show("bool", False) == "否"
    assert show("choice", "key", values={"key": "重点"}) == "重点"
    assert show("duration", Duration(5, "working_day")) == "5个工作日"
    assert show("datetime", datetime(2026, 3, 2, 10, tzinfo=clock.SHANGHAI)) == "2026-03-02 10:00"
    assert show("text", None) == ""
    person = Field("x", "栏", "person")
    assert fields.display(person, 3, names=lambda kind, pk: {3: "张三"}.get(pk)) == "张三"
    assert fields.display(person, 3, names=lambda kind, pk: "张三", mask=True) == "张**"


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(string.ascii_letters + "客档", min_size=1),
    "number": st.decimals(-(10**9), 10**9, places=4),
    "money": st.decimals(0, 10**9, places=2),
    "integer": st.integers(-(10**12), 10**12),
    "date": st.dates(date(1900, 1, 1), date(2200, 12, 31)),
    "time": st.times(),
    "datetime": st.datetimes(datetime(1992, 1, 1), datetime(2199, 1, 1)).map(clock.local),
    "bool": st.booleans(),
    "person": st.integers(1, 2**63 - 1),
    "duration": st.builds(Duration, st.integers(0, 99), st.sampled_from(["day", "working_day", "month"])),
    "choices": st.lists(st.sampled_from(["甲", "乙", "丙"]), min_size=1, unique=True),
}


@given(st.data(), st.sampled_from(sorted(VALUES)))
def test_a_value_survives_storage_and_being_typed_again(data: st.DataObject, kind: str) -> None:
    field = Field("x", "栏", kind)
    value = data.draw(VALUES[kind])
    stored = fields.to_json(field, value)
    assert not isinstance(stored, float)
    assert fields.from_json(field, stored) == value
    assert fields.clean_one(field, stored) == value


@given(
    st.sampled_from(sorted(fields.TYPES)),
    st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.lists(st.text())),
)
def test_no_input_makes_a_field_crash(kind: str, raw: Any) -> None:
    try:
        fields.clean([Field("x", "栏", kind, required=True)], {"x": raw})
    except Invalid as refused:
        assert refused.errors["x"]


@given(st.integers(0, 9), st.integers(0, 17))
def test_any_changed_digit_of_an_identity_number_is_noticed(digit: int, place: int) -> None:
    changed = RIC[:place] + str(digit) + RIC[place + 1 :]
    if changed != RIC:
        complaint("id_number", changed)


@pytest.mark.parametrize(
    "raw", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "1600-01-01T00:00:00", "2026-13-01T00:00"]
)
def test_a_moment_no_calendar_of_ours_has_is_refused_in_chinese(raw: str) -> None:
    with pytest.raises(ValueError, match="年份应在|日期时间应如"):
        fields.clean_one(Field("at", "时间", "datetime"), raw)


@pytest.mark.parametrize("raw", ["a\x00b", "\ud800", {"\x00": 1}, [2**70], [[[[["\udfff"]]]]]])
def test_what_no_engine_stores_is_refused_in_text_and_json(raw: object) -> None:
    for kind in ("json",) + (("text", "long_text") if isinstance(raw, str) else ()):
        with pytest.raises(ValueError, match="[一-龥]"):
            fields.clean_one(Field("x", "内容", kind), raw)


def test_nesting_without_end_is_refused() -> None:
    deep: object = 1
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ValueError, match="层次"):
        fields.clean_one(Field("x", "内容", "json"), deep)
