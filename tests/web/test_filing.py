"""Filing forms: prefilled, errors at the field, refusals with their clause, what was filed stays readable."""

from collections.abc import Callable

from django.test import Client

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
