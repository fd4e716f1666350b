"""A condition over one file as a database query over all files.

Only column facts, terms with a column, literals and given values can stand in it. The condition is brought to a form
without `not` (de Morgan) and every comparison demands that its columns are not null, so that a row passes exactly where
the evaluator says True: SQL's third value and ours are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Expression as DjangoExpression
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce as SqlCoalesce
from django.db.models.functions import NullIf
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, In, IsNull, LessThan, LessThanOrEqual

from kedang.kernel.norms.expressions import evaluate, types
from kedang.kernel.norms.expressions.nodes import (
    Attribute,
    Coalesce,
    Compare,
    Const,
    FactCall,
    Known,
    Listing,
    Logic,
    Node,
    Not,
    Variable,
)
from kedang.kernel.norms.expressions.values import UNKNOWN, FactStore
from kedang.kernel.norms.vocabulary import Vocabulary, World

_NEGATED = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in", "not in": "in"}
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_LOOKUPS: dict[str, Callable[[Any, Any], Any]] = {
    "==": Exact,
    "<": LessThan,
    "<=": LessThanOrEqual,
    ">": GreaterThan,
    ">=": GreaterThanOrEqual,
    "in": In,
}
EVERYTHING = Q(pk__isnull=False)
NOTHING = Q(pk__in=[])


class NotQueryable(Exception):
    """The condition reads something that is no column."""


def possible(node: Node, var: str) -> bool:
    """Whether the condition can be compiled, given values for its other variables."""
    try:
        _check(node, var)
    except NotQueryable:
        return False
    return True


def to_q(node: Node, var: str, values: Mapping[str, Any]) -> Q | None:
    """The query, or None when the condition is no query."""
    return _condition(node, var, values, True) if possible(node, var) else None


def _check(node: Node, var: str) -> None:
    """Raise unless `_condition` can handle the tree."""
    if isinstance(node, Logic):
        for part in node.parts:
            _check(part, var)
    elif isinstance(node, Not):
        _check(node.part, var)
    elif isinstance(node, Compare):
        _check_compare(node, var)
    elif isinstance(node, Known):
        _check_column(node.part, var)
    elif _about(node, var):
        _check_column(node, var)
    elif not _given(node):
        raise NotQueryable


def _check_compare(node: Compare, var: str) -> None:
    sides = [side for side in (node.left, node.right) if _about(side, var)]
    for side in sides:
        _check_column(side, var)
    others = [side for side in (node.left, node.right) if side not in sides]
    if not all(_given(side) for side in others):
        raise NotQueryable
    if node.op in ("in", "not in") and (sides != [node.left] or types.element(node.right.kind) == ""):
        raise NotQueryable
    if {node.left.kind, node.right.kind} == types.MOMENTS:
        raise NotQueryable


def _check_column(node: Node, var: str) -> None:
    if isinstance(node, Coalesce):
        _check_column(node.first, var)
        if not _given(node.default):
            raise NotQueryable
    elif (
        not (isinstance(node, FactCall) and node.fact.column and _is_var(node.args[0], var))
        or not all(isinstance(arg, Const) for arg in node.args[1:])
        or types.element(node.kind)
    ):
        raise NotQueryable


def _about(node: Node, var: str) -> bool:
    """Whether the node reads the file."""
    return any(_is_var(each, var) for each in node.walk())


def _is_var(node: Node, var: str) -> bool:
    same = {"file", "customer"} if var in ("file", "customer") else {var}
    return isinstance(node, Variable) and node.name in same


def _given(node: Node) -> bool:
    """Whether the node's value is known before the query: no facts in it."""
    return not any(isinstance(each, FactCall) for each in node.walk())


def column(node: FactCall) -> Any:
    """The column of a fact as a query expression, made from its literal arguments when it has some."""
    made = node.fact.column
    if callable(made):
        return made(*(arg.value for arg in node.args[1:] if isinstance(arg, Const)))
    return F(made)


def _sql(node: Node, values: Mapping[str, Any]) -> Any:
    if isinstance(node, Coalesce):
        return SqlCoalesce(_sql(node.first, values), Value(_value(node.default, values)))
    assert isinstance(node, FactCall)
    made = column(node)
    if node.kind == "text":
        # Text columns hold '' for what is not known.
        made = NullIf(made, Value(""))
    return SqlCoalesce(made, Value(node.default)) if node.default is not None else made


def _value(node: Node, values: Mapping[str, Any]) -> Any:
    return evaluate.fetch(node)(evaluate.Run(values, _NO_FACTS))


_NO_FACTS = FactStore(World(None), Vocabulary())


def _condition(node: Node, var: str, values: Mapping[str, Any], wanted: bool) -> Q:
    """The rows for which the node is surely `wanted`."""
    if isinstance(node, Not):
        return _condition(node.part, var, values, not wanted)
    if isinstance(node, Logic):
        parts = [_condition(part, var, values, wanted) for part in node.parts]
        return _join(parts, all_of=(node.op == "and") is wanted)
    if isinstance(node, Known):
        assert isinstance(node.part, FactCall | Coalesce)
        return Q(IsNull(_sql(node.part, values), not wanted))
    if not _about(node, var):
        found = _value(node, values)
        found = False if found is None and isinstance(node, Variable | Attribute) else found
        return EVERYTHING if found is not UNKNOWN and bool(found) is wanted else NOTHING
    if isinstance(node, Compare):
        return _compare(node, var, values, node.op if wanted else _NEGATED[node.op])
    return Q(Exact(_sql(node, values), Value(wanted)))


def _join(parts: list[Q], *, all_of: bool) -> Q:
    joined = parts[0]
    for part in parts[1:]:
        joined = joined & part if all_of else joined | part
    return joined


def _compare(node: Compare, var: str, values: Mapping[str, Any], op: str) -> Q:
    left, right = node.left, node.right
    if not _about(left, var):
        left, right, op = right, left, _SWAPPED[op]
    expression = _sql(left, values)
    if _about(right, var):
        return _lookup(op, expression, _sql(right, values), both=True)
    other = _value(right, values)
    if other is UNKNOWN:
        return NOTHING
    if other is None:
        return Q(IsNull(expression, False)) if op in ("!=", "not in") else NOTHING
    if isinstance(right, Listing) or op in ("in", "not in"):
        other = [each for each in other if each is not None]
        if not other:
            return Q(IsNull(expression, False)) if op == "not in" else NOTHING
    if _plain(left, op, other):
        return Q(_LOOKUPS[op](column(left), other))  # type: ignore[arg-type]
    return _lookup(op, expression, other, both=False)


def _plain(node: Node, op: str, other: Any) -> bool:
    """Equal to something that is known: the bare column will do, and an index on it can be used."""
    if not isinstance(node, FactCall) or node.default is not None or op not in ("==", "in"):
        return False
    return "" not in (other if isinstance(other, list) else [other])


def _lookup(op: str, left: DjangoExpression | F, right: Any, *, both: bool) -> Q:
    known = Q(IsNull(left, False)) & Q(IsNull(right, False)) if both else Q(IsNull(left, False))
    if op in ("!=", "not in"):
        positive = _LOOKUPS["==" if op == "!=" else "in"](left, right)
        return known & ~Q(positive)
    return known & Q(_LOOKUPS[op](left, right))
