"""What a name, an attribute or a call in an expression stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kedang.kernel.norms.expressions import types
from kedang.kernel.norms.expressions.nodes import Attribute, Const, FactCall, Node, Variable
from kedang.kernel.norms.expressions.scope import Scope, Var
from kedang.kernel.norms.expressions.types import BadLiteral
from kedang.kernel.norms.problems import suggest
from kedang.kernel.norms.schema import Pack
from kedang.kernel.norms.vocabulary import Fact, Type

PARAMETER_TYPES = {"number": "number", "money": "number", "percent": "number", "text": "text", "period": "text"}
CONSTANTS = {"true": True, "false": False}
OWNED = frozenset({"person", "unit", "contact"})
"""Types whose attributes are labelled with their owner: 责任人的部门."""


def as_var(declared: Var | Type) -> Var:
    """A variable declared by its type alone; '?' behind the type says that it may be empty."""
    if isinstance(declared, Var):
        return declared
    return Var(declared.rstrip("?"), nullable=declared.endswith("?"))


def variable(name: str, scope: Scope, in_rows: bool) -> Node:
    """The node for a bare name; BadLiteral when there is none."""
    if in_rows and scope.rows and name in scope.rows:
        return _variable(name, as_var(scope.rows[name]), in_row=True)
    if name in scope.variables:
        return _variable(name, as_var(scope.variables[name]))
    if name in CONSTANTS:
        return Const("bool", name, CONSTANTS[name])
    if scope.pack and name in scope.pack.parameters:
        parameter = scope.pack.parameters[name]
        kind = PARAMETER_TYPES.get(parameter.type, parameter.type)
        return Variable(kind, name, name, label=parameter.name or name)
    raise BadLiteral(f"不认识“{name}”", _near_name(name, scope, in_rows))


def _variable(name: str, var: Var, in_row: bool = False) -> Node:
    return Variable(
        types.base(var.type),
        name,
        name,
        in_row,
        nullable=var.nullable,
        label=var.label or name,
        group=var.group,
        values=var.values,
    )


def _near_name(name: str, scope: Scope, in_rows: bool) -> str:
    if name in scope.vocabulary.facts:
        return f"“{name}”要带括号：{name}(…)"
    if scope.rows and name in scope.rows and not in_rows:
        return f"“{name}”是逐行填写的栏目，只能写在 rows(…)、any_row(…)、sum_rows(…) 里"
    if scope.pack and name in scope.pack.roles:
        return "角色不是值；要比较人员，请用 has_role 一类的判断"
    known = [*scope.variables, *(scope.rows or ()), *(scope.pack.parameters if scope.pack else ())]
    return suggest(name, known)


def attribute(owner: Node, name: str, text: str, scope: Scope) -> Node:
    """The node for `owner.name`; BadLiteral when there is none."""
    inner = _record(owner, scope)
    if inner is not None:
        return _attribute_of_record(owner, inner, name, text)
    fact = find_fact(owner.kind, name, scope)
    if fact is not None:
        if len(fact.args) - fact.optional > 1:
            raise BadLiteral(f"“{text}”要带括号和参数", "")
        return call_node(fact, (owner,), text, scope)
    if owner.kind == "customer" and scope.pack:
        if name in scope.pack.terms:
            return literal_fact("term", owner, name, text, scope)
        if name in scope.pack.flows:
            return literal_fact("stage", owner, name, text, scope)
    raise BadLiteral(f"{types.name_of(owner.kind)}没有“{name}”", suggest(name, _attributes(owner.kind, scope)))


def _record(owner: Node, scope: Scope) -> Mapping[str, Var] | None:
    if isinstance(owner, Variable) and not owner.in_row and owner.name in scope.variables:
        return as_var(scope.variables[owner.name]).attributes or None
    return None


def _attribute_of_record(owner: Node, known: Mapping[str, Var], name: str, text: str) -> Node:
    if name == "customer" and name not in known and "file" in known:
        name = "file"
    if name not in known:
        raise BadLiteral(f"{owner.label or owner.text}没有“{name}”", suggest(name, known))
    var = known[name]
    return Attribute(
        types.base(var.type),
        text,
        owner,
        name,
        nullable=var.nullable,
        label=var.label or name,
        group=var.group,
        values=var.values,
    )


def find_fact(kind: Type, name: str, scope: Scope) -> Fact | None:
    """The fact that is attribute `name` of a type; a file and its customer are one."""
    for prefix in ("customer", "file") if kind == "customer" else (kind,):
        fact = scope.vocabulary.facts.get(f"{prefix}.{name}")
        if fact is not None:
            return fact
    return None


def _attributes(kind: Type, scope: Scope) -> list[str]:
    prefixes = ("customer.", "file.") if kind == "customer" else (f"{kind}.",)
    found = [name.split(".", 1)[1] for name in scope.vocabulary.facts if name.startswith(prefixes)]
    if kind == "customer" and scope.pack:
        found += [*scope.pack.terms, *scope.pack.flows]
    return found


def literal_fact(fact: str, owner: Node, name: str, text: str, scope: Scope) -> Node:
    """`customer.importance` as the fact term(customer, 'pack.importance')."""
    known = scope.vocabulary.facts.get(fact)
    if known is None:
        raise BadLiteral(f"产品没有登记“{fact}”，不能用“{text}”")
    return call_node(known, (owner, literal_argument(fact_literal(known), name, scope)), text, scope)


def fact_literal(fact: Fact) -> Type:
    """The type of the fact's first argument that only a word in quotes can fill."""
    return next(kind for kind in fact.args if kind in types.LITERAL_TYPES)


def call_node(fact: Fact, args: tuple[Node, ...], text: str, scope: Scope) -> Node:
    """A fact about its arguments, with the labels and values that the pack gives its terms and flows."""
    nullable, values, default = not fact.total, None, None
    label = _owned_label(fact, args)
    for kind, arg in zip(fact.args, args, strict=False):
        if kind in types.LITERAL_TYPES and isinstance(arg, Const):
            label = _literal_label(kind, arg.value, label, scope)
        if kind == "term" and isinstance(arg, Const):
            term = _pack_of(arg.value, scope).terms[_bare(arg.value)]
            values, default = term.values, term.default
            nullable = not (term.required or term.default)
        if kind == "flow" and isinstance(arg, Const) and base_text(fact.returns):
            flow = _pack_of(arg.value, scope).flows[_bare(arg.value)]
            values = {stage.id: stage.name for stage in flow.stages}
    return FactCall(
        types.base(fact.returns),
        text,
        fact,
        args,
        default,
        nullable=nullable,
        label=label,
        group=fact.group,
        values=values,
    )


def base_text(kind: Type) -> bool:
    """Whether values of the type are text."""
    return types.base(kind) == "text"


def _owned_label(fact: Fact, args: tuple[Node, ...]) -> str:
    if "." in fact.name and args and args[0].kind in OWNED and args[0].label:
        return f"{args[0].label}的{fact.label}"
    return fact.label


def _literal_label(kind: Type, value: str, label: str, scope: Scope) -> str:
    bare = _bare(value)
    if kind == "figure":
        return scope.vocabulary.figures[value].label
    if kind == "event_kind":
        known = scope.events.get(value)
        return f"{label}（{getattr(known, 'label', value)}）"
    if kind not in ("term", "flow", "form", "norm"):
        return label
    pack = _pack_of(value, scope)
    if kind == "term":
        return pack.terms[bare].name
    if kind == "flow":
        return pack.flows[bare].name or bare
    if kind == "form":
        return f"{label}《{pack.forms[bare].name.strip('《》')}》"
    norm = next(each for each in pack.norms if each.id == bare)
    clauses = [norm.clause] if isinstance(norm.clause, str) else norm.clause
    return f"{label}（第{'、'.join(clauses)}条）"


def _bare(value: str) -> str:
    return value.rpartition(".")[2]


def _pack_of(value: str, scope: Scope) -> Pack:
    name = value.rpartition(".")[0]
    if scope.pack is not None and scope.pack.pack == name:
        return scope.pack
    return scope.others[name]


TALLIES: Mapping[str, str] = {"late": "逾期次数"}
"""What `count` and `unit_count` count."""


def literal_argument(kind: Type, text: str, scope: Scope) -> Const:
    """A word in quotes as the argument of a fact, checked, and written out in full ('pack.norm')."""
    shelves: dict[str, Callable[[Pack], Iterable[str]]] = {
        "norm": lambda pack: [norm.id for norm in pack.norms],
        "form": lambda pack: pack.forms,
        "term": lambda pack: pack.terms,
        "flow": lambda pack: pack.flows,
        "role": lambda pack: pack.roles,
        "route": lambda pack: pack.routes,
        "parameter": lambda pack: pack.parameters,
    }
    if kind in shelves:
        return Const(kind, text, _of_pack(kind, text, shelves[kind], scope))
    known: dict[str, Mapping[str, Any]] = {
        "event_kind": scope.events,
        "action": scope.vocabulary.actions,
        "figure": scope.vocabulary.figures,
        "tally": TALLIES,
    }
    if kind in known and text not in known[kind]:
        raise BadLiteral(f"没有{types.name_of(kind)}“{text}”", suggest(text, known[kind]))
    return Const(kind, text, text)


def _of_pack(kind: Type, text: str, shelf: Callable[[Pack], Iterable[str]], scope: Scope) -> str:
    if scope.pack is None:
        return text
    home, _, bare = text.rpartition(".")
    if home and home != scope.pack.pack:
        if home not in scope.others:
            raise BadLiteral(f"没有制度包“{home}”", "用 --with 带上它，或检查名字")
        pack = scope.others[home]
    else:
        pack = scope.pack
    if bare not in shelf(pack):
        raise BadLiteral(f"制度包 {pack.pack} 没有{types.name_of(kind)}“{bare}”", suggest(bare, shelf(pack)))
    return f"{pack.pack}.{bare}"
