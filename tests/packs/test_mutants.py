"""Mutants are made of every rule and boundary, and scenarios that look away are found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedang.kernel.norms.loader import load_pack
from kedang.kernel.scenarios.mutants import moved_expressions, moved_spans, mutants_of
from kedang.kernel.scenarios.mutation import coverage_of, survivors_of

PACK = """
pack: small
version: 1
title: 小制度
effective: 2026-01-01
roles:
  sales: {name: 业务员, post: salesperson}
parameters:
  period: {type: duration, clause: "1", values: {2026-01-01: 2 working_days}}
clauses:
  "1": {text: 拜访后两个工作日内交报告。}
  "2": {text: 没有备注的金额不得超过一百元。}
forms:
  report:
    name: 报告
    clause: "1"
    about: customer
    fields:
      - {id: result, name: 结果, type: text, required: true, clause: "1"}
norms:
  - {id: report-in-time, clause: "1", kind: duty, opens: {event: visit.recorded}, done: {form: report, for: customer, by: anyone}, due: {within: period}}
  - {id: cap, clause: "2", kind: prohibition, action: expense.submit, when: amount > 100}
"""

HEAD = """
pack: small
people: {小王: {role: sales, unit: 销售部}}
scenarios:
"""

THOROUGH = (
    HEAD
    + """
  - name: 报告按时
    clause: "1"
    given: {甲: {owner: 小王, unit: 销售部}}
    steps:
      - {at: 2026-03-02 10:00, as: 小王, do: visit.record, with: {customer: 甲, content: 拜访}}
      - {at: 2026-03-02 10:01, duty: {clause: "1", customer: 甲, state: open, due: 2026-03-04}}
      - {at: 2026-03-03 10:00, as: 小王, form: report, with: {customer: 甲}, expect: invalid result}
      - {at: 2026-03-03 10:01, as: 小王, form: report, with: {customer: 甲, result: 好}}
      - {at: 2026-03-03 10:02, duty: {clause: "1", customer: 甲, state: done}}
  - name: 一百元为限
    clause: "2"
    given: {甲: {owner: 小王, unit: 销售部}}
    steps:
      - {at: 2026-03-02 10:00, as: 小王, do: expense.submit, with: {customer: 甲, amount: 100}, expect: ok}
      - {at: 2026-03-02 10:01, as: 小王, do: expense.submit, with: {customer: 甲, amount: 101}, expect: refused 2}
"""
)

LAZY = (
    HEAD
    + """
  - name: 报告
    clause: "1"
    given: {甲: {owner: 小王, unit: 销售部}}
    steps:
      - {at: 2026-03-02 10:00, as: 小王, do: visit.record, with: {customer: 甲, content: 拜访}}
      - {at: 2026-03-02 10:01, duty: {clause: "1", customer: 甲, state: open}}
  - name: 大额
    clause: "2"
    given: {甲: {owner: 小王, unit: 销售部}}
    steps:
      - {at: 2026-03-02 10:01, as: 小王, do: expense.submit, with: {customer: 甲, amount: 5000}, expect: refused 2}
"""
)


def folder_with(tmp_path: Path, scenarios: str) -> Path:
    folder = tmp_path / "small"
    (folder / "scenarios").mkdir(parents=True)
    (folder / "pack.yaml").write_text(PACK)
    (folder / "scenarios" / "all.yaml").write_text(scenarios)
    return folder


def test_a_comparison_is_moved_by_its_equal_and_by_its_number() -> None:
    assert moved_expressions("amount >= 100 and known(x)") == [
        "amount > 100 and known(x)",
        "amount >= 99 and known(x)",
        "amount >= 101 and known(x)",
    ]
    assert moved_expressions("customer.grade == '重点'") == []
    assert moved_expressions("event.from == 'a' and amount < 5")[0] == "event.from == 'a' and amount <= 5"


def test_a_span_is_moved_by_one_and_a_parameters_name_is_not() -> None:
    assert moved_spans("5 working_days") == ["4 working_days", "6 working_days"]
    assert moved_spans("filing_period") == []


def test_every_rule_field_parameter_and_boundary_has_its_mutant(tmp_path: Path) -> None:
    whats = [each.what for each in mutants_of(load_pack(folder_with(tmp_path, THOROUGH)))]
    assert whats == [
        "去掉规则 report-in-time",
        "去掉规则 cap",
        "规则 cap：amount > 100 改为 amount >= 100",
        "规则 cap：amount > 100 改为 amount > 99",
        "规则 cap：amount > 100 改为 amount > 101",
        "去掉栏目 report.result",
        "去掉参数 period 的值",
        "参数 period：2 working_days 改为 1 working_days",
        "参数 period：2 working_days 改为 3 working_days",
    ]


@pytest.mark.django_db
def test_thorough_scenarios_leave_nothing_untested(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, THOROUGH)
    assert survivors_of(load_pack(folder)) == []
    row = coverage_of(folder)
    assert (row["clauses"], row["enforced"], row["untested"]) == (2, 2, 0)


@pytest.mark.django_db
def test_scenarios_that_look_away_are_named_at_the_rule_they_miss(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, LAZY)
    said = [str(each) for each in survivors_of(load_pack(folder))]
    assert any("去掉栏目 report.result" in line for line in said)
    assert any("参数 period：2 working_days 改为 3 working_days" in line for line in said)
    assert any("amount > 100 改为 amount >= 100" in line for line in said)
    assert not any("去掉规则" in line for line in said)
    assert coverage_of(folder)["untested_clauses"] == ["1", "2"]


@pytest.mark.django_db
def test_a_clause_without_a_scenario_is_untested(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, THOROUGH.partition("  - name: 一百元为限")[0])
    assert coverage_of(folder, mutate=False)["untested_clauses"] == ["2"]
