"""The server is killed while people post; what they were told is done is there afterwards."""

from tests.conftest import CI
from tests.soak.support import run

KILLS = 250 if CI else 12
"""On each engine: 500 together in CI, 10,000 by `make soak`."""


def test_nothing_acknowledged_is_lost_when_the_server_is_killed_and_nothing_stands_by_halves() -> None:
    counts = run("kills", KILLS)
    assert counts.get("problems", []) == []
    assert counts["lost"] == 0
    assert counts["runs"] == KILLS
    assert counts["acknowledged"] > KILLS // 2, "too little was acknowledged to show anything"


def test_a_writer_that_answers_before_it_commits_is_found_out() -> None:
    counts = run("kills", 12, KEDANG_SOAK_BROKEN="answers-early")
    assert counts["lost"] > 0
    assert any(text.startswith("lost: ") for text in counts["problems"])
