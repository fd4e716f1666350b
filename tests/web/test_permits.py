"""申请查阅, grants and registers on the pages: what is asked, what the approver is told, what a reader by grant meets."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from kedang.kernel.actions import perform
from kedang.kernel.approvals.models import Request
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Grant
from tests.kernel.conftest import text_of
from tests.support.company import in_force
from tests.web.conftest import HTMX, Office, queries

As = Callable[[str], Client]
PHONE = "13800138000"
WEEK = {"since": "2026-03-02", "through": "2026-03-06"}


def text(client: Client, url: str, **headers: str) -> str:
    """The page as text."""
    return client.get(url, headers=headers).content.decode()


def ask(office: Office, client: Client, url: str, approver: str, **data: Any) -> Grant:
    """Ask on the page and have it agreed to."""
    answer = client.post(url, {"purpose": "投标资料", "verb": "read", "key": str(Request.objects.count()), **data})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    request = Request.objects.latest("pk")
    perform("approval.move", by=office[approver], request=request.pk, move="agree")
    return Grant.objects.latest("pk")


@pytest.fixture
def file(office: Office) -> int:
    """A file of wang's with a phone, an address and a code."""
    return office.customer(
        phone=PHONE, address="长安区中关村大街1号", contact_name="曾国强", credit_code="91350100M000100Y43"
    )


def test_the_closed_page_asks_with_purpose_columns_and_day(office: Office, as_: As, file: int) -> None:
    page = text(as_("chen"), f"/customers/{file}/")
    assert f'action="/customers/{file}/ask/"' in page and "申请做什么" in page and "用途" in page
    assert PHONE not in page
    answer = as_("chen").post(f"/customers/{file}/ask/", {"verb": "read", "purpose": "", "key": "1"})
    assert answer.status_code == 422 and "此项必填" in answer.content.decode()
    assert not Request.objects.exists()


def test_the_approver_is_told_purpose_range_and_days_and_not_the_content(office: Office, as_: As, file: int) -> None:
    as_("chen").post(
        f"/customers/{file}/ask/",
        {"verb": "read", "purpose": "投标资料", "fields": ["contact", "customer.phone"], "key": "1"},
    )
    request = Request.objects.get()
    page = text(as_("zhou"), f"/approvals/{request.pk}/")
    assert "投标资料" in page and "联系方式、联系电话" in page and "查阅" in page
    assert PHONE not in page and "曾国强" not in page


def test_a_reader_by_a_read_only_grant_is_told_so_and_offered_no_copy(office: Office, as_: As, file: int) -> None:
    chen = as_("chen")
    grant = ask(office, chen, f"/customers/{file}/ask/", "zhou")
    page = text(chen, f"/customers/{file}/")
    assert grant.number in page and "只可查阅，不可复制、导出、打印和下载附件" in page and "no-copy" in page
    menu = text(chen, f"/customers/{file}/acts/", **HTMX)
    assert 'data-why="why-customer-export"' in menu
    answer = chen.post(f"/customers/{file}/export/", {"purpose": "带走", "key": "x"})
    assert answer.status_code == 422 and b"PK" not in answer.content[:4]
    assert not Event.objects.filter(kind="customer.exported").exists()
    office.clock.move_to(grant.valid_until - timedelta(seconds=1))
    assert "只可查阅" in text(chen, f"/customers/{file}/")
    office.clock.move_to(grant.valid_until)
    assert "只可查阅" not in text(chen, f"/customers/{file}/") and "申请查阅" in text(chen, f"/customers/{file}/")
    assert chen.get(f"/customers/{file}/rail/").status_code == 404


def test_a_copy_grant_lets_one_export_under_its_number(office: Office, as_: As, file: int) -> None:
    chen = as_("chen")
    ask(office, chen, f"/customers/{file}/ask/", "zhou")
    copy = ask(office, chen, f"/customers/{file}/ask/", "zhou", verb="copy", purpose="复印投标")
    answer = chen.post(f"/customers/{file}/export/", {"purpose": "投标附件", "key": "x"})
    book = (
        CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content))).get_sheet_by_index(0).to_python()
    )
    code = Event.objects.get(kind="customer.exported").data["code"]
    assert all(part in book[0][0] for part in ("陈", copy.number, code, "2026-03-02 10:00"))
    found = chen.get(f"/search/?q={copy.number.lower()}")
    assert found["Location"] == f"/grants/{copy.pk}/"
    page = text(chen, f"/grants/{copy.pk}/")
    assert code in page and "投标附件" in page
    assert "Location" not in as_("zhao").get(f"/search/?q={copy.number}")
    assert as_("zhao").get(f"/grants/{copy.pk}/").status_code == 404


def test_the_form_of_an_export_sent_again_brings_no_content_once_the_grant_has_ended(
    office: Office, as_: As, file: int
) -> None:
    chen = as_("chen")
    ask(office, chen, f"/customers/{file}/ask/", "zhou")
    copy = ask(office, chen, f"/customers/{file}/ask/", "zhou", verb="copy", purpose="复印投标")
    sent = {"purpose": "投标附件", "key": "x"}
    first, again = (chen.post(f"/customers/{file}/export/", sent) for _ in range(2))
    assert first["Content-Disposition"] == again["Content-Disposition"]
    as_("zhou").post(f"/grants/{copy.pk}/revoke/", {"reason": "已经用完", "key": "r"})
    late = chen.post(f"/customers/{file}/export/", sent)
    assert late.status_code == 422 and "不能导出" in late.content.decode() and PHONE not in late.content.decode()
    assert Event.objects.filter(kind="customer.exported").count() == 1


def test_a_grant_of_one_column_shows_it_and_no_other_tab(office: Office, as_: As, file: int) -> None:
    office.do("contact.record", "wang", customer=file, kind="电话", content="报价三百万")
    chen = as_("chen")
    ask(office, chen, f"/customers/{file}/ask/", "zhou", fields=["customer.phone"])
    page = text(chen, f"/customers/{file}/")
    assert PHONE in page and "长安区" in page and "曾国强" not in page and "报价三百万" not in page
    for tab in ("timeline", "forms", "deals", "keeping", "items", "changes", "contacts", "owners"):
        shown = text(chen, f"/customers/{file}/?tab={tab}")
        assert "报价三百万" not in shown and "曾国强" not in shown and f"?tab={tab}" not in shown.split('id="tab"')[1]


def test_the_owner_sees_who_read_tried_and_took_and_takes_a_grant_back(office: Office, as_: As, file: int) -> None:
    chen, wang = as_("chen"), as_("wang")
    grant = ask(office, chen, f"/customers/{file}/ask/", "zhou")
    chen.get(f"/customers/{file}/")
    chen.post(f"/customers/{file}/export/", {"purpose": "带走", "key": "x"})
    page = text(wang, f"/customers/{file}/?tab=log")
    assert grant.number in page and "投标资料" in page and "被拒绝" in page and "生效中的授权" in page
    assert "被拒绝" in text(wang, f"/customers/{file}/?tab=log&only=refused")
    assert "授权编号" in text(wang, f"/customers/{file}/?tab=log&only=seen")
    answer = wang.post(f"/grants/{grant.pk}/revoke/", {"reason": "投标取消", "key": "r"})
    assert answer["Location"] == f"/grants/{grant.pk}/"
    assert "投标取消" in text(chen, "/grants/?state=ended") and grant.number not in text(chen, "/grants/")
    assert "申请查阅" in text(chen, f"/customers/{file}/")
    refused = as_("zheng").post(f"/grants/{grant.pk}/revoke/", {"reason": "再收一次", "key": "q"})
    assert refused.status_code in (403, 422)


def test_more_lines_cost_no_more_queries(office: Office, as_: As, file: int) -> None:
    wang = as_("wang")
    ask(office, as_("chen"), f"/customers/{file}/ask/", "zhou")
    few, listed = queries(wang, f"/customers/{file}/?tab=log"), queries(wang, "/grants/?tab=files&state=")
    for number in range(8):
        ask(office, as_("chen"), f"/customers/{file}/ask/", "zhou", purpose=f"第{number}次投标")
    assert queries(wang, f"/customers/{file}/?tab=log") <= few <= 45
    assert queries(wang, "/grants/?tab=files&state=") <= listed <= 20


# ---- registers -------------------------------------------------------------------------------------------------------


@pytest.fixture
def registers(office: Office) -> Iterator[int]:
    """Two days of a secret register under its rules: wang's; the clerk keeps, zhou leads, zheng decides."""
    with in_force(text_of("permits")):
        for day, name in (("2026-03-02", "星河餐饮"), ("2026-02-27", "明月茶楼")):
            rows = [{"name": name, "phone": "13900139000"}]
            office.do("form.file", "wang", form="permits.register", occurred_at=f"{day} 09:00", data={"rows": rows})
        yield 2


URL = "/registers/permits.register/"


def test_a_register_shows_each_what_he_may_read_and_refuses_the_rest_on_record(
    office: Office, as_: As, registers: int
) -> None:
    assert "星河餐饮" in text(as_("wang"), URL) and "明月茶楼" in text(as_("wang"), URL)
    zhou = as_("zhou")
    assert "星河餐饮" not in text(zhou, URL)
    page = text(zhou, f"{URL}?since=2026-03-02&through=2026-03-06")
    assert "保密" in page and "第1条" in page and "星河餐饮" not in page
    assert Event.objects.filter(kind="norm.refused", data__about="permits.register").count() == 1
    permit = ask(office, zhou, f"{URL}ask/", "zheng", **WEEK, until="2026-03-09")
    page = text(zhou, f"{URL}?since=2026-03-02&through=2026-03-06")
    assert "星河餐饮" in page and "明月茶楼" not in page and "2026-03-02 至 2026-03-06" in page
    assert "明月茶楼" not in text(zhou, f"{URL}?since=2026-02-20&through=2026-03-06")
    assert permit.number in [each.data.get("number") for each in Event.objects.filter(kind="form.opened")]


def test_one_record_opens_to_whom_it_may_and_says_to_the_others_how_to_ask(
    office: Office, as_: As, registers: int
) -> None:
    from kedang.kernel.norms.models import FormRecord

    pk = FormRecord.objects.get(form="permits.register", on_day="2026-03-02").pk
    assert "星河餐饮" in text(as_("wang"), f"/forms/record/{pk}/")
    answer = as_("zhou").get(f"/forms/record/{pk}/")
    page = answer.content.decode()
    assert answer.status_code == 403 and "星河餐饮" not in page and "since=2026-03-02" in page and "申请查阅" in page
    assert as_("wu").get(f"/forms/record/{pk}/").status_code == 404
    assert as_("wu").get(URL).status_code == 404


def test_a_register_goes_out_by_number_under_a_watermark_with_the_receiver(
    office: Office, as_: As, registers: int
) -> None:
    zhou = as_("zhou")
    data = {**WEEK, "purpose": "年检备份", "recipient": "外包档案公司", "key": "e"}
    for number in ("", "SQ-2026-0099"):
        answer = zhou.post(f"{URL}export/", {**data, "authorisation": number, "key": f"no{number}"})
        assert answer.status_code == 422 and "星河餐饮" not in answer.content.decode()
    grant = ask(office, zhou, f"{URL}ask/", "zheng", verb="copy", **WEEK, until="2026-03-09")
    answer = zhou.post(f"{URL}export/", {**data, "authorisation": grant.number})
    book = (
        CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content))).get_sheet_by_index(0).to_python()
    )
    event = Event.objects.get(kind="form.exported")
    assert all(part in book[0][0] for part in (grant.number, event.data["code"], "外包档案公司"))
    assert book[1][:3] == ["日期", "填报人", "编号"] and "星河餐饮" in book[2] and len(book) == 3
    assert event.data["recipient"] == "外包档案公司"
    assert "外包档案公司" not in str(text(as_("wang"), URL))
    office.clock.move_to(grant.valid_until - timedelta(seconds=1))
    assert zhou.post(f"{URL}export/", {**data, "authorisation": grant.number, "key": "last"}).status_code == 200
    office.clock.move_to(grant.valid_until + timedelta(seconds=1))
    for key in ("last", "anew"):
        late = zhou.post(f"{URL}export/", {**data, "authorisation": grant.number, "key": key})
        page = late.content.decode()
        assert late.status_code == 422 and f"授权 {grant.number} 已于" in page and "到期" in page, key
        assert "外包档案公司" in page and "星河餐饮" not in page
    assert Event.objects.filter(kind="form.exported").count() == 2


def test_telling_somebody_outside_is_written_down_by_number(office: Office, as_: As, registers: int) -> None:
    zhou = as_("zhou")
    data = {**WEEK, "purpose": "对账", "recipient": "陈某", "way": "phone", "summary": "只报了家数"}
    assert zhou.post(f"{URL}disclose/", {**data, "key": "1"}).status_code == 422
    grant = ask(office, zhou, f"{URL}ask/", "zheng", verb="copy", **WEEK, until="2026-03-09")
    answer = zhou.post(f"{URL}disclose/", {**data, "authorisation": grant.number, "key": "2"})
    assert answer["Location"] == URL
    event = Event.objects.get(kind="access.disclosed")
    assert event.data["recipient"] == "陈某" and "只报了家数" not in str(event.data)


def test_a_mistake_on_the_closed_page_brings_back_its_small_form(office: Office, as_: As, file: int) -> None:
    sent = {"verb": "read", "purpose": "", "key": "1"}
    small = as_("chen").post(f"/customers/{file}/ask/", {**sent, "lean": "yes"}, headers=HTMX).content.decode()
    assert "此项必填" in small and 'name="lean"' in small and "提交后由谁审批" not in small and "<h1" not in small
    whole = as_("chen").post(f"/customers/{file}/ask/", sent, headers=HTMX).content.decode()
    assert "提交后由谁审批" in whole and "<h1" in whole


def test_the_request_says_under_which_number_it_was_granted(office: Office, as_: As, file: int) -> None:
    as_("chen").post(f"/customers/{file}/ask/", {"verb": "read", "purpose": "投标资料", "key": "1"})
    request = Request.objects.get()
    assert "授权编号" not in text(as_("chen"), f"/approvals/{request.pk}/")
    office.do("approval.move", "zhou", request=request.pk, move="agree")
    number = Grant.objects.get().number
    page = text(as_("chen"), f"/approvals/{request.pk}/")
    assert number in page and f'href="/customers/{file}/">打开档案' in page
    assert "打开档案" not in text(as_("zhou"), f"/approvals/{request.pk}/").split("审批链")[0]
