"""The expression language of packs: typed, three-valued, with a trace. Pure; facts are handed in."""

from kedang.kernel.norms.expressions.compiler import compile_expr
from kedang.kernel.norms.expressions.expression import Expression, evaluate_many, prefetch
from kedang.kernel.norms.expressions.scope import Scope, Var
from kedang.kernel.norms.expressions.values import UNKNOWN, DutyView, Env, EventView, FactStore, Leaf, Outcome
from kedang.kernel.norms.problems import Mark, PackError, Problem

__all__ = [
    "UNKNOWN",
    "DutyView",
    "Env",
    "EventView",
    "Expression",
    "FactStore",
    "Leaf",
    "Mark",
    "Outcome",
    "PackError",
    "Problem",
    "Scope",
    "Var",
    "compile_expr",
    "evaluate_many",
    "prefetch",
]
