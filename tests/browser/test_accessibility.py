"""Every page passes axe (WCAG 2.1 A and AA) and fits a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, Site
from tests.browser.pages import LIBRARIES, pages, routes, without_page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
DESK = {"width": 1440, "height": 900}


def violations(page: Page) -> list[str]:
    """What axe finds, a line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    return [f"{page.url} {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def test_every_route_has_its_page_in_the_list_or_says_why_not(site: Site) -> None:
    listed = {route for _, route, _ in pages(site)} | {"login"}
    assert listed & without_page() == set()
    missing = {name for name in routes() - listed - without_page() if not name.startswith(LIBRARIES)}
    assert (missing, (listed | without_page()) - routes() - {"kit"}) == (set(), set())


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_every_page_passes_axe_and_does_not_scroll_sideways(width: str, site: Site, enter: Callable[..., Page]) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make vendor)")
    found: list[str] = []
    who, page = "", None
    for login, _, path in [*pages(site), ("admin", "", "/nothing/")]:
        if login != who:
            who, page = login, enter(login, path, **(DESK if width == "desk" else PHONE))
        else:
            page.goto(site.url + path)
        page.wait_for_load_state("networkidle")
        found += violations(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 1:
            found.append(f"{path} is {wide} px too wide")
    assert not found, "\n".join(found)


def test_the_sign_in_page_passes_axe(site: Site, page: Page) -> None:
    page.goto(site.url + "/login/")
    assert violations(page) == []
