"""Enforced is proved: take any rule out of a pack that ships, or move a boundary by one, and a scenario fails.

The whole of it runs with KEDANG_MUTATE=1 (`kedang pack check --mutate` does the same); without, our own small pack.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kedang.kernel.norms.loader import load_pack
from kedang.kernel.scenarios.mutation import survivors_of

PACKS = Path(__file__).resolve().parents[2] / "packs"
ALL = sorted(each.parent for each in PACKS.glob("*/pack.yaml"))
PROVED = ALL if os.environ.get("KEDANG_MUTATE") == "1" else [PACKS / "baseline"]


@pytest.mark.django_db
@pytest.mark.parametrize("folder", PROVED, ids=lambda each: each.name)
def test_no_rule_of_a_pack_can_be_taken_out_unnoticed(folder: Path) -> None:
    assert [str(each) for each in survivors_of(load_pack(folder))] == []
