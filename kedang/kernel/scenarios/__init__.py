"""Executable scenarios of packs: the real actions on a real database, under a held clock, rolled back at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedang.kernel.norms.loader import LoadedPack
    from kedang.kernel.norms.problems import Problem


@contextmanager
def scratch_database() -> Iterator[None]:
    """An empty database of the installation's own engine, migrated, gone afterwards: nothing of the company's is seen."""
    from django.db import connection

    if connection.settings_dict.get("TEST", {}).get("IN_USE"):
        yield
        return
    old = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)


def test(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Run scenario files, or all those of pack folders: rows {pack, scenario, clause, passed, message}."""
    from kedang.kernel.scenarios.runner import run_paths

    with scratch_database():
        return [row for result in run_paths(paths) for row in result.as_json()]


def coverage(folders: Sequence[Path], *, mutate: bool = True) -> list[dict[str, Any]]:
    """Per pack {pack, clauses, enforced, declined, deferred, untested}; untested are those whose rule can go unnoticed."""
    from kedang.kernel.scenarios.mutation import coverage_of

    with scratch_database():
        return [coverage_of(folder, mutate=mutate) for folder in folders]


def mutate(loaded: Sequence[LoadedPack]) -> list[Problem]:
    """A problem for each rule that can be taken out or shifted without any scenario noticing."""
    from kedang.kernel.scenarios.mutation import survivors_of

    with scratch_database():
        return [problem for each in loaded for problem in survivors_of(each)]
