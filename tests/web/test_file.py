"""客户档案: opening it, asking for it, its tabs, and buttons that know their clause."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from kedang.kernel.approvals.models import Request
from kedang.kernel.ledger.models import Event
from tests.web.conftest import HTMX, Office, queries

TABS = ["timeline", "data", "contacts", "forms", "deals", "keeping", "changes", "owners", "log"]


def text(client: Client, path: str, **more: str) -> str:
    return client.get(path, headers=more).content.decode()


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_as_page_and_as_fragment(tab: str, office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(contact_name="张建国", contact_phone="13800138000"), as_("wang")
    assert "晨光精密机械厂" in text(client, f"/customers/{customer}/?tab={tab}")
    part = text(client, f"/customers/{customer}/?tab={tab}", **HTMX, **{"HX-Target": "tab"})
    assert part.lstrip().startswith('<div id="tab">') and "<html" not in part


def test_opening_a_file_is_on_record_once_an_hour(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(), as_("wang")
    for path in ("", "?tab=data", "rail/", ""):
        client.get(f"/customers/{customer}/{path}")
    assert Event.objects.filter(kind="file.opened", file=customer).count() == 1


def test_a_colleague_sees_the_head_why_not_and_whom_to_ask(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer(phone="0311-86001234")
    page = text(as_("chen"), f"/customers/{customer}/")
    assert "晨光精密机械厂" in page and "0311-86001234" not in page
    assert "1.5.1" in page and "须先得到部门经理同意" in page
    assert "由谁批准" in page and "周敏" in page and "申请查阅" in page


def test_asking_opens_a_request_and_the_page_says_it_waits(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(), as_("chen")
    answer = client.post(f"/customers/{customer}/do/file.open/", {"purpose": "接手项目", "key": "a"})
    request = Request.objects.get()
    assert answer["Location"] == f"/approvals/{request.pk}/" and request.reason == "接手项目"
    assert "您的查阅申请正在审批" in text(client, f"/customers/{customer}/")


def test_agreed_to_the_file_opens_until_the_time_is_up(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(address="石家庄市长安区1号"), as_("chen")
    client.post(f"/customers/{customer}/do/file.open/", {"purpose": "接手项目", "key": "a"})
    as_("zhou").post(f"/approvals/{Request.objects.get().pk}/agree/", {"key": "b"})
    assert "石家庄市长安区1号" in text(client, f"/customers/{customer}/?tab=data")
    office.clock.advance(__import__("datetime").timedelta(days=9))
    assert "石家庄市长安区1号" not in text(client, f"/customers/{customer}/?tab=data")


def test_a_claim_for_a_customer_never_filed_is_refused_in_four_lines(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer()
    fields = {"kind": "招待", "amount": "680", "note": "工作餐", "key": "x"}
    answer = as_("wang").post(f"/customers/{customer}/do/expense.submit/", fields, headers=HTMX)
    page = answer.content.decode()
    for line in ("被拒绝的是", "条款与原文", "比对的事实", "怎样可以放行"):
        assert line in page
    assert "第1.8.1条" in page and "财务一概不给报销" in page and "客户备案通过后再提交" in page
    assert 'value="680"' in page and "工作餐" in page
    assert Event.objects.filter(kind="norm.refused", clause="1.8.1", file=customer).count() == 1


def test_a_wrong_amount_is_said_at_the_amount_and_the_rest_stays(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    fields = {"kind": "其他", "amount": "三百", "note": "打印", "key": "x"}
    answer = as_("wang").post(f"/customers/{customer}/do/expense.submit/", fields)
    page = answer.content.decode()
    assert answer.status_code == 422 and 'id="f-amount-error"' in page and 'value="三百"' in page and "打印" in page


def test_a_button_that_is_off_carries_its_clause(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    menu = text(as_("wang"), f"/customers/{customer}/acts/")
    assert 'aria-disabled="true"' in menu and "怎样可以放行" in menu


def test_the_composer_writes_a_contact_and_keeps_what_was_typed_when_wrong(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer, client = office.customer(), as_("wang")
    path = f"/customers/{customer}/compose/"
    wrong = client.post(
        path, {"kind": "电话", "content": "谈了交期", "next_at": "2020-01-01T09:00", "key": "c"}, headers=HTMX
    )
    assert (
        wrong.status_code == 422
        and "谈了交期" in wrong.content.decode()
        and "下次联系时间须晚于本次" in wrong.content.decode()
    )
    done = client.post(path, {"kind": "电话", "content": "谈了交期", "key": "d"}, headers=HTMX)
    assert done["HX-Redirect"] == f"/customers/{customer}/"
    assert "谈了交期" in text(client, f"/customers/{customer}/")


def test_more_events_cost_no_more_queries(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(), as_("wang")
    office.do("contact.record", "wang", customer=customer, kind="电话", content="一")
    few = queries(client, f"/customers/{customer}/")
    for number in range(15):
        office.do("contact.record", "wang", customer=customer, kind="电话", content=f"第{number}次")
    assert queries(client, f"/customers/{customer}/") == few <= 35


def test_only_changed_fields_are_sent_and_an_emptied_one_is_cleared(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer, client = office.customer(phone="0311-86001234", address="长安区1号"), as_("wang")
    path = f"/customers/{customer}/edit/"
    fields = {"version": "1", "name": "晨光精密机械厂", "was-name": "晨光精密机械厂", "phone": "", "was-phone": "0311-86001234",
              "address": "裕华区2号", "was-address": "长安区1号", "key": "e"}  # fmt: skip
    assert client.post(path, fields)["Location"].endswith("?tab=data")
    page = text(client, f"/customers/{customer}/?tab=changes")
    assert "裕华区2号" in page and "长安区1号" in page


def test_the_second_to_save_sees_mine_theirs_and_the_original(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(address="长安区1号"), as_("wang")
    office.do("customer.update", "wang", customer=customer, version=1, address="桥西区9号")
    path = f"/customers/{customer}/edit/"
    fields = {"version": "1", "address": "裕华区2号", "was-address": "长安区1号", "key": "f"}
    answer = client.post(path, fields, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422 and "别人先保存了" in page
    for value in ("长安区1号", "桥西区9号", "裕华区2号"):
        assert value in page
    again = {
        "version": page.split('name="version" value="')[1].split('"')[0],
        "address": "裕华区2号",
        "was-address": "桥西区9号",
        "key": "g",
    }
    assert client.post(path, again).status_code == 302
    assert "裕华区2号" in text(client, f"/customers/{customer}/?tab=data")


def test_two_people_changing_different_fields_do_not_meet(office: Office, as_: Callable[[str], Client]) -> None:
    customer, client = office.customer(address="长安区1号"), as_("wang")
    office.do("customer.update", "wang", customer=customer, version=1, source="展会")
    fields = {"version": "1", "address": "裕华区2号", "was-address": "长安区1号", "key": "h"}
    assert client.post(f"/customers/{customer}/edit/", fields).status_code == 302


def test_a_clerk_types_for_a_colleague_on_the_file_and_on_its_forms(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer, clerk = office.customer(), as_("xu")
    wang = office["wang"].pk
    page = clerk.get(f"/customers/{customer}/").content.decode()
    link = f"/customers/{customer}/do/contact.record/?on_behalf_of={wang}"
    assert "替王晓芸写跟进" in page and link in page
    assert "替王晓芸写跟进" not in as_("chen").get(f"/customers/{customer}/").content.decode()
    form = clerk.get(link).content.decode()
    assert '<details class="behalf" open>' in form
    sent = {
        "kind": "电话",
        "content": "电话口述：下周看样",
        "on_behalf_of": wang,
        "behalf_reason": "在外拜访",
        "key": "k1",
    }
    assert clerk.post(link, sent).status_code == 302
    entry = Event.objects.get(kind="contact.recorded")
    assert (entry.actor, entry.on_behalf_of) == (office["xu"], office["wang"])
    asked = f"/forms/customer-registry.customer_basic/?customer={customer}"
    assert "代别人录入" in clerk.get(asked).content.decode()
    assert "代别人录入" not in as_("wang").get(asked).content.decode()


def test_no_value_in_the_timeline_is_called_by_its_key(office: Office) -> None:
    from kedang.customers.selectors.timeline import CONTACT_LABELS, VALUE_LABELS
    from kedang.kernel.approvals.events import WRITTEN

    named = set(VALUE_LABELS) | set(CONTACT_LABELS)
    source = "".join(path.read_text(encoding="utf-8") for path in Path("kedang").rglob("*.py"))
    keys = set(re.findall(r'ValueDraft\("([a-z_]+)"', source)) | set(WRITTEN)
    assert len(keys) > 8
    assert keys - named == set()


def test_the_head_says_whom_to_call_and_nothing_to_whom_it_is_masked(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer(contact_name="张建国", contact_phone="13800138000")
    page = text(as_("wang"), f"/customers/{customer}/")
    assert page.count('href="tel:13800138000"') == 2 and "给张建国打电话" in page
    assert "tel:" not in text(as_("chen"), f"/customers/{customer}/")


def test_the_customers_own_number_is_called_where_no_contact_has_one(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer(phone="0311-86001234")
    assert 'href="tel:0311-86001234"' in text(as_("wang"), f"/customers/{customer}/")


def test_who_may_read_but_not_change_it_learns_so_from_the_button(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    mine, his = (text(as_(who), f"/customers/{customer}/") for who in ("wang", "han"))
    link = f'href="/customers/{customer}/edit/">'
    assert link in mine and "要点" in his
    assert (
        link not in his
        and 'data-why="why-customer-update"' in his
        and as_("han").get(f"/customers/{customer}/edit/").status_code == 403
    )


def test_a_file_of_the_pool_can_be_taken_from_its_page_and_from_the_list(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer()
    office.do("customer.release", "wang", customer=customer, reason="暂无意向")
    way = f"/customers/{customer}/do/customer.take/"
    client = as_("chen")
    assert way in text(client, f"/customers/{customer}/") and way in text(client, "/customers/?scope=pool")
    client.post(way, {"key": "t1"})
    assert way not in text(client, f"/customers/{customer}/") and 'id="compose"' in text(
        client, f"/customers/{customer}/"
    )


def test_a_file_of_another_department_in_the_pool_says_who_takes_it(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer()
    office.do("customer.release", "wang", customer=customer, reason="暂无意向")
    assert 'data-why="why-customer-take"' in text(as_("wu"), f"/customers/{customer}/")


def test_the_menu_offers_taking_only_of_what_nobody_has(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    owned = text(as_("wang"), f"/customers/{customer}/acts/", **HTMX)
    assert "放入公海" in owned and "领取客户" not in owned
    office.do("customer.release", "wang", customer=customer, reason="暂无意向")
    pooled = text(as_("zhou"), f"/customers/{customer}/acts/", **HTMX)
    assert "领取客户" in pooled and "放入公海" not in pooled
