"""审批 in a real browser: the dialogs of moves, the form of a voter, many at once, at both widths."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kedang.kernel.actions import perform
from kedang.kernel.approvals.models import Ballot, Request
from kedang.kernel.errors import NeedsApproval
from tests.browser.conftest import PHONE, Site
from tests.support.company import in_force
from tests.web.test_approval_moves import PACK

Enter = Callable[..., Page]


@pytest.fixture
def votes(site: Site) -> Iterator[Site]:
    with in_force(PACK):
        yield site


def ask(site: Site, action: str, by: str, **args: Any) -> Request:
    with pytest.raises(NeedsApproval) as raised:
        site.do(action, by, **args)
    return raised.value.request


def move(site: Site, by: str, one: Request, kind: str, **more: Any) -> None:
    perform("approval.move", by=site.company[by], request=one.pk, move=kind, **more)


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look: KEDANG_SHOTS names the folder."""
    if folder := os.environ.get("KEDANG_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def no_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


@pytest.fixture
def change(votes: Site) -> Request:
    customer = votes.customer(phone="13800138000")
    one = ask(
        votes,
        "customer.update",
        "wang",
        customer=customer,
        phone="13911112222",
        address="解放路 1 号",
        reason="客户搬迁",
    )
    move(votes, "wang", one, "copy", people=[votes.company["han"].pk])
    return one


def test_the_form_of_a_step_is_filled_in_and_what_is_wrong_is_said_at_its_field(
    change: Request, votes: Site, enter: Enter
) -> None:
    page = enter("wu", f"/approvals/{change.pk}/")
    shot(page, "detail-form-1440")
    page.get_by_role("button", name="同意…").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_text("审查意见表")).to_be_visible()
    dialog.get_by_text("不合格", exact=True).click()
    dialog.get_by_label("意见").fill("缺一份营业执照")
    dialog.get_by_role("button", name="同意", exact=True).click()
    expect(dialog.get_by_text("不合格的要写说明")).to_be_visible()
    expect(dialog.get_by_label("意见")).to_have_value("缺一份营业执照")
    expect(dialog.get_by_label("不合格")).to_be_checked()
    shot(page, "vote-error-1440")
    dialog.get_by_text("合格", exact=True).click()
    dialog.get_by_label("说明").fill("证照齐全")
    dialog.get_by_role("button", name="同意", exact=True).click()
    expect(page.get_by_text("已同意")).to_be_visible()
    page = enter("zheng", f"/approvals/{change.pk}/")
    expect(page.get_by_text("证照齐全")).to_be_visible()
    shot(page, "detail-gm-1440")


def test_opinions_are_asked_for_in_a_dialog_and_given_in_the_bar(change: Request, votes: Site, enter: Enter) -> None:
    page = enter("wu", f"/approvals/{change.pk}/")
    page.get_by_role("button", name="更多").click()
    page.get_by_role("button", name="征询…").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("要问什么").fill("地址核实过吗？")
    dialog.locator(".ts-control").click()
    dialog.locator(".ts-control input").fill("韩雪")
    page.locator(".ts-dropdown .option", has_text="韩雪").first.click()
    shot(page, "consult-1440")
    dialog.get_by_role("button", name="征询", exact=True).click()
    expect(page.get_by_text("征询中")).to_be_visible()
    assert Ballot.objects.get(status="consulted").question == "地址核实过吗？"
    page = enter("han", f"/approvals/{change.pk}/", **PHONE)
    no_sideways(page)
    page.get_by_label("意见").fill("去过现场，没错")
    shot(page, "advise-390")
    page.get_by_role("button", name="答复征询").click()
    page.locator("#ask-yes").click()
    expect(page.get_by_text("去过现场，没错")).to_be_visible()


def test_sending_back_asks_where_to_and_coming_back_shows_the_route_anew(
    change: Request, votes: Site, enter: Enter
) -> None:
    page = enter("wu", f"/approvals/{change.pk}/", **PHONE)
    shot(page, "detail-390")
    no_sideways(page)
    page.get_by_role("button", name="退回…").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("直达").check()
    shot(page, "return-390")
    dialog.get_by_role("button", name="退回", exact=True).click()
    expect(dialog.get_by_text("退回必须写明意见")).to_be_visible()
    expect(dialog.get_by_label("直达")).to_be_checked()
    dialog.get_by_label("退回原因").fill("地址不全")
    dialog.get_by_role("button", name="退回", exact=True).click()
    expect(page.get_by_text("已退回").first).to_be_visible()
    page = enter("wang", f"/approvals/{change.pk}/", width=1440, height=900)
    page.get_by_role("button", name="再次提交…").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_text("按现在的制度和人员")).to_be_visible()
    dialog.get_by_label("地址").fill("解放路 1 号 3 栋")
    shot(page, "resubmit-1440")
    dialog.get_by_role("button", name="再次提交", exact=True).click()
    expect(page.get_by_text("第 2 轮")).to_be_visible()
    assert Request.objects.get(pk=change.pk).args["address"] == "解放路 1 号 3 栋"


def test_several_are_ticked_and_agreed_to_at_once(votes: Site, enter: Enter) -> None:
    customer = votes.customer()
    for name in ("刘工", "何工", "严工"):
        ask(votes, "customer.add_contact", "wang", customer=customer, name=name)
    ask(votes, "file.open", "chen", customer=customer, purpose="接手项目")
    page = enter("zhou", "/approvals/")
    boxes = page.locator("[data-pick-row]:enabled")
    expect(boxes).to_have_count(3)
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.get_by_text("已选中 2 项")).to_be_visible()
    shot(page, "list-batch-1440")
    page.get_by_role("button", name="批量同意").click()
    expect(page.get_by_text("2 份中已同意")).to_be_visible()
    shot(page, "batch-result-1440")
    page = enter("zhou", "/approvals/", **PHONE)
    no_sideways(page)
    shot(page, "list-390")


def test_pages_of_what_waits_on_a_condition_and_of_what_failed(votes: Site, enter: Enter) -> None:
    one = ask(votes, "customer.release", "wang", customer=votes.customer(), reason="不再合作")
    move(votes, "zheng", one, "agree", opinion="地址补了就行")
    page = enter("wang", f"/approvals/{one.pk}/")
    expect(page.get_by_text("附条件同意").first).to_be_visible()
    shot(page, "conditional-1440")
    failed = ask(votes, "customer.add_contact", "wang", customer=votes.customer("恒远物流公司"), name="刘工")
    failed.args["phone"] = "不是电话"
    failed.save()
    move(votes, "zhou", failed, "agree")
    page = enter("wang", f"/approvals/{failed.pk}/", **PHONE)
    expect(page.get_by_text("批准了但没有执行")).to_be_visible()
    expect(page.get_by_role("button", name="再次执行")).to_be_visible()
    no_sideways(page)
    shot(page, "failed-390")
    with page.expect_download() as paper:
        page.get_by_role("button", name="打印审批单").click()
    assert paper.value.suggested_filename == f"{failed.number}.pdf"
    if folder := os.environ.get("KEDANG_SHOTS"):
        paper.value.save_as(Path(folder) / "sheet.pdf")
