"""更正表单: a filed form's value is put right, the old one stays beside it; who may is asked as for other corrections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kedang.customers.models import Customer
from kedang.kernel import ledger
from kedang.kernel.actions import erasing, formfixes, perform
from kedang.kernel.errors import Invalid, NeedsApproval, NotFound, Refused
from kedang.kernel.ledger.models import Event, Value
from kedang.kernel.norms.models import Duty, FormRecord
from tests.web.conftest import Office

Sign = Callable[[str], Client]
DATA = {
    "name": "晨光精密机械厂", "category": "potential", "nature": "国有", "parent_unit": "无", "address": "西安市高新路 1 号",
    "contact_name": "王采购", "phone": "13800138000",
}  # fmt: skip


@pytest.fixture
def record(office: Office) -> FormRecord:
    """The basic form of a file of wang's, filed by him."""
    office.do("contact.record", "wang", customer=(pk := office.customer()), content="认识一下")
    made = office.do("form.file", "wang", form="customer-registry.customer_basic", customer=pk, data=DATA)
    return FormRecord.objects.get(pk=made)


def fix(
    office: Office, record: FormRecord, by: str = "wang", reason: str = "抄错了", **data: Any
) -> dict[str, list[str]]:
    return perform("form.correct", by=office[by], entry=record.event, data=data, reason=reason).value


def test_old_and_new_stand_side_by_side_and_the_file_is_put_right(office: Office, record: FormRecord) -> None:
    done = fix(office, record, phone="13900139000")
    assert done == {"changed": ["联系电话"], "left": []}
    record.refresh_from_db()
    assert record.data["phone"] == "13900139000" and record.data["nature"] == "国有"
    [change] = formfixes.fixes_of([record.pk])[record.pk]
    assert (change.field, change.old, change.new, change.by, change.reason) == (
        "phone", "13800138000", "13900139000", office["wang"].name, "抄错了",
    )  # fmt: skip
    assert Customer.objects.get(pk=record.file).phone == "13900139000"
    entry = Event.objects.get(kind=formfixes.KIND)
    assert "13900139000" not in str(entry.data) and "抄错了" not in str(entry.data)
    ledger.seal()
    assert ledger.verify().ok
    assert Duty.objects.filter(file=record.file, norm="customer-registry.file-in-time", state="done").exists()


def test_what_was_changed_in_the_file_since_is_left_and_said(office: Office, record: FormRecord) -> None:
    row = Customer.objects.get(pk=record.file)
    office.do("customer.update", "wang", customer=row.pk, version=row.version, phone="13700137000")
    assert fix(office, record, phone="13900139000")["left"] == ["客户资料里的联系电话后来又改过，保持不变"]
    assert Customer.objects.get(pk=record.file).phone == "13700137000"


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({"phone": "12"}, "phone", "电话"),
        ({"nature": " "}, "nature", "必填"),
        ({"colour": "红"}, "colour", "没有这一栏"),
        ({"rows": []}, "rows", "明细行"),
        ({"nature": "国有"}, "data", "没有改动"),
        ({}, "data", ""),
    ],
)
def test_bad_input_is_told_at_its_field_and_changes_nothing(
    office: Office, record: FormRecord, data: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(Invalid) as error:
        fix(office, record, **data)
    assert said in error.value.errors[field]
    assert formfixes.fixes_of([record.pk]) == {} and FormRecord.objects.get(pk=record.pk).data == record.data


def test_his_own_and_his_peoples_and_after_seven_days_only_with_consent(office: Office, record: FormRecord) -> None:
    fix(office, record, by="zhou", nature="民营")
    with pytest.raises((Refused, NotFound)):
        fix(office, record, by="li", nature="外资")
    office.clock.move_to(office.clock.at + timedelta(days=8))
    with pytest.raises(NeedsApproval) as asked:
        fix(office, record, nature="外资")
    assert FormRecord.objects.get(pk=record.pk).data["nature"] == "民营"
    perform("approval.move", by=office["zhou"], request=asked.value.request.pk, move="agree")
    assert FormRecord.objects.get(pk=record.pk).data["nature"] == "外资"
    assert [(one.old, one.new) for one in formfixes.fixes_of([record.pk])[record.pk]] == [
        ("国有", "民营"),
        ("民营", "外资"),
    ]


def test_the_general_correction_points_to_the_form(office: Office, record: FormRecord) -> None:
    with pytest.raises(Invalid, match="逐栏更正"):
        office.do("event.correct", "wang", entry=record.event, reason="错了")
    entry = Event.objects.filter(kind="contact.recorded").latest("pk").pk
    with pytest.raises(Invalid, match="不是提交表单的记录"):
        perform("form.correct", by=office["wang"], entry=entry, data={"nature": "x"}, reason="y")


def test_the_same_post_twice_corrects_once(office: Office, record: FormRecord) -> None:
    for _ in range(2):
        perform("form.correct", by=office["wang"], key="k", entry=record.event, data={"nature": "民营"}, reason="抄错")
    assert Event.objects.filter(kind=formfixes.KIND).count() == 1


def test_the_page_keeps_what_was_typed_and_shows_both_afterwards(office: Office, record: FormRecord, as_: Sign) -> None:
    wang, url = as_("wang"), f"/forms/record/{record.pk}/correct/"
    assert f'href="{url}"' in wang.get(f"/forms/record/{record.pk}/").content.decode()
    typed = {f"form-{key}": value for key, value in DATA.items()}
    answer = wang.post(url, {**typed, "form-phone": "12", "form-nature": "民营", "reason": "抄错了"})
    page = answer.content.decode()
    assert answer.status_code == 422 and 'value="民营"' in page and 'value="12"' in page
    page = wang.post(url, {**typed, "form-nature": "民营", "form-phone": "12"}).content.decode()
    assert "此项必填" in page and page.count('aria-invalid="true"') == 2, "the reason and the number, at once"
    assert wang.post(url, {**typed, "form-nature": "民营", "reason": "抄错了"}).status_code == 302
    page = wang.get(f"/forms/record/{record.pk}/").content.decode()
    assert "已更正" in page and "<s>国有</s>" in page and "民营" in page and "抄错了" in page
    assert "已更正" in wang.get(f"/customers/{record.file}/?tab=forms").content.decode()
    told = wang.get(f"/customers/{record.file}/?tab=timeline").content.decode()
    assert "更正《客户基本信息表》的企业性质，理由：抄错了" in told and f'href="{url}"' in told and '"民营"' not in told
    assert as_("li").get(url).status_code == 404


def test_nothing_of_it_is_left_when_the_file_is_destroyed(office: Office, record: FormRecord) -> None:
    fix(office, record, phone="13911139111", reason="金丝雀理由")
    erasing.erase(int(record.file or 0), office.clock.at)
    assert formfixes.fixes_of([record.pk]) == {}
    assert not Value.objects.filter(new__contains="13911139111").exists()
    assert not Value.objects.filter(new__contains="金丝雀理由").exists()
