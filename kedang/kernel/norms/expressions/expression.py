"""A compiled expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from kedang.kernel.norms.expressions import batch, evaluate, query
from kedang.kernel.norms.expressions.evaluate import Fn, Run
from kedang.kernel.norms.expressions.nodes import FactCall, Node, Variable
from kedang.kernel.norms.expressions.values import UNKNOWN, Env, Outcome
from kedang.kernel.norms.problems import Mark
from kedang.kernel.norms.vocabulary import Type


@dataclass(frozen=True)
class Expression:
    """Typed, compiled once, evaluated often."""

    text: str
    type: Type
    nullable: bool
    mark: Mark
    variables: frozenset[str]
    """Names of the variables and parameters it reads."""
    facts: frozenset[str]
    """Names of the facts it reads."""
    node: Node = field(repr=False, compare=False)
    run: Fn = field(repr=False, compare=False)

    def evaluate(self, env: Env, *, told: bool = True) -> Outcome:
        """The value with the leaves that decided it; `told=False` leaves out those of an answer that is known, which a
        caller that only wants the answer need not wait for."""
        run = Run(env.vars, env.facts)
        value = self.run(run)
        if not told and value is not UNKNOWN and (value is not None or self.nullable):
            return Outcome(value)
        return _outcome(value, run, self.nullable)

    def value(self, env: Env) -> Any:
        """The bare value (UNKNOWN when unknown, None when empty and `nullable`), without a trace."""
        return self.run(Run(env.vars, env.facts))

    def queryable(self, var: str) -> bool:
        """Whether a condition over many files `var` can be compiled to one query."""
        return query.possible(self.node, var)

    def to_q(self, var: str, values: Mapping[str, Any] | None = None) -> Q | None:
        """The condition as a query over customers, other variables taken from `values`; None when it cannot be one."""
        return query.to_q(self.node, var, values or {})


def _outcome(value: Any, run: Run, nullable: bool) -> Outcome:
    leaves = tuple(evaluate.leaf(run, *noted) for noted in run.leaves)
    gaps = tuple(evaluate.leaf(run, node, None) for node in dict.fromkeys(run.gaps))
    if value is UNKNOWN:
        return Outcome(UNKNOWN, leaves, frozenset(run.missing), gaps)
    return Outcome(value, leaves, frozenset(), () if value is not None or nullable else gaps)


def build(node: Node, text: str, mark: Mark) -> Expression:
    """The expression of a checked tree."""
    run = evaluate.truth(node) if node.kind == "bool" and not node.nullable else evaluate.value(node)
    nodes = list(node.walk())
    return Expression(
        text,
        node.kind,
        node.nullable,
        mark,
        frozenset(each.name for each in nodes if isinstance(each, Variable) and not each.in_row),
        frozenset(each.fact.name for each in nodes if isinstance(each, FactCall)),
        node,
        run,
    )


def evaluate_many(expression: Expression, envs: Sequence[Env]) -> list[Outcome]:
    """As evaluating one by one, but each fact is loaded once for all, and without the leaves of known answers."""
    batch.prefetch(expression.node, envs)
    return [expression.evaluate(env, told=False) for env in envs]


def prefetch(expression: Expression, envs: Sequence[Env]) -> None:
    """Load the facts that evaluating it for all of these will ask."""
    batch.prefetch(expression.node, envs)
