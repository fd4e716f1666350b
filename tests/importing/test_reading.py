"""A cell as people meant it."""

from typing import Any

import pytest

from kedang.customers.importing.reading import read
from kedang.customers.importing.targets import Company, targets
from kedang.kernel import fields
from kedang.kernel.sheets import cells
from kedang.kernel.sheets.cells import Damaged
from tests.support.company import Company as Firm

OURS = Company(
    people={"王芳": [(1, "王芳（01）"), (2, "王芳（02）")], "02": [(2, "王芳（02）")], "李明": [(3, "李明（03）")]},
    units={"销售一部": 7},
)


def args(company: Firm, **given: Any) -> Any:
    known = {one.id: one for one in targets()}
    columns = [(at, known[name.replace("__", "-")]) for at, name in enumerate(given)]
    return read(list(given.values()), columns, OURS, {})


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (13800138000.0, "13800138000"), (13800138000, "13800138000"), ("13800138000.0", "13800138000"),
        ("１３８００１３８０００", "１３８００１３８０００"), ("1.3800138E+10", "13800138000"), ("+86 138 0013 8000", "+86 138 0013 8000"),
        ("\u00a0138-0013-8000\u200b ", "138-0013-8000"), ("010-62345678转801", "010-62345678转801"),
    ],
)  # fmt: skip
def test_a_phone_is_read_however_the_spreadsheet_kept_it(cell: Any, text: str) -> None:
    assert cells.digits_of(cell) == text
    assert fields.clean_one(fields.Field("p", "电话", "phone"), text)


@pytest.mark.parametrize("cell", ["1.38E+10", "1.38001E+10", 911101085923662400.0, "9.11E+17"])
def test_a_number_that_lost_its_digits_is_said_to_be_damaged(cell: Any) -> None:
    with pytest.raises(Damaged, match="丢失"):
        cells.digits_of(cell)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026年3月2日", "2026-03-02"), ("2026.3.2", "2026-03-02"), ("2026/3/2", "2026-03-02"), ("26/3/2", "2026-03-02"),
        (46083.0, "2026-03-02"), ("46083", "2026-03-02"), ("20260302", "2026-03-02"), (20260302.0, "2026-03-02"),
        ({"d": "2026-03-02T00:00:00"}, "2026-03-02"), ("２０２６－０３－０２", "2026-03-02"), ("2026-3-2 10:30", "2026-03-02"),
    ],
)  # fmt: skip
def test_a_date_is_read_however_it_was_written(cell: Any, day: str) -> None:
    assert fields.clean_one(fields.Field("d", "日期", "date"), cells.date_of(cell)).isoformat() == day


def test_several_phones_in_a_cell_find_their_places_or_are_told(company: Firm) -> None:
    row = args(company, name="甲公司", phone="021-62345678、13911112222", contact_name="张三")
    assert (row.args["phone"], row.args["contact_phone"], row.notes) == ("021-62345678", "13911112222", [])
    row = args(company, name="甲公司", phone="021-62345678/13911112222\n13811112222")
    assert row.args["phone"] == "021-62345678" and "contact_phone" not in row.args
    assert row.notes == ["单元格里还有号码 13911112222、13811112222，没有栏目可放，未导入"]


def test_what_lists_write_for_nothing_is_nothing(company: Firm) -> None:
    row = args(company, name="甲公司", phone="/", address="无", credit_code="—", contact_phone="N/A")
    assert row.args == {"name": "甲公司"}


def test_people_and_departments_are_known_by_name_and_number(company: Firm) -> None:
    assert args(company, owner="02").args == {"owner": 2}
    assert args(company, owner=" 李 明 ").args == {"owner": 3}
    assert "有 2 位“王芳”" in args(company, owner="王芳").errors["owner"]
    assert "没有“赵六”这个人" in args(company, owner="赵六").errors["owner"]
    assert args(company, unit="销售一部").args == {"unit": 7}
    assert "没有“销售三部”这个部门" in args(company, unit="销售三部").errors["unit"]


def test_an_error_of_a_formula_is_no_value(company: Firm) -> None:
    assert "公式错误 #REF!" in args(company, name="甲公司", address="#REF!").errors["address"]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-2+3", "\t=1", "＝1"])
def test_text_that_a_spreadsheet_would_compute_is_kept_as_text(text: str) -> None:
    assert cells.safe(text).startswith("'")
