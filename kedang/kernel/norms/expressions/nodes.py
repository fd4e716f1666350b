"""The typed tree between source text and closures or queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kedang.kernel.norms.vocabulary import Fact, Type


@dataclass(frozen=True, eq=False)
class Node:
    """A part of an expression. `label` and `values` are for people; `group` guards what a reader may see."""

    kind: Type
    text: str
    nullable: bool = field(default=False, kw_only=True)
    label: str = field(default="", kw_only=True)
    group: str = field(default="", kw_only=True)
    values: Mapping[str, str] | None = field(default=None, kw_only=True)

    @property
    def kids(self) -> tuple[Node, ...]:
        """The parts it is made of."""
        return ()

    def walk(self) -> Iterator[Node]:
        """All nodes below and itself, inner ones first."""
        for kid in self.kids:
            yield from kid.walk()
        yield self


@dataclass(frozen=True, eq=False)
class Const(Node):
    value: Any


@dataclass(frozen=True, eq=False)
class Leafy(Node):
    """A node that stands for something in the world: it appears in the trace."""


@dataclass(frozen=True, eq=False)
class Variable(Leafy):
    name: str
    in_row: bool = False


@dataclass(frozen=True, eq=False)
class Attribute(Leafy):
    """What stands behind the dot of `event` or `duty`."""

    owner: Node
    name: str

    @property
    def kids(self) -> tuple[Node, ...]:
        return (self.owner,)


@dataclass(frozen=True, eq=False)
class FactCall(Leafy):
    fact: Fact
    args: tuple[Node, ...]
    default: Any = None
    """A term's default, taken when the file has no value."""

    @property
    def kids(self) -> tuple[Node, ...]:
        return self.args


@dataclass(frozen=True, eq=False)
class Logic(Node):
    op: str
    parts: tuple[Node, ...]

    @property
    def kids(self) -> tuple[Node, ...]:
        return self.parts


@dataclass(frozen=True, eq=False)
class Not(Node):
    part: Node

    @property
    def kids(self) -> tuple[Node, ...]:
        return (self.part,)


@dataclass(frozen=True, eq=False)
class Compare(Node):
    op: str
    left: Node
    right: Node

    @property
    def kids(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, eq=False)
class Arithmetic(Node):
    op: str
    left: Node
    right: Node

    @property
    def kids(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, eq=False)
class Choice(Node):
    """`then if test else other`."""

    test: Node
    then: Node
    other: Node

    @property
    def kids(self) -> tuple[Node, ...]:
        return (self.test, self.then, self.other)


@dataclass(frozen=True, eq=False)
class Coalesce(Node):
    """`x or default`."""

    first: Node
    default: Node

    @property
    def kids(self) -> tuple[Node, ...]:
        return (self.first, self.default)


@dataclass(frozen=True, eq=False)
class Known(Node):
    part: Node

    @property
    def kids(self) -> tuple[Node, ...]:
        return (self.part,)


@dataclass(frozen=True, eq=False)
class Listing(Node):
    items: tuple[Node, ...]

    @property
    def kids(self) -> tuple[Node, ...]:
        return self.items


@dataclass(frozen=True, eq=False)
class Rows(Node):
    """`rows(cond)`, `any_row(cond)`, `sum_rows(value)` over the repeated part of a form."""

    mode: str
    part: Node | None

    @property
    def kids(self) -> tuple[Node, ...]:
        return (self.part,) if self.part else ()


@dataclass(frozen=True, eq=False)
class Builtin(Node):
    """today, now, days, months, min, max, len, abs."""

    name: str
    args: tuple[Node, ...]

    @property
    def kids(self) -> tuple[Node, ...]:
        return self.args
