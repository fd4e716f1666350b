"""Pages of a list without counting it: one row more than asked for says whether there is a next page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

SIZE = 50
FAR = 10_000


@dataclass
class Page:
    """One page of rows."""

    rows: list[Any]
    number: int
    more: bool
    size: int = SIZE

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def first(self) -> int:
        """Number of the first row, from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        """Number of the last row."""
        return self.first + len(self.rows) - 1

    @property
    def previous(self) -> int | None:
        """The page before."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page after."""
        return self.number + 1 if self.more else None


def page_of(rows: QuerySet[Any] | Sequence[Any], number: str | None, size: int = SIZE) -> Page:
    """The asked page; anything that is not a page number is the first."""
    at = int(number) if number and number.isdecimal() and 0 < int(number) < FAR else 1
    start = (at - 1) * size
    found = list(rows[start : start + size + 1])
    return Page(found[:size], at, len(found) > size, size)
