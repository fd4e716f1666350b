"""What the kernel knows of a customer file: a number, a name, an owner, a unit, helpers. The customers app supplies it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kedang.kernel import once


@dataclass(frozen=True)
class FileView:
    """One customer file as the kernel sees it (ids of persons and units)."""

    id: int
    name: str
    number: str
    owner: int | None
    unit: int | None
    collaborators: frozenset[int] = frozenset()
    gone: bool = False
    """Destroyed: only the record of its destruction is left."""


Directory = Callable[[Iterable[int]], Mapping[int, FileView]]
Ids = Callable[..., Iterable[int]]

_directory: Directory | None = None
_ids_in_units: Ids | None = None
OWNER_EVENTS: set[str] = set()
"""Event kinds after which a file's owner may be another; duties that follow the owner are moved then."""


def register_directory(load: Directory, ids_in_units: Ids, owner_events: Iterable[str]) -> None:
    """The customers app says how files are looked up: by ids, and which ids lie in given units (None: all).

    ids_in_units(units: frozenset[int] | None, where: Q | None = None) yields file ids in order.
    """
    global _directory, _ids_in_units
    _directory, _ids_in_units = load, ids_in_units
    OWNER_EVENTS.update(owner_events)


def views(ids: Iterable[int]) -> Mapping[int, FileView]:
    """{id: FileView} for those that exist; one query, once a deed or page until something happens on the file."""
    wanted = {i for i in ids if i is not None}
    kept = once.memory()
    unknown = [i for i in wanted if ("view", i) not in kept]
    loaded = _directory(unknown) if unknown and _directory is not None else {}
    kept.update({("view", i): found for i, found in loaded.items()})
    return {i: kept["view", i] for i in wanted if ("view", i) in kept}


def know(found: FileView) -> None:
    """Hand in the view of a file that the deed has just written."""
    once.memory()["view", found.id] = found


def changed(ids: Iterable[int | None]) -> None:
    """Something happened on these files: their owner, unit, helpers, classes or fields may be others now."""
    kept = once.memory()
    if kept:
        for i in ids:
            for what in ("view", *_remembered):
                kept.pop((what, i), None)


Rows = Mapping[int, Any]
_remembered: list[str] = []


def remembered(what: str, load: Callable[[Collection[int]], Rows]) -> Callable[[Iterable[int]], dict[int, Any]]:
    """A loader that asks once a deed or page and file, until something happens on the file. What `load` has no answer for
    is None."""
    _remembered.append(what)

    def of(ids: Iterable[int]) -> dict[int, Any]:
        wanted, kept = list(ids), once.memory()
        unknown = [i for i in wanted if (what, i) not in kept]
        loaded = load(unknown) if unknown else {}
        for i in unknown:
            kept[what, i] = loaded.get(i)
        return {i: loaded.get(i) if i in loaded else kept.get((what, i)) for i in wanted}

    return of


def remember(what: str, file: int, found: Any) -> None:
    """Hand in what a deed has just written of a file."""
    once.memory()[what, file] = found


def view(file: int) -> FileView | None:
    """The FileView of one file, or None."""
    return views([file]).get(file)


Follower = Callable[[Iterable[tuple[str, int]]], None]
_followers: list[Follower] = []


def follow(run: Follower) -> None:
    """Have `run` told, inside the deed's transaction, what happened on which files: (event kind, file)."""
    _followers.append(run)


def told(happened: Iterable[tuple[str, int | None]]) -> None:
    """A deed and all that norms made of it are done: who keeps figures of files brings them up to date."""
    pairs = [(kind, file) for kind, file in happened if file is not None]
    for run in _followers if pairs else ():
        run(pairs)


def ids_in_units(units: frozenset[int] | None, where: object = None) -> Iterable[int]:
    """Ids of the files that lie in these units, narrowed by a Q over the customer model."""
    return () if _ids_in_units is None else _ids_in_units(units, where)
