"""The trust report is merged from runs at different times; nothing that was found may go missing in it."""

from __future__ import annotations

import json
from pathlib import Path

from soak import report


def counts(seed: int, **more: object) -> dict[str, object]:
    return {"runs": 10, "lost": 0, "seeds": [seed], "amount": 10, "seconds": 5, "date": "2026-11-22", **more}


def read(path: Path) -> dict[str, object]:
    known: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))["kills"]
    return known


def test_a_run_takes_the_place_of_the_earlier_one_of_its_engine_only(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report.merge(path, "kills", {"sqlite": counts(1), "postgres": counts(1)})
    report.merge(path, "kills", {"sqlite": counts(2, runs=30)})
    assert read(path)["runs"] == 40
    assert "runs 30, lost 0 | 2 |" in path.with_suffix(".md").read_text(encoding="utf-8")


def test_instalments_of_other_seeds_are_added_up_with_what_went_wrong(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report.merge(path, "kills", {"sqlite": counts(1, lost=1, problems=["lost: one"])})
    report.merge(path, "kills", {"sqlite": counts(2)}, add=True)
    report.merge(path, "kills", {"sqlite": counts(3)}, add=True)
    found = read(path)
    assert (found["runs"], found["lost"]) == (30, 1)
    engine = found["engines"]["sqlite"]  # type: ignore[index]
    assert engine["seeds"] == [1, 2, 3] and engine["seconds"] == 15
    assert engine["problems"] == ["lost: one"], "a later instalment does not hide an earlier loss"
    assert "| 1–3 |" in path.with_suffix(".md").read_text(encoding="utf-8")


def test_the_same_seed_again_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report.merge(path, "kills", {"sqlite": counts(1)})
    report.merge(path, "kills", {"sqlite": counts(1)}, add=True)
    assert read(path)["runs"] == 10


def test_seeds_that_were_not_run_are_not_named() -> None:
    assert report.span([1]) == "1"
    assert report.span([12, 11, 1, 14]) == "1, 11–12, 14"
