"""Deliberately broken packs: each says exactly what its `.expected` file says, at that line and column, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from kedang.kernel.norms.check import check
from kedang.kernel.norms.loader import load_pack
from kedang.kernel.norms.problems import PackError, Problem
from tests.norms.conftest import Universe

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))


def problems_of(path: Path, universe: Universe, kinds: dict[str, Any]) -> list[Problem]:
    """What loading and checking one file says."""
    try:
        return check([load_pack(path)], universe.words, events=kinds)
    except PackError as fault:
        return list(fault.problems)


def test_there_are_at_least_twenty() -> None:
    assert len(BROKEN) >= 20


def test_the_pack_they_are_made_from_is_sound(universe: Universe, kinds: dict[str, Any]) -> None:
    assert problems_of(HERE / "sound.yaml", universe, kinds) == []


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_pack_is_refused_with_place_and_advice(path: Path, universe: Universe, kinds: dict[str, Any]) -> None:
    expected = path.with_suffix(".expected").read_text().splitlines()
    assert [str(each) for each in problems_of(path, universe, kinds)] == [f"{path}:{line}" for line in expected]
    assert expected
