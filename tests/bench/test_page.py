"""The page of figures is what the run wrote, not what somebody typed."""

from __future__ import annotations

import json

from bench.__main__ import RESULT
from bench.page import GROWTH, page_of


def test_the_page_shows_the_figures_of_the_file() -> None:
    assert RESULT.with_suffix(".md").read_text(encoding="utf-8") == page_of(
        json.loads(RESULT.read_text(encoding="utf-8"))
    )


def test_an_operation_is_a_line_with_its_sizes_beside_each_other_and_what_is_above_its_aim_stands_out() -> None:
    row = {"op": "inbox", "engine": "sqlite", "aim": 4, "note": "30 ms"}
    rows = [{**row, "customers": 1_000, "floors": 2.5}, {**row, "customers": 1_000_000, "floors": 4.25}]
    page = page_of([*rows, {**row, "op": f"inbox{GROWTH}", "customers": 1_000_000, "floors": 1.7, "aim": 1.5}])
    assert "| inbox | 2.50 | **4.25** | ≤ 4 | **1.70** | ≤ 1.5 | 30 ms |" in page
    assert "## SQLite" in page and "PostgreSQL" not in page
