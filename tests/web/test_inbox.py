"""我的待办: what is due, by which clause, in which section; empty states; no query a row."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.test import Client

from kedang.kernel import clock, inbox, tick
from kedang.kernel.models import Notice
from kedang.web.views.inbox import band_of
from tests.web.conftest import Office, queries


def page(client: Client, path: str = "/") -> str:
    return client.get(path).content.decode()


def test_a_contact_with_a_new_customer_puts_its_filing_on_the_list(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer()
    office.do("contact.record", "wang", customer=customer, kind="电话", content="要报价单")
    text = page(as_("wang"))
    assert "提交《客户基本信息表》备案" in text and "晨光精密机械厂" in text and "1.4.1" in text
    assert f"/forms/customer-registry.customer_basic/?customer={customer}" in text
    assert "3月9日 周一" in text and "以后" in text
    assert "逾期后将通知业务部门经理、市场管理员" in text


def test_what_is_overdue_stands_first_and_says_by_how_many_working_days(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer()
    office.do("contact.record", "wang", customer=customer, kind="电话", content="要报价单")
    office.clock.move_to(__import__("datetime").datetime(2026, 3, 11, 9))
    tick.tick()
    text = page(as_("wang"))
    assert 'id="band-late"' in text and "逾期 2 个工作日" in text
    assert "已通知业务部门经理、市场管理员" in text


def test_an_empty_day_says_when_the_next_duty_falls_due(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    office.do("contact.record", "wang", customer=customer, kind="电话", content="要报价单")
    text = page(as_("wang"))
    assert "今天的都办完了" in text and "下一件：提交《客户基本信息表》备案（晨光精密机械厂）" in text


def test_somebody_with_nothing_to_do_is_told_that(as_: Callable[[str], Client]) -> None:
    assert "没有带期限的待办" in page(as_("liu"))


def test_nobody_sees_the_duties_of_a_colleague(office: Office, as_: Callable[[str], Client]) -> None:
    office.do("contact.record", "wang", customer=office.customer(), kind="电话", content="要报价单")
    assert "晨光精密机械厂" not in page(as_("chen"))


def test_the_badge_counts_what_the_list_shows(office: Office, as_: Callable[[str], Client]) -> None:
    for number in range(3):
        office.do("contact.record", "wang", customer=office.customer(f"第{number}机械厂"), kind="电话", content="谈")
    assert inbox.counts(office["wang"]).duties == inbox.duties_for(office["wang"]).count() == 3
    assert page(as_("wang")).count("data-row") == 3


def test_ten_times_the_duties_cost_no_more_queries(office: Office, as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    for number in range(2):
        office.do("contact.record", "wang", customer=office.customer(f"甲{number}机械厂"), kind="电话", content="谈")
    few = queries(client, "/")
    for number in range(18):
        office.do("contact.record", "wang", customer=office.customer(f"乙{number}纺织厂"), kind="电话", content="谈")
    assert queries(client, "/") == few <= 22


def test_on_a_sunday_tomorrow_is_within_seven_days(office: Office) -> None:
    office.clock.move_to(datetime(2026, 3, 8, 10))
    now = clock.now()
    assert [band_of(now + timedelta(days=days)) for days in (-1, 0, 1, 6, 7)] == [
        "late",
        "today",
        "week",
        "week",
        "later",
    ]


def test_a_duty_that_waits_for_more_people_on_a_file_leads_to_adding_them(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer(terms={"category": "potential", "weight": "major"})
    text = page(as_("zhou"))
    assert "增派联系人员" in text and f"/customers/{customer}/do/customer.add_collaborator/" in text


def test_opening_a_notice_reads_it_and_many_of_them_stand_behind_one_line(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer, now = office.customer(), clock.now()
    rows = [Notice(person=office["wang"], at=now, text=f"第 {n} 条通知", file=customer) for n in range(12)]
    rows[0].text = "（已销毁）"
    Notice.objects.bulk_create(rows)
    client = as_("wang")
    text = page(client)
    assert "其余 2 条" in text and "（已销毁）" not in text and "内容随之删除" in text
    link = re.search(r"/to/notice/\d+/", text)
    assert link and client.get(link[0])["Location"] == f"/customers/{customer}/"
    assert link[0] not in page(client) and "其余 1 条" in page(client)


def test_a_notice_that_was_read_can_be_found_again(office: Office, as_: Callable[[str], Client]) -> None:
    Notice.objects.create(person=office["wang"], at=clock.now(), text="请登记借阅", file=office.customer())
    client = as_("wang")
    assert "请登记借阅" in page(client)
    client.post("/notices/read/", {"upto": Notice.objects.get().pk})
    assert "请登记借阅" not in page(client) and "没有未读的通知" in page(client)
    assert "请登记借阅" in page(client, "/?notices=read") and "请登记借阅" not in page(as_("chen"), "/?notices=read")
