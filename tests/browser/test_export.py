"""导出 as a person does it: the dialog over the list, a workbook in the downloads, the page as it was."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page
from python_calamine import CalamineWorkbook

from tests.browser.conftest import PHONE, Site


def test_the_list_is_downloaded_from_its_dialog(site: Site, enter: Callable[..., Page], tmp_path: Path) -> None:
    site.customer("晨光精密机械厂"), site.customer("恒远物流公司")
    page = enter("wang", "/customers/?scope=mine")
    page.fill("#list-q", "物流")
    page.locator("#rows tr[data-row]").nth(1).wait_for(state="detached")
    page.click(".kd-head >> text=导出")
    page.wait_for_selector("#dialog[open] >> text=记入台账")
    page.fill("#dialog input[name=purpose], #dialog textarea[name=purpose]", "拜访排程")
    with page.expect_download() as waiting:
        page.click("#dialog >> text=导出并记录")
    kept = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(kept)
    assert kept.name.startswith("客户列表_DC") and kept.suffix == ".xlsx"
    rows = CalamineWorkbook.from_path(str(kept)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in rows[2:]] == ["恒远物流公司"]
    page.wait_for_selector("#dialog[open]", state="detached")
    assert page.url.endswith("/customers/?scope=mine") or "q=" in page.url


def test_on_a_phone_the_button_and_its_dialog_fit(site: Site, enter: Callable[..., Page]) -> None:
    site.customer("晨光精密机械厂")
    page = enter("wang", "/customers/?scope=mine", **PHONE)
    page.click(".kd-head >> text=导出")
    page.wait_for_selector("#dialog[open] >> text=导出并记录")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
