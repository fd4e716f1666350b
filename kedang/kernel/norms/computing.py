"""Computations: a value given by a table or a formula; the answer names its row and clause."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from kedang.kernel.errors import Invalid
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import UNKNOWN, Env
from kedang.kernel.norms.schema import ComputationNorm
from kedang.kernel.norms.store import env_of, fact_store, regulations

ROUNDINGS = {"half_up": ROUND_HALF_UP, "down": ROUND_DOWN, "up": ROUND_UP}


def compute(name: str, args: Mapping[str, Any]) -> Any:
    """The value a pack in force gives for a name; Invalid when there is none, when facts are missing, or when two rows
    of its table both apply."""
    for version in regulations().in_force():
        norm = version.regulation.computations.get(name)
        if norm is not None:
            return _value(norm, env_of(version, dict(args), fact_store()))
    raise Invalid(f"现行制度中没有计算“{name}”。")


def _value(norm: CompiledNorm, env: Env) -> Any:
    rule = norm.norm
    assert isinstance(rule, ComputationNorm)
    formula = norm.expr("formula")
    if formula is not None:
        return _rounded(_known(formula.value(env), rule), rule)
    hits = []
    for index, row in enumerate(rule.table):
        when = norm.expr(f"table[{index}].when")
        if when is not None and when.evaluate(env).truth is True:
            hits.append((index, row))
    if len(hits) > 1:
        raise Invalid(f"“{rule.gives}”的计算表有两行同时适用，请修改制度。")
    if not hits:
        hits = [(i, row) for i, row in enumerate(rule.table) if row.otherwise]
    if not hits:
        raise Invalid(f"“{rule.gives}”的计算表没有一行适用。")
    index, row = hits[0]
    if isinstance(row.give, Mapping):
        return {k: _cell(norm, f"table[{index}].give.{k}", v, env, rule) for k, v in row.give.items()}
    return _cell(norm, f"table[{index}].give", row.give, env, rule)


def _cell(norm: CompiledNorm, path: str, raw: Any, env: Env, rule: ComputationNorm) -> Any:
    expr = norm.expr(path)
    if expr is not None:
        return _rounded(_known(expr.value(env), rule), rule)
    if isinstance(raw, str) and raw.endswith("%"):
        return Decimal(raw[:-1]) / 100
    return raw


def _known(value: Any, rule: ComputationNorm) -> Any:
    if value is UNKNOWN or value is None:
        raise Invalid(f"“{rule.gives}”缺少计算所需的资料。")
    return value


def _rounded(value: Any, rule: ComputationNorm) -> Any:
    """Money and numbers to two places by the named rounding."""
    if isinstance(value, Decimal):
        return value.quantize(Decimal("0.01"), rounding=ROUNDINGS[rule.rounding])
    return value
