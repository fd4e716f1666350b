"""A compiled expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from kedang.kernel.norms.expressions.values import Env, Outcome
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

    def evaluate(self, env: Env) -> Outcome:
        """The value with the leaves that decided it."""
        raise NotImplementedError

    def value(self, env: Env) -> Any:
        """The bare value (UNKNOWN when unknown), without a trace."""
        return self.evaluate(env).value

    def queryable(self, var: str) -> bool:
        """Whether a condition over many files `var` can be compiled to one query."""
        raise NotImplementedError

    def to_q(self, var: str, values: Mapping[str, Any] | None = None) -> Q | None:
        """The condition as a query over customers, other variables taken from `values`; None when it cannot be one."""
        raise NotImplementedError


def evaluate_many(expression: Expression, envs: Sequence[Env]) -> list[Outcome]:
    """As evaluating one by one, but each fact is loaded once for all."""
    raise NotImplementedError
