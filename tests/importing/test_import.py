"""A list goes in: counts, keys, policies, continuation, undoing."""

from typing import Any

import pytest

from kedang.customers.importing import spooling
from kedang.customers.importing.models import Import, ImportRow, Stage
from kedang.customers.models import Contact, Customer
from kedang.kernel import clock, filebound
from kedang.kernel.blobs.models import Blob
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from tests.importing.conftest import HEADINGS, Begin, carry_out
from tests.support.company import Company

GOOD = [
    HEADINGS,
    [
        "上海晨光文具厂",
        "91310000607215270Y",
        "021-62345678",
        "张三",
        13911112222.0,
        "上海市奉贤区金钱公路3469号",
        "重点客户",
    ],
    [
        "杭州西湖印刷有限公司",
        "",
        "0571-87654321",
        "李四",
        "１３９１１１１３３３３",
        " 杭州市西湖区文三路 8 号 ",
        "一般客户",
    ],
    ["苏州工业设备公司", "", "电话不对", "王五", "", "", "重点客户"],
    ["", "", "13811110000", "", "", "", ""],
]


def states(batch: Import) -> dict[int, str]:
    """{line: outcome}"""
    return dict(ImportRow.objects.filter(batch=batch).values_list("line", "state"))


def test_rows_become_customers_and_what_is_wrong_is_said_at_its_cell(company: Company, begin: Begin) -> None:
    batch = begin("小王", GOOD)
    assert batch.layout["columns"] == {
        "0": "name", "1": "credit_code", "2": "phone", "3": "contact_name", "4": "contact_phone", "5": "address", "6": "term-category",
    }  # fmt: skip
    assert batch.checked == {"rows": 4, "bad": 2, "same": 0, "like": 0, "twin": 0, "skipped": 0}
    done = carry_out(batch)
    assert done.stage == Stage.DONE
    assert states(done) == {2: "created", 3: "created", 4: "failed", 5: "failed"}
    wrong = {row.line: row.errors for row in ImportRow.objects.filter(batch=batch, state="failed")}
    assert wrong[4] == {"phone": "电话号码不对，应如 13800138000 或 010-62345678转801"}
    assert wrong[5] == {"name": "此项必填"}
    file = Customer.objects.get(name="杭州西湖印刷有限公司")
    assert (file.owner, file.phone, file.address) == (company["小王"], "0571-87654321", "杭州市西湖区文三路 8 号")
    assert Contact.objects.get(customer=file).phone == "13911113333"


@pytest.mark.parametrize(
    ("policy", "state", "address"), [("skip", "skipped", ""), ("overwrite", "updated", "上海市杨浦区")]
)
def test_a_customer_that_is_here_is_skipped_or_written_over(
    company: Company, begin: Begin, policy: str, state: str, address: str
) -> None:
    held = company.do(
        "customer.register", "小王", name="上海晨光文具厂", contact_name="张三", contact_phone="13911112222"
    )
    rows = [HEADINGS, ["上海晨光文具厂有限公司", "", "", "赵六", "13511112222", "上海市杨浦区", "重点客户"]]
    batch = begin("小王", rows, policy=policy)
    assert batch.checked["same"] == 1
    assert states(carry_out(batch)) == {2: state}
    file = Customer.objects.get(pk=held)
    assert file.address == address
    assert Contact.objects.filter(customer=file).count() == (2 if policy == "overwrite" else 1)


def test_a_corrected_workbook_does_not_bring_its_rows_twice(company: Company, begin: Begin) -> None:
    first = carry_out(begin("小王", GOOD))
    marked = [
        ["错误原因", "导入行号（请勿改动）", *HEADINGS],
        ["", f"{first.number}#4", "苏州工业设备公司", "", "0512-62345678", "王五", "", "", "重点客户"],
        ["", f"{first.number}#2", "上海晨光文具总厂", "", "", "", "", "", "重点客户"],
    ]
    second = begin("小王", marked)
    assert second.continues == first
    done = carry_out(second)
    assert states(done) == {2: "created", 3: "skipped"}
    third = carry_out(begin("小王", marked))
    assert states(third) == {2: "skipped", 3: "skipped"}
    assert Customer.objects.count() == 3


def test_undoing_an_import_voids_what_nobody_has_touched(company: Company, begin: Begin) -> None:
    from kedang.kernel.actions import perform
    from kedang.kernel.jobs import run_pending

    batch = carry_out(begin("小王", GOOD))
    touched = Customer.objects.get(name="杭州西湖印刷有限公司")
    company.do("customer.update", "小王", customer=touched.pk, address="杭州市滨江区")
    perform("import.undo", by=company["小王"], batch=batch.pk, importer=company["小王"].pk, reason="名单给错了")
    run_pending()
    batch.refresh_from_db()
    assert (batch.stage, batch.counts["undone"], batch.counts["kept"]) == (Stage.UNDONE, 1, 1)
    assert dict(Customer.objects.values_list("name", "status")) == {
        "上海晨光文具厂": "作废",
        "杭州西湖印刷有限公司": "正常",
    }
    kept = ImportRow.objects.get(batch=batch, undone="kept")
    assert kept.undo_note == "导入以后小王又办了“修改资料”，没有撤销"
    assert Event.objects.filter(kind="customer.voided").count() == 1
    again: Any = company.do("customer.register", "小王", name="上海晨光文具厂", credit_code="91310000607215270Y")
    assert again


def test_destroying_a_file_takes_the_lists_that_held_it_along(
    company: Company, begin: Begin, django_capture_on_commit_callbacks: Any
) -> None:
    first = carry_out(begin("小王", GOOD))
    marked = [
        ["错误原因", "导入行号（请勿改动）", *HEADINGS],
        ["", f"{first.number}#4", "苏州工业设备公司", "", "0512-62345678", "王五", "", "", "重点客户"],
    ]
    second = carry_out(begin("小王", marked))
    spools = {spooling.spool_of(each.blob.sha256, each.sheet) for each in (first, second)}
    assert all(spool.exists() for spool in spools)
    with django_capture_on_commit_callbacks(execute=True):
        filebound.erase(Customer.objects.get(name="苏州工业设备公司").pk, clock.now())
    assert not any(spool.exists() for spool in spools)
    assert Blob.objects.filter(gone_at=None).count() == 0
    assert states(first)[2] == "created"
    with pytest.raises(Invalid, match="已销毁"):
        spooling.table_of(Import.objects.get(pk=first.pk))
