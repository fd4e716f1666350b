"""导出 in the browser: the button knows its clause, the dialog says what goes out, the download is safe."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from django.test import Client
from python_calamine import CalamineWorkbook

from kedang.kernel.ledger.models import Event
from tests.web.conftest import HTMX, Office

As = Callable[[str], Client]


def rows(answer: Any) -> list[list[Any]]:
    """The workbook of a download."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    return book.get_sheet_by_index(0).to_python()


def test_the_list_goes_out_as_a_workbook_that_no_cache_keeps(office: Office, as_: As) -> None:
    office.customer("晨光精密机械厂"), office.customer("恒远物流公司")
    answer = as_("wang").post("/customers/export/?scope=mine&q=物流", {"purpose": "拜访排程", "key": "k1"})
    assert answer.status_code == 200
    assert answer["X-Content-Type-Options"] == "nosniff" and "no-store" in answer["Cache-Control"]
    name = unquote(answer["Content-Disposition"])
    assert name.startswith("attachment; filename*=utf-8''客户列表_DC20260302-") and name.endswith(".xlsx")
    found = rows(answer)
    assert [row[1] for row in found[2:]] == ["恒远物流公司"] and "王晓芸" in found[0][0]
    assert Event.objects.get(kind="customer.exported").data["purpose"] == "拜访排程"


def test_the_dialog_says_what_goes_out_and_that_it_is_on_record(office: Office, as_: As) -> None:
    office.customer()
    text = as_("wang").get("/customers/export/?scope=mine", headers=HTMX).content.decode()
    assert "客户列表“我负责的”" in text and "本档案归公司所有" in text and "记入台账" in text and "<html" not in text
    assert "<dt>行数</dt>" in text and '<dd class="num">1</dd>' in text and "导出并记录" in text
    assert not Event.objects.filter(kind="customer.exported").exists()


def test_a_missing_purpose_is_said_at_the_field_and_nothing_goes_out(office: Office, as_: As) -> None:
    office.customer()
    answer = as_("wang").post("/customers/export/?scope=mine", {"purpose": ""})
    assert answer.status_code == 422 and "此项必填" in answer.content.decode()
    assert not Event.objects.filter(kind="customer.exported").exists()


def test_the_same_post_again_is_the_same_export(office: Office, as_: As) -> None:
    office.customer()
    client = as_("wang")
    names = {
        client.post("/customers/export/?scope=mine", {"purpose": "例会", "key": "k2"})["Content-Disposition"]
        for _ in range(2)
    }
    assert len(names) == 1 and Event.objects.filter(kind="customer.exported").count() == 1


def test_the_button_of_the_list_is_on_for_ones_own_and_off_with_its_clause_for_all(office: Office, as_: As) -> None:
    office.customer()
    mine = as_("wang").get("/customers/").content.decode()
    assert 'hx-get="/customers/export/"' in mine
    wide = as_("wang").get("/customers/?scope=all").content.decode()
    assert 'data-why="why-customer-export"' in wide and "第8条" in wide
    assert 'hx-get="/customers/export/"' in as_("zhou").get("/customers/?scope=all").content.decode()


def test_who_may_not_export_is_refused_by_the_clause_on_page_and_post(office: Office, as_: As) -> None:
    office.customer()
    client = as_("wu")
    shown = client.get("/customers/export/?scope=all").content.decode()
    assert "不能导出" in shown and "导出并记录" not in shown
    answer = client.post("/customers/export/?scope=all", {"purpose": "对账"})
    assert answer.status_code == 422 and "Content-Disposition" not in answer
    assert "由部门经理和总经理导出" in answer.content.decode()
    assert not Event.objects.filter(kind="customer.exported").exists()
    assert Event.objects.filter(kind="norm.refused", clause="8").count() == 1


def test_a_file_goes_out_from_its_menu_and_the_log_tells(office: Office, as_: As) -> None:
    file = office.customer(phone="13800138000")
    client = as_("wang")
    assert f'href="/customers/{file}/export/"' in client.get(f"/customers/{file}/acts/", headers=HTMX).content.decode()
    found = rows(client.post(f"/customers/{file}/export/", {"purpose": "交客户核对"}))
    assert dict(row[:2] for row in found[2:])["客户名称"] == "晨光精密机械厂"
    code = Event.objects.get(kind="customer.exported").data["code"]
    assert code in client.get(f"/customers/{file}/?tab=log").content.decode()


def test_a_strangers_file_is_nowhere_to_export(office: Office, as_: As) -> None:
    file = office.customer()
    client = as_("ding")
    assert client.get(f"/customers/{file}/export/").status_code == 404
    assert client.post(f"/customers/{file}/export/", {"purpose": "看看"}).status_code == 404
    assert client.post(f"/customers/{file}/do/customer.export/", {"purpose": "看看"}).status_code == 404


def test_the_number_on_a_sheet_is_looked_up_by_those_it_concerns(office: Office, as_: As) -> None:
    office.customer()
    code = office.do("customer.export", "wang", scope="mine", purpose="拜访排程")["code"]
    for login in ("wang", "zhou", "zheng"):
        assert "拜访排程" in as_(login).get(f"/exports/{code}/").content.decode()
    assert as_("zhou").get(f"/search/?q={code.lower()}")["Location"] == f"/exports/{code}/"
    assert as_("zhao").get(f"/exports/{code}/").status_code == 404
    assert as_("zheng").get("/exports/DC20260302-00000000/").status_code == 404
