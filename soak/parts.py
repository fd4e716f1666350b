"""The parts there are: how much each does, on which engines, in what kind of place. No Django here: it is not set up yet."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BOTH = ("sqlite", "postgres")


@dataclass(frozen=True)
class Part:
    """One module `soak/<name>.py`; amounts are shared out over the engines."""

    name: str
    ci: int
    soak: int
    engines: tuple[str, ...] = BOTH
    durable: bool = False
    """PostgreSQL waits for the disk, and lives in the part's place."""
    place: str = ""
    """'module:name' of a context manager over the folder, entered before anything lies in it."""

    @property
    def exists(self) -> bool:
        """Whether the module is there."""
        return importlib.util.find_spec(f"soak.{self.name}") is not None

    def entered(self, folder: Path) -> AbstractContextManager[Any]:
        """The place, made ready."""
        if not self.place:
            return nullcontext()
        module, _, name = self.place.partition(":")
        made: AbstractContextManager[Any] = getattr(importlib.import_module(module), name)(folder)
        return made

    def run(self) -> Callable[[int, int, str], dict[str, Any]]:
        """The part's own function; Django must be set up."""
        found: Callable[[int, int, str], dict[str, Any]] = importlib.import_module(f"soak.{self.name}").run
        return found


PARTS = {
    part.name: part
    for part in (
        Part("kills", 500, 10_000),
        Part("faults", 4, 6),
        Part("power_cuts", 20, 1_000, durable=True, place="soak.images:mounted"),
        Part("tamperings", 1_000, 1_000),
        Part("restores", 4, 50),
        Part("fuzz", 5_000, 20_000),
    )
}
