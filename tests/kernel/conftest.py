"""The cast under the tests' own small regulations (packs/*.yaml)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kedang.kernel import clock
from tests.support.company import Company, found, in_force

PACKS = Path(__file__).parent / "packs"
NOON = "2026-03-02 10:00"
"""A Monday."""


def text_of(name: str) -> str:
    """The text of one of the tests' regulations."""
    return (PACKS / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.fixture
def held(db: None) -> Iterator[clock.Frozen]:
    """The clock, held at ten o'clock on Monday 2 March 2026."""
    with clock.frozen(NOON) as at:
        yield at


@pytest.fixture
def under(held: clock.Frozen) -> Iterator[Callable[..., Company]]:
    """The company under the named regulations."""
    with ExitStack() as stack:

        def start(*names: str) -> Company:
            made = found()
            stack.enter_context(in_force(*[name if "\n" in name else text_of(name) for name in names]))
            return made

        yield start


def register(company: Company, name: str, by: str = "小王") -> int:
    """A customer file, its number."""
    return int(company.do("customer.register", by, name=name))
