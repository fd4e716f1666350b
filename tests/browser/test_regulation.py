"""制度 and 管理 in a real browser: figures open their cases beside the page; dialogs keep what was typed; nothing spills at phone width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from kedang.kernel.org.models import Person
from tests.browser.conftest import PHONE, Site

PACK = "customer-registry"


def test_a_figure_opens_its_cases_beside_the_regulation_and_pages_there(site: Site, enter: Callable[..., Page]) -> None:
    for number in range(31):
        customer = site.customer(f"第{number}机械厂")
        site.do("contact.record", "wang", customer=customer, kind="电话", content="谈")
    page = enter("han", f"/rules/{PACK}/?show=cases")
    page.locator("#c-1\\.4\\.1 a.figure", has_text="产生").click()
    expect(page.locator("#drawer")).to_be_visible()
    expect(page.locator("#drawer li")).to_have_count(30)
    page.locator("#drawer a[rel=next]").click()
    expect(page.locator("#drawer li")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(page).to_have_url(f"{site.url}/rules/{PACK}/?show=cases")


def test_adding_a_person_in_the_dialog_names_the_error_and_keeps_the_rest(
    site: Site, enter: Callable[..., Page]
) -> None:
    page = enter("admin", "/manage/")
    page.get_by_role("button", name="添加人员").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("登录名").fill("wang")
    dialog.get_by_label("姓名").fill("关小月")
    dialog.get_by_role("button", name="添加人员").click()
    expect(dialog.locator(".error")).to_contain_text("已有人使用")
    expect(dialog.get_by_label("姓名")).to_have_value("关小月")
    dialog.get_by_label("登录名").fill("guan")
    dialog.get_by_role("button", name="添加人员").click()
    expect(page.locator("#toasts")).to_contain_text("人员已添加")
    assert Person.objects.filter(username="guan").count() == 1


@pytest.mark.parametrize("path", ["/rules/", f"/rules/{PACK}/", f"/rules/{PACK}/?tab=parameters", f"/rules/{PACK}/?tab=forms", f"/rules/{PACK}/?tab=versions", "/proposals/", "/manage/", "/manage/?tab=units", "/manage/?tab=calendar", "/manage/?tab=packs", "/manage/?tab=sessions"])  # fmt: skip
def test_nothing_is_wider_than_a_phone(enter: Callable[..., Page], path: str) -> None:
    page = enter("admin", path, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
