"""A salesperson's day in a real browser: filing on a phone, being refused, asking to read, the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from kedang.customers.models import Customer
from kedang.kernel.approvals.models import Request
from tests.browser.conftest import PHONE, Site

Enter = Callable[..., Page]


def fill_new(page: Page, name: str) -> None:
    page.get_by_label("客户名称").fill(name)
    page.get_by_label("联系人", exact=True).fill("张建国")
    page.get_by_label("联系人电话").fill("13800138000")
    page.get_by_text("潜在客户", exact=True).click()


def test_signing_in_leads_to_the_tasks(site: Site, page: Page) -> None:
    page.goto(site.url)
    page.get_by_label("登录名").fill("wang")
    page.get_by_label("密码").fill("a-test-password-1")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()


def test_a_customer_is_filed_on_a_phone_after_the_check(site: Site, enter: Enter) -> None:
    site.customer("上海晨光文具有限公司", by="chen")
    page = enter("wang", "/", **PHONE)
    page.locator("#phone-bar").get_by_text("新建").click()
    page.get_by_label("客户名称").fill("上海晨光文具厂")
    page.get_by_label("联系人", exact=True).click()
    expect(page.locator("[data-check=hits]")).to_contain_text("上海晨光文具有限公司")
    fill_new(page, "石家庄恒远机械厂")
    page.get_by_role("button", name="建档").click()
    expect(page.get_by_role("heading", name="石家庄恒远机械厂")).to_be_visible()
    assert Customer.objects.filter(name="石家庄恒远机械厂", owner=site.company["wang"]).count() == 1


def test_a_mistake_is_said_at_its_field_and_what_was_typed_stays(enter: Enter) -> None:
    page = enter("wang", "/customers/new/")
    fill_new(page, "石家庄恒远机械厂")
    page.get_by_label("联系人电话").fill("123")
    page.get_by_role("button", name="建档").click()
    wrong = page.locator("#f-contact_phone-error")
    expect(wrong).to_be_visible()
    expect(page.get_by_label("联系人电话")).to_be_focused()
    expect(page.get_by_label("客户名称")).to_have_value("石家庄恒远机械厂")
    page.get_by_label("联系人电话").fill("13800138000")
    page.get_by_role("button", name="建档").click()
    expect(page.get_by_role("heading", name="石家庄恒远机械厂")).to_be_visible()


def test_a_double_click_makes_one_file(enter: Enter) -> None:
    page = enter("wang", "/customers/new/")
    fill_new(page, "石家庄恒远机械厂")
    page.get_by_role("button", name="建档").dblclick()
    expect(page.get_by_role("heading", name="石家庄恒远机械厂")).to_be_visible()
    assert Customer.objects.count() == 1


def test_the_department_form_unfolds_and_is_filed_with_the_customer(enter: Enter) -> None:
    page = enter("wang", "/customers/new/")
    fill_new(page, "石家庄恒远机械厂")
    page.get_by_role("switch").check()
    page.get_by_label("企业性质").fill("有限责任公司")
    page.get_by_label("主管单位").fill("无")
    page.get_by_label("地址").fill("石家庄市长安区1号")
    page.get_by_label("单位电话").fill("0311-86001234")
    page.get_by_role("button", name="建档").click()
    expect(page.get_by_text("《客户基本信息表》已提交")).to_be_visible()
    expect(page.get_by_text("7/7")).to_be_visible()


def test_a_claim_for_a_customer_never_filed_is_refused_with_four_lines(site: Site, enter: Enter) -> None:
    page = enter("wang", f"/customers/{site.customer()}/")
    page.locator(".file-tools").get_by_role("button", name="更多").click()
    page.get_by_role("button", name="提交报销单").click()
    box = page.locator("#dialog")
    box.get_by_text("招待", exact=True).click()
    box.get_by_label("金额").fill("680")
    box.get_by_role("button", name="提交报销单").click()
    refusal = box.locator(".refusal")
    for line in ("被拒绝的是", "第1.8.1条", "比对的事实", "客户备案通过后再提交"):
        expect(refusal).to_contain_text(line)
    expect(box.get_by_label("金额")).to_have_value("680")


def test_a_button_that_is_off_says_why_when_it_is_clicked(site: Site, enter: Enter) -> None:
    page = enter("wang", f"/customers/{site.customer()}/")
    page.locator(".track + .row-flex a[aria-disabled]").first.click(force=True)
    expect(page.locator("#why")).to_contain_text("怎样可以放行")


def test_a_colleague_asks_the_head_agrees_and_the_file_opens(site: Site, enter: Enter) -> None:
    customer = site.customer(address="石家庄市长安区1号")
    page = enter("chen", f"/customers/{customer}/")
    expect(page.get_by_text("石家庄市长安区1号")).to_have_count(0)
    page.get_by_label("用途").fill("接手项目")
    page.get_by_role("button", name="提交申请").click()
    page.wait_for_url("**/approvals/*/")
    page = enter("zhou", f"/approvals/{Request.objects.get().pk}/")
    page.get_by_role("button", name="同意", exact=True).click()
    expect(page.locator("#ask")).to_contain_text("同意后审批完成")
    page.locator("#ask-yes").click()
    expect(page.get_by_text("已同意")).to_be_visible()
    page = enter("chen", f"/customers/{customer}/?tab=data")
    expect(page.get_by_text("石家庄市长安区1号")).to_be_visible()


def test_the_keyboard_walks_the_list(site: Site, enter: Enter) -> None:
    site.customer("甲机械厂"), site.customer("乙机械厂")
    page = enter("wang", "/customers/")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator("tr.at")).to_contain_text("乙机械厂")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer")).to_contain_text("乙机械厂")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="新建客户")).to_be_visible()


def test_the_list_filters_while_typing_and_keeps_the_address(site: Site, enter: Enter) -> None:
    site.customer("甲机械厂"), site.customer("乙纺织厂")
    page = enter("wang", "/customers/")
    page.locator("#list-q").press_sequentially("纺织", delay=30)
    expect(page.locator("#rows")).not_to_contain_text("甲机械厂")
    expect(page.locator("#rows")).to_contain_text("乙纺织厂")
    page.wait_for_url("**q=%E7%BA%BA%E7%BB%87**")


def test_a_contact_is_written_from_the_top_of_the_timeline(site: Site, enter: Enter) -> None:
    page = enter("wang", f"/customers/{site.customer()}/")
    page.get_by_role("link", name="写跟进").click()
    expect(page.get_by_placeholder("写跟进")).to_be_focused()
    page.keyboard.type("谈了第二批交期")
    page.get_by_role("button", name="记下").click()
    expect(page.locator(".timeline")).to_contain_text("谈了第二批交期")


def test_a_person_is_found_in_a_picker(site: Site, enter: Enter) -> None:
    page = enter("wang", f"/customers/{site.customer()}/do/customer.transfer/")
    page.locator(".ts-control").click()
    page.keyboard.type("李倩")
    page.locator(".ts-dropdown .option", has_text="李倩").click()
    expect(page.locator(".ts-control")).to_contain_text("李倩")


def test_down_and_enter_open_what_the_search_found(site: Site, enter: Enter) -> None:
    first, second = site.customer("恒远机械厂"), site.customer("恒远纺织厂")
    page = enter("wang", "/")
    page.keyboard.press("/")
    page.keyboard.type("恒远")
    expect(page.locator("#q-results a[href^='/customers/']")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    href = page.locator("#q-results a").first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{href}")
    assert href in (f"/customers/{first}/", f"/customers/{second}/")
