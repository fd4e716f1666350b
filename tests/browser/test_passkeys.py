"""A passkey in a real browser, under the content policy: added, signing in by itself, and as the second factor."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page

from kedang.kernel.org.models import Person
from tests.browser.conftest import Site
from tests.browser.test_accessibility import AXE, violations

PASSWORD = "a-test-password-1"


@pytest.fixture
def key(page: Page) -> Page:
    """A browser that has a fingerprint reader, and says what its policy refuses."""
    cache.clear()
    devtools: Any = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/login/")
    page.fill("#id_username", "wang")
    page.fill("#id_password", PASSWORD)
    page.click("form:has(#id_username) button")
    page.wait_for_load_state()


def sign_out(page: Page, url: str) -> None:
    page.goto(f"{url}/")
    page.evaluate("document.querySelector('form[action=\"/logout/\"]').submit()")
    page.wait_for_url("**/login/**")


def test_a_passkey_is_added_signs_in_and_is_asked_for_after_the_password(site: Site, key: Page) -> None:
    Person.objects.update(must_change_password=False)
    url = site.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, not to an address
    refused: list[str] = []
    key.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    sign_in(key, url)
    key.goto(f"{url}/account/security/keys/new/")
    if key.locator("input[type=password]").count():
        key.fill("input[type=password]", PASSWORD)
        key.click("#passkey-use")
        key.wait_for_url("**/keys/new/**")
    key.fill("#id_name", "办公电脑")
    key.check("#id_passwordless")
    found = violations(key) if AXE.exists() else []
    key.click("#passkey-add")
    key.wait_for_url(lambda address: "/keys/" not in address)
    key.goto(f"{url}/account/security/")
    assert "办公电脑" in key.content()
    sign_out(key, url)
    key.goto(f"{url}/login/?next=/customers/")
    found += violations(key) if AXE.exists() else []
    key.click("#passkey-login")
    key.wait_for_url(f"{url}/customers/")
    sign_out(key, url)
    sign_in(key, url)
    assert key.url.endswith("/login/verify/")
    found += violations(key) if AXE.exists() else []
    key.click("#passkey-use")
    key.wait_for_url(lambda address: "/login/" not in address)
    assert (found, refused) == ([], [])
