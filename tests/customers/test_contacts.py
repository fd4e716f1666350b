"""customer.add_contact, customer.update_contact."""

import pytest

from kedang.customers.models import Change, Contact, PhoneDigits
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from tests.support.company import Company


def test_a_contact_is_added_and_found_by_its_phone(company: Company, factory: int) -> None:
    contact = company.do(
        "customer.add_contact", "小王", customer=factory, name="李四", phone="+86 139-2222-3333", decision_role="决策人"
    )
    assert Contact.objects.get(pk=contact).primary is False
    assert PhoneDigits.objects.filter(customer=factory, digits="13922223333").exists()


def test_one_contact_is_primary_at_a_time(company: Company, factory: int) -> None:
    second = company.do("customer.add_contact", "小王", customer=factory, name="李四", primary=True)
    assert list(Contact.objects.filter(customer=factory, primary=True).values_list("pk", flat=True)) == [second]
    first = Contact.objects.get(customer=factory, name="张三")
    company.do("customer.update_contact", "小王", customer=factory, contact=first.pk, primary=True)
    assert Contact.objects.get(customer=factory, primary=True) == first


def test_a_contacts_new_phone_keeps_the_old_one_in_the_history(company: Company, factory: int) -> None:
    person = Contact.objects.get(customer=factory)
    company.do("customer.update_contact", "小王", customer=factory, contact=person.pk, phone="13700001111")
    change = Change.objects.get(customer=factory, label="联系人张三·电话")
    assert (change.old, change.new, change.group) == ("13911112222", "13700001111", "contact")
    assert not PhoneDigits.objects.filter(digits="13911112222").exists()
    assert "13700001111" not in str(Event.objects.get(kind="customer.contact_updated").data)


def test_a_contact_who_left_is_no_longer_primary_nor_found_by_phone(company: Company, factory: int) -> None:
    person = Contact.objects.get(customer=factory)
    company.do("customer.update_contact", "小王", customer=factory, contact=person.pk, left=True)
    person.refresh_from_db()
    assert person.left_at is not None
    assert not person.primary
    assert not PhoneDigits.objects.filter(contact=person).exists()


def test_the_same_contact_twice_or_one_of_another_file_is_refused(company: Company, factory: int) -> None:
    with pytest.raises(Invalid, match="重复"):
        company.do("customer.add_contact", "小王", customer=factory, name="张三", phone="13911112222")
    other = company.do("customer.register", "小王", name="大禹厂", contact_name="王五")
    stranger = Contact.objects.get(customer=other)
    with pytest.raises(Invalid) as error:
        company.do("customer.update_contact", "小王", customer=factory, contact=stranger.pk, name="别人")
    assert "contact" in error.value.errors


def test_a_bad_phone_is_answered_at_its_field(company: Company, factory: int) -> None:
    with pytest.raises(Invalid) as error:
        company.do("customer.add_contact", "小王", customer=factory, name="李四", phone="无")
    assert "phone" in error.value.errors
