"""From source text to a typed expression."""

from __future__ import annotations

from kedang.kernel.norms.expressions.expression import Expression
from kedang.kernel.norms.expressions.scope import Scope
from kedang.kernel.norms.problems import Mark
from kedang.kernel.norms.vocabulary import Type


def compile_expr(text: str, scope: Scope, expects: Type | None = None, where: Mark = Mark()) -> Expression:
    """Check and compile; PackError with place and suggestion on any fault."""
    raise NotImplementedError
