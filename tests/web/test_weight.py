"""What a page weighs on the way to a browser."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from django.test import Client

from tests.web.conftest import Office

As = Callable[[str], Client]
HUNDRED_KB = 100_000


def test_a_page_goes_compressed_and_is_the_same_page(office: Office, as_: As) -> None:
    for number in range(60):
        office.customer(f"第{number}机械厂")
    client, path = as_("wang"), "/customers/?scope=all&size=100"
    plain = client.get(path).content
    sent = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert sent["Content-Encoding"] == "gzip" and len(sent.content) < HUNDRED_KB < 2 * len(plain)
    assert gzip.decompress(sent.content).decode().count("<tr data-row") == plain.decode().count("<tr data-row") == 60


def test_what_is_no_text_goes_as_it_is(office: Office, as_: As) -> None:
    answer = as_("wang").get("/static/kedang/mark.svg", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200 and not answer.has_header("Content-Encoding")
