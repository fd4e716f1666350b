"""Exports: the workbook read back says what its reader may see, under the company's mark, and the deed is on record."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from kedang.customers.selectors import exporting
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.errors import Conflict, Invalid, NotFound, Refused
from kedang.kernel.ledger.models import Event, Value
from kedang.kernel.org import selectors as org
from kedang.reports import export
from tests.support.company import Company

PHONE = "13800138000"


def sheet(person: Any, customer: int | None = None, **asked: Any) -> tuple[export.Told, export.Sheet]:
    """Do the deed and lay out its sheet."""
    about = {"customer": customer} if customer else asked
    told = export.Told.of(perform("customer.export", by=person, purpose="例会用", **about).value)
    made = export.file_sheet(person, told, customer) if customer else export.list_sheet(person, told, **asked)
    return told, made


def grid(made: io.BytesIO) -> list[list[Any]]:
    """The only sheet as rows of values."""
    return CalamineWorkbook.from_filelike(made).get_sheet_by_index(0).to_python(skip_empty_area=False)


def exported(person: Any, customer: int | None = None, **asked: Any) -> list[list[Any]]:
    """The rows of a workbook that this person exports."""
    return grid(export.workbook(sheet(person, customer, **asked)[1]))


def as_table(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """The list below its headings."""
    return [dict(zip(rows[1], row, strict=True)) for row in rows[2:]]


@pytest.fixture
def files(company: Company) -> dict[str, int]:
    """Two files of 小王 and one of another department."""
    made = {}
    for owner, name, phone in [
        ("小王", "云启科技", PHONE),
        ("小王", "大禹水利", "021-57438888"),
        ("小李", "晨光文具", PHONE),
    ]:
        made[name] = company.do(
            "customer.register",
            owner,
            name=name,
            phone=phone,
            address="北京市海淀区中关村大街1号",
            contact_name="曾国强",
        )
    return made


# ---- the list --------------------------------------------------------------------------------------------------------


def test_the_list_is_the_one_the_person_sees_in_its_order(company: Company, files: dict[str, int]) -> None:
    rows = as_table(exported(company["小王"], scope="all", sort="name"))
    assert [row["客户名称"] for row in rows] == ["大禹水利", "云启科技"]
    assert rows[1]["电话"] == PHONE and rows[1]["负责人"] == "小王" and rows[1]["部门"] == "业务一部"
    assert rows[1]["登记日期"] == date(2026, 3, 2) and rows[1]["逾期待办"] == 0


def test_search_and_filters_narrow_the_export_as_they_narrow_the_list(company: Company, files: dict[str, int]) -> None:
    company.do("customer.classify", "小王", customer=files["云启科技"], term="category", value="key")
    asked = {"scope": "all", "filters": {"term": {"house.category": "key"}}}
    assert [row["客户名称"] for row in as_table(exported(company["周经理"], **asked))] == ["云启科技"]
    assert [row["分类"] for row in as_table(exported(company["周经理"], scope="all", search="云启"))] == [
        "客户类别：重点客户"
    ]


def test_a_masked_field_stays_masked_and_a_hidden_one_has_no_column(company: Company, files: dict[str, int]) -> None:
    company.do("contact.record", "小王", customer=files["云启科技"], kind="电话", content="报价")
    whole, part = exported(company["小王"], scope="mine"), exported(company["何内勤"], scope="all")
    assert "最后跟进" in whole[1] and "最后跟进" not in part[1] and "下次联系" not in part[1]
    assert {row["电话"] for row in as_table(part)} == {"138****8000", "021****8888"}
    assert PHONE not in str(part)


def test_a_row_that_may_not_be_opened_shows_no_phone(company: Company, files: dict[str, int]) -> None:
    company.do("customer.transfer", "小王", customer=files["大禹水利"], to=company["小赵"].pk, reason="调整")
    by_name = {row["客户名称"]: row["电话"] for row in as_table(exported(company["小王"], scope="all"))}
    assert by_name == {"云启科技": PHONE, "大禹水利": ""}


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ('=HYPERLINK("http://x","点")', '\'=HYPERLINK("http://x","点")'),
        ("@SUM(1)公司", "'@SUM(1)公司"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("http://example.com/公司", "http://example.com/公司"),
    ],
)
def test_text_that_looks_like_a_formula_is_only_text(company: Company, name: str, cell: str) -> None:
    company.do("customer.register", "小王", name=name)
    made = export.workbook(sheet(company["小王"], scope="mine")[1])
    with zipfile.ZipFile(made) as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in xml and "hyperlink" not in xml
    made.seek(0)
    assert as_table(grid(made))[0]["客户名称"] == cell


def test_what_is_written_as_a_number_with_a_sign_is_left_alone() -> None:
    assert export.safe("+86 138 0013 8000") == "+86 138 0013 8000"
    assert export.safe("-12.5") == "-12.5"
    assert export.safe("＝1+1") == "'＝1+1"
    assert export.safe("\t=1+1") == "'\t=1+1"


def test_an_empty_list_and_one_too_long_are_not_exported(
    company: Company, files: dict[str, int], monkeypatch: Any
) -> None:
    with pytest.raises(Invalid, match="没有可导出的内容"):
        sheet(company["小王"], scope="shared")
    monkeypatch.setattr(exporting, "LIMIT", 1)
    with pytest.raises(Invalid, match="没有导出"):
        sheet(company["小王"], scope="mine")
    assert not Event.objects.filter(kind="customer.exported").exists()


def test_queries_do_not_grow_with_the_rows(
    company: Company, files: dict[str, int], django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        company.do("customer.register", "小王", name=f"客户{number:02}号")
    _told, made = sheet(company["小王"], scope="mine")
    with django_assert_max_num_queries(12):
        assert len(grid(export.workbook(made))) == 2 + 32


# ---- the mark and the record -----------------------------------------------------------------------------------------


def test_every_sheet_carries_whose_it_is_and_a_number_that_finds_the_event(
    company: Company, files: dict[str, int]
) -> None:
    told, made = sheet(company["小王"], scope="mine")
    mark = grid(book := export.workbook(made))[0][0]
    owner = org.root_unit()
    assert owner is not None
    assert mark == f"本档案归公司所有 · {owner.name} · 小王 · 2026-03-02 10:00 · 编号 {told.code}"
    book.seek(0)
    with zipfile.ZipFile(book) as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode()
    assert f"<oddHeader>&amp;C{mark}" in xml and mark in xml.partition("<oddFooter>")[2] and 'state="frozen"' in xml
    event = export.event_of(told.code.lower())
    assert event is not None and event.actor == company["小王"]
    assert (event.data["rows"], event.data["scope"], event.data["purpose"]) == (2, "mine", "例会用")
    assert event.data["columns"] == "、".join(made.headings)
    assert export.event_of("DC20260302-00000000") is None


def test_each_export_is_recorded_and_what_was_searched_stands_beside_the_ledger(
    company: Company, files: dict[str, int]
) -> None:
    sheet(company["小王"], scope="mine", search="云启")
    sheet(company["小王"], scope="mine", search="云启")
    events = list(Event.objects.filter(kind="customer.exported"))
    assert len(events) == 2 and "云启" not in str(events[0].data)
    assert Value.objects.get(event=events[0]).new == "云启"


def test_one_key_is_one_export(company: Company, files: dict[str, int]) -> None:
    twice = [
        perform("customer.export", by=company["小王"], key="k1", scope="mine", purpose="例会用").value for _ in range(2)
    ]
    assert twice[0] == twice[1] and Event.objects.filter(kind="customer.exported").count() == 1
    assert (
        len(as_table(grid(export.workbook(export.list_sheet(company["小王"], export.Told.of(twice[1]), scope="mine")))))
        == 2
    )


def test_a_list_that_changed_since_it_was_recorded_is_not_written(company: Company, files: dict[str, int]) -> None:
    told, _ = sheet(company["小王"], scope="mine")
    company.do("customer.register", "小王", name="后来的客户")
    with pytest.raises(Conflict, match="内容有变动"):
        export.list_sheet(company["小王"], told, scope="mine")


def test_a_number_serves_no_other_day(company: Company, files: dict[str, int]) -> None:
    told, _ = sheet(company["小王"], scope="mine")
    with clock.frozen(clock.now() + timedelta(hours=1)), pytest.raises(Conflict):
        export.list_sheet(company["小王"], told, scope="mine")


def test_a_long_company_name_with_an_ampersand_still_marks_every_printed_page(
    company: Company, files: dict[str, int]
) -> None:
    _, made = sheet(company["小王"], scope="mine")
    long = replace(made, mark="甲&乙" * 100)
    with zipfile.ZipFile(export.workbook(long)) as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode()
    header = xml.partition("<oddHeader>&amp;C")[2].partition("</oddHeader>")[0]
    assert header.startswith("甲&amp;&amp;乙") and 200 < len(header.replace("&amp;", "&")) <= 230


# ---- one file --------------------------------------------------------------------------------------------------------


def test_a_file_is_laid_out_in_the_forms_own_order_and_any_two_alike(company: Company, files: dict[str, int]) -> None:
    bare = company.do("customer.register", "小王", name="没有资料的客户")
    first, second = exported(company["小王"], files["云启科技"]), exported(company["小王"], bare)
    labels = ["栏目", "客户名称", "客户类别", "联系电话", "地址", "联系人"]
    assert [row[0] for row in first[1:]] == [row[0] for row in second[1:]] == labels
    assert [row[1] for row in first[2:]] == ["云启科技", "", PHONE, "北京市海淀区中关村大街1号", "曾国强"]
    assert [row[1] for row in second[2:]] == ["没有资料的客户", "", "", "", ""]
    assert first[0][0].startswith("云启科技") and "本档案归公司所有" in first[0][0]
    assert export.export_page(company["小王"], customer=bare)["labels"] == labels[1:]


def test_a_file_shows_masked_what_its_reader_sees_masked(company: Company, files: dict[str, int]) -> None:
    found = {row[0]: row[1] for row in exported(company["何内勤"], files["云启科技"])[2:]}
    assert found["联系电话"] == "138****8000" and found["联系人"] == "曾**" and found["客户名称"] == "云启科技"


def test_an_export_of_a_file_stands_in_its_access_log(company: Company, files: dict[str, int]) -> None:
    from kedang.customers import selectors

    told, _ = sheet(company["小王"], files["云启科技"])
    assert told.code in selectors.access_log(files["云启科技"])[0].sentence


# ---- who may not -----------------------------------------------------------------------------------------------------


def test_a_rule_refuses_by_its_clause_and_the_refusal_is_on_record(company: Company, files: dict[str, int]) -> None:
    with pytest.raises(Refused) as said:
        sheet(company["郑总"], files["云启科技"])
    assert said.value.decision.clauses == ["9"]
    with pytest.raises(Refused):
        sheet(company["钱会计"], scope="all")
    kinds = list(Event.objects.filter(kind__in=("norm.refused", "customer.exported")).values_list("kind", flat=True))
    assert kinds == ["norm.refused", "norm.refused"]


def test_outside_ones_list_a_file_is_nowhere(company: Company, files: dict[str, int]) -> None:
    with pytest.raises(NotFound):
        sheet(company["小李"], files["云启科技"])
    with pytest.raises(NotFound):
        export.export_page(company["小李"], customer=files["云启科技"])


def test_who_may_not_open_a_file_may_not_export_it(company: Company, files: dict[str, int]) -> None:
    with pytest.raises(Refused):
        sheet(company["小赵"], files["云启科技"])
    assert export.verdict(company["小赵"], customer=files["云启科技"]).verdict == "refuse"


def test_nobody_exports_in_anothers_name(company: Company, files: dict[str, int]) -> None:
    with pytest.raises((Invalid, Refused)):
        perform(
            "customer.export", by=company["小王"], on_behalf_of=company["周经理"], behalf_reason="外出，电话口述",
            scope="unit", purpose="例会用",
        )  # fmt: skip
    assert not Event.objects.filter(kind="customer.exported").exists()


@pytest.mark.parametrize("filters", ["x", ["x"], {"owner": "x"}, {"term": "x"}])
def test_filters_that_no_page_sends_are_answered_at_the_field(
    company: Company, files: dict[str, int], filters: Any
) -> None:
    with pytest.raises(Invalid) as said:
        sheet(company["小王"], scope="mine", filters=filters)
    assert set(said.value.errors) == {"filters"}


def test_the_scope_and_the_purpose_are_checked(company: Company, files: dict[str, int]) -> None:
    with pytest.raises(Invalid) as said:
        perform("customer.export", by=company["小王"], scope="everything")
    assert set(said.value.errors) == {"scope", "purpose"}
