"""新建客户: everything wrong is said at its field, what was typed stays, a double click makes one file."""

from collections.abc import Callable

from django.test import Client

from kedang.customers.models import Customer
from kedang.kernel.models import CommandKey
from kedang.kernel.norms.models import FormRecord
from tests.web.conftest import HTMX, Office

FIRST = {
    "name": "晨光精密机械厂",
    "contact_name": "张建国",
    "contact_phone": "13800138000",
    "term-category": "potential",
    "key": "k1",
}
FORM = {
    "with_form": "yes",
    "nature": "有限责任公司",
    "parent_unit": "无",
    "address": "石家庄市长安区1号",
    "phone": "0311-86001234",
}


def post(client: Client, **fields: str):
    return client.post("/customers/new/", {**FIRST, **fields})


def test_a_name_a_contact_and_a_class_are_enough(office: Office, as_: Callable[[str], Client]) -> None:
    answer = post(as_("wang"))
    made = Customer.objects.get()
    assert answer["Location"] == f"/customers/{made.pk}/"
    assert made.owner == office["wang"] and made.unit.name == "业务一部"


def test_the_form_of_the_department_goes_with_it(as_: Callable[[str], Client]) -> None:
    assert "客户基本信息表" in as_("wang").get("/customers/new/").content.decode()
    assert "销售客户档案" in as_("zhao").get("/customers/new/").content.decode()


def test_with_the_form_switched_on_both_are_filed(as_: Callable[[str], Client]) -> None:
    post(as_("wang"), **FORM)
    record = FormRecord.objects.get()
    assert record.form == "customer-registry.customer_basic" and record.file == Customer.objects.get().pk
    assert record.data["category"] == "potential" and record.data["nature"] == "有限责任公司"


def test_what_the_form_lacks_is_said_before_anything_is_written(as_: Callable[[str], Client]) -> None:
    answer = post(as_("wang"), **{**FORM, "nature": "", "contact_phone": "138"})
    text = answer.content.decode()
    assert answer.status_code == 422 and not Customer.objects.exists()
    assert 'id="f-nature-error"' in text and 'id="f-contact_phone-error"' in text
    assert 'value="石家庄市长安区1号"' in text and 'value="138"' in text


def test_a_missing_class_is_said_at_its_field(as_: Callable[[str], Client]) -> None:
    answer = post(as_("wang"), **{"term-category": ""})
    text = answer.content.decode()
    assert answer.status_code == 422 and 'id="f-term-category-error"' in text and "请选择客户类别" in text
    assert 'value="晨光精密机械厂"' in text


def test_a_wrong_code_and_phone_are_both_said_in_chinese(as_: Callable[[str], Client]) -> None:
    text = post(as_("wang"), credit_code="91310000607215270X", contact_phone="12").content.decode()
    assert 'id="f-credit_code-error"' in text and 'id="f-contact_phone-error"' in text


def test_a_known_name_is_refused_at_the_name(office: Office, as_: Callable[[str], Client]) -> None:
    office.customer("晨光精密机械厂", by="chen")
    answer = post(as_("wang"))
    assert answer.status_code == 422 and "重复：名称与已有档案" in answer.content.decode()
    assert Customer.objects.count() == 1


def test_the_same_key_twice_makes_one_file_and_both_lead_to_it(as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    first, second = post(client), post(client)
    assert Customer.objects.count() == 1 and first["Location"] == second["Location"]
    assert CommandKey.objects.filter(key="k1").count() == 1


def test_the_form_brings_a_fresh_key_each_time(as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    keys = {client.get("/customers/new/").content.decode().split('name="key" value="')[1][:32] for _ in range(2)}
    assert len(keys) == 2


def test_an_error_comes_back_as_the_form_alone_to_htmx(as_: Callable[[str], Client]) -> None:
    answer = as_("wang").post("/customers/new/", {**FIRST, "name": ""}, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 422 and "<html" not in text and 'id="f-name-error"' in text


def test_what_is_typed_is_never_markup(as_: Callable[[str], Client]) -> None:
    text = post(as_("wang"), name='"><script>alert(1)</script>', contact_phone="x").content.decode()
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text


def test_the_check_names_the_same_and_the_like(office: Office, as_: Callable[[str], Client]) -> None:
    office.customer("上海晨光文具有限公司", by="chen")
    client = as_("wang")
    same = client.post("/customers/check/", {"name": "上海晨光文具(有限公司)"}).content.decode()
    assert "重复" in same and "上海晨光文具有限公司" in same
    assert "没有查到" in client.post("/customers/check/", {"name": "毫不相干的名称"}).content.decode()
    assert client.post("/customers/check/", {"name": "晨"}).content.decode().strip() == ""


def test_a_missing_class_is_said_together_with_everything_else(as_: Callable[[str], Client]) -> None:
    text = post(as_("wang"), name="", contact_phone="138", **{"term-category": ""}).content.decode()
    for field in ("name", "contact_phone", "term-category"):
        assert f'id="f-{field}-error"' in text


def test_who_is_refused_as_a_duplicate_can_go_to_the_file_that_is_there(
    office: Office, as_: Callable[[str], Client]
) -> None:
    there = office.customer(by="chen")
    answer = post(as_("wang"))
    assert answer.status_code == 422 and f'href="/customers/{there}/"' in answer.content.decode()
