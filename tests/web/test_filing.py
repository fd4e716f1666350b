"""Filing forms: prefilled, errors at the field, refusals with their clause, what was filed stays readable."""

from collections.abc import Callable

import pytest
from django.test import Client

from kedang.customers.models import Customer
from kedang.kernel import files
from kedang.kernel.actions import access
from kedang.kernel.errors import NeedsApproval
from kedang.kernel.norms.models import Duty, FormRecord
from tests.web.conftest import HTMX, Office

PATH = "/forms/customer-registry.customer_basic/?customer={}"
FULL = {"name": "晨光精密机械厂", "category": "potential", "nature": "有限公司", "parent_unit": "无", "address": "长安区1号",
        "contact_name": "张建国", "phone": "0311-86001234"}  # fmt: skip


def test_the_form_is_prefilled_from_the_file(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer(phone="0311-86001234")
    page = as_("wang").get(PATH.format(customer)).content.decode()
    assert 'value="晨光精密机械厂"' in page and 'value="0311-86001234"' in page and "第1.4.1条" in page


def test_filed_it_closes_the_duty(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    office.do("contact.record", "wang", customer=customer, kind="电话", content="谈")
    answer = as_("wang").post(PATH.format(customer), {**FULL, "key": "k"}, headers=HTMX)
    assert answer["HX-Redirect"] == f"/customers/{customer}/"
    assert Duty.objects.get(norm="customer-registry.file-in-time").state == "done"


def test_missing_fields_are_said_one_by_one(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    answer = as_("wang").post(PATH.format(customer), {**FULL, "nature": "", "phone": "abc", "key": "k"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422 and 'id="f-nature-error"' in page and 'id="f-phone-error"' in page
    assert 'value="abc"' in page and 'value="长安区1号"' in page and not FormRecord.objects.exists()


def test_a_class_that_needs_dealings_is_refused_with_its_clause(office: Office, as_: Callable[[str], Client]) -> None:
    customer = office.customer()
    answer = as_("wang").post(PATH.format(customer), {**FULL, "category": "general", "key": "k"}, headers=HTMX)
    page = answer.content.decode()
    assert "第1.2.1条" in page and "登记一条往来" in page and "长安区1号" in page


def test_a_filed_form_is_read_by_who_may_open_the_file_and_nobody_else(
    office: Office, as_: Callable[[str], Client]
) -> None:
    customer = office.customer()
    as_("wang").post(PATH.format(customer), {**FULL, "key": "k"})
    record = FormRecord.objects.get()
    assert "有限公司" in as_("wang").get(f"/forms/record/{record.pk}/").content.decode()
    assert as_("chen").get(f"/forms/record/{record.pk}/").status_code == 404


def test_an_unknown_form_and_a_form_without_its_customer_are_not_found(as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    for path in (
        "/forms/customer-registry.nothing/",
        "/forms/customer-registry.customer_basic/",
        PATH.format("abc"),
        PATH.format(99999),
    ):
        assert client.get(path).status_code == 404, path


# ---- what a form shows and takes of a file that is not one's own ------------------------------------------------------

UPKEEP = "/forms/customer-registry.maintenance_form/?customer={}"
NOT_HIS = "您不能改这份档案里的这一项"


@pytest.mark.parametrize("reader", ["li", "wu", "xu"])
def test_a_form_shows_nothing_of_a_file_that_its_reader_may_not_open(
    office: Office, as_: Callable[[str], Client], reader: str
) -> None:
    file = office.customer(phone="13800138000", address="解放路 1 号", contact_name="张师傅")
    page = as_(reader).get(UPKEEP.format(file)).content.decode()
    mine = as_("wang").get(UPKEEP.format(file)).content.decode()
    assert "13800138000" in mine and "解放路 1 号" in mine
    opens = access.reach(office[reader].pk, "open").holds(files.view(file))
    assert ("13800138000" in page, "解放路 1 号" in page, "张师傅" in page) == (opens, opens, opens)
    assert opens is (reader == "xu")


def test_who_may_only_know_of_a_file_changes_nothing_on_it_by_a_form(
    office: Office, as_: Callable[[str], Client]
) -> None:
    file = office.customer(phone="13800138000", address="解放路 1 号")
    sent = {"matter": "搬迁", "address": "乱改路 9 号", "phone": "", "contact_name": "", "key": "a"}
    answer = as_("wu").post(UPKEEP.format(file), sent, headers=HTMX)
    assert answer.status_code == 422 and NOT_HIS in answer.content.decode() and "乱改路 9 号" in answer.content.decode()
    # The very number that stands there is refused like any other: nobody finds it by trying.
    for number in ("13800138000", "13800138001"):
        tried = as_("wu").post(
            UPKEEP.format(file), {**sent, "address": "", "phone": number, "key": number}, headers=HTMX
        )
        assert tried.status_code == 422 and NOT_HIS in tried.content.decode()
    row = Customer.objects.get(pk=file)
    assert (row.phone, row.address) == ("13800138000", "解放路 1 号")


def test_a_permit_to_read_one_field_lets_its_reader_see_it_in_a_form_and_change_none(
    office: Office, as_: Callable[[str], Client]
) -> None:
    file = office.customer(phone="13800138000", address="解放路 1 号", contact_name="张师傅")
    with pytest.raises(NeedsApproval) as asked:
        office.do("file.ask", "li", customer=file, verb="read", fields=["customer.phone"], purpose="核对")
    office.do("approval.move", "zheng", request=asked.value.request.pk, move="agree")
    page = as_("li").get(UPKEEP.format(file)).content.decode()
    assert "13800138000" in page and "张师傅" not in page
    sent = {"matter": "搬迁", "address": "解放路 1 号", "phone": "13900000000", "contact_name": "", "key": "b"}
    answer = as_("li").post(UPKEEP.format(file), sent, headers=HTMX)
    assert answer.status_code == 422 and NOT_HIS in answer.content.decode()
    assert Customer.objects.get(pk=file).phone == "13800138000"


def test_the_owner_changes_by_a_form_what_he_likes(office: Office, as_: Callable[[str], Client]) -> None:
    file = office.customer(phone="13800138000", address="解放路 1 号")
    sent = {"matter": "搬迁", "address": "人民路 9 号", "phone": "13800138000", "contact_name": "", "key": "c"}
    assert as_("wang").post(UPKEEP.format(file), sent, headers=HTMX)["HX-Redirect"] == f"/customers/{file}/"
    row = Customer.objects.get(pk=file)
    assert (row.phone, row.address) == ("13800138000", "人民路 9 号")
