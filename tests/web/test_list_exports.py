"""导出 of any list: what the page shows, by the reader's rights, on record, in Excel or CSV, at once or by a job."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from kedang.customers.selectors import exporting as customer_exporting
from kedang.kernel import listings
from kedang.kernel.actions import exporting as kernel_exporting
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NeedsApproval, NotFound
from kedang.kernel.jobs import Job, run_pending
from kedang.kernel.ledger.models import Event
from kedang.reports.exporting import neutral, plain
from tests.web.conftest import HTMX, Office

As = Callable[[str], Client]


def table(answer: Any) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    return book.get_sheet_by_index(0).to_python()


def lines(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def go(client: Client, name: str, query: str = "", **data: str) -> Any:
    return client.post(f"/lists/{name}/export/?{query}", {"purpose": "例会", "format": "xlsx", **data})


@pytest.fixture
def asked(office: Office) -> int:
    """A request of 陈思远 that waits for 周敏, about a file of 王晓芸."""
    customer = office.customer()
    with pytest.raises(NeedsApproval):
        office.do("file.open", "chen", customer=customer, purpose="接手项目")
    return customer


def test_the_approvals_go_out_as_their_tab_shows_them(office: Office, as_: As, asked: int) -> None:
    found = table(go(as_("chen"), "approvals", "tab=asked"))
    assert found[1][:4] == ["申请", "状态", "客户", "申请人"]
    assert found[2][2] == "晨光精密机械厂" and found[2][3] == "陈思远" and len(found) == 3
    kept = Event.objects.get(kind="list.exported").data
    assert kept["rows"] == 1 and kept["filters"] == {"tab": "asked"} and kept["purpose"] == "例会"
    assert kept["code"] in found[0][0] and "陈思远" in found[0][0]


def test_a_list_without_rows_says_so_and_records_nothing(office: Office, as_: As) -> None:
    answer = go(as_("wang"), "approvals", "tab=watching")
    assert answer.status_code == 422 and "没有内容" in answer.content.decode()
    assert not Event.objects.filter(kind="list.exported").exists()


def test_an_unknown_list_is_not_found(office: Office, as_: As) -> None:
    assert as_("wang").get("/lists/secrets/export/").status_code == 404
    assert go(as_("wang"), "secrets").status_code == 404


def test_the_inbox_and_the_cases_of_a_clause_go_out(office: Office, as_: As) -> None:
    customer = office.customer()
    office.do("contact.record", "wang", customer=customer, kind="电话", content="谈了交期")
    duties = table(go(as_("wang"), "inbox"))
    assert {row[1] for row in duties[2:]} == {"晨光精密机械厂"} and duties[1][-1] == "状态"
    cases = table(go(as_("han"), "cases", "pack=customer-registry&clause=1.4.1&figure=opened"))
    page = as_("han").get("/rules/customer-registry/1.4.1/opened/").content.decode()
    assert len(cases) - 2 == page.count("<li data-row>") > 0


def test_somebody_elses_file_gives_no_reading_log_on_any_path(office: Office, as_: As) -> None:
    customer = office.customer("安康医院", by="zhao")
    office.do("customer.export", "zhao", customer=customer, purpose="核对")
    assert len(table(go(as_("zhao"), "readings", f"customer={customer}"))) > 2
    for bad in (customer, 99999, "x", ""):
        assert as_("wang").get(f"/lists/readings/export/?customer={bad}").status_code == 404
        with pytest.raises(NotFound):
            perform("list.export", by=office["wang"], list="readings", asked={"customer": str(bad)}, purpose="看看")


def test_a_customers_name_is_not_told_to_who_may_not_know_of_it(office: Office, as_: As) -> None:
    office.customer("安康医院", by="zhao")
    found = listings.listing_of("cases")
    told = {"pack": "customer-registry", "clause": "1.4.1", "figure": "opened"}
    for listing, asking in ((found, told), (listings.listing_of("inbox"), {})):
        ids = listing.ids(office["wang"], asking)
        assert "安康医院" not in str(list(listing.rows(office["wang"], asking, ids)))


def test_the_same_post_twice_is_one_export(office: Office, as_: As, asked: int) -> None:
    client = as_("chen")
    names = {go(client, "approvals", "tab=asked", key="k1")["Content-Disposition"] for _ in range(2)}
    assert len(names) == 1 and Event.objects.filter(kind="list.exported").count() == 1


def test_a_csv_begins_with_its_mark_and_watermark_and_holds_no_formula(office: Office, as_: As) -> None:
    office.customer("晨光精密机械厂", phone="+86 311 86001234")
    answer = as_("wang").post("/customers/export/?scope=mine", {"purpose": "例会", "format": "csv"})
    raw = b"".join(answer.streaming_content)
    assert raw.startswith(b"\xef\xbb\xbf") and answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert "本档案归公司所有" in rows[0][0] and rows[1][1] == "客户名称" and rows[2][1] == "晨光精密机械厂"
    assert not any(cell[:1] in "=+-@\t\r" for row in rows for cell in row if cell)


@given(st.text())
@example("=1+1")
@example("  @SUM(A1)")
@example("+86 311")
@example("-2")
@example("\t=1")
@example("\rx")
@example("＝1")
def test_no_text_in_a_csv_begins_like_a_formula(text: str) -> None:
    cell = plain(text)
    assert not cell.lstrip(" \u3000\xa0").startswith(tuple("=+-@＝＋－＠")) and cell[:1] not in ("\t", "\r", "\n")
    assert cell.endswith(text.replace("\r\n", "\n"))


def test_numbers_stay_numbers() -> None:
    assert (plain(-3), plain(12.5), plain(None), neutral("正常")) == ("-3", "12.50", "", "正常")


def test_more_rows_than_anybody_waits_for_are_written_by_a_job(
    office: Office, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        office.customer(f"第{number}机械厂")
    monkeypatch.setattr(customer_exporting, "LIMIT", 2)
    client = as_("wang")
    page = client.get("/customers/export/?scope=mine", headers=HTMX).content.decode()
    assert "后台导出" in page
    answer = client.post("/customers/export/?scope=mine", {"purpose": "例会", "key": "big"}, headers=HTMX)
    assert answer["HX-Redirect"] == "/jobs/" and not Event.objects.filter(kind="customer.exported").exists()
    client.post("/customers/export/?scope=mine", {"purpose": "例会", "key": "big"}, headers=HTMX)
    job = Job.objects.get(kind="list.export")
    run_pending()
    job.refresh_from_db()
    assert job.state == "done", job.message
    kept = Event.objects.get(kind="customer.exported").data
    assert kept["rows"] == 3 and job.result == {"code": kept["code"], "rows": 3}
    got = client.get(f"/jobs/{job.pk}/result/")
    assert sorted(row[1] for row in table(got)[2:]) == ["第0机械厂", "第1机械厂", "第2机械厂"]
    assert as_("zhou").get(f"/jobs/{job.pk}/result/").status_code == 404


def test_a_job_that_may_no_longer_export_ends_with_the_refusal(
    office: Office, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.customer()
    perform(
        "list.export_later",
        by=office["wu"],
        action="customer.export",
        title="全部",
        given={"scope": "all", "purpose": "对账"},
    )
    run_pending()
    job = Job.objects.get(kind="list.export")
    assert job.state == "failed" and not job.file and not Event.objects.filter(kind="customer.exported").exists()
    assert Event.objects.filter(kind="norm.refused", clause="8").count() == 1


def test_the_limit_holds_for_who_asks_without_a_job(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        office.customer(f"第{number}机械厂")
    monkeypatch.setattr(customer_exporting, "LIMIT", 2)
    with pytest.raises(Invalid):
        office.do("customer.export", "wang", scope="mine", purpose="例会")
    monkeypatch.setattr(kernel_exporting, "AT_ONCE", 1)
    with pytest.raises(Invalid):
        office.do("list.export", "wang", list="inbox", purpose="例会")


def test_the_number_on_a_sheet_of_any_list_is_looked_up(office: Office, as_: As, asked: int) -> None:
    code = office.do("list.export", "chen", list="approvals", asked={"tab": "asked"}, purpose="例会")["code"]
    assert "例会" in as_("chen").get(f"/exports/{code}/").content.decode()
    assert as_("zhao").get(f"/exports/{code}/").status_code == 404


@pytest.mark.parametrize("name", listings.names())
def test_the_lines_of_a_list_are_drawn_in_a_fixed_number_of_queries(
    office: Office, name: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(4):
        customer = office.customer(f"第{number}机械厂")
        office.do("contact.record", "wang", customer=customer, kind="电话", content="谈")
    told = {"pack": "customer-registry", "clause": "1.4.1", "figure": "opened", "customer": str(customer)}
    told["report"] = str(
        perform("report.freeze", by=office["wang"], scope="mine", kind="month", day="2026-03-02").value
    )
    listing = listings.listing_of(name)
    ids = list(listing.ids(office["wang"], told))
    with django_assert_max_num_queries(24):
        listing.lines(office["wang"], told, ids)
