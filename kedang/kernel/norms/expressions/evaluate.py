"""From typed nodes to closures. A closure takes a Run and returns a value, None (empty) or UNKNOWN.

Two flavours of each node: `fetch` gives the bare value of something in the world without noting it, `value` notes the
leaf as well. A comparison fetches its sides and notes them together with the operator, so that a decision can say
「档案部门＝销售一部，你的部门＝销售二部」.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import lru_cache, singledispatch
from typing import Any

from kedang.kernel.norms.expressions import moments, operations, types
from kedang.kernel.norms.expressions.nodes import (
    Arithmetic,
    Attribute,
    Builtin,
    Choice,
    Coalesce,
    Compare,
    Const,
    FactCall,
    Known,
    Leafy,
    Listing,
    Logic,
    Node,
    Not,
    Rows,
    Variable,
)
from kedang.kernel.norms.expressions.values import UNKNOWN, FactStore, Leaf
from kedang.kernel.workdays.durations import Duration


class Run:
    """One evaluation under way: what it reads, and what it notes."""

    __slots__ = ("facts", "gaps", "leaves", "missing", "vars")

    def __init__(self, variables: Mapping[str, Any], facts: FactStore) -> None:
        self.vars = variables
        self.facts = facts
        self.leaves: list[tuple[Node, Any, str, Any, Node | None]] = []
        self.missing: list[str] = []
        self.gaps: list[Node] = []

    def mark(self) -> tuple[int, int, int]:
        """How much has been noted so far."""
        return len(self.leaves), len(self.missing), len(self.gaps)

    def keep_since(self, before: tuple[int, int, int], start: tuple[int, int, int]) -> None:
        """Drop what was noted between `before` and `start`: it did not decide."""
        del self.leaves[before[0] : start[0]]
        del self.missing[before[1] : start[1]]
        del self.gaps[before[2] : start[2]]


Fn = Callable[[Run], Any]


@lru_cache(maxsize=4096)
def getter(node: Node) -> Fn:
    """`fetch`, made once a node: traces and prefetching ask for the same ones again and again."""
    return fetch(node)


def leaf(run: Run, node: Node, value: Any, op: str = "", other: Any = None, side: Node | None = None) -> Leaf:
    """The leaf shown for a noted value."""
    fact, args = "", ()
    if isinstance(node, FactCall):
        fact, args = node.fact.name, tuple(getter(each)(run) for each in node.args)
    shown = node.values.get(value, "") if node.values and isinstance(value, str) else ""
    other_label = _side_label(side, other) if side is not None else ""
    about = (node.text, node.label or node.text, node.kind, value, shown, node.group)
    return Leaf(*about, op, other, other_label, fact, args, _named(side))


def _side_label(side: Node, found: Any) -> str:
    if isinstance(side, Const):
        return side.label or (found.label() if isinstance(found, Duration) else str(found))
    return side.label or side.text


def _named(side: Node | None) -> str:
    """The other side in words when the expression names it outright; '' for what had to be read first."""
    if isinstance(side, Listing):
        words = [_named(part) for part in side.kids]
        return "、".join(words) if all(words) else ""
    if not isinstance(side, Const) or side.value is None:
        return ""
    return ("是" if side.value else "否") if isinstance(side.value, bool) else _side_label(side, side.value)


# ---- bare values ----------------------------------------------------------------------------------------------


@singledispatch
def fetch(node: Node) -> Fn:
    """The closure for a node's value; a thing in the world is not noted."""
    return value(node)


@fetch.register
def _(node: Variable) -> Fn:
    name, nullable, number = node.name, node.nullable, node.kind == "number"

    def run(r: Run) -> Any:
        found = r.vars.get(name, UNKNOWN)
        if found is UNKNOWN or (found is None and not nullable):
            r.missing.append(name)
            return UNKNOWN
        return Decimal(repr(found)) if number and type(found) is float else found

    return run


@fetch.register
def _(node: Attribute) -> Fn:
    owner, name, number = fetch(node.owner), node.name, node.kind == "number"

    def run(r: Run) -> Any:
        record = owner(r)
        if record is UNKNOWN or record is None:
            return UNKNOWN
        data = getattr(record, "data", None)
        found = data[name] if data and name in data else getattr(record, name, None)
        return Decimal(repr(found)) if number and type(found) is float else found

    return run


@fetch.register
def _(node: FactCall) -> Fn:
    name, default, number = node.fact.name, node.default, node.kind == "number"
    args = [_needed(arg, fetch(arg)) for arg in node.args]

    def run(r: Run) -> Any:
        given = []
        for arg in args:
            found = arg(r)
            if found is UNKNOWN:
                return UNKNOWN
            given.append(tuple(found) if isinstance(found, (list, set, frozenset)) else found)
        got = r.facts.get(name, tuple(given))
        if got is None:
            return default
        return Decimal(repr(got)) if number and type(got) is float else got

    return run


def _needed(node: Node, get: Fn) -> Fn:
    """An empty value where one is needed: unknown. An empty fact is a gap in the data, an empty argument is not."""
    if not isinstance(node, Leafy | Coalesce | Choice):
        return get
    argument = isinstance(node, Variable | Attribute)

    def run(r: Run) -> Any:
        found = get(r)
        if found is None:
            if not argument:
                r.gaps.append(node)
            return UNKNOWN
        return found

    return run


# ---- noted values ---------------------------------------------------------------------------------------------


@singledispatch
def value(node: Node) -> Fn:
    """The closure for a node's value, noting what it read."""
    raise TypeError(f"no evaluation for {type(node).__name__}")


@value.register
def _(node: Leafy) -> Fn:
    get = fetch(node)

    def run(r: Run) -> Any:
        found = get(r)
        if found is not UNKNOWN:
            r.leaves.append((node, found, "", None, None))
        return found

    return run


@value.register
def _(node: Const) -> Fn:
    constant = node.value
    return lambda r: constant


@value.register
def _(node: Listing) -> Fn:
    items = [fetch(each) if isinstance(each, Variable | Attribute) else needed(each) for each in node.items]

    def run(r: Run) -> Any:
        found = tuple(item(r) for item in items)
        return UNKNOWN if any(each is UNKNOWN for each in found) else found

    return run


def needed(node: Node) -> Fn:
    """The noted value, where empty is not good enough."""
    return _needed(node, value(node))


def truth(node: Node) -> Fn:
    """A condition's value; an optional tick that was left out counts as no."""
    get = value(node)
    if isinstance(node, Variable | Attribute):
        return lambda r: False if (found := get(r)) is None else found
    return _needed(node, get)


@value.register
def _(node: Logic) -> Fn:
    parts = [truth(part) for part in node.parts]
    decisive = node.op == "or"

    def run(r: Run) -> Any:
        before, open_ = r.mark(), False
        for part in parts:
            start = r.mark()
            found = part(r)
            if found is UNKNOWN:
                open_ = True
            elif bool(found) is decisive:
                r.keep_since(before, start)
                return decisive
        return UNKNOWN if open_ else not decisive

    return run


@value.register
def _(node: Not) -> Fn:
    part = truth(node.part)

    def run(r: Run) -> Any:
        found = part(r)
        return UNKNOWN if found is UNKNOWN else not found

    return run


@value.register
def _(node: Known) -> Fn:
    inner = node.part
    get = _given(inner) if isinstance(inner, Variable) else fetch(inner)

    def run(r: Run) -> Any:
        found = get(r)
        if found is UNKNOWN:
            return UNKNOWN
        r.leaves.append((inner, found, "", None, None))
        return found is not None

    return run


def _given(node: Variable) -> Fn:
    """Whether an argument was filled in may be asked of a required one too: then empty is an answer."""
    return fetch(replace(node, nullable=True))


@value.register
def _(node: Coalesce) -> Fn:
    first, default = value(node.first), value(node.default)

    def run(r: Run) -> Any:
        found = first(r)
        return default(r) if found is None else found

    return run


@value.register
def _(node: Choice) -> Fn:
    branch = truth if node.kind == "bool" else value
    test, then, other = truth(node.test), branch(node.then), branch(node.other)

    def run(r: Run) -> Any:
        found = test(r)
        if found is UNKNOWN:
            return UNKNOWN
        return then(r) if found else other(r)

    return run


@value.register
def _(node: Compare) -> Fn:
    left, right, op = node.left, node.right, node.op
    loose = op in ("==", "!=", "in", "not in")
    get_left, get_right = _side(left, loose), _side(right, loose)
    compute = operations.COMPARE[op]
    mixed = {left.kind, right.kind} == types.MOMENTS
    note_left, note_right = isinstance(left, Leafy), isinstance(right, Leafy)

    def run(r: Run) -> Any:
        a, b = get_left(r), get_right(r)
        if a is UNKNOWN or b is UNKNOWN:
            return UNKNOWN
        if note_left:
            r.leaves.append((left, a, op, b, right))
        if note_right:
            r.leaves.append((right, b, "" if note_left else op, None if note_left else a, None if note_left else left))
        if mixed and a is not None and b is not None:
            a, b = moments.alike(a, b)
        return compute(a, b)

    return run


def _side(node: Node, loose: bool) -> Fn:
    if loose and isinstance(node, Variable | Attribute):
        return _empty_set(node, fetch(node)) if types.element(node.kind) else fetch(node)
    return _needed(node, fetch(node))


def _empty_set(node: Node, get: Fn) -> Fn:
    return lambda r: () if (found := get(r)) is None else found


@value.register
def _(node: Arithmetic) -> Fn:
    left, right = needed(node.left), needed(node.right)
    compute = operations.arithmetic(node.left.kind, node.op, node.right.kind)

    def run(r: Run) -> Any:
        a, b = left(r), right(r)
        if a is UNKNOWN or b is UNKNOWN:
            return UNKNOWN
        try:
            return compute(a, b)
        except (DivisionByZero, InvalidOperation, ZeroDivisionError, OverflowError, ValueError):
            r.gaps.append(node)
            return UNKNOWN

    return run


@value.register
def _(node: Rows) -> Fn:
    part = None
    if node.part is not None:
        part = value(node.part) if node.mode == "sum_rows" else truth(node.part)
    combine = operations.ROWS[node.mode]

    def run(r: Run) -> Any:
        rows = r.vars.get("rows")
        if rows is None:
            r.missing.append("rows")
            return UNKNOWN
        found = []
        for row in rows:
            inner = Run({**r.vars, **row}, r.facts)
            found.append(True if part is None else part(inner))
            r.missing.extend(inner.missing)
            r.gaps.extend(inner.gaps)
        result = combine(found)
        if result is not UNKNOWN:
            r.leaves.append((node, result, "", None, None))
        return result

    return run


@value.register
def _(node: Builtin) -> Fn:
    if node.name == "now":
        return lambda r: r.facts.world.now
    if node.name == "today":
        return lambda r: moments.as_day(r.facts.world.now)
    args, compute = [needed(arg) for arg in node.args], operations.BUILTINS[node.name]

    def run(r: Run) -> Any:
        given = [arg(r) for arg in args]
        if any(each is UNKNOWN for each in given):
            return UNKNOWN
        try:
            return compute(*given)
        except ValueError:
            r.gaps.append(node)
            return UNKNOWN

    return run
