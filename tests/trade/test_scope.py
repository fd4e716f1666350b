"""A regulation that is in force for some departments acts on their claims also when finance, elsewhere, handles them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedang.kernel.scenarios.runner import run_paths

SCENARIO = """
pack: scoped
people:
  小王: {role: salesperson, unit: 业务一部}
  小李: {role: salesperson, unit: 业务二部}
  何财务: {role: finance, unit: 财务部}
scenarios:
  - name: 只管一部的客户
    clause: "1"
    given: {甲厂: {owner: 小王, unit: 业务一部}, 乙厂: {owner: 小李, unit: 业务二部}}
    steps:
      - {at: 2026-03-02 09:00, as: 小王, do: expense.submit, with: {customer: 甲厂, amount: 500}}
      - {at: 2026-03-02 09:01, as: 何财务, do: expense.review, with: {expense: last, agree: true}, expect: refused 1}
      - {at: 2026-03-02 09:02, event: {kind: norm.refused, about: 甲厂, count: 1}}
      - {at: 2026-03-02 09:03, as: 小李, do: expense.submit, with: {customer: 乙厂, amount: 500}}
      - {at: 2026-03-02 09:04, as: 何财务, do: expense.review, with: {expense: last, agree: true}, expect: ok}
"""

PACK = """
pack: scoped
version: 1
title: 一部费用规定
effective: 2026-01-01
applies_to: {units: [业务一部]}
clauses:
  "1": {text: 一部的费用另行办理。}
norms:
  - {id: stop, clause: "1", kind: prohibition, action: expense.review, when: "(expense_status(expense) or '待审') == '待审'"}
"""


@pytest.mark.django_db
def test_a_claim_lies_in_the_scope_of_its_customers_department(tmp_path: Path) -> None:
    folder = tmp_path / "scoped"
    (folder / "scenarios").mkdir(parents=True)
    (folder / "pack.yaml").write_text(PACK)
    (folder / "scenarios" / "all.yaml").write_text(SCENARIO)
    assert [each.message for each in run_paths([folder])] == [""]
