"""Lists that can leave the system: what each is called, its headings, which rows a person has there and what he sees of
them. Apps and reports fill it; `list.export` records what goes out, `kedang.reports` writes it.

A listing answers in two steps so that a hundred thousand rows need no hundred thousand objects: the ids in their order
first, then the lines of a few hundred ids at a time, set-wise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedang.kernel.errors import NotFound
from kedang.kernel.org.models import Person

Asked = Mapping[str, str]
CHUNK = 500


@dataclass(frozen=True)
class Listing:
    """One list. `keys` are the parts of an address that it understands; anything else is dropped before it is recorded."""

    name: str
    label: str
    headings: tuple[tuple[str, int], ...]
    """(heading, width) of each column."""
    ids: Callable[[Person, Asked], Sequence[int]]
    """Ids in the list's order, within the person's rights; NotFound where he has no such list."""
    lines: Callable[[Person, Asked, Sequence[int]], Sequence[Sequence[Any]]]
    """The lines of some of these ids, in their order, as the person may see them; a fixed number of queries."""
    keys: tuple[str, ...] = ()
    title: Callable[[Person, Asked], str] | None = None
    """What exactly is exported, when the label does not say it."""

    def called(self, person: Person, asked: Asked) -> str:
        """The list in words."""
        return self.title(person, asked) if self.title else self.label

    def understood(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The parts of an address that this list knows, as text."""
        return {key: str(given[key])[:200] for key in self.keys if given.get(key) not in (None, "")}

    def rows(self, person: Person, asked: Asked, ids: Sequence[int]) -> Iterator[Sequence[Any]]:
        """All lines, a few hundred at a time: memory does not grow with them."""
        for start in range(0, len(ids), CHUNK):
            yield from self.lines(person, asked, ids[start : start + CHUNK])


_known: dict[str, Listing] = {}


def register(listing: Listing) -> None:
    """Make a list known; a second one of its name is a programming error."""
    if listing.name in _known and _known[listing.name] != listing:
        raise ValueError(f"list {listing.name} is registered twice")
    _known[listing.name] = listing


def listing_of(name: str) -> Listing:
    """A list by name; NotFound for one that nobody registered."""
    if name not in _known:
        raise NotFound
    return _known[name]


def names() -> list[str]:
    """Every list there is."""
    return sorted(_known)


def digest_of(ids: Sequence[int], headings: Sequence[str]) -> str:
    """16 hex digits that tell two exports apart: which rows in which order under which headings."""
    told = hashlib.sha256()
    for start in range(0, len(ids), 10_000):
        told.update((",".join(map(str, ids[start : start + 10_000])) + ",").encode())
    told.update("|".join(headings).encode())
    return told.hexdigest()[:16]
