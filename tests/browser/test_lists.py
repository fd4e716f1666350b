"""Working through the list in a real browser: ticking, the drawer, the board, the columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from kedang.customers.models import Customer
from kedang.kernel.jobs import Job
from kedang.kernel.norms.models import FileTerm
from tests.browser.conftest import PHONE, Site
from tests.browser.test_accessibility import violations

Enter = Callable[..., Page]
MINE = "/customers/?scope=mine&sort=name"


def three(site: Site) -> list[int]:
    return [site.customer(name) for name in ("甲机械厂", "乙纺织厂", "丙物流公司")]


def test_ticked_rows_are_handed_over_once_however_often_it_is_clicked(site: Site, enter: Enter) -> None:
    three(site)
    page = enter("wang", MINE)
    page.locator("[data-pick-all]").check()
    bar = page.locator("#picked")
    expect(bar).to_contain_text("已选中 3 项")
    bar.get_by_role("button", name="转移").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("可以办")
    dialog.locator(".ts-control").click()
    page.keyboard.type("陈思远")
    dialog.locator(".ts-dropdown .option", has_text="陈思远").click()
    dialog.get_by_role("button", name="转移").dblclick()
    expect(page.get_by_text("办成", exact=True)).to_have_count(3)
    assert Job.objects.count() == 1 and Customer.objects.filter(owner=site.company["chen"]).count() == 3
    assert violations(page) == []


def test_a_grey_button_shows_the_clause_and_the_bar_passes_axe(site: Site, enter: Enter) -> None:
    site.customer("恒远物流公司", by="chen")
    page = enter("wang", "/customers/?scope=all")
    page.locator("[data-pick-row]").check()
    grey = page.locator("#picked [aria-disabled]", has_text="转移")
    expect(grey).to_contain_text("第3条")
    assert violations(page) == []
    grey.click(force=True)
    expect(page.locator("#why")).to_contain_text("怎样可以放行")


def test_the_drawer_walks_the_list_and_writes_without_leaving_it(site: Site, enter: Enter) -> None:
    three(site)
    page = enter("wang", MINE)
    page.get_by_role("link", name="丙物流公司").click()
    drawer = page.locator("#drawer")
    expect(drawer.locator("h1")).to_have_text("丙物流公司")
    page.keyboard.press("ArrowDown")
    expect(drawer.locator("h1")).to_have_text("甲机械厂")
    drawer.get_by_role("button", name="上一份").click()
    expect(drawer.locator("h1")).to_have_text("丙物流公司")
    drawer.get_by_placeholder("写跟进").fill("谈了第二批交期")
    drawer.get_by_role("button", name="记下").click()
    expect(drawer.locator(".timeline")).to_contain_text("谈了第二批交期")
    assert page.url.endswith(MINE)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator("tr.at")).to_contain_text("谈了第二批")


def test_on_a_phone_a_file_is_a_page_and_back_leads_to_the_list(site: Site, enter: Enter) -> None:
    first = three(site)[2]
    page = enter("wang", MINE, **PHONE)
    page.locator(".cards a", has_text="丙物流公司").click()
    expect(page.locator("h1")).to_have_text("丙物流公司")
    assert page.url.endswith(f"/customers/{first}/") and not page.locator("#drawer").is_visible()
    page.go_back()
    expect(page.locator(".cards a")).to_have_count(3)


def test_a_drawer_that_was_closed_while_it_was_fetching_stays_closed(site: Site, enter: Enter) -> None:
    first = three(site)[2]
    page = enter("wang", MINE)
    held: list[Any] = []
    page.route(f"**/customers/{first}/?*", lambda route: held.append(route))
    page.get_by_role("link", name="丙物流公司").click()
    expect(page.locator("#drawer")).to_contain_text("正在打开")
    expect(page.locator("#drawer.show")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    with page.expect_response(f"**/customers/{first}/?*"):
        held[0].continue_()
    page.wait_for_timeout(300)
    expect(page.locator("#drawer")).to_be_hidden()


def test_a_card_is_dragged_or_moved_by_keyboard_and_comes_back_when_refused(site: Site, enter: Enter) -> None:
    mine, other = site.customer("甲机械厂"), site.customer("恒远物流公司", by="chen")
    page = enter("wang", "/customers/?scope=all&show=board")
    lane = page.get_by_role("region", name="重点客户")
    page.locator(f'[data-card="{mine}"]').drag_to(lane.locator("[data-lane-cards]"))
    expect(page.locator("#toasts")).to_contain_text("已改为“重点客户”")
    expect(lane.locator(f'[data-card="{mine}"]')).to_be_visible()
    page.locator(f"#to-{mine}").select_option(label="目标客户")
    expect(page.get_by_role("region", name="目标客户").locator(f'[data-card="{mine}"]')).to_be_visible()
    assert FileTerm.objects.get(file=mine, term="customer-registry.category").value == "target"
    page.locator(f'[data-card="{other}"]').drag_to(lane.locator("[data-lane-cards]"))
    expect(page.locator("#why")).to_contain_text("条款与原文")
    expect(page.get_by_role("region", name="潜在客户").locator(f'[data-card="{other}"]')).to_have_count(1)


def test_on_a_phone_one_lane_shows_at_a_time(site: Site, enter: Enter) -> None:
    site.customer("甲机械厂")
    page = enter("wang", "/customers/?scope=all&show=board", **PHONE)
    expect(page.locator("[data-card]")).to_be_hidden()
    page.locator("[data-lane-tab]", has_text="潜在客户").click()
    expect(page.locator("[data-card]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") and violations(page) == []


def test_conditions_are_put_together_in_the_dialog(site: Site, enter: Enter) -> None:
    three(site)
    page = enter("wang", MINE)
    page.get_by_role("button", name="高级筛选").click()
    form = page.locator("#adv")
    # A dialog answers a choice from when htmx has taken it in.
    page.wait_for_load_state("networkidle")
    form.get_by_label("第 1 个条件的栏目").select_option("name")
    form.locator('[name="g0.0.v"]').fill("机械")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.locator(".said-filter")).to_contain_text("客户名称包含“机械”")
    expect(page.locator("#rows tr[data-row]")).to_have_count(1)


def test_a_column_keeps_the_width_it_was_drawn_to(site: Site, enter: Enter) -> None:
    three(site)
    page = enter("wang", MINE)
    head = page.locator('th[data-col="owner"]')
    box = head.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 77, box["y"] + 10, steps=4)
    with page.expect_response("**/customers/columns/"):
        page.mouse.up()
    page.reload()
    assert abs(page.locator('th[data-col="owner"]').bounding_box()["width"] - box["width"] - 80) < 4


def test_the_first_view_is_kept_from_the_row_of_the_filters(site: Site, enter: Enter) -> None:
    three(site)
    page = enter("wang", MINE)
    page.get_by_role("button", name="视图").click()
    page.locator("dialog[open] input[name=name]").fill("久未跟进")
    page.locator("dialog[open] button[type=submit]").first.click()
    expect(page.locator(".kd-views")).to_contain_text("久未跟进")
