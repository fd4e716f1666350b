"""A small vocabulary of its own, so that these tests depend on no app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest

from kedang.kernel import clock
from kedang.kernel.fields import Field
from kedang.kernel.ledger.kinds import EventKind
from kedang.kernel.norms.expressions import Env, Expression, FactStore, Scope, Var, compile_expr
from kedang.kernel.norms.problems import Mark, PackError
from kedang.kernel.norms.schema import Pack
from kedang.kernel.norms.vocabulary import Action, Builtin, Effect, Fact, Figure, Vocabulary, World

NOW = clock.local(datetime(2026, 3, 9, 10, 0))


@dataclass
class Universe:
    """Values of facts by name and arguments, and how often each was loaded."""

    values: dict[str, dict[tuple[Any, ...], Any]] = field(default_factory=dict)
    loads: Counter[str] = field(default_factory=Counter)
    words: Vocabulary = field(default_factory=Vocabulary)

    def fact(self, name: str, label: str, args: tuple[str, ...], returns: str, **more: Any) -> None:
        """Register a fact whose loader looks its values up here."""

        def load(subjects: Sequence[tuple[Any, ...]], world: World) -> Mapping[tuple[Any, ...], Any]:
            self.loads[name] += 1
            known = self.values.get(name, {})
            return {each: known[each] for each in subjects if each in known}

        self.words.add(Fact(name, label, args, returns, load, **more))

    def set(self, name: str, *args: Any, to: Any) -> None:
        """Give a fact a value."""
        self.values.setdefault(name, {})[args] = to

    def store(self) -> FactStore:
        """A fresh store over these values."""
        return FactStore(World(now=NOW), self.words)


@pytest.fixture
def universe() -> Universe:
    made = Universe()
    made.fact("file.owner", "经办人", ("customer",), "person", total=False)
    made.fact("file.unit", "档案部门", ("customer",), "unit")
    made.fact("file.name", "客户名称", ("customer",), "text")
    made.fact("file.business_type", "业务种类", ("customer",), "text", total=False, group="deal")
    made.fact("customer.assigned_at", "分配时间", ("customer",), "datetime")
    made.fact("customer.credit", "信用额度", ("customer",), "number", total=False, group="credit")
    made.fact("customer.key", "是重点", ("customer",), "bool")
    made.fact("person.unit", "部门", ("person",), "unit")
    made.fact("person.units", "各部门", ("person",), "set[unit]")
    made.fact("shares_unit", "同部门", ("person", "customer"), "bool")
    made.fact("superior", "上级", ("person",), "person", total=False)
    made.fact("overdue", "有逾期事项", ("norm", "customer"), "bool")
    made.fact("figure", "统计", ("figure", "person", "date"), "number", optional=1)
    made.fact("has_form", "已填", ("form", "customer", "datetime"), "bool", optional=1)
    made.fact("holds", "任职", ("person", "role"), "bool")
    made.fact("term", "分类", ("customer", "term"), "text", total=False)
    made.fact("stage", "阶段", ("customer", "flow"), "text")
    _other_words(made.words)
    return made


def _other_words(words: Vocabulary) -> None:
    customer = Field("customer", "客户", "customer", required=True)
    words.add(Action("file.open", "查阅档案", (customer, Field("until", "到期", "datetime")), print, reads=True))
    kinds = Field("kind", "费用种类", "choice", values={"gift": "礼品", "travel": "差旅"}, required=True)
    amount = Field("amount", "金额", "money", required=True)
    note = Field("note", "说明", "text")
    words.add(Action("expense.submit", "报销", (customer, kinds, amount, note), print, events=("expense.submitted",)))
    words.add(Action("customer.release", "放入公海", (customer,), print, events=("customer.released",)))
    words.add(Action("customer.take", "领取", (customer,), print, events=("customer.taken",)))
    for verb, label in (
        ("notify", "通知"),
        ("propose", "建议"),
        ("release", "放入公海"),
        ("do", "执行"),
        ("stage", "改阶段"),
    ):
        words.add(Effect(verb, label, print))
    words.add(Figure("calls", "来电数", ("person", "date"), print))
    words.add(Builtin("numbering.unique", "编号唯一", "test"))


@pytest.fixture
def kinds() -> dict[str, EventKind]:
    """Event kinds the tests know."""
    made = [
        EventKind("contact.recorded", "登记联系", "", {"customer": "customer", "way": "text?"}),
        EventKind("visit.recorded", "登记拜访", "", {"customer": "customer", "kind": "text"}),
        EventKind("customer.released", "放入公海", "", {"reason": "text?"}),
        EventKind("customer.taken", "领取", "", {}),
        EventKind("expense.submitted", "报销", "", {"amount": "money"}),
        EventKind("flow.moved", "流转", "", {"flow": "text", "from": "text", "to": "text"}),
        EventKind("form.filed", "填表", "", {"form": "text"}),
    ]
    return {each.name: each for each in made}


PACK = {
    "pack": "demo",
    "version": 1,
    "title": "测试办法",
    "effective": "2026-01-01",
    "roles": {"sales": {"name": "业务员", "post": "salesperson"}},
    "terms": {
        "category": {"name": "客户类别", "values": {"key": "重点客户", "general": "一般客户"}, "required": True},
        "weight": {"name": "分量", "values": {"normal": "普通", "major": "较重要"}},
        "grade": {"name": "等级", "values": {"a": "甲", "b": "乙"}, "default": "b"},
    },
    "parameters": {
        "limit": {"name": "限额", "type": "money", "values": {"2026-01-01": 1000}},
        "period": {"name": "期限", "type": "duration", "values": {"2026-01-01": "5 working_days"}},
    },
    "clauses": {"1": {"text": "甲"}, "2": {"text": "乙"}},
    "forms": {"basic": {"name": "客户基本信息表", "about": "customer", "fields": [{"id": "name", "name": "名称"}]}},
    "flows": {
        "registration": {
            "name": "备案状态",
            "stages": [{"id": "new", "name": "未备案"}, {"id": "filed", "name": "已备案"}],
        }
    },
    "norms": [
        {
            "id": "file-in-time",
            "clause": "1",
            "kind": "duty",
            "opens": {"event": "contact.recorded"},
            "done": {"form": "basic"},
        }
    ],
}


@pytest.fixture
def pack() -> Pack:
    return Pack.model_validate(PACK)


@pytest.fixture
def scope(universe: Universe, pack: Pack, kinds: dict[str, EventKind]) -> Scope:
    """actor, customer/file, amount, an optional note and tick, a choice, an event, and rows."""
    event = Var(
        "event",
        "事件",
        attributes={"actor": Var("person", "经办人"), "first": Var("bool", "是首次"), "from": Var("text", "原状态")},
    )
    variables = {
        "actor": Var("person", "你"),
        "customer": Var("customer", "客户"),
        "file": Var("customer", "客户"),
        "amount": Var("money", "金额"),
        "note": Var("text", "说明", nullable=True),
        "urgent": Var("bool", "加急", nullable=True),
        "day": Var("date", "日期"),
        "source": Var("choice", "来源", values={"call": "来电", "visit": "来访"}),
        "event": event,
    }
    rows = {
        "kind": Var("choice", "种类", values={"in": "来电", "out": "去电"}),
        "sum": Var("money", "小计", nullable=True),
    }
    return Scope(variables, universe.words, pack, rows, {}, kinds)


Compile = Callable[..., Expression]


@pytest.fixture
def make(scope: Scope) -> Compile:
    """Compile a text in the common scope."""

    def compile_(text: str, expects: str | None = "bool", column: int = 1) -> Expression:
        return compile_expr(text, scope, expects, Mark("norms.yaml", 7, column, exact=True))

    return compile_


@pytest.fixture
def refusal(make: Compile) -> Callable[..., str]:
    """The one problem that compiling a text gives."""

    def refuse(text: str, expects: str | None = "bool", column: int = 1) -> str:
        with pytest.raises(PackError) as caught:
            make(text, expects, column)
        (only,) = caught.value.problems
        return str(only)

    return refuse


@pytest.fixture
def env(universe: Universe) -> Callable[..., Env]:
    """An environment over the universe's facts."""

    def make_env(**variables: Any) -> Env:
        return Env({"limit": 1000, **variables}, universe.store())

    return make_env


TODAY = date(2026, 3, 9)
