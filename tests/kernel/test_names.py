"""Two spellings of one name meet; two names do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedang.kernel import names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("晨光机械有限公司", "晨光機械有限公司"),
        ("晨光机械（北京）有限公司", "晨光机械(北京) 有限责任公司"),
        ("ＡＢＣ科技股份有限公司", "abc科技"),
        ("中国·晨光集团有限公司", "中国晨光"),
        ("【晨光】机械厂", "晨光机械厂"),
    ],
)
def test_spellings_of_one_name_meet(one: str, other: str) -> None:
    assert names.normalize_name(one) == names.normalize_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("晨光机械（北京）有限公司", "晨光机械（上海）有限公司"),
        ("晨光一厂", "晨光二厂"),
        ("晨光机械有限公司", "晨光机电有限公司"),
    ],
)
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert names.normalize_name(one) != names.normalize_name(other)


def test_a_name_that_is_all_legal_form_keeps_something() -> None:
    assert names.normalize_name("集团公司") == "集团公司"
    assert names.normalize_name("公司") == "公司"


@given(st.text(min_size=1))
def test_normalising_is_stable_and_never_crashes(text: str) -> None:
    once = names.fold(text)
    assert names.fold(once) == once
    names.sort_key(text)
    names.pinyin_initials(text)
    assert "".join(names.bigrams(text)) == "" if not once else names.bigrams(text)


@pytest.mark.parametrize(
    ("text", "initials"),
    [
        ("云启科技", "yqkj"),
        ("晨光厂", "cgc"),
        ("重庆火锅", "cqhg"),
        ("曾国藩", "zgf"),
        ("尉迟恭", "ycg"),
        ("ABC科技2号", "abckj2h"),
        ("云安an", "yaan"),
        ("", ""),
    ],
)
def test_pinyin_initials(text: str, initials: str) -> None:
    assert names.pinyin_initials(text) == initials


def test_surnames_sort_by_their_own_reading() -> None:
    people = ["赵一", "曾二", "单三", "王四", "解五", "爱新觉罗公司"]
    assert sorted(people, key=names.sort_key) == ["爱新觉罗公司", "单三", "王四", "解五", "曾二", "赵一"]


def test_bigrams_and_digits() -> None:
    assert names.bigrams("云启 科技") == ["云启", "启科", "科技"]
    assert names.bigrams("云") == ["云"]
    assert names.bigrams("（）") == []
    assert names.digits("０１０-6234 5678转801") == "01062345678801"
