"""What is wrong with a pack, said so that its author can go and mend it: place, Chinese sentence, suggestion."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file; line and column count from 1. `exact` says that columns inside the text can be added up."""

    file: str = "<text>"
    line: int = 1
    column: int = 1
    exact: bool = False

    def at(self, offset: int) -> Mark:
        """The place `offset` characters further on, if the text stands on one line."""
        return replace(self, column=self.column + offset) if self.exact else self


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault. A warning does not stop a pack from loading (a parameter without value stops its adoption)."""

    file: str
    line: int
    column: int
    message: str
    suggestion: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        hint = f"（{self.suggestion}）" if self.suggestion else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"


def problem(mark: Mark, message: str, suggestion: str = "", severity: Severity = "error") -> Problem:
    """A problem at a mark."""
    return Problem(mark.file, mark.line, mark.column, message, suggestion, severity)


class PackError(Exception):
    """A pack that cannot be loaded; `problems` says why, in the order of the files."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(each) for each in self.problems))


def suggest(word: str, known: Iterable[str], *, limit: int = 3) -> str:
    """'您是不是要写“x”？' when something known is near; else the choices when they are few; else ''."""
    names = sorted({name for name in known if name})
    near = difflib.get_close_matches(word, names, n=limit, cutoff=0.6)
    if near:
        return "是不是要写 " + "、".join(near) + "？"
    return "可用：" + "、".join(names) if 0 < len(names) <= 8 else ""
