"""Pages for what goes wrong: not found, not one's own form, a bug."""

import logging
from collections.abc import Callable

import pytest
from django.test import Client

from kedang.web.views import inbox
from tests.web.conftest import HTMX


def test_a_page_that_is_not_there_says_so_in_chinese(as_: Callable[[str], Client]) -> None:
    page = as_("wang").get("/nothing/")
    assert page.status_code == 404 and "没有找到" in page.content.decode()


def test_a_bug_shows_a_number_that_stands_in_the_log(
    as_: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    client = as_("wang")
    monkeypatch.setattr(inbox, "regulations", broken)
    with caplog.at_level(logging.ERROR, logger="kedang.web"):
        page = client.get("/")
    assert page.status_code == 500
    number = next(record.args[0] for record in caplog.records if record.name == "kedang.web")
    assert number in page.content.decode()
    assert "ZeroDivisionError" not in page.content.decode()


def test_a_post_without_the_token_is_told_what_to_do(as_: Callable[[str], Client]) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.post("/login/", {"username": "wang"})
    assert page.status_code == 403 and "页面已过期" in page.content.decode()


def test_a_fragment_that_finds_nothing_is_shown_where_it_is_seen(as_: Callable[[str], Client]) -> None:
    answer = as_("wang").get("/customers/999/acts/", headers=HTMX)
    assert answer.status_code == 404 and answer["HX-Retarget"] == "#why-body"
    assert "没有找到" in answer.content.decode()


def test_no_page_carries_inline_script_or_style(as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    for path in ("/", "/customers/", "/customers/new/", "/approvals/", "/rules/", "/rules/customer-registry/"):
        answer = client.get(path)
        text = answer.content.decode()
        assert "<style" not in text and " style=" not in text and "onclick=" not in text
        assert "<script>" not in text
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'self'" in policy
