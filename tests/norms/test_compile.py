"""A pack compiled: indexes, paths of expressions, roles in place of expressions, parameters by date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kedang.kernel.norms.compiled import ActionKey, Regulation, compile_pack, resolve, typed_value
from kedang.kernel.norms.loader import load_text
from kedang.kernel.norms.problems import PackError
from kedang.kernel.workdays.durations import Duration
from tests.norms.conftest import Universe

SOUND = (Path(__file__).parent / "sound.yaml").read_text()
MORE = """\
  - id: late
    clause: "1.2"
    kind: consequence
    breach: file-in-time
    do: [{notify: [head, owner]}, {propose: points, per: "2 * 3", about: person}]
  - id: visits
    clause: "1.1"
    kind: schedule
    every: {table: category, values: {key: month, general: quarter}}
    for_each: file
    when: customer.category == '重点客户'
    bearer: (file.owner or superior(file.owner))
    done: {event: visit.recorded, where: "event.kind != '短信' and event.actor == bearer", by: sales}
    remind: [3 days]
  - id: log
    clause: "1.1"
    kind: schedule
    every: workday
    for_each: holder of sales
    bearer: each
    done: {form: basic}
  - id: idle
    clause: "1.1"
    kind: consequence
    absent: {event: [visit.recorded, contact.recorded], for: period, since: file.assigned_at, valid: "event.kind != 'x'"}
    warn: 7 days
    do: [{release: pool}, {notify: "superior(file.owner)"}]
  - id: back
    clause: "1.1"
    kind: prohibition
    action: {stage: registration.unfiled}
    when: from == '已备案' and not holds(actor, 'head')
    ask: head
  - id: complete
    clause: "1.2"
    kind: prohibition
    action: {form: basic}
    when: not known(phone) or name == ''
    field: phone
  - id: shares
    clause: "1.1"
    kind: computation
    gives: commission
    args: {amount: money}
    table: [{when: amount > 1000, give: {A: 80%, B: amount / 100}}, {otherwise: true, give: {A: 100%}}]
"""
Build = Callable[..., Regulation]


@pytest.fixture
def build(universe: Universe, kinds: dict[str, Any]) -> Build:
    def compile_(text: str = SOUND + MORE) -> Regulation:
        return compile_pack(load_text({"pack.yaml": text}), universe.words, {}, kinds)

    return compile_


def refused(build: Build, text: str) -> list[str]:
    with pytest.raises(PackError) as caught:
        build(text)
    return [str(each) for each in caught.value.problems]


def test_norms_are_found_by_what_sets_them_off(build: Build) -> None:
    made = build()

    def ids(index: Any, key: str) -> list[str]:
        return [norm.norm.id for norm in index.get(key, ())]

    assert ids(made.by_action, "expense.submit") == ["no-claim"]
    assert ids(made.by_action, "file.open") == ["other-unit"]
    assert ids(made.by_form_action, "basic") == ["complete"]
    assert ids(made.by_stage, "registration.unfiled") == ["back"]
    assert ids(made.opens_on, "contact.recorded") == ["file-in-time"]
    assert ids(made.done_on, "form.filed") == ["file-in-time", "log"]
    assert ids(made.done_on, "visit.recorded") == ["visits"]
    assert ids(made.breach_of, "broken.file-in-time") == ["late"]
    assert ids(made.reacts_on, "contact.recorded") == ["idle"]
    assert [norm.norm.id for norm in made.timed] == ["visits", "log", "idle"]
    assert made.computations["commission"].qid == "broken.shares"
    assert made.by_id["back"].actions == (ActionKey("stage", "registration.unfiled"),)
    assert made.by_id["log"].for_each == ("holder", "sales")
    assert made.by_id["visits"].clauses == ("1.1",)


def test_expressions_and_roles_stand_under_their_paths(build: Build) -> None:
    by_id = build().by_id
    assert set(by_id["late"].exprs) == {"do[1].per", "do[1].about"}
    assert by_id["late"].roles == {"do[0].notify[0]": "head"}
    assert set(by_id["visits"].exprs) == {"when", "bearer", "done.where"}
    assert by_id["visits"].roles == {"done.by": "sales"}
    assert set(by_id["idle"].exprs) == {"absent.since", "absent.valid", "do[1].notify"}
    assert by_id["back"].roles == {"ask": "head"}
    assert set(by_id["shares"].exprs) == {"table[0].when", "table[0].give.B"}
    assert by_id["file-in-time"].exprs["bearer"].type == "person"


def test_roles_fields_routes_and_scope_are_compiled(build: Build) -> None:
    text = SOUND.replace(
        "effective: 2026-01-01", "effective: 2026-01-01\napplies_to:\n  where: file.business_type in ['租赁']"
    )
    text = text.replace("[{role: head}]", "[{role: head, when: amount > 5}]").replace(
        "route: head_only", "route: [{role: sales}]"
    )
    text = text.replace("action: expense.submit", "action: expense.submit\n    lifted_by: head_only")
    text = text.replace(
        "type: text, required: true}",
        "type: text, required: true}\n      - {id: why, name: 因, required_when: name == '无', must: len(name) > 1}",
    )
    made = build(text)
    assert made.role_exprs["head"]["of"].type == "unit"
    assert set(made.field_exprs["basic"]["why"]) == {"required_when", "must"}
    assert made.route_exprs["head_only"][0]["when"].text == "amount > 5"
    assert made.route_exprs["other-unit"] == ({},)
    assert made.scope_expr is not None


def test_parameters_have_the_value_of_their_day(build: Build) -> None:
    text = SOUND.replace(
        "values: {2026-01-01: 5 working_days}", "values: {2026-01-01: 5 working_days, 2026-07-01: 3 days}"
    )
    made = build(text)
    assert made.param("period", date(2025, 12, 31)) is None
    assert made.params(date(2025, 12, 31)) == {}
    assert made.params(date(2026, 6, 30)) == {"period": Duration(5, "working_day")}
    assert made.param("period", date(2026, 7, 1)) == Duration(3, "day")


def test_typed_values() -> None:
    assert typed_value("percent", "6%") == Decimal("0.06")
    assert typed_value("money", 0.1) == Decimal("0.1")
    assert typed_value("number", 3) == 3
    assert typed_value("time", "17:30") == time(17, 30)
    assert typed_value("date", date(2026, 1, 2)) == date(2026, 1, 2)
    assert typed_value("bool", False) is False
    assert typed_value("period", "month") == "month"
    for kind, value in (
        ("bool", "是"),
        ("duration", 5),
        ("time", "25:00"),
        ("number", True),
        ("money", "多"),
        ("date", "三月"),
    ):
        with pytest.raises(ValueError, match="“"):
            typed_value(kind, value)


def test_a_named_parameter_or_the_literal_itself() -> None:
    params = {"period": Duration(5, "working_day")}
    assert resolve("period", "duration", params) == Duration(5, "working_day")
    assert resolve("3 days", "duration", params) == Duration(3, "day")


def test_clauses_know_what_enforces_them(build: Build) -> None:
    made = build()
    assert made.clause_enforcers["1.3"] == ("norm no-claim",)
    assert made.clause_enforcers["1.2"] == (
        "parameter period",
        "form basic",
        "norm file-in-time",
        "norm late",
        "norm complete",
    )
    assert made.clause_text("1.3") == "未备案的客户不得报销。"
    assert made.clause_text("9") == ""


FAULTS = [
    ("for_each: holder of sales", "for_each: holder of sale", "没有角色“sale”（是不是要写 sales？）"),
    ("for_each: holder of sales", "for_each: everybody", "不认识“everybody”（可用：file、person、unit、company"),
    ("every: workday", "every: workdy", "不认识的周期“workdy”（是不是要写 workday？）"),
    ("values: {key: month,", "values: {keys: month,", "“客户类别”没有“keys”这个值（是不是要写 key？）"),
    ("by: sales}", "by: bearr}", "没有角色“bearr”（是不是要写 bearer？）"),
    ("remind: [3 days]", "remind: [三天]", "时限“三天”写法不对"),
    ("warn: 7 days", "warn: soon", "没有参数“soon”"),
    ("field: phone", "field: fone", "没有栏目“fone”（是不是要写 phone？）"),
    (
        "{stage: registration.unfiled}",
        "{stage: registration.unfild}",
        "没有阶段“registration.unfild”（是不是要写 registration.unfiled",
    ),
    ("{form: basic}\n    when", "{form: basik}\n    when", "没有表单“basik”（是不是要写 basic？）"),
    ("from == '已备案'", "from == '备案'", "“原状态”没有“备案”这个值"),
    ('per: "2 * 3"', "per: \"'多'\"", "这里要数，写的是"),
    ("{release: pool}", "{do: customer.tak}", "没有动作“customer.tak”（是不是要写 customer.take"),
    ("breach: file-in-time", "breach: file-in-time\n    event: visit.recorded", "后果要且只要写一种起因"),
    (
        "done: {event: visit.recorded, where",
        "done: {event: visit.recorded, form: basic, where",
        "要且只要写 event、form、state 之一",
    ),
    ("    grant: {verbs: [read], lasts: 3 days}\n", "", "then: grant 与 grant: 要一起写"),
    ("give: {A: 80%, B: amount / 100}}", "give: {A: 80%, B: amout / 100}}", "不认识“amout”（是不是要写 amount？）"),
    ("{otherwise: true,", "{", "每行要写 when 或 otherwise: true"),
    ("due: {within: period}", "due: {on: 13-41}", "没有 13-41 这一天"),
    ("due: {within: period}", "due: {at: 25点}", "“25点”不是钟点（写成 '17:30'）"),
    ("due: {within: period}", "due: {at: period}", "参数“period”的类型是 duration，这里要 time"),
    ("- id: late", "- id: no-claim", "规则“no-claim”写了两次"),
]


@pytest.mark.parametrize(("old", "new", "message"), FAULTS, ids=[each[1][:40] for each in FAULTS])
def test_faults_in_norms(build: Build, old: str, new: str, message: str) -> None:
    text = SOUND + MORE
    assert old in text
    found = refused(build, text.replace(old, new, 1))
    assert any(message in each for each in found), found


def test_all_faults_are_told_in_the_order_of_the_file(build: Build) -> None:
    text = (SOUND + MORE).replace("amount > 0", "amout > 0").replace("warn: 7 days", "warn: soon")
    first, second = refused(build, text)
    assert "amout" in first
    assert "soon" in second


def test_conditions_on_several_actions_see_what_all_have(build: Build) -> None:
    text = SOUND.replace("action: expense.submit", "action: [expense.submit, customer.take]")
    assert any("不认识“amount”" in each for each in refused(build, text))


def test_the_form_behind_an_event_lends_its_fields(build: Build) -> None:
    more = """\
  - {id: thanks, clause: "1.1", kind: consequence, form: basic, when: event.name == '大客户', do: [{notify: head}]}
"""
    assert "when" in build(SOUND + more).by_id["thanks"].exprs
    assert any(
        "event.nam" in each or "没有“nam”" in each
        for each in refused(build, SOUND + more.replace("event.name", "event.nam"))
    )


def test_labels_of_variables_reach_the_trace(build: Build) -> None:
    expression = build().by_id["no-claim"].exprs["when"]
    assert expression.variables == {"customer", "amount"}
    assert expression.facts == {"stage"}
    assert replace(expression.mark, file="").line == 44
