"""The power goes while people post; the disk is what it was at that instant."""

from __future__ import annotations

from typing import Any

import pytest

from tests.soak.support import run


def cut(amount: int, **environment: str) -> dict[str, Any]:
    counts = run("power_cuts", amount, **environment)
    if "skipped" in counts:
        pytest.skip(counts["skipped"])
    return counts


def test_nothing_acknowledged_is_lost_when_the_power_goes() -> None:
    counts = cut(5)
    assert counts.get("problems", []) == []
    assert counts["lost"] == 0
    assert counts["acknowledged"] > 2


def test_a_store_that_does_not_wait_for_the_disk_is_found_out() -> None:
    counts = cut(5, KEDANG_SOAK_BROKEN="no-fsync")
    assert counts["lost"] > 0
