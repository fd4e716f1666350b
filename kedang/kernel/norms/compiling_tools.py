"""What compiling every kind of norm needs: expressions, targets and literals at their places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kedang.kernel.norms.binding import Vars
from kedang.kernel.norms.compiled import typed_value
from kedang.kernel.norms.expressions import Expression
from kedang.kernel.norms.marks import KeyPath
from kedang.kernel.norms.problems import suggest
from kedang.kernel.norms.schema import Norm
from kedang.kernel.norms.vocabulary import Type

if TYPE_CHECKING:
    from kedang.kernel.norms.compiling import PackCompiler

TARGET = "person|unit|set[person]"
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


class NormTools:
    """One norm under way: its place in the pack, and what has been compiled of it."""

    def __init__(self, owner: PackCompiler, index: int, norm: Norm) -> None:
        self.owner = owner
        self.words = owner.words
        self.pack = owner.pack
        self.at: KeyPath = ("norms", index)
        self.norm = norm
        self.exprs: dict[str, Expression] = {}
        self.roles: dict[str, str] = {}
        self.more: dict[str, Any] = {}

    def expr(
        self,
        path: str,
        text: str | None,
        variables: Vars,
        expects: Type | None = "bool",
        *,
        gaps: bool = False,
        rows: Vars | None = None,
    ) -> None:
        """Compile the text at a path, if there is one. Without `expects` any type will do."""
        if text is None:
            return
        found = self.owner.expr(text, self.words.scope(variables, rows=rows, gaps=gaps), expects, self._keys(path))
        if found is not None:
            self.exprs[path] = found

    def target(self, path: str, text: str | None, variables: Vars) -> None:
        """A person, unit or set of persons, or a role of the pack."""
        if text is None:
            return
        if text in self.pack.roles:
            self.roles[path] = text
        elif IDENTIFIER.fullmatch(text) and text not in variables:
            hint = suggest(text, [*self.pack.roles, *variables])
            self.fault(path, f"没有角色“{text}”", hint)
        else:
            self.expr(path, text, variables, TARGET, gaps=True)

    def fault(self, path: str, message: str, suggestion: str = "") -> None:
        """Note a problem at a path such as 'do[0].notify'."""
        self.owner.fault(self._keys(path), message, suggestion)

    def _keys(self, path: str) -> KeyPath:
        steps = re.findall(r"[^.\[\]]+", path)
        return (*self.at, *(int(step) if step.isdigit() else step for step in steps))

    def literal(self, path: str, text: str | None, kind: str) -> None:
        """A literal of a type, or the name of a parameter of that type."""
        if text is None:
            return
        parameter = self.pack.parameters.get(text)
        if parameter is not None:
            if parameter.type != kind:
                self.fault(path, f"参数“{text}”的类型是 {parameter.type}，这里要 {kind}")
            return
        if IDENTIFIER.fullmatch(text):
            self.fault(path, f"没有参数“{text}”", suggest(text, self.pack.parameters))
            return
        try:
            typed_value(kind, text)
        except ValueError as fault:
            self.fault(path, str(fault), getattr(fault, "suggestion", ""))
