"""Fixtures for tests that drive a real Chromium through Playwright."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str | None:
    """Return the Chromium to drive: KEDANG_CHROMIUM, else the first one on the PATH."""
    return os.environ.get("KEDANG_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for the run; skipped without one, except in CI, where that is a failure."""
    path = executable()
    if path is None:
        reason = "no Chromium on this machine (apt-get install chromium, or set KEDANG_CHROMIUM)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright runs an event loop in this thread, which makes Django refuse its ORM here.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh page, 1440 px wide, Chinese; the test fails if a script broke or the CSP was violated."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai")
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.extend(csp_violation(message)))
    yield opened
    context.close()
    assert not complaints, complaints


def csp_violation(message: ConsoleMessage) -> list[str]:
    """Return the message's text in a list if it reports a Content-Security-Policy violation."""
    return [message.text] if "Content Security Policy" in message.text else []
