"""customer.register."""

import pytest
from stdnum.cn import uscc

from kedang.customers.models import Contact, Customer, FileSummary, OwnerHistory, PhoneDigits
from kedang.kernel.actions.performing import perform
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from tests.support.company import Company


def code(number: int) -> str:
    """A valid 统一社会信用代码."""
    body = f"91310000{number:09d}"
    return body + uscc.calc_check_digit(body)


def test_a_registration_opens_the_file_with_number_contact_owner_and_unit(company: Company, factory: int) -> None:
    row = Customer.objects.get(pk=factory)
    assert row.number == "KH-2026-00001"
    assert (row.owner, row.unit, row.registered_by) == (company["小王"], company.units["业务一部"], company["小王"])
    assert row.registered_on.isoformat() == "2026-03-02"
    assert Contact.objects.get(customer=row, primary=True).name == "张三"
    assert FileSummary.objects.filter(customer=row).exists()
    assert OwnerHistory.objects.get(customer=row, end=None).owner == company["小王"]
    assert set(PhoneDigits.objects.values_list("digits", flat=True)) == {"13800138000", "13911112222"}
    assert list(Event.objects.filter(file=factory).values_list("kind", flat=True)) == [
        "customer.registered",
        "customer.contact_added",
    ]


def test_no_personal_value_stands_in_the_event_itself(factory: int) -> None:
    for event in Event.objects.filter(file=factory):
        assert "张三" not in str(event.data)
        assert "13800138000" not in str(event.data)


def test_the_same_credit_code_is_refused_and_points_to_the_file_there_is(company: Company, factory: int) -> None:
    with pytest.raises(Invalid) as error:
        company.do("customer.register", "小赵", name="另一家公司", credit_code="91310000607215270Y")
    assert "KH-2026-00001" in error.value.errors["credit_code"]
    assert Customer.objects.count() == 1


def test_a_person_who_may_not_know_of_the_file_is_not_told_its_number(company: Company, factory: int) -> None:
    with pytest.raises(Invalid) as error:
        company.do("customer.register", "小李", name="上海晨光文具厂")
    assert "重复" in error.value.errors["name"]
    assert "KH-2026" not in error.value.errors["name"]
    with pytest.raises(Invalid) as error:
        company.do("customer.register", "丁仓管", name="上海晨光文具厂")
    assert "晨光" not in error.value.errors["name"].replace("名称", "")


@pytest.mark.parametrize("name", ["上海晨光文具厂", "上海晨光文具廠", " 上海晨光文具厂 ", "上海晨光文具厂有限公司"])
def test_the_same_name_however_it_is_written_is_a_duplicate(company: Company, factory: int, name: str) -> None:
    with pytest.raises(Invalid, match="重复"):
        company.do("customer.register", "小王", name=name)


def test_two_people_of_one_name_are_told_apart_by_their_phones(company: Company) -> None:
    first = company.do("customer.register", "小王", name="李明", kind="个人", phone="13800138001")
    second = company.do("customer.register", "小王", name="李明", kind="个人", phone="13800138002")
    assert first != second
    with pytest.raises(Invalid, match="重复"):
        company.do("customer.register", "小王", name="李明", kind="个人", phone="138-0013-8002")
    with pytest.raises(Invalid, match="重复"):
        company.do("customer.register", "小王", name="李明", kind="个人")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("phone", "12345"), ("phone", "无"), ("credit_code", "913100006072152701"), ("kind", "贵宾")],
)
def test_bad_input_is_answered_at_its_field(company: Company, field: str, value: str) -> None:
    with pytest.raises(Invalid) as error:
        company.do("customer.register", "小王", **{"name": "某公司", field: value})
    assert field in error.value.errors
    assert not Customer.objects.exists()


def test_a_contact_phone_without_a_name_is_refused(company: Company) -> None:
    with pytest.raises(Invalid) as error:
        company.do("customer.register", "小王", name="某公司", contact_phone="13800138000")
    assert "contact_name" in error.value.errors


def test_an_owner_who_has_left_or_has_no_unit_is_refused(company: Company) -> None:
    company["小赵"].is_active = False
    company["小赵"].save()
    with pytest.raises(Invalid, match="已停用或离职"):
        company.do("customer.register", "小王", name="某公司", owner=company["小赵"].pk)


def test_the_file_lies_in_its_owners_unit(company: Company) -> None:
    file = company.do("customer.register", "何内勤", name="某公司", owner=company["小李"].pk)
    assert Customer.objects.get(pk=file).unit == company.units["业务二部"]


def test_posting_twice_with_one_key_registers_once(company: Company) -> None:
    first = perform("customer.register", by=company["小王"], key="k1", name="某公司")
    second = perform("customer.register", by=company["小王"], key="k1", name="某公司")
    assert first.value == second.value
    assert Customer.objects.count() == 1


def test_numbers_go_on_and_are_not_given_out_twice(company: Company) -> None:
    ids = [company.do("customer.register", "小王", name=f"公司{i}号店", credit_code=code(i)) for i in range(3)]
    numbers = list(Customer.objects.filter(pk__in=ids).order_by("pk").values_list("number", flat=True))
    assert numbers == ["KH-2026-00001", "KH-2026-00002", "KH-2026-00003"]
