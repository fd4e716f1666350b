"""The demo company behind a live server, and people who are signed in already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from kedang.demo import company as demo
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.org.models import Person

PHONE = {"width": 390, "height": 844}


@dataclass
class Site:
    """The server's address and deeds done without a page."""

    url: str
    company: demo.Company

    def do(self, action: str, by: str, /, **args: Any) -> Any:
        """Perform an action as somebody."""
        return perform(action, by=self.company[by], **args).value

    def customer(self, name: str = "晨光精密机械厂", by: str = "wang", **more: Any) -> int:
        """A customer file."""
        return int(self.do("customer.register", by, **{"name": name, "terms": {"category": "potential"}, **more}))


@pytest.fixture
def site(live_server: Any, transactional_db: None) -> Site:
    """The company under its regulations, today."""
    since = clock.today() - timedelta(days=60)
    made = demo.found("a-test-password-1", since)
    demo.put_regulations_in_force(made, since)
    return Site(live_server.url, made)


@pytest.fixture
def enter(site: Site, page: Page) -> Callable[..., Page]:
    """enter('wang', '/customers/'): the page at an address, seen by somebody."""

    def open_as(login: str, path: str = "/", **viewport: int) -> Page:
        client = Client()
        client.force_login(Person.objects.get(username=login), backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.clear_cookies()
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site.url}])
        if viewport:
            page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
        page.goto(site.url + path)
        return page

    return open_as
