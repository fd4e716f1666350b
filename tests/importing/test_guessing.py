"""Where the heading is and what each column is, over the forms that lists come in."""

from typing import Any

import pytest

from kedang.customers.importing import guessing
from kedang.customers.importing.targets import Company, Target, targets
from kedang.kernel.fields import Field
from tests.support.company import Company as Firm


@pytest.fixture
def known(company: Firm) -> list[Target]:
    return targets()


OURS = Company(
    people={"王小明": [(1, "王小明（01）")], "01": [(1, "王小明（01）")], "李芳": [(2, "李芳（02）")]},
    units={"销售一部": 1, "销售二部": 2},
)
FIRM = ["上海晨光文具厂", "杭州西湖印刷有限公司", "苏州工业设备公司"]
CODES = ["91310000607215270Y", "91330106MA27XHBK2R", "91320500MA1MEXMR5E"]
MOBILES: list[Any] = [13911112222.0, "139 1111 3333", "13911114444"]


def guess(rows: list[list[Any]], known: list[Target], **more: Any) -> tuple[Any, dict[int, str]]:
    layout = guessing.guess(rows, known, OURS, **more)
    return layout.header, layout.columns


HEADINGS = {
    "name": [
        "客户名称",
        "单位名称",
        "公司名称",
        "客户",
        "企业名称（全称）",
        "* 客户名称",
        "客户全称",
        "客 户 名 称",
        "往来单位",
        "单位名称:",
    ],
    "credit_code": ["统一社会信用代码", "税号", "纳税人识别号", "信用代码", "统一社会信用代码(18位)"],
    "phone": ["联系电话", "电话", "单位电话", "固定电话", "座机", "TEL"],
    "contact_phone": ["手机", "手机号码", "联系人电话", "移动电话", "联系人手机号"],
    "contact_name": ["联系人", "联系人姓名", "主要联系人", "对接人"],
    "address": ["地址", "详细地址", "通讯地址", "注册地址", "公司地址"],
    "owner": ["业务员", "负责人", "销售人员", "客户经理", "跟进人"],
    "unit": ["部门", "归属部门", "所属部门"],
    "term-category": ["客户类别", "客户类型", "类别", "客户分类"],
    "source": ["来源", "客户来源", "渠道"],
}


@pytest.mark.parametrize(
    ("target", "heading"), [(target, heading) for target, found in HEADINGS.items() for heading in found]
)
def test_a_heading_is_known_in_its_usual_spellings(known: list[Target], target: str, heading: str) -> None:
    beside = (
        ["客户名称", "联系人"]
        if target not in ("name", "contact_name")
        else (["地址", "联系人"] if target == "name" else ["客户名称", "地址"])
    )
    rows = [[heading, *beside], ["甲", "乙", "丙"]]
    header, columns = guess(rows, known)
    assert header == (1, 1)
    assert columns[0] == target


def test_a_title_above_and_a_merged_second_level_belong_to_the_heading(known: list[Target]) -> None:
    rows: list[list[Any]] = [
        ["2025 年客户名录"],
        ["单位信息", "", "", "联系人", "", "业务员"],
        ["名称", "税号", "电话", "姓名", "电话", ""],
        ["上海晨光文具厂", CODES[0], "021-62345678", "张三", 13911112222.0, "李芳"],
    ]
    merged = [[[0, 0], [0, 5]], [[1, 0], [1, 2]], [[1, 3], [1, 4]], [[1, 5], [2, 5]]]
    header, columns = guess(rows, known, merged=merged)
    assert header == (2, 3)
    assert columns == {0: "name", 1: "credit_code", 2: "phone", 3: "contact_name", 4: "contact_phone", 5: "owner"}


def test_a_list_without_a_heading_is_known_by_what_stands_in_it(known: list[Target]) -> None:
    addresses = ["上海市奉贤区金钱公路 3469 号", "杭州市西湖区文三路 8 号", "苏州市工业园区星湖街 1 号"]
    rows = [
        [FIRM[at], CODES[at], ["张建军", "李丽娟", "王文斌"][at], MOBILES[at], addresses[at], ["重点客户", "一般客户", "重点客户"][at], ["销售一部", "销售二部", "销售一部"][at], ["李芳", "王小明", "李芳"][at]]
        for at in range(3)
    ]  # fmt: skip
    header, columns = guess(rows, known)
    assert header is None
    assert columns == {
        0: "name",
        1: "credit_code",
        2: "contact_name",
        3: "contact_phone",
        4: "address",
        5: "term-category",
        6: "unit",
        7: "owner",
    }


def test_one_phone_column_of_mobiles_beside_a_contact_is_his(known: list[Target]) -> None:
    rows = [["客户名称", "联系人", "联系电话"], *[[FIRM[at], "张三", MOBILES[at]] for at in range(3)]]
    assert guess(rows, known)[1] == {0: "name", 1: "contact_name", 2: "contact_phone"}


def test_a_single_column_of_names_needs_no_more(known: list[Target]) -> None:
    assert guess([["客户名称"], ["上海晨光文具厂"]], known) == ((1, 1), {0: "name"})
    assert guess([[one] for one in FIRM], known) == (None, {0: "name"})


def test_columns_that_mean_nothing_are_left_alone(known: list[Target]) -> None:
    rows = [["序号", "客户名称", "备注", "金额"], [1.0, FIRM[0], "老客户", 1200.5]]
    assert guess(rows, known)[1] == {1: "name"}


def test_no_target_is_fed_by_two_columns(known: list[Target]) -> None:
    rows = [["客户名称", "单位名称", "电话", "联系电话"], [FIRM[0], FIRM[1], "021-62345678", "021-62345679"]]
    columns = guess(rows, known)[1]
    assert len(columns) == len(set(columns.values()))


@pytest.mark.parametrize("text", ["合计", "总 计", "合计：", "制表人：王五", "小计"])
def test_a_total_is_no_customer(text: str) -> None:
    assert guessing.is_total(["", text, 12.0])
    assert not guessing.is_total(["", "合计科技有限公司", "12"])


def test_two_regulations_with_a_class_of_one_name_share_a_column(known: list[Target]) -> None:
    assert [one.id for one in known if one.id.startswith("term-")] == ["term-category"]
    assert isinstance(next(one for one in known if one.id == "term-category").field, Field)
