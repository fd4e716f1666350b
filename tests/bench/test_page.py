"""The page of figures is what the run wrote, not what somebody typed."""

from __future__ import annotations

import json

from bench.__main__ import RESULT, page_of


def test_the_page_shows_the_figures_of_the_file() -> None:
    assert RESULT.with_suffix(".md").read_text(encoding="utf-8") == page_of(
        json.loads(RESULT.read_text(encoding="utf-8"))
    )
