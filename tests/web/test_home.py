"""首页: every figure opens exactly its rows, in every scope and period, with files present that the reader may not see."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from itertools import pairwise, product

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from kedang.kernel import clock, kept, tick
from kedang.reports.home import figures, keeping, watching
from kedang.reports.home.lens import SCOPES, Lens
from kedang.reports.home.spans import PERIODS, period_of
from kedang.web import home
from tests.web.conftest import HTMX, Office, queries

PEOPLE = ("wang", "zhou", "zheng", "wu", "zhao", "han", "admin")
"""A salesperson, a head, the general manager, finance, one under another regulation,
the keeper of the regulation, an administrator."""


@pytest.fixture
def busy(office: Office) -> Office:
    """Two months of work in several departments: late duties, contracts, a transfer, corrected and forgotten things."""
    office.clock.move_to(datetime(2026, 2, 9, 10))
    old = office.customer("旧年机械厂")
    office.do("contact.record", "wang", customer=old, kind="电话", content="上月谈过")
    office.clock.move_to(datetime(2026, 3, 2, 10))
    for number, who in enumerate(["wang", "wang", "chen", "li", "liu", "zhao"]):
        pk = office.customer(f"第{number}纺织厂", by=who)
        if who != "zhao":
            office.do("contact.record", who, customer=pk, kind="电话", content="要报价单")
            office.do("contact.record", who, customer=pk, kind="微信", content="又要一份")
            office.do(
                "contract.register",
                who,
                customer=pk,
                name=f"合同{number}",
                signed_on="2026-03-01",
                amount=1000 + number,
            )
    office.clock.move_to(datetime(2026, 3, 18, 10))
    tick.tick()
    office.customer("新来的机械厂", by="chen")
    return office


def listed(client: Client, url: str) -> int:
    """How many rows a page and all those after it show."""
    number = 0
    for _ in range(60):
        answer = client.get(url)
        assert answer.status_code == 200, url
        text = answer.content.decode()
        # A list for the phone stands beside the table of the same rows.
        found = [len(re.findall(rf"<{tag}[^>]* data-row", text)) for tag in ("tr", "li", "article")]
        number += next(filter(None, found), 0)
        following = re.search(r'<a class="[^"]*" href="([^"]*)" rel="next"', text)
        if following is None:
            return number
        url = url.partition("?")[0] + unescape(following[1])
    raise AssertionError("a list without an end")


def scopes_of(office: Office, login: str) -> list[str]:
    return list(Lens.of(office[login]).offered)


@pytest.mark.parametrize("login", PEOPLE)
def test_every_figure_is_the_number_of_the_rows_behind_it(
    busy: Office, as_: Callable[[str], Client], login: str
) -> None:
    client, seen = as_(login), 0
    for scope, period in product(scopes_of(busy, login), ("today", "month", "year")):
        text = client.get(reverse("home_card", args=["brief"]), {"scope": scope, "period": period}).content.decode()
        lens = Lens.of(busy[login], scope, period)
        for one in figures.brief(lens):
            link = re.search(rf'<a href="([^"]*)"[^>]*>\s*<span class="what">{one.spec.label}</span>', text)
            assert link is not None, (scope, one.spec.key)
            url = unescape(link[1])
            if one.spec.unit == "count":
                assert listed(client, url) == one.value, (login, scope, period, one.spec.key)
            elif one.spec.unit == "money":
                rows = figures.contracts(lens, lens.period.span)
                assert listed(client, url) == rows.count(), (login, scope)
                assert sum(row.amount_fen or 0 for row in rows) == one.value
            else:
                met, due = figures.met_of_due(lens, lens.period.span)
                assert (listed(client, url), listed(client, f"{url}&kept=yes")) == (due, met), (login, scope)
                assert one.value == figures.percentage(met, due)
            seen += one.value or 0
    assert seen or login == "wu", "a reader of whom nothing is counted proves nothing"


@pytest.mark.parametrize("login", ["wang", "zhou", "zheng", "han"])
def test_the_numbers_of_every_other_card_are_those_of_their_lists(
    busy: Office, as_: Callable[[str], Client], login: str
) -> None:
    client = as_(login)
    for scope in scopes_of(busy, login):
        lens = Lens.of(busy[login], scope, "month")
        for key in ("rate", "breaches", "people", "units"):
            if home.CARDS[key].leading and not lens.leads:
                continue
            text = client.get(reverse("home_card", args=[key]), lens.query).content.decode()
            for url, number in re.findall(r'<td class="n"><a (?:class="red" )?href="([^"]*)">(\d+)</a>', text):
                assert listed(client, unescape(url)) == int(number), (scope, key, url)
            for url, number in re.findall(r'class="line-link" href="([^"]*)".*?kd-count hot">(\d+)<', text):
                assert listed(client, unescape(url)) == int(number), (scope, key, url)
            for url, number in re.findall(r'<li><a href="([^"]*)">[^<]* <b class="num">(\d+)</b>', text):
                assert listed(client, unescape(url)) == int(number), (scope, key, url)
        for days in watching.FORGOTTEN:
            found = watching.reminder(lens, days)
            assert listed(client, f"/customers/?{found.query}") == dict(found.counts)[days], (scope, days)


def test_somebody_of_every_department_has_late_duties_and_the_manager_sees_his_own_peoples(busy: Office) -> None:
    head, boss = Lens.of(busy["zhou"], "below"), Lens.of(busy["zheng"], "all")
    ours = {share.name for share in keeping.by_person(head)}
    everybody = {share.name for share in keeping.by_person(boss)}
    assert ours == {busy["wang"].name, busy["chen"].name}
    assert ours < everybody
    assert sum(share.late for share in keeping.by_unit(boss)) == figures.figure(boss, "late").value


def test_nobody_takes_a_scope_that_is_not_his(busy: Office, as_: Callable[[str], Client]) -> None:
    assert list(Lens.of(busy["wang"]).offered) == ["mine"]
    assert Lens.of(busy["wang"], "all").scope == "mine"
    own = as_("wang").get("/home/cards/brief/?scope=all&period=month").content
    assert own == as_("wang").get("/home/cards/brief/?scope=mine&period=month").content
    assert as_("wang").get("/home/cards/people/?scope=all").status_code == 404
    assert as_("wang").get("/home/cards/nothing/").status_code == 404
    assert as_("wang").get("/home/rows/nothing/").status_code == 404


def test_a_name_of_a_file_one_may_not_know_of_stands_in_no_row(busy: Office, as_: Callable[[str], Client]) -> None:
    for key in ("follow_ups", "followed", "signed", "missed", "rate", "loans", "files_due"):
        for scope in SCOPES:
            shown = as_("zhao").get(f"/home/rows/{key}/?scope={scope}&period=year").content.decode()
            assert "纺织厂" not in shown.replace("第5纺织厂", ""), key


def test_up_is_red_and_down_is_green_and_a_rate_is_compared_in_points(busy: Office) -> None:
    shown = {one.spec.key: one for one in figures.brief(Lens.of(busy["wang"], "mine", "month"))}
    assert (shown["registered"].value, shown["registered"].before, shown["registered"].way) == (2, 1, "up")
    assert shown["registered"].change_text == "较上月同期 +100%"
    assert shown["late"].way == "" and shown["late"].change_text == "当前数，不比较"
    assert "个百分点" in shown["rate"].change_text or shown["rate"].way in ("", "level")
    assert all("统计截止 2026-03-18 10:00" in one.definition for one in shown.values())


def test_a_hundred_per_cent_is_said_only_when_nothing_is_missing() -> None:
    assert figures.percentage(999, 1000) == 99
    assert figures.percentage(1000, 1000) == 100
    assert figures.percentage(0, 0) is None


# ---- periods ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "first", "last", "before", "before_last"),
    [
        ("today", "2026-03-18", "2026-03-18", "2026-03-17", "2026-03-17"),
        ("week", "2026-03-16", "2026-03-18", "2026-03-09", "2026-03-11"),
        ("month", "2026-03-01", "2026-03-18", "2026-02-01", "2026-02-18"),
        ("quarter", "2026-01-01", "2026-03-18", "2025-10-01", "2025-12-16"),
        ("year", "2026-01-01", "2026-03-18", "2025-01-01", "2025-03-18"),
    ],
)
def test_a_running_period_is_compared_with_as_much_of_the_one_before(
    key: str, first: str, last: str, before: str, before_last: str
) -> None:
    with clock.frozen("2026-03-18 10:00"):
        found = period_of(key)
        assert (str(found.span.first), str(found.span.last)) == (first, last)
        assert (str(found.previous.first), str(found.previous.last)) == (before, before_last)
        assert found.previous.end - found.previous.start == found.span.end - found.span.start


def test_the_pieces_of_a_trend_cover_the_period_once() -> None:
    with clock.frozen("2026-12-31 23:00"):
        for key in PERIODS:
            span = period_of(key, "2026-01-05", "2026-12-30").span
            parts = span.parts()
            assert parts[0][1] == span.start and parts[-1][2] == span.end and len(parts) <= 31
            assert all(one[2] == two[1] for one, two in pairwise(parts))


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [("", "", "请填写起止日期"), ("2026-03-05", "2026-03-01", "止日不能早于起日"), ("2027-01-01", "2027-02-01", "还没有到"),
     ("2020-01-01", "2026-03-01", "最长 366 天"), ("0001-01-01", "0001-01-02", "最长"), ("x", "2026-03-01", "请填写起止日期")],
)  # fmt: skip
def test_days_that_make_no_period_are_said_and_the_month_is_shown(
    busy: Office, as_: Callable[[str], Client], first: str, last: str, said: str
) -> None:
    answer = as_("wang").get("/home/", {"period": "custom", "from": first, "to": last})
    assert answer.status_code == 200 and said in answer.content.decode()


# ---- one request a card ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "most"), [
    ("brief", 40), ("todo", 22), ("attention", 26), ("forgotten", 22), ("rate", 16), ("breaches", 16), ("people", 18),
    ("units", 18), ("frozen", 14),
])  # fmt: skip
def test_a_card_takes_the_same_queries_however_much_it_counts(
    busy: Office, as_: Callable[[str], Client], key: str, most: int
) -> None:
    client = as_("zheng")
    url = f"/home/cards/{key}/?scope=all&period=month"
    few = queries(client, url, **HTMX)
    for number in range(12):
        pk = busy.customer(f"添{number}机械厂", by=("wang", "li", "liu")[number % 3])
        busy.do("contact.record", ("wang", "li", "liu")[number % 3], customer=pk, kind="电话", content="谈")
    busy.clock.move_to(datetime(2026, 3, 30, 10))
    tick.tick()
    assert queries(client, url, **HTMX) <= few <= most


def test_the_frame_counts_nothing(busy: Office, as_: Callable[[str], Client]) -> None:
    client = as_("zheng")
    assert queries(client, "/home/?scope=all&period=year") <= 24
    text = client.get("/home/").content.decode()
    assert text.count('hx-trigger="load"') == len(home.FOR_LEADERS)


def test_pages_of_rows_and_of_late_duties_take_no_query_a_row(busy: Office, as_: Callable[[str], Client]) -> None:
    client = as_("zheng")
    urls = [
        "/home/overdue/?scope=all",
        "/home/rows/missed/?scope=all&period=year",
        "/home/rows/follow_ups/?scope=all&period=year",
    ]
    few = [queries(client, url) for url in urls]
    for number in range(10):
        pk = busy.customer(f"添{number}机械厂")
        busy.do("contact.record", "wang", customer=pk, kind="电话", content="谈")
    busy.clock.move_to(busy.clock.at + timedelta(days=15))
    tick.tick()
    assert [queries(client, url) for url in urls] <= few
    assert max(few) <= 26


# ---- how it is arranged ---------------------------------------------------------------------------------------------------


def test_a_person_hides_orders_and_resets_his_cards(busy: Office, as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    usual = home.arrangement_of(Lens.of(busy["wang"]))
    assert usual.keys == list(home.FOR_STAFF) and not usual.own
    order = ["brief", "todo", "rate", "forgotten", "attention", "breaches", "frozen"]
    sent = {"order": order, "shown": order[:3], "quick": ["inbox", "rules"]}
    assert client.post("/home/settings/", sent).status_code == 302
    own = home.arrangement_of(Lens.of(busy["wang"]))
    assert own.keys == order[:3] and {card.key for card in own.hidden} == set(order[3:])
    assert [each.key for each in own.quick] == ["inbox", "rules"]
    text = client.get("/home/").content.decode()
    assert text.index("card-brief") < text.index("card-todo") and "/home/cards/forgotten/" not in text
    assert home.arrangement_of(Lens.of(busy["chen"])).keys == list(home.FOR_STAFF), "nobody else's page changed"
    assert client.post("/home/settings/", {"reset": "yes"}).status_code == 302
    assert home.arrangement_of(Lens.of(busy["wang"])).keys == list(home.FOR_STAFF)


def test_too_many_entries_or_no_card_are_said_and_nothing_is_kept(busy: Office, as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    many = list(home.quick_offered(busy["wang"]))[:6]
    answer = client.post("/home/settings/", {"order": ["todo"], "shown": ["todo"], "quick": many})
    assert answer.status_code == 422 and "快捷入口最多 5 个" in answer.content.decode()
    answer = client.post("/home/settings/", {"order": ["todo"], "quick": ["inbox"]})
    assert answer.status_code == 422 and "至少留一张卡片" in answer.content.decode()
    client.post(
        "/home/settings/", {"order": ["todo", "people", "made-up"], "shown": ["todo", "people"], "quick": ["x"]}
    )
    own = home.arrangement_of(Lens.of(busy["wang"]))
    assert "people" not in own.keys and own.keys[0] == "todo" and own.quick == ()


def test_who_leads_lands_on_the_home_page_and_everybody_else_on_what_he_must_do(
    office: Office, as_: Callable[[str], Client]
) -> None:
    for login, where in (("zhou", "/home/"), ("zheng", "/home/"), ("admin", "/manage/"), ("wang", "/"), ("wu", "/")):
        answer = as_(login).get(settings.LOGIN_REDIRECT_URL)
        assert (answer.status_code, answer["Location"]) == (302, where)


def test_a_large_count_is_held_for_ten_minutes_and_says_when_it_was_made(
    busy: Office, as_: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.forget()
    monkeypatch.setattr(kept, "LARGE", 0)
    lens = Lens.of(busy["wang"], "mine", "month")
    first = figures.figure(lens, "registered")
    shown = as_("wang").get("/home/cards/brief/?scope=mine").content.decode()
    assert "统计截至" not in shown
    busy.clock.move_to(clock.now() + timedelta(minutes=5))
    busy.customer("新来的厂")
    held = figures.figure(Lens.of(busy["wang"], "mine", "month"), "registered")
    assert (held.value, held.at) == (first.value, first.at)
    assert "统计截至" in as_("wang").get("/home/cards/brief/?scope=mine").content.decode()
    assert figures.figure(lens, "registered", fresh=True).value == first.value + 1
    kept.forget()
    monkeypatch.setattr(kept, "LARGE", 10_000)
    figures.figure(lens, "registered")
    busy.customer("又一家厂")
    assert figures.figure(lens, "registered").value == first.value + 2
