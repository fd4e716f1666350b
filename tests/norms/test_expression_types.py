"""What the compiler refuses, where it says so, and what it suggests."""

from collections.abc import Callable

import pytest

from kedang.kernel.norms.expressions import Scope, compile_expr

FAULTS = [
    ("amout > 3", 1, "不认识“amout”（是不是要写 amount？）"),
    ("amount > 3 and customer.ownr == actor", 16, "客户没有“ownr”（是不是要写 owner？）"),
    ("share_unit(actor, file)", 1, "没有“share_unit(…)”（是不是要写 shares_unit？）"),
    ("shares_unit(actor)", 1, "“shares_unit”要 2 个参数，写了 1 个（依次是：人员、客户）"),
    ("shares_unit(file, file)", 1, "参数“file”是客户，这里要人员"),
    ("overdue('file-in-tim', customer)", 9, "制度包 demo 没有规则“file-in-tim”（是不是要写 file-in-time？）"),
    ("overdue('other.file-in-time', customer)", 9, "没有制度包“other”（用 --with 带上它，或检查名字）"),
    ("has_form('basik', customer)", 10, "制度包 demo 没有表单“basik”（是不是要写 basic？）"),
    ("figure('cals', actor) > 3", 8, "没有统计数字“cals”（是不是要写 calls？）"),
    ("holds(actor, 'sale')", 14, "制度包 demo 没有角色“sale”（是不是要写 sales？）"),
    ("overdue(note, customer)", 1, "这里要写明规则的名字，带引号"),
    ("customer.category == '重点户'", 22, "“客户类别”没有“重点户”这个值（是不是要写 重点客户？）"),
    ("customer.registration in ['已备案', '在途']", 34, "“备案状态”没有“在途”这个值（可用：已备案、未备案）"),
    ("source == '短信'", 11, "“来源”没有“短信”这个值（可用：来电、来访）"),
    ("amount == '多'", 11, "这里要数，写的是“多”（数不加引号）"),
    ("day > '三月'", 7, "“三月”不是日期（写成 '2026-03-09'）"),
    (
        "customer.owner == actor",
        1,
        "“customer.owner”可能没有值（写 known(customer.owner) and …，或 (customer.owner or 默认值)，或给规则加 if_missing）",
    ),
    ("customer.owner.unit == file.unit", 1, "“customer.owner”可能没有值"),
    ("customer.credit > 3", 1, "“customer.credit”可能没有值"),
    ("customer.weight == '较重要'", 1, "“customer.weight”可能没有值"),
    ("amount", 1, "这里要是或否，“amount”是数（写成比较，例如 … == …）"),
    ("actor == file", 1, "“actor”（人员）与“file”（客户）不是同一类，不能比较"),
    ("actor > actor", 1, "“actor”（人员）与“actor”（人员）不能比大小"),
    ("amount in file", 1, "不能用 in 比较（右边要是列表或同类的集合"),
    ("amount + day > 3", 1, "数与日期不能相“+”"),
    ("amount = 3", 8, "式子写法不对（比较相等用两个等号 ==）"),
    ("amount ＞ 3", 8, "式子写法不对（“＞”是全角符号，请用半角）"),
    ("amount > 3 && urgent", 13, "式子写法不对（“并且”写 and，“或者”写 or）"),
    ("note is None", 1, "不能用 is 比较（相等用 ==；要问有没有值，写 known(…)）"),
    ("note == None", 9, "式子里不能写 None（要问有没有值，写 known(…)）"),
    ("[x for x in file]", 1, "式子里不能用这种写法"),
    ("(lambda: 1)()", 1, "不能这样调用"),
    ("actor.__class__ == actor", 1, "人员没有“__class__”"),
    ("amount ** 9 > 1", 1, "式子里不能用这种运算：amount ** 9（可用 + - * /）"),
    ("rows(kind == '短信') > 1", 14, "“种类”没有“短信”这个值（可用：去电、来电）"),
    ("kind == '来电'", 1, "不认识“kind”（“kind”是逐行填写的栏目，只能写在 rows(…)、any_row(…)、sum_rows(…) 里）"),
    ("shares_unit == urgent", 1, "不认识“shares_unit”（“shares_unit”要带括号：shares_unit(…)）"),
    ("sales == actor", 1, "不认识“sales”（角色不是值"),
    ("period > 3", 1, "“period”（时限）与“3”（数）不能比大小（把时限加在日期上比较"),
    ("amount > 1 if urgent else amount", 27, "两种情况的值要同类：是或否与数"),
    ("", 1, "式子是空的"),
]


@pytest.mark.parametrize(("text", "column", "message"), FAULTS, ids=[each[0] or "empty" for each in FAULTS])
def test_a_fault_is_said_at_its_place(refusal: Callable[..., str], text: str, column: int, message: str) -> None:
    said = refusal(text)
    assert said.startswith(f"norms.yaml:7:{column}: ")
    assert message in said


def test_the_column_counts_characters_and_starts_where_the_value_stands(refusal: Callable[..., str]) -> None:
    assert refusal("customer.category == '重点客户' and amout > 3", column=12).startswith(
        "norms.yaml:7:44: 不认识“amout”"
    )


def test_a_long_or_deep_expression_is_refused(refusal: Callable[..., str]) -> None:
    assert "式子太长" in refusal("amount > 1 and " * 200 + "urgent")
    assert "式子" in refusal("(" * 900 + "urgent" + ")" * 900)


def test_types_of_values(make: Callable[..., object]) -> None:
    assert make("customer.owner", "person").nullable  # type: ignore[attr-defined]
    assert make("actor.units", None).type == "set[unit]"  # type: ignore[attr-defined]
    assert make("amount * 2", "number").type == "number"  # type: ignore[attr-defined]
    assert make("day + days(3)", "date").type == "date"  # type: ignore[attr-defined]


def test_several_types_may_be_expected(refusal: Callable[..., str], make: Callable[..., object]) -> None:
    make("customer.owner", "person|unit")
    assert "这里要人员或部门，“amount”是数" in refusal("amount", "person|unit")


def test_known_guards_what_follows_it(make: Callable[..., object]) -> None:
    make("known(customer.owner) and customer.owner == actor")
    make("not known(customer.owner) or customer.owner.unit == file.unit")
    make("customer.owner == actor if known(customer.owner) else urgent")
    make("(customer.owner or actor) == actor")


def test_known_guards_nothing_before_or_beside_it(refusal: Callable[..., str]) -> None:
    assert "可能没有值" in refusal("customer.owner == actor and known(customer.owner)")
    assert "可能没有值" in refusal("known(customer.owner) or customer.owner == actor")


def test_if_missing_makes_guards_unnecessary(scope: Scope) -> None:
    loose = Scope(scope.variables, scope.vocabulary, scope.pack, allow_gaps=True)
    compile_expr("customer.owner == actor", loose, "bool")


def test_a_term_with_a_default_or_required_needs_no_guard(make: Callable[..., object]) -> None:
    make("customer.category == '重点客户'")
    make("customer.grade == '甲'")
