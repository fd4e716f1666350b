"""Reads the YAML files of a pack, strictly, keeping the place of every word for error messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedang.kernel.norms.problems import Mark
from kedang.kernel.norms.schema import Pack

FILES = ("pack.yaml", "clauses.yaml", "forms.yaml", "norms.yaml")

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class LoadedPack:
    """A pack whose shape is right, with the place of each of its values."""

    pack: Pack
    marks: Mapping[KeyPath, Mark] = field(default_factory=dict)
    """Place of the value at a path of keys: ('norms', 3, 'when')."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The source text by file name, kept with a loaded version."""
    folder: Path | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of the pack: the same meaning gives the same digest, whatever the layout."""
        raise NotImplementedError

    def mark(self, *path: str | int) -> Mark:
        """Place of the value at this path, or of the nearest thing around it."""
        raise NotImplementedError


def load_pack(folder: Path) -> LoadedPack:
    """Load pack.yaml, clauses.yaml, forms.yaml and norms.yaml of a folder; PackError says what is wrong and where."""
    raise NotImplementedError


def load_text(files: Mapping[str, str]) -> LoadedPack:
    """Load from texts by file name (one file may hold everything)."""
    raise NotImplementedError


def dump(pack: Pack) -> dict[str, Any]:
    """The pack as plain JSON values, without what is default; `Pack.model_validate` reads it back."""
    raise NotImplementedError
