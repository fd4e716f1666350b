"""查重: what it finds, what it shows to whom, and that it is on record."""

import pytest

from kedang.customers.selectors import find_duplicates
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event, Value
from tests.support.company import Company


@pytest.mark.parametrize(
    "name",
    [
        "上海晨光文具厂",
        "上海晨光文具廠",
        "上海晨光文具厂（有限公司）",
        "（上海）晨光文具厂",
        "上海 晨光 文具厂",
        "ｓｈ",
    ],
)
def test_one_name_in_other_spellings_is_the_same(company: Company, factory: int, name: str) -> None:
    rows = find_duplicates(company["小王"], name=name)
    if name == "ｓｈ":
        assert rows == []
    else:
        assert [(row["verdict"], row["number"]) for row in rows] == [("重复", "KH-2026-00001")]


@pytest.mark.parametrize("name", ["上海晨光文具", "晨光文具厂", "上海晨光文化用品厂", "上海辰光文具厂"])
def test_a_name_that_is_nearly_the_same_is_similar(company: Company, factory: int, name: str) -> None:
    rows = find_duplicates(company["小王"], name=name)
    assert [row["verdict"] for row in rows] == ["相似"]


def test_an_unrelated_name_finds_nothing(company: Company, factory: int) -> None:
    assert find_duplicates(company["小王"], name="广州白云制药") == []


def test_code_and_phone_are_found_and_named(company: Company, factory: int) -> None:
    rows = find_duplicates(
        company["小王"], name="完全不同", credit_code="91310000607215270Y", phone="0086 139 1111 2222"
    )
    assert rows[0]["agrees"] == ["统一社会信用代码"]
    rows = find_duplicates(company["小王"], phone="139-1111-2222")
    assert rows[0]["agrees"] == ["电话"]


def test_beyond_his_list_a_searcher_learns_what_find_grants(company: Company, factory: int) -> None:
    exact = find_duplicates(company["小李"], name="上海晨光文具厂")
    assert [(row["customer"], row["number"], row["owner"]) for row in exact] == [(None, "", "小王")]
    assert find_duplicates(company["小李"], name="上海晨光文具") == []
    assert [row["verdict"] for row in find_duplicates(company["吴经理"], name="上海晨光文具")] == ["相似"]
    assert find_duplicates(company["丁仓管"], name="上海晨光文具厂") == []


def test_a_search_is_on_record_without_its_words_in_the_event(company: Company, factory: int) -> None:
    rows = company.do("customer.search", "小李", q="13800138000")
    assert [row["agrees"] for row in rows] == [["电话"]]
    event = Event.objects.get(kind="customer.searched")
    assert (event.actor, event.data["hits"]) == (company["小李"], 1)
    assert "13800138000" not in str(event.data)
    assert Value.objects.get(event=event).new == "13800138000"


def test_one_character_is_too_short_to_check(company: Company) -> None:
    with pytest.raises(Invalid) as error:
        company.do("customer.search", "小王", q=" （ 晨 ）")
    assert "q" in error.value.errors
