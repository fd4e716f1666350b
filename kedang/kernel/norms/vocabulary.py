"""The words a pack may use: actions, events, facts, figures and pages, registered by the kernel and the apps.

The kernel imports no app; an app registers its words in its `apps.py` (`ready`). A word carries its type, so that a
typo in a pack cannot load, and its Chinese label, so that a decision can explain itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from kedang.kernel.fields import Field

Type = str
"""bool number text date datetime duration person unit customer contact event, or set[...] of one of these."""


@dataclass(frozen=True)
class World:
    """What a fact may look at beside its subjects: the moment, and the regulations in force."""

    now: Any
    regulations: Any = None


class Load(Protocol):
    """Set-wise loader: one call answers for all subjects, so that lists and imports cost one query a fact."""

    def __call__(self, subjects: Sequence[tuple[Any, ...]], world: World) -> Mapping[tuple[Any, ...], Any]: ...


@dataclass(frozen=True)
class Fact:
    """A named value about subjects. `file.owner` (a dotted name) is an attribute of its first argument's type."""

    name: str
    label: str
    args: tuple[Type, ...]
    returns: Type
    load: Load
    total: bool = True
    """False: may be None, and a condition must say what then (known(x), x or default, if_missing)."""
    group: str = ""
    """Field group of the access rows; a traced value of a hidden or masked group is not shown."""
    column: str | Callable[..., Any] = ""
    """Query path from the customer model, or a function of the literal arguments giving a query expression (a Subquery
    for terms), when a condition over many files may compile to it."""
    optional: int = 0
    """How many trailing arguments may be left out."""
    told: Callable[[tuple[Any, ...], Any], str] | None = None
    """told(arguments, value): the value in a sentence of its own, where `label：value` would not say about what."""


@dataclass(frozen=True)
class Action:
    name: str
    label: str
    args: tuple[Field, ...]
    run: Callable[..., Any]
    about: str = "customer"
    """Name of the argument that is the customer file the deed concerns; '' when none."""
    place: Literal["inside", "outside"] = "inside"
    reads: bool = False
    locks: Callable[[Mapping[str, Any]], Iterable[str]] = lambda args: ()
    events: tuple[str, ...] = ()
    needs: Literal["open", "list", "none"] = "open"
    """What the actor must be allowed on the file before norms are asked: open its content, know of it, nothing."""
    system: bool = False
    """May also be run by norms (`do:`) as 系统."""
    public: bool = True
    """False: not offered to packs or API as a free command (votes, form filing have their own forms)."""
    file_of: Callable[[Mapping[str, Any]], int | None] | None = None
    """For a deed about a row of a file (a claim, a contract): the file it lies in, so that packs of its scope act."""
    copies: bool = False
    """Takes content out of the system: who reads by a grant that only lets him read is refused."""
    tells: bool = False
    """Answers with what is in customers' files: a key keeps that it was asked and not the answer; the second post looks again."""
    run_many: Callable[[Sequence[Any]], list[Any]] | None = None
    """For an action written for many at once: `run_many(tasks)` answers each with its value or with what was wrong with it,
    and has then written nothing for that one. `run` is the same for one."""


@dataclass(frozen=True)
class Figure:
    """A number a regulation or a page shows; `rows` opens the cases behind it."""

    name: str
    label: str
    args: tuple[Type, ...]
    compute: Callable[..., Any]
    rows: Callable[..., Any] | None = None

    @property
    def optional(self) -> int:
        """How many trailing arguments have a default."""
        try:
            known = list(inspect.signature(self.compute).parameters.values())[: len(self.args)]
        except ValueError:  # a built-in function tells nothing of itself
            return 0
        return sum(each.default is not inspect.Parameter.empty for each in known)


@dataclass(frozen=True)
class Page:
    """The view model of a named page, from the selector the page itself uses (scenario `sees`)."""

    name: str
    label: str
    view: Callable[..., Mapping[str, Any]]


@dataclass(frozen=True)
class Effect:
    """A consequence's verb (`notify`, `release` …): which command it runs as 系统."""

    name: str
    label: str
    run: Callable[..., Any]


@dataclass(frozen=True)
class Builtin:
    """A behaviour of the product that by itself enforces a clause, with the test that shows it."""

    name: str
    label: str
    shown_by: str


@dataclass
class Vocabulary:
    actions: dict[str, Action] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    builtins: dict[str, Builtin] = field(default_factory=dict)
    bindings: dict[str, Binding] = field(default_factory=dict)

    def add(self, word: Action | Fact | Figure | Page | Effect | Builtin | Binding) -> None:
        """Register a word; a second word of one name is a programming error."""
        shelves: dict[type, dict[str, Any]] = {
            Action: self.actions,
            Fact: self.facts,
            Figure: self.figures,
            Page: self.pages,
            Effect: self.effects,
            Builtin: self.builtins,
            Binding: self.bindings,
        }
        shelf = shelves[type(word)]
        if word.name in shelf and shelf[word.name] != word:
            raise ValueError(f"{type(word).__name__} {word.name} is registered twice")
        shelf[word.name] = word


@dataclass(frozen=True)
class Binding:
    """An attribute of a subject that a form field reads and writes (`binds: customer.address`)."""

    name: str
    label: str
    type: str
    read: Callable[[int], Any]
    write: Callable[..., None]
    """write(subject_id, value, deed): records the change in the change history."""
    group: str = ""
    read_many: Callable[[Collection[int]], Mapping[int, Any]] | None = None
    """The values of many subjects in one query, for figures over lists."""

    def values(self, subjects: Collection[int]) -> Mapping[int, Any]:
        """The present values of many subjects."""
        if self.read_many is not None:
            return self.read_many(subjects)
        return {subject: self.read(subject) for subject in subjects}


vocabulary = Vocabulary()
"""The one vocabulary of the running product."""

register = vocabulary.add


def fact(
    name: str,
    label: str,
    args: tuple[Type, ...],
    returns: Type,
    *,
    total: bool = True,
    group: str = "",
    column: str | Callable[..., Any] = "",
    optional: int = 0,
    told: Callable[[tuple[Any, ...], Any], str] | None = None,
) -> Callable[[Load], Load]:
    """Register the decorated set-wise loader as a fact."""

    def keep(load: Load) -> Load:
        register(Fact(name, label, args, returns, load, total, group, column, optional, told))
        return load

    return keep
