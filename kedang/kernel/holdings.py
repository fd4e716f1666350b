"""What a person holds and how it passes on. Each app registers its own kinds; leaving asks them all.

`items(person)` lists what he holds now; `pass_on(ref, giver, receiver, deed, reason)` gives one of them to somebody else and
raises Invalid when that cannot be. What needs no receiver (grants, delegations) ends with the leaving itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedang.kernel.actions.deed import Deed
    from kedang.kernel.org.models import Person


@dataclass(frozen=True)
class Held:
    """One thing that a person holds."""

    ref: int
    label: str
    file: int | None = None


@dataclass(frozen=True)
class Holding:
    """A kind of things that people hold."""

    id: str
    name: str
    items: Callable[[Person], Iterable[Held]]
    pass_on: Callable[[int, Person, Person, Deed, str], None]
    order: int = 50
    left: Callable[[Person, Deed], None] | None = None
    """What the app records of each of them when their holder leaves."""


@dataclass(frozen=True)
class Line:
    """One thing held, with its kind."""

    kind: str
    held: Held


_kinds: dict[str, Holding] = {}


def register(holding: Holding) -> None:
    """Make a kind known; called in apps.py."""
    _kinds[holding.id] = holding


def kinds() -> dict[str, Holding]:
    """All kinds, files first."""
    return dict(sorted(_kinds.items(), key=lambda pair: (pair[1].order, pair[0])))


def held_by(person: Person) -> list[Line]:
    """Everything a person holds now."""
    return [Line(kind, held) for kind, holding in kinds().items() for held in holding.items(person)]


def one_kind(kind: str) -> Holding:
    """A kind by its id."""
    return _kinds[kind]
