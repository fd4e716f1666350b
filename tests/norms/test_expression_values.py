"""Values, the third truth value, and the trace."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedang.kernel import clock
from kedang.kernel.norms.expressions import UNKNOWN, Env, EventView, Expression, FactStore, Scope, compile_expr
from kedang.kernel.norms.vocabulary import Vocabulary, World
from tests.norms.conftest import NOW, TODAY, Universe

Make = Callable[..., Expression]
MakeEnv = Callable[..., Env]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("7 / 2", Decimal("3.5")),
        ("0.1 + 0.2 == 0.3", True),
        ("-amount", -1200),
        ("1000 < amount <= 1200", True),
        ("amount > limit", True),
        ("source == '来电'", True),
        ("source in ['来访', '来电']", True),
        ("source not in ['来访']", True),
        ("'加急' in note", True),
        ("note == '没有'", False),
        ("day + days(3)", TODAY + timedelta(days=3)),
        ("day + months(1) > '2026-04-08'", True),
        ("day + '2 weeks'", TODAY + timedelta(days=14)),
        ("day - '2026-03-01'", 8),
        ("today() == day", True),
        ("now() < '2026-03-09 10:01'", True),
        ("now() >= day", True),
        ("max(amount, 2000)", 2000),
        ("min(day, today())", TODAY),
        ("len(note or '')", 4),
        ("abs(-3)", 3),
        ("'高' if amount > 1000 else '低'", "高"),
        ("event.first", True),
        ("event.from == 'new'", True),
        ("event.actor == actor", False),
        ("rows()", 3),
        ("rows(kind == '来电')", 2),
        ("rows(kind == '来电' and sum > amount)", 1),
        ("sum_rows(sum)", 1500),
        ("any_row(kind == '去电')", True),
    ],
)
def test_values(make: Make, env: MakeEnv, text: str, value: Any) -> None:
    rows = [{"kind": "in", "sum": 1300}, {"kind": "in", "sum": 200}, {"kind": "out", "sum": None}]
    if "and sum >" in text:
        text = text.replace("sum > amount", "known(sum) and sum > amount")
    event = EventView("flow.moved", actor=8, first=True, data={"from": "new"})
    given_ = env(actor=7, amount=1200, source="call", note="加急处理", day=TODAY, event=event, rows=rows)
    assert make(text, None).evaluate(given_).value == value


def test_floats_are_read_as_decimals(make: Make, env: MakeEnv) -> None:
    assert make("amount + 0.2 == 0.3").evaluate(env(amount=0.1)).truth is True


def test_an_instant_keeps_its_time_of_day_when_moved(make: Make, env: MakeEnv, universe: Universe) -> None:
    universe.set("customer.assigned_at", 5, to=clock.local(datetime(2026, 1, 31, 9, 30)))
    moved = make("customer.assigned_at + months(1)", None).value(env(customer=5))
    assert moved == clock.local(datetime(2026, 2, 28, 9, 30))


def test_an_argument_not_given_makes_it_depend(make: Make, env: MakeEnv) -> None:
    outcome = make("amount > limit and source == '来电'").evaluate(env())
    assert outcome.truth is None
    assert outcome.missing == {"amount", "source"}
    assert outcome.gaps == ()


def test_what_decides_needs_no_other_argument(make: Make, env: MakeEnv) -> None:
    refused = make("amount > limit or source == '来电'").evaluate(env(source="call"))
    assert refused.truth is True
    assert refused.missing == frozenset()
    assert [leaf.text for leaf in refused.leaves] == ["source"]


def test_an_empty_optional_argument_is_an_answer(make: Make, env: MakeEnv) -> None:
    assert make("note == '没有'").evaluate(env(note=None)).truth is False
    assert make("note != '没有'").evaluate(env(note=None)).truth is True
    assert make("urgent").evaluate(env(urgent=None)).truth is False
    assert make("known(note)").evaluate(env(note=None)).truth is False
    assert make("known(note)").evaluate(env()).truth is None
    assert make("known(amount)").evaluate(env(amount=None)).truth is False


def test_what_is_said_about_an_empty_argument_does_not_apply(make: Make, env: MakeEnv) -> None:
    outcome = make("len(note) > 3").evaluate(env(note=None))
    assert (outcome.truth, outcome.missing, outcome.gaps) == (None, frozenset(), ())


def test_a_fact_without_value_is_a_gap(scope: Scope, env: MakeEnv, universe: Universe) -> None:
    loose = Scope(scope.variables, scope.vocabulary, scope.pack, allow_gaps=True)
    outcome = compile_expr("customer.owner == actor", loose, "bool").evaluate(env(actor=7, customer=5))
    assert outcome.truth is None
    assert outcome.missing == frozenset()
    assert [leaf.label for leaf in outcome.gaps] == ["经办人"]


def test_division_by_zero_is_unknown(make: Make, env: MakeEnv) -> None:
    outcome = make("1 / amount > 2").evaluate(env(amount=0))
    assert outcome.truth is None
    assert [leaf.text for leaf in outcome.gaps] == ["1 / amount"]


def test_defaults(make: Make, env: MakeEnv, universe: Universe) -> None:
    assert make("(customer.credit or 0) > 3").evaluate(env(customer=5)).truth is False
    assert make("(customer.weight or '较重要') == '较重要'").evaluate(env(customer=5)).truth is True
    assert make("customer.grade == '乙'").evaluate(env(customer=5)).truth is True
    universe.set("term", 5, "demo.grade", to="a")
    assert make("customer.grade == '乙'").evaluate(env(customer=5)).truth is False


def test_terms_and_stages_compare_by_id_or_label(make: Make, env: MakeEnv, universe: Universe) -> None:
    universe.set("term", 5, "demo.category", to="key")
    universe.set("stage", 5, "demo.registration", to="filed")
    for text in ("customer.category == '重点客户'", "customer.category == 'key'", "file.registration == '已备案'"):
        assert make(text).evaluate(env(customer=5, file=5)).truth is True
    assert make("'已备案' != customer.registration").evaluate(env(customer=5)).truth is False


def test_literal_arguments_are_written_out_in_full(make: Make, env: MakeEnv, universe: Universe) -> None:
    universe.set("overdue", "demo.file-in-time", 5, to=True)
    universe.set("has_form", "demo.basic", 5, to=True)
    universe.set("holds", 7, "demo.sales", to=True)
    text = "overdue('file-in-time', customer) and has_form('demo.basic', customer) and holds(actor, 'sales')"
    outcome = make(text).evaluate(env(actor=7, customer=5))
    assert outcome.truth is True
    assert [leaf.label for leaf in outcome.leaves] == ["有逾期事项（第1条）", "已填《客户基本信息表》", "任职"]


def test_the_trace_says_what_stood_against_what(make: Make, env: MakeEnv, universe: Universe) -> None:
    universe.set("file.unit", 5, to=1)
    universe.set("person.unit", 7, to=2)
    outcome = make("file.unit != actor.unit").evaluate(env(actor=7, file=5))
    assert outcome.truth is True
    assert [(leaf.label, leaf.value, leaf.type) for leaf in outcome.leaves] == [
        ("档案部门", 1, "unit"),
        ("你的部门", 2, "unit"),
    ]


def test_the_trace_shows_labels_operators_and_groups(make: Make, env: MakeEnv, universe: Universe) -> None:
    universe.set("term", 5, "demo.category", to="general")
    universe.set("customer.credit", 5, to=900)
    text = "customer.category != '重点客户' and known(customer.credit) and customer.credit < limit"
    category, known, credit, limit = make(text).evaluate(env(customer=5)).leaves
    assert (category.label, category.shown, category.op, category.other_label) == (
        "客户类别",
        "一般客户",
        "!=",
        "重点客户",
    )
    assert category.named == "重点客户"
    assert credit.named == "", "a limit that is read has a value of its own to show"
    assert known.group == credit.group == "credit"
    assert (credit.op, credit.other, credit.other_label) == ("<", 1000, "限额")
    assert limit.label == "限额"


def test_what_a_clause_names_outright_is_told_in_words(make: Make, env: MakeEnv) -> None:
    (source,) = make("source in ['来访', '来电']").evaluate(env(source="visit")).leaves
    assert source.named == "来访、来电"
    (amount,) = make("amount > 10").evaluate(env(amount=11)).leaves
    assert amount.named == "10"


def test_only_what_decided_stays_in_the_trace(make: Make, env: MakeEnv, universe: Universe) -> None:
    universe.set("shares_unit", 7, 5, to=False)
    outcome = make("amount > 1 and not shares_unit(actor, file) and source == '来访'").evaluate(
        env(actor=7, file=5, amount=9, source="call")
    )
    assert outcome.truth is False
    assert [leaf.text for leaf in outcome.leaves] == ["source"]


_TRUTH = st.sampled_from([True, False, None])


@given(
    st.recursive(st.sampled_from("abc"), lambda inner: st.tuples(st.sampled_from(["and", "or", "not"]), inner, inner)),
    st.tuples(_TRUTH, _TRUTH, _TRUTH),
)
def test_logic_is_kleenes(tree: Any, values: tuple[bool | None, bool | None, bool | None]) -> None:
    variables = {name: value for name, value in zip("abc", values, strict=True) if value is not None}
    scope = Scope(dict.fromkeys("abc", "bool"), Vocabulary())
    text = _text(tree)
    if len(text) > 1500:
        return
    outcome = compile_expr(text, scope, "bool").evaluate(Env(variables, FactStore(World(NOW), Vocabulary())))
    assert outcome.truth is _kleene(tree, dict(zip("abc", values, strict=True)))
    assert (outcome.truth is None) == bool(outcome.missing)


def _text(tree: Any) -> str:
    if isinstance(tree, str):
        return tree
    op, a, b = tree
    return f"(not {_text(a)})" if op == "not" else f"({_text(a)} {op} {_text(b)})"


def _kleene(tree: Any, values: dict[str, bool | None]) -> bool | None:
    if isinstance(tree, str):
        return values[tree]
    op, left, right = tree
    a = _kleene(left, values)
    if op == "not":
        return None if a is None else not a
    b = _kleene(right, values)
    decisive = op == "or"
    if decisive in (a, b):
        return decisive
    return None if None in (a, b) else not decisive


def test_unknown_is_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(UNKNOWN)
