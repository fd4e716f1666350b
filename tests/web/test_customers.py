"""客户列表 and search: scopes, filters, columns; outside the list scope a file is nowhere."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from kedang.customers.selectors import listing
from kedang.kernel import clock, kept
from kedang.kernel.ledger.models import Event
from tests.web.conftest import HTMX, Office, queries


def page(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_the_first_tab_shows_ones_own_files(office: Office, as_: Callable[[str], Client]) -> None:
    office.customer("晨光精密机械厂"), office.customer("恒远物流公司", by="chen")
    mine = page(as_("wang"), "/customers/")
    assert "晨光精密机械厂" in mine and "恒远物流公司" not in mine
    assert "恒远物流公司" in page(as_("wang"), "/customers/?scope=all")


def test_counts_come_in_a_second_fragment(office: Office, as_: Callable[[str], Client]) -> None:
    office.customer()
    client = as_("wang")
    assert 'hx-get="/customers/counts/?scope=mine"' in page(client, "/customers/")
    assert '我负责的<span class="n">1</span>' in page(client, "/customers/counts/")


def test_a_tab_with_more_than_anybody_counts_is_not_counted_again_for_ten_minutes(
    office: Office, as_: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.forget()
    office.customer("晨光精密机械厂"), office.customer("恒远物流公司")
    monkeypatch.setattr(listing, "CAP", 1)
    assert '我负责的<span class="n">2</span>' in page(as_("wang"), "/customers/counts/")
    office.customer("新来的厂")
    assert '我负责的<span class="n">2</span>' in page(as_("wang"), "/customers/counts/")
    office.clock.move_to(clock.now() + timedelta(minutes=11))
    assert '我负责的<span class="n">3</span>' in page(as_("wang"), "/customers/counts/")
    kept.forget()


def test_a_filter_asks_for_the_rows_only(office: Office, as_: Callable[[str], Client]) -> None:
    office.customer("晨光精密机械厂"), office.customer("恒远物流公司")
    answer = as_("wang").get("/customers/?q=物流", headers=HTMX).content.decode()
    assert "恒远物流公司" in answer and "晨光精密机械厂" not in answer and "<html" not in answer
    # The button beside the filters appears with the first condition, and goes with the last.
    assert 'id="clear-filter" hx-swap-oob="true"><a' in answer
    bare = as_("wang").get("/customers/?scope=mine", headers=HTMX).content.decode()
    assert 'id="clear-filter" hx-swap-oob="true"></span>' in bare


def test_filtered_to_nothing_offers_to_clear_the_filter(office: Office, as_: Callable[[str], Client]) -> None:
    office.customer()
    text = page(as_("wang"), "/customers/?q=不存在的名字")
    assert "没有符合条件的客户" in text and "清除条件" in text


def test_a_class_filters_the_list(office: Office, as_: Callable[[str], Client]) -> None:
    office.customer("晨光精密机械厂")
    office.customer("恒远物流公司", terms={"category": "key"})
    text = page(as_("wang"), "/customers/?scope=mine&term=customer-registry.category:key")
    assert "恒远物流公司" in text and "晨光精密机械厂" not in text


def test_the_columns_a_person_chose_are_kept_for_him_alone(office: Office, as_: Callable[[str], Client]) -> None:
    office.customer()
    client = as_("wang")
    client.post("/customers/columns/", {"column": ["phone", "number", "made-up"]})
    text = page(client, "/customers/")
    assert text.index('<th data-col="phone">电话</th>') < text.index(">编号</a>") and ">下次联系</a>" not in text
    assert "下次联系" in page(as_("chen"), "/customers/?scope=all")


def test_the_column_setting_never_leads_to_another_site(as_: Callable[[str], Client]) -> None:
    answer = as_("wang").post("/customers/columns/", {"column": ["phone"], "back": "https://evil.example/"})
    assert answer["Location"] == "/customers/"


def test_enter_in_the_search_box_checks_for_duplicates_and_is_on_record(
    office: Office, as_: Callable[[str], Client]
) -> None:
    office.customer("上海晨光文具有限公司")
    text = page(as_("wang"), "/search/?q=晨光文具")
    assert "查重" in text and "上海晨光文具有限公司" in text
    assert Event.objects.filter(kind="customer.searched", actor=office["wang"]).count() == 1


def test_typing_in_the_search_box_suggests_and_records_nothing(office: Office, as_: Callable[[str], Client]) -> None:
    office.customer("上海晨光文具有限公司")
    answer = as_("wang").get("/search/?q=shcg", headers=HTMX).content.decode()
    assert "上海晨光文具有限公司" in answer
    assert not Event.objects.filter(kind="customer.searched").exists()


def test_a_file_outside_the_list_scope_is_not_found_on_any_path(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer("安康医院", by="zhao")
    stranger = as_("wang")
    paths = [f"/customers/{customer}/", f"/customers/{customer}/edit/", f"/customers/{customer}/acts/", f"/customers/{customer}/rail/",
             f"/customers/{customer}/do/file.open/", f"/forms/sales-files.customer_file/?customer={customer}"]  # fmt: skip
    assert "安康医院" not in page(stranger, "/customers/?scope=all")
    for path in paths:
        there, nowhere = stranger.get(path), stranger.get(path.replace(str(customer), "99999"))
        assert there.status_code == nowhere.status_code == 404, path
    suggested = stranger.get("/search/?q=安康医院", headers=HTMX).content.decode()
    assert "赵宁" not in suggested
    # 查重 tells who has the name, so that nobody opens a second file; it leads nowhere.
    assert f"/customers/{customer}/" not in page(stranger, "/search/?q=安康医院")


def test_ten_times_the_rows_cost_no_more_queries(office: Office, as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    for number in range(2):
        office.customer(f"甲{number}机械厂", phone=f"0311-8600123{number}")
    few = queries(client, "/customers/?scope=all")
    for number in range(18):
        office.customer(f"乙{number}纺织厂")
    assert queries(client, "/customers/?scope=all") == few <= 24
