"""Items of a file: numbered, versioned, in the order of their issue; personal ones with purpose and consent."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from kedang.kernel import blobs
from kedang.kernel.actions import perform_read
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.ledger.models import Event
from kedang.records import selectors
from kedang.records.models import Item
from tests.records.conftest import Keeping


def test_an_item_has_what_the_catalogue_needs_and_its_files_belong_to_the_file(keeping: Keeping) -> None:
    pk = keeping.attach(kind="contract", title="租赁合同", responsible="星河餐饮", pages=12)
    item = Item.objects.get(pk=pk)
    assert (item.number, item.title, item.kind, item.secrecy, item.pages) == (
        1, "租赁合同", "keeping.contract", "商业秘密", 12,
    )  # fmt: skip
    blob = blobs.Blob.objects.get()
    assert (blob.file, blob.kept_at is not None) == (keeping.file, True)
    assert Event.objects.get(kind="record.item_added").data["number"] == 1


@pytest.mark.parametrize("name", ["contract", "keeping.contract", "合同"])
def test_a_kind_is_named_by_its_id_or_in_chinese(keeping: Keeping, name: str) -> None:
    assert Item.objects.get(pk=keeping.attach(kind=name)).kind == "keeping.contract"


def test_bad_input_is_said_at_its_field(keeping: Keeping) -> None:
    wrong = {
        "issued_on": {"issued_on": "2026-03-03"},
        "kind": {"kind": "房产证"},
        "files": {"files": [999]},
        "pages": {"pages": 0},
        "secrecy": {"secrecy": "绝密"},
    }
    for field, args in wrong.items():
        with pytest.raises(Invalid) as error:
            keeping.attach(**args)
        assert list(error.value.errors) == [field]
    with pytest.raises(Invalid) as error:
        keeping.do("record.attach", "小王", issued_on="2026-03-01")
    assert "files" in error.value.errors
    assert not Item.objects.exists()


def test_an_identity_card_needs_its_purpose_and_the_evidence_of_consent(keeping: Keeping) -> None:
    with pytest.raises(Invalid) as error:
        keeping.attach(kind="id_card")
    assert set(error.value.errors) == {"purpose", "consent"}
    with pytest.raises(Invalid) as error:
        keeping.attach(kind="id_card", purpose="签订租赁合同核验身份")
    assert set(error.value.errors) == {"consent"}
    consent = keeping.upload(name="同意书.pdf")
    item = Item.objects.get(pk=keeping.attach(kind="id_card", purpose="签订租赁合同核验身份", consent=[consent]))
    assert (item.consent_id, item.consent.file) == (consent, keeping.file)


def test_the_same_bytes_twice_need_a_reason_and_are_linked(keeping: Keeping) -> None:
    first = keeping.attach(title="营业执照")
    with pytest.raises(Invalid) as error:
        keeping.attach(title="执照副本")
    assert set(error.value.errors) == {"files", "reason"}
    assert "与第1件《营业执照》的内容完全相同" in error.value.errors["files"]
    second = Item.objects.get(pk=keeping.attach(title="执照副本", reason="副本另归一件"))
    assert (second.twin_id, second.twin_reason) == (first, "副本另归一件")


def test_the_same_bytes_in_another_file_are_nobodys_business(keeping: Keeping) -> None:
    keeping.attach()
    other = keeping.company.do("customer.register", "小王", name="明月茶楼")
    keeping.attach(customer=other)
    assert Item.objects.filter(customer=other).get().twin is None


def test_who_may_not_open_the_file_attaches_nothing(keeping: Keeping) -> None:
    with pytest.raises(Refused):
        keeping.attach("小赵")
    with pytest.raises(NotFound):
        keeping.attach("小李")


def test_sent_twice_it_is_one_item(keeping: Keeping) -> None:
    args = {"issued_on": "2026-02-01", "files": [keeping.upload()], "key": "once"}
    assert keeping.do("record.attach", "小王", **args) == keeping.do("record.attach", "小王", **args)
    assert Item.objects.count() == 1


def test_a_replacement_needs_a_reason_and_keeps_the_old_version(keeping: Keeping) -> None:
    item = keeping.attach()
    with pytest.raises(Invalid) as error:
        keeping.do("record.replace_item", "小王", item=item, files=[keeping.upload(name="新.pdf")])
    assert set(error.value.errors) == {"reason"}
    keeping.do("record.replace_item", "小王", item=item, files=[keeping.upload(name="新.pdf")], reason="换发新照")
    held = selectors.item_versions(Item.objects.get(pk=item))
    assert [(each.number, each.reason, [f.blob.name for f in each.files.all()]) for each in held] == [
        (2, "换发新照", ["新.pdf"]),
        (1, "", ["执照.pdf"]),
    ]


def test_after_archiving_only_the_custodian_replaces_and_voids(keeping: Keeping) -> None:
    keeping.fill()
    item = Item.objects.get().pk
    keeping.archive()
    for action, more in (("record.replace_item", {"files": [keeping.upload()]}), ("record.void_item", {})):
        with pytest.raises(Invalid, match="只能由保管人何内勤"):
            keeping.do(action, "小王", item=item, reason="换", **more)
    new = keeping.upload("何内勤", "新.pdf")
    assert keeping.do("record.replace_item", "何内勤", item=item, files=[new], reason="扫描不清") == 2


def test_a_voided_item_stays_with_its_reason_and_its_number_is_not_given_again(keeping: Keeping) -> None:
    item = keeping.attach()
    keeping.do("record.void_item", "小王", item=item, reason="放错档案")
    with pytest.raises(Invalid, match="已作废"):
        keeping.do("record.void_item", "小王", item=item, reason="再作废")
    assert Item.objects.get(pk=keeping.attach()).number == 2
    rows = selectors.catalogue(keeping.file).rows
    assert [(row.number, row.void_reason) for row in rows] == [(1, "放错档案"), (2, "")]


def test_another_files_item_is_not_found(keeping: Keeping) -> None:
    item = keeping.attach()
    other = keeping.company.do("customer.register", "小王", name="明月茶楼")
    for action in ("record.void_item", "record.replace_item"):
        files = {"files": [keeping.upload()]} if action == "record.replace_item" else {}
        with pytest.raises(NotFound):
            keeping.do(action, "小王", customer=other, item=item, reason="x", **files)
    with pytest.raises(NotFound):
        perform_read("record.open_item", by=keeping.company["小王"], every=True, customer=other, item=item)


def test_reading_and_taking_along_are_recorded_each_time(keeping: Keeping) -> None:
    item = keeping.attach()
    for action in ("record.open_item", "record.open_item", "record.copy_item"):
        decision = perform_read(action, by=keeping.company["小王"], every=True, customer=keeping.file, item=item)
        assert decision.verdict == "allow"
    assert Event.objects.filter(kind="record.item_opened").count() == 2
    assert Event.objects.filter(kind="file.copied").count() == 1
    refused = perform_read("record.open_item", by=keeping.company["小赵"], every=True, customer=keeping.file, item=item)
    assert refused.verdict == "refuse"
    with pytest.raises(NotFound):
        perform_read("record.open_item", by=keeping.company["小李"], every=True, customer=keeping.file, item=item)


def test_the_catalogue_is_in_the_order_of_issue_whatever_order_they_came_in() -> None:
    chance = random.Random(7)
    days = [date(2026, 1, 1) + timedelta(days=chance.randrange(40)) for _ in range(60)]
    items = [Item(number=number, issued_on=day, title=str(number)) for number, day in enumerate(days, start=1)]
    right = [item.number for item in selectors.in_order(items)]
    assert right == sorted(right, key=lambda number: (days[number - 1], number))
    for _ in range(1000):
        chance.shuffle(items)
        assert [item.number for item in selectors.in_order(items)] == right


def test_the_database_orders_the_catalogue_alike(keeping: Keeping) -> None:
    chance = random.Random(3)
    for number in range(25):
        keeping.attach(
            name=f"{number}.pdf", issued_on=(date(2026, 1, 1) + timedelta(days=chance.randrange(9))).isoformat()
        )
    rows = selectors.catalogue(keeping.file).rows
    assert [row.number for row in rows] == [row.number for row in selectors.in_order(list(rows))]


def test_an_item_of_an_earlier_day_goes_in_between_and_marks_the_catalogue_revised(keeping: Keeping) -> None:
    keeping.attach(name="a.pdf", issued_on="2026-02-01")
    keeping.attach(name="b.pdf", issued_on="2026-02-20")
    assert selectors.catalogue(keeping.file).revision == 0
    keeping.attach(name="c.pdf", issued_on="2026-02-10")
    found = selectors.catalogue(keeping.file)
    assert [row.number for row in found.rows] == [1, 3, 2]
    assert (found.revision, found.why) == (1, "插入第3件（成文日期2026-02-10）")


def test_a_catalogue_costs_the_same_for_one_item_and_for_twenty(
    keeping: Keeping, django_assert_num_queries: object
) -> None:
    keeping.attach(name="0.pdf")
    with django_assert_num_queries(4):
        selectors.catalogue(keeping.file)
    for number in range(1, 20):
        keeping.attach(name=f"{number}.pdf")
    with django_assert_num_queries(4):
        selectors.catalogue(keeping.file)
