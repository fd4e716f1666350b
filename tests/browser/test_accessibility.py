"""Every page passes axe (WCAG 2.1 A and AA) and fits a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from kedang.kernel.errors import NeedsApproval
from tests.browser.conftest import PHONE, Site

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
DESK = {"width": 1440, "height": 900}


def violations(page: Page) -> list[str]:
    """What axe finds, a line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    return [f"{page.url} {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def paths(site: Site) -> list[tuple[str, str]]:
    """(person, address) of every kind of page."""
    own, other = site.customer(phone="0311-86001234", contact_name="张建国"), site.customer("恒远物流公司", by="chen")
    site.do("contact.record", "wang", customer=own, kind="电话", content="谈了交期")
    try:
        site.do("file.open", "wang", customer=other, purpose="接手项目")
    except NeedsApproval as asked:
        request = asked.request.pk
    tabs = ("timeline", "data", "contacts", "forms", "deals", "keeping", "changes", "owners", "log")
    mine = ["/", "/customers/?scope=all", "/customers/?q=没有", "/customers/new/", f"/customers/{other}/", f"/customers/{own}/edit/",
            f"/forms/customer-registry.customer_basic/?customer={own}", f"/customers/{own}/do/expense.submit/", "/search/?q=晨光",
            "/approvals/", "/approvals/?tab=asked", "/rules/", "/rules/customer-registry/", "/proposals/", "/account/sessions/", "/account/password/",
            "/customers/?scope=all&show=board", "/customers/filter/", "/customers/views/new/", "/lists/approvals/export/?tab=asked",
            "/nothing/"]  # fmt: skip
    mine += [f"/customers/{own}/?tab={tab}" for tab in tabs]
    admin = [f"/manage/?tab={tab}" for tab in ("people", "units", "calendar", "packs", "health")]
    return [
        *(("wang", path) for path in mine),
        ("zhou", f"/approvals/{request}/"),
        *(("admin", path) for path in admin),
    ]


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_every_page_passes_axe_and_does_not_scroll_sideways(width: str, site: Site, enter: Callable[..., Page]) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make vendor)")
    found: list[str] = []
    who, page = "", None
    for login, path in paths(site):
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
