"""Checks beyond shape and types: clauses, names, cycles, and packs that act on one subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kedang.kernel.norms.loader import LoadedPack
from kedang.kernel.norms.problems import Problem
from kedang.kernel.norms.vocabulary import Vocabulary


def check(
    packs: Sequence[LoadedPack],
    vocabulary: Vocabulary,
    *,
    context: Sequence[LoadedPack] = (),
    events: Mapping[str, Any] | None = None,
) -> list[Problem]:
    """Every problem of these packs, alone and together with `context` (packs already in force)."""
    raise NotImplementedError
