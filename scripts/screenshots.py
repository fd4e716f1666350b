"""Photograph every screen of a running demo server, at desk and phone width, into docs/screenshots/.

make run                                    # in one terminal
.venv/bin/python scripts/screenshots.py     # in another; --only file to take some again
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "screenshots"
SIZES = {1440: 900, 390: 844}
Act = Callable[[Page], object]


@dataclass(frozen=True)
class Shot:
    """One screen: who looks, where, and what is done before the picture is taken."""

    name: str
    who: str
    path: str
    act: Act = lambda page: None


def first_customer(page: Page) -> None:
    """Open the first file of the list, whatever the demo calls it."""
    rows = page.locator("#rows [data-row] a.name, #rows .cards a")
    page.goto(page.url.split("/customers/")[0] + (rows.locator("visible=true").first.get_attribute("href") or ""))


def first_row(page: Page) -> None:
    """Open the first row of a list."""
    row = page.locator("[data-row] [data-open], a[data-open]").locator("visible=true")
    if row.count():
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + (row.first.get_attribute("href") or "/"))


def refused(page: Page) -> None:
    """Claim an expense for a customer that was never filed."""
    page.goto(page.url.split("?")[0] + "?scope=mine&stage=customer-registry.registration:unfiled")
    first_customer(page)
    page.goto(page.url.split("?")[0] + "do/expense.submit/")
    page.get_by_text("招待", exact=True).click()
    page.get_by_label("金额").fill("680")
    page.locator("form.deed").get_by_role("button", name="提交报销单").click()
    page.locator(".refusal").wait_for()


def closed(page: Page) -> None:
    """A colleague's file."""
    page.goto(page.url.split("/customers/")[0] + "/customers/?scope=unit&sort=-owner")
    links = page.locator("#rows td:has(.lock) a.name, #rows .cards a:has(.lock)")
    page.goto(page.url.split("/customers/")[0] + (links.locator("visible=true").first.get_attribute("href") or ""))


def duplicate(page: Page) -> None:
    """Type the name of a customer that is there already."""
    page.goto(page.url.replace("/new/", "/?scope=mine"))
    name = page.locator("#rows a.name, #rows .cards b").locator("visible=true").first.inner_text().strip()
    page.goto(page.url.split("?")[0] + "new/")
    page.get_by_label("客户名称").fill(re.sub("有限(责任)?公司$", "公司", name))
    page.get_by_label("联系人", exact=True).click()
    page.locator("[data-check]").first.wait_for()
    page.locator("#f-name").scroll_into_view_if_needed()


def wrong_form(page: Page) -> None:
    """Send a form with mistakes."""
    page.goto(page.url.split("?")[0] + "?scope=mine&stage=customer-registry.registration:unfiled")
    first_customer(page)
    number = page.url.rstrip("/").rsplit("/", 1)[-1]
    page.goto(page.url.split("/customers/")[0] + f"/forms/customer-registry.customer_basic/?customer={number}")
    page.get_by_label("企业性质").fill("")
    page.get_by_label("联系电话").fill("010-12")
    page.get_by_role("button", name="提交").click()
    page.locator(".error").first.wait_for()


def busiest_cases(page: Page) -> None:
    """The cases behind the first late figure."""
    figure = page.locator("a.figure.late").first
    page.goto(page.url.split("/rules/")[0] + (figure.get_attribute("href") or "/rules/"))


SHOTS = [
    Shot("01-sign-in", "", "/login/"),
    Shot("02-tasks", "wang", "/"),
    Shot("03-customers", "wang", "/customers/?scope=mine"),
    Shot("04-file", "wang", "/customers/?scope=mine", first_customer),
    Shot("05-file-closed", "wang", "/customers/", closed),
    Shot("06-new-customer", "wang", "/customers/new/", duplicate),
    Shot("07-refused", "wang", "/customers/", refused),
    Shot("08-form-errors", "wang", "/customers/", wrong_form),
    Shot("09-search", "wang", "/search/?q=医药"),
    Shot("10-approvals", "zhou", "/approvals/"),
    Shot("11-approval", "zhou", "/approvals/", first_row),
    Shot("12-regulations", "han", "/rules/"),
    Shot("13-regulation", "han", "/rules/customer-registry/"),
    Shot("14-cases", "han", "/rules/customer-registry/", busiest_cases),
    Shot("15-proposals", "zheng", "/proposals/"),
    Shot("16-proposal", "zheng", "/proposals/", first_row),
    Shot("17-people", "admin", "/manage/?tab=people"),
    Shot("18-units", "admin", "/manage/?tab=units"),
    Shot("19-calendar", "admin", "/manage/?tab=calendar"),
    Shot("20-packs", "admin", "/manage/?tab=packs"),
    Shot("21-my-sessions", "wang", "/account/sessions/"),
]


def sign_in(page: Page, base: str, login: str, password: str) -> None:
    """Through the sign-in page, like anyone."""
    page.goto(base + "/login/")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(re.compile(r"^(?!.*/login/)"))


def take(browser: Browser, base: str, password: str, shots: list[Shot]) -> None:
    """Every shot at every width; one sign-in a person and width."""
    for width, height in SIZES.items():
        pages: dict[str, Page] = {}
        for shot in shots:
            page = pages.get(shot.who)
            if page is None:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
                )
                page = pages[shot.who] = context.new_page()
                page.set_default_timeout(15_000)
                if shot.who:
                    sign_in(page, base, shot.who, password)
            page.goto(base + shot.path)
            shot.act(page)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=OUT / f"{shot.name}-{width}.png")
            print(f"{shot.name}-{width}")
        for page in pages.values():
            page.context.close()


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--password", default=os.environ.get("KEDANG_DEMO_PASSWORD", ""))
    parser.add_argument("--only", default="", help="a part of the names of the shots to take")
    args = parser.parse_args()
    folder = Path(os.environ.get("KEDANG_DATA") or ROOT / "var")
    password = args.password or (folder / "demo-password.txt").read_text(encoding="utf-8").strip()
    OUT.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("KEDANG_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        # Date fields are drawn in the browser's own language.
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--lang=zh-CN"],
            env={**os.environ, "LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"},
        )
        take(browser, args.base, password, [shot for shot in SHOTS if args.only in shot.name])
        browser.close()


if __name__ == "__main__":
    main()
