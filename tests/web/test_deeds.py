"""The page of any deed: what it asks, what the button chose, and what it answers inside another page."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from kedang.customers.models import Customer
from kedang.kernel import clock
from kedang.kernel.approvals.models import Request
from kedang.kernel.norms.models import FileStage, FileTerm
from kedang.kernel.workdays import calendar
from kedang.records.models import Custody, InventoryLine
from kedang.web.words import due_words
from tests.web.conftest import HTMX, Office

BASIC = {
    "name": "晨光精密机械厂", "category": "potential", "nature": "民营", "parent_unit": "无", "address": "石家庄市长安区1号",
    "contact_name": "张建国", "phone": "0311-86001234",
}  # fmt: skip


def filed(office: Office) -> int:
    """A customer whose basic form waits for the market department."""
    customer = office.customer(contact_name="张建国", phone="0311-86001234", address="石家庄市长安区1号")
    office.do("form.file", "wang", form="customer-registry.customer_basic", customer=customer, data=BASIC)
    return customer


def test_a_clerk_takes_the_step_that_the_button_chose(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = filed(office), as_("fang")
    path = f"/customers/{customer}/do/flow.move/"
    page = client.get(f"{path}?flow=customer-registry.registration&to=filed").content.decode()
    assert "备案状态转为“已备案”" in page and 'type="hidden" name="to" value="filed"' in page
    assert 'id="f-flow"' not in page, "nobody types the id of a flow"
    client.post(path, {"flow": "customer-registry.registration", "to": "filed", "key": "k"})
    assert "已备案" in client.get(f"/customers/{customer}/").content.decode()


def test_a_step_that_no_button_chose_is_no_page(office: Office, as_: Callable[[str], Client]) -> None:
    assert as_("fang").get(f"/customers/{filed(office)}/do/flow.move/").status_code == 404


def test_a_class_is_chosen_by_its_words(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(), as_("wang")
    path = f"/customers/{customer}/do/customer.classify/"
    page = client.get(path).content.decode()
    assert "客户类别：重点客户" in page and "合作关系" not in page, "only the classes of the regulation over this file"
    client.post(path, {"value": "customer-registry.category:key", "key": "k"})
    assert FileTerm.objects.get(file=customer, term="customer-registry.category").value == "key"
    wrong = client.post(path, {"value": "", "key": "k2"}, headers=HTMX)
    assert wrong.status_code == 422 and "此项必填" in wrong.content.decode()


def test_a_reading_asks_only_what_the_regulation_speaks_of(office: Office, as_: Callable[[str], Client]) -> None:
    registry, medical = office.customer(), office.customer("惠民大药房", by="zhao")
    page = as_("chen").get(f"/customers/{registry}/").content.decode()
    assert "用途" in page and "业务关联编号" not in page
    page = as_("qian").get(f"/customers/{medical}/").content.decode()
    assert "用途" in page and "业务关联编号" in page


def test_a_refused_request_answers_inside_the_closed_file(office: Office, as_: Callable[[str], Client]) -> None:
    medical = office.customer("惠民大药房", by="zhao")
    sent = {"purpose": "看看", "lean": "yes", "key": "k"}
    answer = as_("qian").post(f"/customers/{medical}/do/file.open/", sent, headers=HTMX).content.decode()
    assert "被拒绝的是" in answer and 'value="看看"' in answer
    assert "<h1" not in answer and "提交后由谁审批" not in answer, "the page around it says both already"


def test_a_reader_of_an_archived_file_cannot_send_it_back(office: Office, as_: Callable[[str], Client]) -> None:
    """Stages opened by an action have no holder of their own; who passed the file on last holds them."""
    medical = office.customer("惠民大药房", by="zhao")
    FileStage.objects.update_or_create(
        file=medical, flow="sales-files.file_status", defaults={"stage": "archived", "since": clock.now()}
    )
    sent = {"flow": "sales-files.file_status", "to": "reviewed", "opinion": "退一下", "key": "k"}
    path = f"/customers/{medical}/do/flow.move/"
    assert "这一步由" in as_("qian").post(path, sent, headers=HTMX).content.decode()
    assert "这一步由" not in as_("ma").post(path, {**sent, "key": "k2"}, headers=HTMX).content.decode()


def test_the_keeper_ticks_what_is_there_and_the_rest_is_missing(office: Office, as_: Callable[[str], Client]) -> None:
    kept = [office.customer(name, by="zhao") for name in ("惠民大药房", "仁和药店")]
    for pk in kept:
        Custody.objects.create(customer_id=pk, custodian=office["he"], handed_over_on=clock.today())
    client, (first, second) = as_("he"), Customer.objects.filter(pk__in=kept).order_by("pk")
    page = client.get("/do/inventory.count/").content.decode()
    assert first.number in page and "仁和药店" in page
    client.post("/do/inventory.count/", {"counted_on": "2026-03-02", "found": [first.number], "key": "k"})
    lines = dict(InventoryLine.objects.values_list("customer", "present"))
    assert lines == {first.pk: True, second.pk: False}


@pytest.mark.parametrize(("natural", "words"), [(False, "逾期 2 个工作日"), (True, "逾期 3 天")])
def test_lateness_is_told_as_the_regulation_counts(natural: bool, words: str, office: Office) -> None:
    # The Saturday between is a working day: the Spring Festival is made up for.
    friday = datetime(2026, 2, 27, 23, 59, tzinfo=clock.now().tzinfo)
    assert due_words(friday, calendar.load(), natural=natural).text == words


def test_a_decision_is_told_without_quotes_in_quotes(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    as_("chen").post(f"/customers/{customer}/do/file.open/", {"purpose": "接手项目", "key": "a"})
    as_("zhou").post(f"/approvals/{Request.objects.get().pk}/agree/", {"key": "b"})
    page = as_("chen").get("/").content.decode()
    assert "您的申请已批准：查阅档案“晨光精密机械厂”" in page


def test_an_exception_shows_its_approver_the_amount_in_yuan(office: Office, as_: Callable[[str], Client]) -> None:
    sent = {"kind": "招待", "amount": "680", "reason": "客户来访", "exception": "yes", "key": "k"}
    as_("wang").post(f"/customers/{office.customer()}/do/expense.submit/", sent)
    assert "680.00 元" in as_("zheng").get(f"/approvals/{Request.objects.get().pk}/").content.decode()
