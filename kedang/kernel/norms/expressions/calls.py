"""Calls: the language's own functions, and facts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kedang.kernel.norms.expressions import names, types
from kedang.kernel.norms.expressions.nodes import Builtin, Const, Node, Rows, Variable
from kedang.kernel.norms.expressions.types import BadLiteral
from kedang.kernel.norms.problems import suggest
from kedang.kernel.norms.vocabulary import Fact

if TYPE_CHECKING:
    from kedang.kernel.norms.expressions.compiler import Compiler

BUILTINS = {
    "known": "known(x)：x 有没有值",
    "rows": "rows(条件)：满足条件的行数",
    "any_row": "any_row(条件)：有没有一行满足",
    "sum_rows": "sum_rows(数)：各行合计",
    "today": "today()：今天",
    "now": "now()：此刻",
    "days": "days(n)：n 天",
    "months": "months(n)：n 个月",
    "min": "min(a, b)：较小者",
    "max": "max(a, b)：较大者",
    "len": "len(x)：个数或字数",
    "abs": "abs(x)：绝对值",
    "days_between": "days_between(甲, 乙)：从甲到乙几天",
    "working_days_between": "working_days_between(甲, 乙)：从甲到乙几个工作日，甲那天不算",
}
_SPANS = frozenset({"days_between", "working_days_between"})
_ROWS = frozenset({"rows", "any_row", "sum_rows"})


def compile_call(compiler: Compiler, tree: ast.Call) -> Node:
    """The node of a call; BadLiteral or the compiler's Fault when it is wrong."""
    func = tree.func
    if isinstance(func, ast.Attribute):
        owner = compiler.strict(func.value)
        fact = names.find_fact(owner.kind, func.attr, compiler.scope)
        if fact is None:
            raise BadLiteral(f"{types.name_of(owner.kind)}没有“{func.attr}(…)”")
        return _fact(compiler, tree, fact, (owner,))
    if not isinstance(func, ast.Name):
        raise BadLiteral(f"不能这样调用：{compiler.text(tree)}")
    if func.id in _ROWS:
        return _rows(compiler, tree, func.id)
    if func.id in BUILTINS:
        return _builtin(compiler, tree, func.id)
    known = compiler.scope.vocabulary.facts
    if func.id not in known:
        callable_names = [name for name in known if "." not in name]
        raise BadLiteral(f"没有“{func.id}(…)”", suggest(func.id, [*callable_names, *BUILTINS]))
    return _fact(compiler, tree, known[func.id], ())


def _fact(compiler: Compiler, tree: ast.Call, fact: Fact, first: tuple[Node, ...]) -> Node:
    wanted, optional = fact.args[len(first) :], fact.optional
    if wanted[:1] == ("figure",):
        wanted, optional = _of_figure(compiler, tree, wanted, optional)
    if not len(wanted) - optional <= len(tree.args) <= len(wanted):
        shape = "、".join(types.name_of(types.base(kind)) for kind in wanted) or "无"
        raise BadLiteral(f"“{fact.name}”要 {len(wanted)} 个参数，写了 {len(tree.args)} 个", f"依次是：{shape}")
    args = list(first)
    for kind, each in zip(wanted, tree.args, strict=False):
        args.append(_argument(compiler, each, kind))
    return names.call_node(fact, tuple(args), compiler.text(tree), compiler.scope)


def _of_figure(
    compiler: Compiler, tree: ast.Call, wanted: tuple[str, ...], optional: int
) -> tuple[tuple[str, ...], int]:
    """`figure('contacts', person, since)` takes what that figure takes; what has a default may be left out."""
    first = tree.args[0] if tree.args else None
    figures = compiler.scope.vocabulary.figures
    if not (isinstance(first, ast.Constant) and first.value in figures):
        return wanted, optional
    spec = figures[str(first.value)]
    return ("figure", *spec.args), spec.optional


def _argument(compiler: Compiler, tree: ast.expr, kind: str) -> Node:
    want = types.base(kind)
    literal = want in types.LITERAL_TYPES
    if literal and not (isinstance(tree, ast.Constant) and isinstance(tree.value, str)):
        raise BadLiteral(f"这里要写明{types.name_of(want)}的名字，带引号")
    node = compiler.strict(tree, want)
    if node.kind != want and want != "any":
        raise BadLiteral(f"参数“{node.text}”是{types.name_of(node.kind)}，这里要{types.name_of(want)}")
    return node


def _rows(compiler: Compiler, tree: ast.Call, mode: str) -> Node:
    if compiler.scope.rows is None:
        raise BadLiteral(f"这里没有逐行填写的部分，不能用 {mode}(…)")
    if len(tree.args) > 1 or (mode != "rows" and not tree.args):
        raise BadLiteral(f"{mode}(…) 的参数不对", BUILTINS[mode])
    outer, compiler.in_rows = compiler.in_rows, True
    try:
        part = None
        if tree.args and mode == "sum_rows":
            part = compiler.node(tree.args[0], "number")
            if part.kind != "number":
                raise BadLiteral(f"“{part.text}”不是数，不能合计")
        elif tree.args:
            part = compiler.condition(tree.args[0])
    finally:
        compiler.in_rows = outer
    return Rows("bool" if mode == "any_row" else "number", compiler.text(tree), mode, part, label=compiler.text(tree))


def _builtin(compiler: Compiler, tree: ast.Call, name: str) -> Node:
    text = compiler.text(tree)
    if name in ("today", "now"):
        _count(name, tree, 0, 0)
        return Builtin("date" if name == "today" else "datetime", text, name, ())
    if name in _SPANS:
        return _span(compiler, tree, name)
    _count(name, tree, 1, 1 if name in ("days", "months", "len", "abs") else 20)
    args = tuple(compiler.strict(each) for each in tree.args)
    if name == "len":
        if not (types.element(args[0].kind) or args[0].kind == "text"):
            raise BadLiteral(f"“{args[0].text}”是{types.name_of(args[0].kind)}，没有个数")
        return Builtin("number", text, name, args)
    if name in ("days", "months", "abs"):
        if args[0].kind != "number":
            raise BadLiteral(f"“{args[0].text}”不是数")
        if name != "abs" and isinstance(args[0], Const) and args[0].value != int(args[0].value):
            raise BadLiteral(f"{name}(…) 要整数")
        return Builtin("number" if name == "abs" else "duration", text, name, args)
    kinds = {each.kind for each in args}
    kind = types.element(args[0].kind) if len(args) == 1 else args[0].kind
    if len(kinds) != 1 or kind not in types.ORDERED:
        raise BadLiteral(f"{name}(…) 里要同一类、能比大小的值")
    return Builtin(kind, text, name, args)


def _span(compiler: Compiler, tree: ast.Call, name: str) -> Node:
    """The number of days from one moment to another; a day and an instant may be mixed."""
    _count(name, tree, 2, 2)
    args = tuple(compiler.strict(each, "date") for each in tree.args)
    for each in args:
        if each.kind not in types.MOMENTS:
            raise BadLiteral(f"“{each.text}”是{types.name_of(each.kind)}，这里要日期或时刻", BUILTINS[name])
    return Builtin("number", compiler.text(tree), name, args, label=compiler.text(tree))


def _count(name: str, tree: ast.Call, least: int, most: int) -> None:
    if not least <= len(tree.args) <= most:
        raise BadLiteral(f"{name}(…) 的参数个数不对", BUILTINS[name])


def is_row_value(node: Node) -> bool:
    """Whether the node reads a field of a row."""
    return any(isinstance(each, Variable) and each.in_row for each in node.walk())
