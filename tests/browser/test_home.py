"""首页 in a browser: cards fill one by one, charts are drawn under the content policy and open their rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

from playwright.sync_api import Page, expect

from kedang.kernel import clock
from kedang.kernel.norms.models import Duty
from tests.browser.conftest import PHONE, Site
from tests.browser.test_accessibility import DESK, violations


def made_late(site: Site) -> int:
    """Three filings of 王晓芸 that were due earlier today, even just after midnight; how many."""
    for name in ("晨光机械厂", "永兴纺织厂", "汇通印务公司"):
        pk = site.customer(name)
        site.do("contact.record", "wang", customer=pk, kind="电话", content="谈")
    rows = Duty.objects.filter(bearer=site.company["wang"], state="open")
    due = max(clock.now() - timedelta(hours=1), clock.at_time(clock.today(), time()))
    rows.update(due_at=due, follows_owner=False)
    return rows.count()


def test_charts_are_drawn_without_breaking_the_content_policy_and_open_their_rows(
    site: Site, enter: Callable[..., Page]
) -> None:
    late = made_late(site)
    page = enter("zhou", "/", **DESK)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(site.url + "/home/?scope=below&period=today")
    page.wait_for_load_state("networkidle")
    expect(page.locator(".card-wait")).to_have_count(0)
    expect(page.locator(".card-breaches .chart svg")).to_be_visible()
    expect(page.locator(".card-rate .chart svg")).to_be_visible()
    bars = page.locator('.card-breaches .chart svg path[fill="#ad2317"]')
    bars.last.scroll_into_view_if_needed()
    box = bars.last.bounding_box()
    assert box is not None and box["height"] > 20
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 4)
    page.wait_for_url("**/home/rows/missed/**")
    assert page.locator("tr[data-row]").count() == late
    assert said == []


def test_cards_are_put_in_order_by_buttons_alone(site: Site, enter: Callable[..., Page]) -> None:
    page = enter("wang", "/home/", **DESK)
    page.get_by_role("button", name="卡片设置").click()
    page.get_by_role("button", name="下移“我的待办”").press("Enter")
    page.get_by_role("checkbox", name="遗忘提醒").uncheck()
    page.get_by_role("button", name="保存").click()
    page.wait_for_load_state("networkidle")
    assert page.locator(".dash section").first.get_attribute("aria-labelledby") == "card-brief"
    assert page.locator(".card-forgotten").count() == 0


def test_ticked_duties_are_passed_on_from_the_bar(site: Site, enter: Callable[..., Page]) -> None:
    late = made_late(site)
    page = enter("zhou", "/home/overdue/", **DESK)
    page.get_by_label("全选本页").check()
    page.locator("#picked").get_by_role("button", name="转办").click()
    page.locator("#dialog").get_by_text(f"{late} 件", exact=True).wait_for()
    page.locator("#dialog textarea").fill("王晓芸出差")
    page.locator("#dialog select, #dialog label", has_text=site.company["chen"].name).first.click()
    page.locator("#dialog").get_by_role("button", name="转办").click()
    page.get_by_text("转办结果").wait_for()
    assert Duty.objects.filter(bearer=site.company["chen"], state="open").count() == late


def test_pages_behind_the_home_page_pass_axe_at_both_widths(site: Site, enter: Callable[..., Page]) -> None:
    made_late(site)
    report = site.do("report.freeze", "zhou", kind="day", scope="below", day=clock.today())
    found: list[str] = []
    for size in (DESK, PHONE):
        page = enter("zhou", "/home/", **size)
        for path in (
            "/home/?scope=below&period=year", "/home/settings/", f"/home/reports/{report}/", "/home/reports/freeze/",
            "/home/rows/rate/?scope=below&period=year", "/home/rows/follow_ups/?scope=below&period=year",
        ):  # fmt: skip
            page.goto(site.url + path)
            page.wait_for_load_state("networkidle")
            found += violations(page)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [f"{path} is {wide} px too wide"] if wide > 1 else []
    assert not found, "\n".join(found)
