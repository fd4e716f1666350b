"""What is done on a page before its picture is taken: the acts of screenshots.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
Act = Callable[[Page], object]


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
        page.locator(".keep-view, .kd-views button[hx-get]").filter(has_text="视图").last.click()
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


def searched(words: str, more: str = "") -> Act:
    """An act: the first file of a search in the list, and below it an address."""

    def act(page: Page) -> None:
        page.goto(site(page) + f"/customers/?scope=all&q={words}")
        first_customer(page)
        page.goto(page.url.split("?")[0] + more)

    return act


def lent(page: Page) -> None:
    """A file of which the original is out, longest overdue: the figure of 首页 leads to it."""
    page.goto(site(page) + "/home/rows/loans/")
    page.get_by_role("row").filter(has_text="原件").first.get_by_role("link").first.click()
    page.wait_for_load_state("networkidle")
    page.goto(page.url.split("?")[0] + "?tab=keeping")


def handover(page: Page) -> None:
    """The handover of who left."""
    page.get_by_text("去交接").locator("visible=true").first.click()
    page.wait_for_load_state("networkidle")


def destroyed(page: Page) -> None:
    """The record of what was destroyed: the notice of its carrying out leads there."""
    told = page.get_by_text("一份档案已销毁").locator("visible=true")
    if not told.count():  # opening a notice is reading it
        page.goto(site(page) + "/?notices=read")
    told.last.click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="客户档案").first.click()
    page.wait_for_load_state("networkidle")


def one_approval(page: Page) -> None:
    """A request and what its approver is asked when he agrees."""
    first_row(page)
    press("同意")(page)


def behalf(page: Page) -> None:
    """A clerk types for the owner of a file that stays closed to him."""
    first_customer(page)
    press("写跟进")(page)


def user_menu(page: Page) -> None:
    """The menu behind one's name."""
    page.get_by_role("button", name="我的账号").click()
    page.wait_for_timeout(300)
