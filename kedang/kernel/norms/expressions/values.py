"""What an expression is evaluated against, and what it answers.

Values are plain: persons, units, customers and contacts are their ids (int), numbers are int or Decimal, dates are
date and aware datetime, durations are `workdays.durations.Duration`, terms and stages are their ids (str).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kedang.kernel.norms.vocabulary import Type, Vocabulary, World


class _Unknown:
    """The third truth value; asking it for a plain bool is a programming error."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("UNKNOWN is neither true nor false; ask Outcome.truth")

    def __reduce__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Any = _Unknown()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that decided the outcome. `op` and `other` are the comparison it stood in, if any."""

    text: str
    """Its source text: `file.unit`."""
    label: str
    """Its Chinese label: 档案部门."""
    type: Type
    value: Any
    shown: str = ""
    """The value's own label where the pack gives one (a term's 重点客户 for key); else ''."""
    group: str = ""
    """Field group; the reader's right to it decides whether the value may be shown."""
    op: str = ""
    other: Any = None
    other_label: str = ""
    fact: str = ""
    """The fact it is a value of, and its arguments, where it is one."""
    args: tuple[Any, ...] = ()
    named: str = ""
    """What it was compared with, in words, where the clause itself names it: 已备案; 差旅、招待."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer. `value` is UNKNOWN when arguments are missing or a nullable fact is empty without a guard."""

    value: Any
    leaves: tuple[Leaf, ...] = ()
    missing: frozenset[str] = frozenset()
    """Names of arguments that were not given and are needed to know ("depends")."""
    gaps: tuple[Leaf, ...] = ()
    """Facts that have no value although the answer needs one (缺资料)."""

    @property
    def truth(self) -> bool | None:
        """True, False, or None for unknown."""
        return None if self.value is UNKNOWN else bool(self.value)


class FactStore:
    """Values of facts about subjects at one moment: loads set-wise, asks for nothing twice."""

    def __init__(self, world: World, vocabulary: Vocabulary) -> None:
        self.world = world
        self.vocabulary = vocabulary
        self._values: dict[str, dict[tuple[Any, ...], Any]] = {}

    def get(self, name: str, args: tuple[Any, ...]) -> Any:
        """The fact's value for these arguments; loads it alone when no prefetch has."""
        known = self._values.get(name)
        if known is not None and args in known:
            return known[args]
        self.prefetch(name, (args,))
        return self._values[name][args]

    def prefetch(self, name: str, subjects: Iterable[tuple[Any, ...]]) -> None:
        """Load the fact for all these arguments in one call, leaving out what is known."""
        known = self._values.setdefault(name, {})
        wanted = [args for args in dict.fromkeys(subjects) if args not in known]
        if not wanted:
            return
        found = self.vocabulary.facts[name].load(wanted, self.world)
        for args in wanted:
            known[args] = found.get(args)

    def put(self, name: str, args: tuple[Any, ...], value: Any) -> None:
        """Hand in a value that the caller already has."""
        self._values.setdefault(name, {})[args] = value

    def forget(self) -> None:
        """Drop what was loaded: the world has changed (events were recorded, the clock moved)."""
        self._values.clear()


@dataclass(slots=True)
class Env:
    """The variables of one evaluation. A variable that is absent from `vars` is an argument not given yet.

    Parameters of the pack stand in `vars` under their own names, as typed values (`Regulation.params(on)`).
    Rows of a form stand in `vars['rows']` as a sequence of mappings.
    """

    vars: Mapping[str, Any]
    facts: FactStore


class EventLike(Protocol):
    """What `event` must look like. A key of `data` wins over an attribute of the same name."""

    kind: str
    actor: Any
    file: Any
    occurred_at: Any
    recorded_at: Any
    first: bool
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventView:
    """An event as conditions see it: ids instead of rows."""

    kind: str
    actor: int | None = None
    file: int | None = None
    occurred_at: Any = None
    recorded_at: Any = None
    first: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class DutyView:
    """A breached duty as conditions see it (`duty` in a consequence with `breach`)."""

    bearer: int | None = None
    unit: int | None = None
    customer: int | None = None
    due: Any = None
    opened: Any = None
    id: int | None = None


def as_key(values: Sequence[Any]) -> tuple[Any, ...]:
    """Arguments as a dictionary key: lists become tuples."""
    return tuple(tuple(each) if isinstance(each, (list, set, frozenset)) else each for each in values)
