"""Parts of `soak` run from a test: in their own process and place, as `make soak` runs them."""

from __future__ import annotations

from typing import Any

from soak import __main__ as soak
from soak.parts import PARTS
from tests.conftest import ON_POSTGRES

ENGINE = "postgres" if ON_POSTGRES else "sqlite"


def run(name: str, amount: int, *, seed: int = 1, **environment: str) -> dict[str, Any]:
    """The counts of one part on this run's engine."""
    return soak.in_process(PARTS[name], ENGINE, amount, seed, environment)
