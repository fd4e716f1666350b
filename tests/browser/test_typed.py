"""What was typed outlives a session that ended, a tab that was changed and a page that was left."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person
from tests.browser.conftest import Site

Enter = Callable[..., Page]
SAID = "谈了第二批交期"


def signed_in_elsewhere(site: Site, page: Page, login: str) -> None:
    """Another window of the same browser signs in: a new session, and a new token for every page."""
    client = Client()
    client.force_login(Person.objects.get(username=login), backend="django.contrib.auth.backends.ModelBackend")
    client.get("/customers/new/")
    names = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url} for name in names])


def test_a_follow_up_survives_the_end_of_the_session(site: Site, enter: Enter) -> None:
    page = enter("wang", f"/customers/{site.customer()}/")
    page.locator("#compose textarea").fill(SAID)
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="记下").click()
    expect(page.locator("#why")).to_contain_text("登录已过期")
    assert page.get_by_role("link", name="在新窗口登录").get_attribute("target") == "_blank"
    signed_in_elsewhere(site, page, "wang")
    page.get_by_role("button", name="知道了").click()
    expect(page.locator("#compose textarea")).to_have_value(SAID)
    page.get_by_role("button", name="记下").click()
    expect(page.locator(".timeline")).to_contain_text(SAID)
    assert Event.objects.filter(kind="contact.recorded").count() == 1


def test_nothing_is_sent_in_the_name_of_whoever_signed_in_meanwhile(site: Site, enter: Enter) -> None:
    page = enter("wang", f"/customers/{site.customer()}/")
    page.locator("#compose textarea").fill(SAID)
    signed_in_elsewhere(site, page, "zhou")
    page.get_by_role("button", name="记下").click()
    expect(page.locator("#toasts")).to_contain_text("现在登录的是周敏")
    expect(page.locator("#compose textarea")).to_have_value(SAID)
    assert not Event.objects.filter(kind="contact.recorded").exists()


def test_a_follow_up_that_was_begun_is_there_after_another_tab_and_gone_once_it_is_written(
    site: Site, enter: Enter
) -> None:
    page = enter("wang", f"/customers/{site.customer()}/")
    page.locator("#compose textarea").fill(SAID)
    page.get_by_role("link", name="联系人").click()
    expect(page.locator("#compose")).to_have_count(0)
    page.get_by_role("link", name="动态").click()
    expect(page.locator("#compose textarea")).to_have_value(SAID)
    page.reload()
    expect(page.locator("#compose textarea")).to_have_value(SAID)
    page.get_by_role("button", name="记下").click()
    expect(page.locator(".timeline")).to_contain_text(SAID)
    expect(page.locator("#compose textarea")).to_have_value("")
    page.reload()
    expect(page.locator("#compose textarea")).to_have_value("")


def test_leaving_a_form_that_was_begun_is_asked_and_cancelling_it_is_not(site: Site, enter: Enter) -> None:
    page = enter("wang", "/customers/new/")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("客户名称").fill("晨光精密机械厂")
    page.locator("#nav").get_by_text("审批").click(no_wait_after=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"] and page.url.endswith("/customers/new/")
    page.get_by_role("link", name="取消").click()
    page.wait_for_url("**/customers/")
    assert asked == ["beforeunload"]
