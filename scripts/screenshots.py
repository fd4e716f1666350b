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

from playwright.sync_api import Browser, Error, Page, sync_playwright

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


# ---- lists, import, reading, the desk --------------------------------------------------------------------------------


def site(page: Page) -> str:
    """The address of the server."""
    return "/".join(page.url.split("/", 3)[:3])


def first_customer_of(page: Page, more: str = "") -> None:
    """Open the first file of the reader, with a tab or a page below it."""
    first_customer(page)
    page.goto(page.url.split("?")[0] + more)


def tab(more: str) -> Act:
    """An act: the first file, and below it this address."""
    return lambda page: first_customer_of(page, more)


def press(*names: str) -> Act:
    """An act: press these buttons or links one after another; what is not there is passed over."""

    def act(page: Page) -> None:
        for name in names:
            if page.locator("dialog[open]").count():
                return
            found = page.locator("a, button, summary").filter(has_text=name).locator("visible=true")
            if found.count():
                found.first.click()
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(400)

    return act


def ticked(page: Page) -> None:
    """Tick the first rows that may be ticked."""
    boxes = page.locator("[data-pick-row]:enabled").locator("visible=true")
    for number in range(min(3, boxes.count())):
        boxes.nth(number).check()
    page.wait_for_timeout(400)


def peeked(page: Page) -> None:
    """Open the first row in the drawer."""
    page.locator("[data-peek]").locator("visible=true").first.click()
    page.wait_for_timeout(800)


def with_view(page: Page) -> None:
    """Keep a view of one's own, pinned, if there is none yet."""
    if page.locator(".kd-views").get_by_text("久未跟进").count() == 0:
        page.goto(site(page) + "/customers/?scope=mine&sort=last_contact")
        page.locator(".kd-views button[hx-get]").filter(has_text="视图").last.click()
        page.locator("dialog[open] input[name=name]").fill("久未跟进")
        page.locator("dialog[open] button[type=submit]").first.click()
        page.wait_for_load_state("networkidle")
    if page.viewport_size and page.viewport_size["width"] > 800:
        ticked(page)


def ask_reading(page: Page) -> None:
    """The form that asks to read a colleague's file."""
    closed(page)
    page.goto(page.url.split("?")[0] + "ask/")


def attached(page: Page) -> None:
    """A paper of the first file: put in through the form when there is none yet."""
    first_customer_of(page, "?tab=items")
    file = page.url.split("?")[0]
    if page.locator(".items a.strong").count() == 0:
        page.goto(file + "do/record.attach/")
        page.locator("input[data-upload-to]").first.set_input_files(
            {
                "name": "营业执照.pdf",
                "mimeType": "application/pdf",
                "buffer": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n",
            }
        )
        page.locator(".upload-list li input[type=hidden]").first.wait_for(state="attached")
        page.get_by_label("题名").fill("营业执照副本")
        kind = page.locator("select[name=kind]")
        if kind.count():
            kind.select_option(index=1)
        page.locator("[name=issued_on]").fill("2024-03-11")
        page.locator("form.deed button[type=submit]").last.click()
        page.wait_for_load_state("networkidle")
    page.goto(file + "?tab=items")


def one_item(page: Page) -> None:
    """The first paper of the first file."""
    attached(page)
    page.locator(".items a.strong").first.click()
    page.wait_for_load_state("networkidle")


def corrected(page: Page) -> None:
    """A follow-up that was entered wrongly and corrected."""
    page.goto(site(page) + "/customers/?scope=mine&sort=-last_contact")
    first_customer(page)
    file = page.url.split("?")[0]
    fix = page.locator("a.fix")
    if page.locator("li.corrected").count() == 0 and fix.count():
        page.goto(site(page) + (fix.first.get_attribute("href") or ""))
        page.locator("form.deed [name=reason]").fill("日期和对象写错了")
        page.locator("form.deed button[type=submit]").last.click()
        page.wait_for_timeout(1500)
    page.goto(file)


def staff_list() -> bytes:
    """A staff list with a mistake or two."""
    rows = ["姓名,部门,岗位,手机", "罗敏,业务一部,业务员,13800138000", "高原,没有这个部门,业务员,123"]
    return "\r\n".join(rows).encode("gb18030")


def staff_preview(page: Page) -> None:
    """What a staff list would change."""
    page.locator("#f-file").set_input_files({"name": "员工名单.csv", "mimeType": "text/csv", "buffer": staff_list()})
    page.get_by_role("button", name="读取并预览").click()
    page.wait_for_load_state("networkidle")


def messy_list() -> dict[str, object]:
    """Sixty rows made messy on purpose."""
    import sys
    import tempfile

    sys.path.insert(0, str(ROOT))
    from bench.messy import write

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "客户名录.xlsx"
        write(path, 60, people=["王晓芸", "陈思远"])
        return {"name": path.name, "mimeType": "application/vnd.ms-excel", "buffer": path.read_bytes()}


def import_columns(page: Page) -> None:
    """Send a list up; the columns are guessed."""
    page.goto(site(page) + "/customers/import/")
    page.locator("#f-file").set_input_files(messy_list())  # type: ignore[arg-type]
    page.get_by_role("button", name="上传并识别").click()
    page.wait_for_url(re.compile(r"/columns/"))


def import_checked(page: Page) -> None:
    """Look the list through."""
    import_columns(page)
    page.locator("select[name=owner], [name=owner]").first.wait_for(state="attached")
    page.get_by_role("button", name="下一步：核对").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="下一步：确认").wait_for(timeout=30_000)


def import_alike(page: Page) -> None:
    """Rows like files that exist."""
    import_checked(page)
    page.goto(page.url.split("?")[0] + "?tab=same")


def import_confirm(page: Page) -> None:
    """The last look before it begins."""
    import_checked(page)
    page.get_by_role("button", name="下一步：确认").click()
    page.wait_for_load_state("networkidle")


def import_result(page: Page) -> None:
    """Begun and done."""
    import_confirm(page)
    page.locator("button[name=go]").click()
    page.locator(".note.amber, .note.green").first.wait_for(timeout=90_000)


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
    Shot("22-approvals-batch", "zheng", "/approvals/", ticked),
    Shot("23-approval-vote", "zheng", "/approvals/", lambda page: (first_row(page), press("同意")(page))),
    Shot("24-ask-reading", "wang", "/customers/", ask_reading),
    Shot("25-grants", "wang", "/grants/"),
    Shot("26-registers", "luo", "/registers/"),
    Shot("27-register", "hexin", "/registers/leasing-customer-info.info_register/"),
    Shot("28-file-reading-log", "wang", "/customers/?scope=mine", tab("?tab=log")),
    Shot("29-file-items", "wang", "/customers/?scope=mine", attached),
    Shot("30-item", "wang", "/customers/?scope=mine", one_item),
    Shot("31-catalogue", "wang", "/customers/?scope=mine", tab("catalogue/")),
    Shot("32-attach", "wang", "/customers/?scope=mine", tab("do/record.attach/")),
    Shot("33-import", "zhou", "/customers/import/"),
    Shot("34-import-columns", "zhou", "/customers/import/", import_columns),
    Shot("35-import-check", "zhou", "/customers/import/", import_checked),
    Shot("36-import-alike", "zhou", "/customers/import/", import_alike),
    Shot("37-import-confirm", "zhou", "/customers/import/", import_confirm),
    Shot("38-import-result", "zhou", "/customers/import/", import_result),
    Shot("39-import-history", "zhou", "/customers/import/"),
    Shot("40-list-views", "wang", "/customers/?scope=mine", with_view),
    Shot("41-list-filter", "wang", "/customers/?scope=mine", press("筛选", "高级筛选")),
    Shot("42-list-drawer", "wang", "/customers/?scope=mine", peeked),
    Shot("43-list-board", "wang", "/customers/?scope=mine&show=board"),
    Shot("44-jobs", "zhou", "/jobs/"),
    Shot("45-desk", "qin", "/desk/"),
    Shot("46-daily-register", "yiming", "/forms/leasing-customer-info.info_register/"),
    Shot("47-conflicts", "luo", "/conflicts/"),
    Shot("48-conflict", "luo", "/conflicts/", first_row),
    Shot("49-sign-regulation", "yiming", "/rules/leasing-customer-info/sign/"),
    Shot("50-signatures", "han", "/rules/customer-registry/signatures/"),
    Shot("51-corrected", "wang", "/customers/?scope=mine", corrected),
    Shot("52-staff-import", "admin", "/manage/staff/", staff_preview),
    Shot("53-person", "admin", "/manage/?tab=people", press("王晓芸")),
    Shot("54-leasing-tasks", "luo", "/"),
    Shot("55-leasing-archive", "hexin", "/customers/?scope=all", tab("?tab=keeping")),
]


def sign_in(page: Page, base: str, login: str, password: str) -> None:
    """Through the sign-in page, like anyone."""
    page.goto(base + "/login/")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(re.compile(r"^(?!.*/login/)"))


def take(browser: Browser, base: str, password: str, shots: list[Shot], sizes: dict[int, int]) -> None:
    """Every shot at every width; one sign-in a person and width."""
    for width, height in sizes.items():
        pages: dict[str, Page] = {}
        for shot in shots:
            page = pages.get(shot.who)
            if page is None:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
                )
                page = pages[shot.who] = context.new_page()
                page.set_default_timeout(15_000)
                page.on(
                    "console", lambda said, who=shot.who: said.type == "error" and print("  console:", who, said.text)
                )
                if shot.who:
                    sign_in(page, base, shot.who, password)
            page.goto(base + shot.path)
            try:
                shot.act(page)
            except Error as error:  # the picture of where it stuck says more than the message
                print(f"  stuck: {str(error).splitlines()[0]}")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=OUT / f"{shot.name}-{width}.png")
            print(f"{shot.name}-{width} {page.url.removeprefix(base)}", flush=True)
        for page in pages.values():
            page.context.close()


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--password", default=os.environ.get("KEDANG_DEMO_PASSWORD", ""))
    parser.add_argument("--only", default="", help="a part of the names of the shots to take")
    parser.add_argument("--width", type=int, choices=list(SIZES), help="only this width")
    parser.add_argument("--since", default="", help="the first shot to take, by its number")
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
        shots = [shot for shot in SHOTS if args.only in shot.name and shot.name >= args.since]
        take(browser, args.base, password, shots, {args.width: SIZES[args.width]} if args.width else SIZES)
        browser.close()


if __name__ == "__main__":
    main()
