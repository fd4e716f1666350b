"""From source text to a typed expression: Python's grammar, a white list of its nodes, and types."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from decimal import Decimal

from kedang.kernel.norms.expressions import names, types
from kedang.kernel.norms.expressions import source as source_text
from kedang.kernel.norms.expressions.calls import BUILTINS, compile_call
from kedang.kernel.norms.expressions.expression import Expression, build
from kedang.kernel.norms.expressions.guards import guards, guards_if_not
from kedang.kernel.norms.expressions.nodes import (
    Arithmetic,
    Attribute,
    Choice,
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
from kedang.kernel.norms.expressions.scope import Scope
from kedang.kernel.norms.expressions.types import BadLiteral
from kedang.kernel.norms.problems import Mark, PackError, problem
from kedang.kernel.norms.vocabulary import Type

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class Fault(Exception):
    """A fault at a part of the source."""

    def __init__(self, tree: ast.AST, message: str, suggestion: str = "") -> None:
        self.tree, self.message, self.suggestion = tree, message, suggestion
        super().__init__(message)


def compile_expr(text: str, scope: Scope, expects: Type | None = None, where: Mark = Mark()) -> Expression:  # noqa: B008
    """Check and compile; PackError with place and suggestion on any fault.

    `expects` is a type, or several as 'person|unit'. A bool must be certain (no unguarded nullable fact); any other
    result may be None when `Expression.nullable` says so.
    """
    source = text.replace("\n", " ")
    indent = len(source) - len(source.lstrip())
    source = source.strip()
    readable = source_text.readable(source)
    tree = source_text.parse(readable, where.at(indent))
    compiler = Compiler(readable, scope)
    try:
        return build(compiler.top(tree, expects), source, where)
    except Fault as fault:
        place = where.at(indent + compiler.offset(fault.tree))
        raise PackError([problem(place, fault.message, fault.suggestion)]) from None
    except RecursionError:
        raise PackError([problem(where, "式子嵌套太深")]) from None


class Compiler:
    """One expression's way from Python's tree to typed nodes."""

    def __init__(self, source: str, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.in_rows = False
        self.guarded: frozenset[str] = frozenset()
        self._bytes = source.encode()

    # ---- places -------------------------------------------------------------------------------------------

    def offset(self, tree: ast.AST) -> int:
        """Characters before a part (Python counts bytes, and Chinese takes three)."""
        return len(self._bytes[: getattr(tree, "col_offset", 0)].decode(errors="ignore"))

    def text(self, tree: ast.AST) -> str:
        """The part's source."""
        first, last = getattr(tree, "col_offset", 0), getattr(tree, "end_col_offset", None)
        return self._bytes[first:last].decode(errors="ignore").replace(source_text.STAND_IN, "from")

    # ---- entry --------------------------------------------------------------------------------------------

    def top(self, tree: ast.expr, expects: Type | None) -> Node:
        """The whole expression, held against the expected type."""
        if expects is None:
            return self.node(tree)
        wanted = [types.base(each) for each in expects.split("|")]
        if wanted == ["bool"]:
            return self.condition(tree)
        node = self.node(tree, wanted[0])
        if node.kind not in wanted and "any" not in wanted:
            names_ = "或".join(types.name_of(each) for each in wanted)
            raise Fault(tree, f"这里要{names_}，“{node.text}”是{types.name_of(node.kind)}")
        return node

    def node(self, tree: ast.expr, want: Type | None = None) -> Node:
        """Any part; `want` tells what a word in quotes stands for."""
        method = getattr(self, f"_{type(tree).__name__.lower()}", None)
        if method is None:
            raise Fault(
                tree, f"式子里不能用这种写法：{self.text(tree)}", "可用比较、and/or/not、in、四则运算和产品词汇"
            )
        try:
            found: Node = method(tree, want)
        except BadLiteral as bad:
            raise Fault(tree, str(bad), bad.suggestion) from None
        return found

    def condition(self, tree: ast.expr) -> Node:
        """A part that must be yes or no."""
        return self._as_condition(tree, self.node(tree, "bool"))

    def _as_condition(self, tree: ast.expr, node: Node) -> Node:
        if node.kind != "bool":
            raise Fault(tree, f"这里要是或否，“{node.text}”是{types.name_of(node.kind)}", "写成比较，例如 … == …")
        return node if isinstance(node, Variable | Attribute) else self.certain(tree, node)

    def strict(self, tree: ast.expr, want: Type | None = None) -> Node:
        """A part that must have a value."""
        return self.certain(tree, self.node(tree, want))

    def certain(self, tree: ast.expr, node: Node) -> Node:
        """Refuse a fact that may have no value and that nothing guards.

        An optional argument needs no guard: left empty, what is said about it does not apply.
        """
        if isinstance(node, Variable | Attribute):
            return node
        if node.nullable and not self.scope.allow_gaps and ast.dump(tree) not in self.guarded:
            raise Fault(
                tree,
                f"“{node.text}”可能没有值",
                f"写 known({node.text}) and …，或 ({node.text} or 默认值)，或给规则加 if_missing",
            )
        return node

    # ---- leaves -------------------------------------------------------------------------------------------

    def _constant(self, tree: ast.Constant, want: Type | None) -> Node:
        value, text = tree.value, self.text(tree)
        if isinstance(value, bool):
            return Const("bool", text, value)
        if isinstance(value, int):
            return Const("number", text, value)
        if isinstance(value, float):
            return Const("number", text, Decimal(text))
        if isinstance(value, str):
            kind = want if want and want != "bool" and not types.element(want) else "text"
            if kind in types.LITERAL_TYPES:
                return names.literal_argument(kind, value, self.scope)
            return Const(kind, text, types.read_literal(value, kind if kind != "any" else "text"))
        hint = "要问有没有值，写 known(…)" if value is None else ""
        raise Fault(tree, f"式子里不能写 {text}", hint)

    def _name(self, tree: ast.Name, want: Type | None) -> Node:
        return names.variable(source_text.name_of(tree.id), self.scope, self.in_rows)

    def _attribute(self, tree: ast.Attribute, want: Type | None) -> Node:
        owner = self.strict(tree.value)
        return names.attribute(owner, source_text.name_of(tree.attr), self.text(tree), self.scope)

    def _call(self, tree: ast.Call, want: Type | None) -> Node:
        if tree.keywords:
            raise Fault(tree.keywords[0].value, "参数按次序写，不写名字")
        if isinstance(tree.func, ast.Name) and tree.func.id == "known":
            return self._known(tree)
        return compile_call(self, tree)

    def _known(self, tree: ast.Call) -> Node:
        if len(tree.args) != 1:
            raise Fault(tree, "known(…) 只有一个参数")
        part = self.node(tree.args[0])
        if not isinstance(part, Variable | Attribute | FactCall):
            raise Fault(tree.args[0], "known(…) 里要写一个名字或事实")
        return Known("bool", self.text(tree), part)

    def _list(self, tree: ast.List, want: Type | None) -> Node:
        inner = types.element(want) if want else ""
        if not tree.elts:
            raise Fault(tree, "列表是空的")
        items = tuple(self.strict(each, inner or None) for each in tree.elts)
        return self._listing(tree, items)

    def _tuple(self, tree: ast.Tuple, want: Type | None) -> Node:
        raise Fault(tree, "列表用方括号", f"写成 [{self.text(tree).strip('()')}]")

    def _listing(self, tree: ast.expr, items: tuple[Node, ...]) -> Node:
        kinds = {each.kind for each in items}
        if len(kinds) > 1:
            raise Fault(tree, f"列表里的值不是同一类：{'、'.join(types.name_of(kind) for kind in sorted(kinds))}")
        return Listing(f"set[{items[0].kind}]", self.text(tree), items, values=items[0].values)

    # ---- logic --------------------------------------------------------------------------------------------

    def _boolop(self, tree: ast.BoolOp, want: Type | None) -> Node:
        first = self.node(tree.values[0], want)
        defaults = first.kind != "bool" or (first.nullable and _plain(tree.values[-1]))
        if isinstance(tree.op, ast.Or) and defaults:
            return self._coalesce(tree, first)
        before, parts = self.guarded, []
        for index, each in enumerate(tree.values):
            parts.append(self.condition(each) if index else self._as_condition(each, first))
            self.guarded |= guards(each) if isinstance(tree.op, ast.And) else guards_if_not(each)
        self.guarded = before
        return Logic("bool", self.text(tree), "and" if isinstance(tree.op, ast.And) else "or", tuple(parts))

    def _coalesce(self, tree: ast.BoolOp, first: Node) -> Node:
        node = first
        for each in tree.values[1:]:
            other = self._operand(each, node)
            if other.kind != node.kind:
                raise Fault(each, f"默认值要与前面同类：{types.name_of(node.kind)}，这里是{types.name_of(other.kind)}")
            node = Coalesce(
                node.kind, self.text(tree), node, other, nullable=other.nullable, label=node.label, values=node.values
            )
        return node

    def _unaryop(self, tree: ast.UnaryOp, want: Type | None) -> Node:
        if isinstance(tree.op, ast.Not):
            return Not("bool", self.text(tree), self.condition(tree.operand))
        if not isinstance(tree.op, ast.USub):
            raise Fault(tree, f"式子里不能用这种写法：{self.text(tree)}")
        part = self._number(tree.operand)
        if isinstance(part, Const):
            return replace(part, text=self.text(tree), value=-part.value)
        return Arithmetic("number", self.text(tree), "-", Const("number", "0", 0), part)

    def _number(self, tree: ast.expr) -> Node:
        node = self.strict(tree, "number")
        if node.kind != "number":
            raise Fault(tree, f"这里要数，“{node.text}”是{types.name_of(node.kind)}")
        return node

    def _ifexp(self, tree: ast.IfExp, want: Type | None) -> Node:
        test = self.condition(tree.test)
        before = self.guarded
        self.guarded = before | guards(tree.test)
        then = self.node(tree.body, want)
        empty = self._may_be_empty(tree.body, then)
        self.guarded = before | guards_if_not(tree.test)
        other = self._operand(tree.orelse, then)
        empty = self._may_be_empty(tree.orelse, other) or empty
        self.guarded = before
        if then.kind != other.kind:
            raise Fault(tree.orelse, f"两种情况的值要同类：{types.name_of(then.kind)}与{types.name_of(other.kind)}")
        return Choice(then.kind, self.text(tree), test, then, other, nullable=empty, values=then.values)

    def _may_be_empty(self, tree: ast.expr, node: Node) -> bool:
        """Whether a branch may have no value; an optional tick that was left out counts as no."""
        if node.kind == "bool" and isinstance(node, Variable | Attribute):
            return False
        return node.nullable and ast.dump(tree) not in self.guarded

    # ---- comparisons --------------------------------------------------------------------------------------

    def _compare(self, tree: ast.Compare, want: Type | None) -> Node:
        parts, left = [], tree.left
        for op, right in zip(tree.ops, tree.comparators, strict=True):
            parts.append(self._pair(tree, left, _COMPARE.get(type(op), ""), right))
            left = right
        return parts[0] if len(parts) == 1 else Logic("bool", self.text(tree), "and", tuple(parts))

    def _pair(self, tree: ast.Compare, left: ast.expr, op: str, right: ast.expr) -> Node:
        if not op:
            raise Fault(tree, "不能用 is 比较", "相等用 ==；要问有没有值，写 known(…)")
        if _is_text(left) and not _is_text(right):
            second = self.node(right)
            first = self._element(left, second) if op in ("in", "not in") else self._operand(left, second)
        else:
            first = self.node(left)
            second = self._members(right, first) if op in ("in", "not in") else self._operand(right, first)
        self._comparable(tree, first, op, second)
        loose = op in ("==", "!=", "in", "not in")
        for part, node in ((left, first), (right, second)):
            if not (loose and isinstance(node, Variable | Attribute)):
                self.certain(part, node)
        text = self.text(tree) if len(tree.ops) == 1 else f"{first.text} {op} {second.text}"
        return Compare("bool", text, op, first, second)

    def _operand(self, tree: ast.expr, other: Node) -> Node:
        """A part that stands beside `other`, which tells what a word in quotes means."""
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            return self._literal(tree, tree.value, other)
        if isinstance(tree, ast.List):
            return self._members(tree, other)
        return self.node(tree, other.kind)

    def _literal(self, tree: ast.expr, value: str, other: Node) -> Node:
        try:
            if other.values is not None and types.element(other.kind) in ("", "text"):
                key = types.choice(value, other.values, other.label or other.text)
                return Const("text", self.text(tree), key, label=other.values[key], values=other.values)
            return Const(other.kind, self.text(tree), types.read_literal(value, other.kind))
        except BadLiteral as bad:
            raise Fault(tree, str(bad), bad.suggestion) from None

    def _element(self, tree: ast.expr, many: Node) -> Node:
        """`'x' in many`: the word is one of the set's elements, or part of a text."""
        inner = types.element(many.kind) or many.kind
        return self._operand(tree, replace(many, kind=inner))

    def _members(self, tree: ast.expr, one: Node) -> Node:
        if isinstance(tree, ast.List) and tree.elts:
            single = replace(one, kind=types.element(one.kind) or one.kind)
            items = []
            for each in tree.elts:
                node = self._operand(each, single)
                items.append(node if isinstance(node, Variable | Attribute) else self.certain(each, node))
            return self._listing(tree, tuple(items))
        return self.node(tree)

    def _comparable(self, tree: ast.AST, first: Node, op: str, second: Node) -> None:
        a, b = first.kind, second.kind
        both = f"“{first.text}”（{types.name_of(a)}）与“{second.text}”（{types.name_of(b)}）"
        if op in ("in", "not in"):
            if not (types.element(b) == a or (a == b == "text")):
                raise Fault(tree, f"{both}不能用 {op} 比较", "右边要是列表或同类的集合，例如 x in ['甲', '乙']")
        elif op in ("==", "!="):
            if a != b and {a, b} != types.MOMENTS:
                raise Fault(tree, f"{both}不是同一类，不能比较")
        elif not (a == b and a in types.ORDERED) and {a, b} != types.MOMENTS:
            hint = "把时限加在日期上比较，例如 event.occurred_at + days(5) < now()" if "duration" in (a, b) else ""
            raise Fault(tree, f"{both}不能比大小", hint)

    # ---- arithmetic ---------------------------------------------------------------------------------------

    def _binop(self, tree: ast.BinOp, want: Type | None) -> Node:
        op = _ARITHMETIC.get(type(tree.op))
        if op is None:
            raise Fault(tree, f"式子里不能用这种运算：{self.text(tree)}", "可用 + - * /")
        left = self.strict(tree.left)
        right = self.strict(tree.right, _beside(left, tree.right))
        kind = _result(left.kind, op, right.kind)
        if kind is None:
            raise Fault(tree, f"{types.name_of(left.kind)}与{types.name_of(right.kind)}不能相“{op}”")
        return Arithmetic(kind, self.text(tree), op, left, right)


def _beside(left: Node, right: ast.expr) -> Type | None:
    """What a word in quotes means after a date: '2026-03-01' another date, anything else a duration."""
    if left.kind not in types.MOMENTS:
        return None
    looks_like_date = isinstance(right, ast.Constant) and re.match(r"\d{4}-", str(right.value))
    return left.kind if looks_like_date else "duration"


def _result(a: Type, op: str, b: Type) -> Type | None:
    if a == b == "number":
        return "number"
    if a in types.MOMENTS and b == "duration" and op in "+-":
        return a
    if a in types.MOMENTS and b in types.MOMENTS and op == "-":
        return "number"
    return "duration" if op == "*" and {a, b} == {"duration", "number"} else None


def _is_text(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and isinstance(tree.value, str)


def _plain(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) or (isinstance(tree, ast.Name) and tree.id in names.CONSTANTS)


__all__ = ["BUILTINS", "compile_expr"]
