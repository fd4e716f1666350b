"""Reads by API: the pages' selectors, cursors that hold while others write, queries that do not grow with the rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kedang.kernel import ledger
from kedang.kernel.ledger.models import Event
from tests.api.support import Machine, machine
from tests.support.company import Company


def all_of(one: Machine, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    found, cursor = [], ""
    while True:
        page = one.get(path, **query, **({"cursor": cursor} if cursor else {})).json()
        found += page["items"]
        cursor = page["next"]
        if not cursor:
            return found


def register(company: Company, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        company.do("customer.register", "小王", name=f"第{number}号机械配件厂", phone=f"138{number:08d}")


@pytest.mark.parametrize(
    "sort", ["-updated", "updated", "name", "-name", "number", "-registered", "owner", "last_contact"]
)
def test_a_cursor_goes_through_all_rows_once_in_every_order(company: Company, sort: str) -> None:
    register(company, 7)
    wang = machine(company["小王"])
    whole = [row["id"] for row in wang.get("/customers", scope="all", sort=sort, limit=50).json()["items"]]
    assert [row["id"] for row in all_of(wang, "/customers", scope="all", sort=sort, limit=2)] == whole
    assert len(set(whole)) == 7


def test_a_file_registered_meanwhile_moves_no_row_out_of_a_later_page(company: Company) -> None:
    register(company, 6)
    wang = machine(company["小王"])
    first = wang.get("/customers", sort="-number", limit=3).json()
    register(company, 2, first=6)
    second = wang.get("/customers", sort="-number", limit=3, cursor=first["next"]).json()
    numbers = [row["number"] for row in first["items"] + second["items"]]
    assert len(set(numbers)) == 6 and numbers == sorted(numbers, reverse=True)


def test_a_cursor_of_another_order_or_made_up_is_422(company: Company) -> None:
    register(company, 3)
    wang = machine(company["小王"])
    cursor = wang.get("/customers", sort="-number", limit=1).json()["next"]
    for asked in ({"sort": "name", "cursor": cursor}, {"cursor": "abc"}, {"cursor": "WzFd"}):
        answer = wang.get("/customers", **asked)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["cursor"])


def test_the_list_takes_the_filters_of_the_page(company: Company, factory: int) -> None:
    register(company, 3)
    company.do("customer.classify", "小王", customer=factory, term="house.category", value="key")
    wang = machine(company["小王"])
    assert [row["id"] for row in wang.get("/customers", term="house.category:key").json()["items"]] == [factory]
    assert [row["id"] for row in wang.get("/customers", q="晨光").json()["items"]] == [factory]
    assert wang.get("/customers", scope="below").json()["items"] == []
    assert wang.get("/customers", limit="x", scope="moon").json()["errors"] == {
        "limit": "请填写整数",
        "scope": wang.get("/customers", scope="moon").json()["errors"]["scope"],
    }


def test_a_file_shows_fields_by_the_readers_rights_and_the_reading_is_on_record(company: Company, factory: int) -> None:
    whole = machine(company["小王"]).get(f"/customers/{factory}").json()
    assert whole["opened"] and whole["contacts"][0]["phone"] == "13911112222"
    assert Event.objects.filter(kind="file.opened", file=factory, actor=company["小王"]).count() == 1
    masked = machine(company["何内勤"]).get(f"/customers/{factory}").json()
    assert masked["contacts"][0]["phone"] == "139****2222"
    assert masked["figures"]["contract"] is None


def test_who_may_only_know_of_a_file_is_told_why_he_cannot_open_it(company: Company, factory: int) -> None:
    known = machine(company["小赵"])
    told = known.get(f"/customers/{factory}").json()
    assert (told["opened"], told["why"]["verdict"], told["contacts"]) == (False, "refuse", [])
    assert told["head"]["owner"] == "小王"
    refused = known.get(f"/customers/{factory}/timeline")
    assert (refused.status_code, refused.json()["code"]) == (403, "refused")
    assert "13800138000" not in known.get(f"/customers/{factory}").content.decode()


@pytest.mark.parametrize(
    "path", ["", "/timeline", "/contacts", "/duties", "/items", "/forms", "/events", "/items/1/files/1"]
)
def test_outside_the_list_every_path_answers_like_one_that_is_not_there(
    company: Company, factory: int, path: str
) -> None:
    stranger = machine(company["小李"])
    hidden, absent = (stranger.get(f"/customers/{pk}{path}") for pk in (factory, factory + 1000))
    huge = stranger.get(f"/customers/{10**25}{path}")
    assert hidden.status_code == absent.status_code == huge.status_code == 404
    assert hidden.content == absent.content == huge.content


def test_the_stream_of_events_misses_none_repeats_none_and_tells_only_of_files_one_may_open(
    company: Company, factory: int
) -> None:
    register(company, 4)
    ledger.seal()
    wang, zhao = machine(company["小王"]), machine(company["小赵"])
    seen, after = [], 0
    while True:
        part = wang.get("/events", after=after, limit=3).json()
        seen += [each["id"] for each in part["items"]]
        after = part["after"]
        if not part["more"]:
            break
    mine = Event.objects.exclude(file=None).order_by("pk").values_list("pk", flat=True)
    assert seen == list(mine)
    assert wang.get("/events", after=after).json()["items"] == []
    assert zhao.get("/events").json()["items"] == []
    only = wang.get("/events", kind=["customer.registered"]).json()["items"]
    assert {each["kind"] for each in only} == {"customer.registered"}


def test_the_stream_carries_no_personal_values(company: Company, factory: int) -> None:
    company.do("contact.record", "小王", customer=factory, kind="电话", content="谈到续约价格")
    text = machine(company["小王"]).get("/events").content.decode()
    assert "contact.recorded" in text
    assert "谈到续约价格" not in text and "13911112222" not in text


def test_regulations_organisation_inbox_and_approvals_answer_in_their_shapes(company: Company, factory: int) -> None:
    wang = machine(company["小王"])
    [house] = wang.get("/rules").json()
    assert house["pack"] == "house"
    assert wang.get("/rules/house").json()["title"] == "测试用数据权限"
    assert wang.get("/rules/nothing").status_code == 404
    assert "业务一部" in [unit["name"] for unit in wang.get("/organisation/units").json()]
    people = wang.get("/organisation/people", q="小王").json()["items"]
    assert [one["name"] for one in people] == ["小王"] and people[0]["posts"][0]["unit_name"] == "业务一部"
    assert "138" not in str(people)
    assert wang.get("/inbox").json() == {"duties": 0, "late": 0, "ballots": 0, "proposals": 0, "notices": 0}
    for path in ("/inbox/duties", "/inbox/ballots", "/inbox/notices", "/approvals"):
        assert wang.get(path).json() == {"items": [], "next": None}
    assert wang.get("/me").json()["name"] == "小王"


LISTS = [
    ("/customers", {"scope": "all"}, 20),
    ("/events", {}, 16),
    ("/organisation/people", {}, 6),
    ("/inbox/duties", {}, 10),
]


@pytest.mark.parametrize(("path", "query", "most"), LISTS)
def test_forty_rows_cost_no_more_queries_than_five(
    company: Company, path: str, query: dict[str, Any], most: int
) -> None:
    wang = machine(company["小王"])

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert wang.get(path, limit=100, **query).status_code == 200
        return len(caught)

    register(company, 5)
    cost()
    few = cost()
    register(company, 35, first=5)
    assert cost() <= few <= most


@pytest.mark.parametrize("part", ["timeline", "contacts", "events", "forms", "items"])
def test_a_long_story_costs_no_more_queries(company: Company, factory: int, part: str) -> None:
    wang = machine(company["小王"])

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert wang.get(f"/customers/{factory}/{part}").status_code == 200
        return len(caught)

    def tell(first: int, last: int) -> None:
        for number in range(first, last):
            company.do("contact.record", "小王", customer=factory, kind="电话", content=f"第{number}次")
            company.do("customer.add_contact", "小王", customer=factory, name=f"联系人{number}")

    tell(0, 2)
    cost()
    few = cost()
    tell(2, 14)
    assert cost() <= few <= 30
