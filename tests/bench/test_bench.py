"""The benchmark runs: it makes its company, gets real pages, really registers, and says so in rows. No timing is asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import _growth
from bench.page import GROWTH
from tests.conftest import ON_POSTGRES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """One run on this pass's engine, at 200 customers and one round."""
    out = tmp_path_factory.mktemp("bench") / "performance.json"
    out.write_text(json.dumps([EARLIER]), encoding="utf-8")
    engine = "postgres" if ON_POSTGRES else "sqlite"
    command = [
        sys.executable,
        "-m",
        "bench",
        "--engine",
        engine,
        "--customers",
        "200",
        "--rounds",
        "1",
        "--out",
        str(out),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KEDANG_", "DJANGO_"))}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[dict[str, object]] = json.loads(out.read_text(encoding="utf-8"))
    return found


EARLIER = {"op": "customer list", "engine": "sqlite", "customers": 7, "floors": 2.5, "aim": 3, "note": "of another run"}


def test_what_was_measured_before_stays(rows: list[dict[str, object]]) -> None:
    assert EARLIER in rows


def test_every_row_has_its_figure(rows: list[dict[str, object]]) -> None:
    assert all(set(row) == {"op", "engine", "customers", "floors", "aim", "note"} for row in rows)
    measured = [row for row in rows if row != EARLIER]
    assert all(row["floors"] > 0 and row["customers"] == 200 for row in measured)
    assert len({row["op"] for row in measured}) == len(measured)


def test_the_floors_and_what_is_promised_are_measured(rows: list[dict[str, object]]) -> None:
    aims = {row["op"]: row["aim"] for row in rows}
    named = {
        "customer list": 3, "search, 2 characters": 3, "customer page": 6, "inbox": 4, "regulation": 4, "customer.register": 8,
        "tick, none due": 5, "start": 4, "idle server, memory": 1, "page weight": 1,
    }  # fmt: skip
    assert {op: aims[op] for op in named} == named
    floors = [row["floors"] for row in rows if str(row["op"]).startswith("floor: ")]
    assert floors == [1] * len(floors) and len(floors) >= 5
    people = [row for row in rows if "95th percentile" in str(row["op"])]
    assert bool(people) == ON_POSTGRES and all("no error" in str(row["note"]) for row in people)


def test_registering_is_measured_with_its_events_and_duty(rows: list[dict[str, object]]) -> None:
    note = next(str(row["note"]) for row in rows if row["op"] == "customer.register")
    assert "4 events, 1 duty" in note


def test_growth_is_told_of_what_was_measured_at_a_thousand_and_at_a_million() -> None:
    def at(engine: str, customers: int, floors: float) -> dict[str, object]:
        return {"op": "inbox", "engine": engine, "customers": customers, "floors": floors, "aim": 4, "note": ""}

    grown = _growth([at("sqlite", 1_000, 2.0), at("sqlite", 1_000_000, 2.5), at("postgres", 1_000_000, 9.0)])
    assert [(row["op"], row["engine"], row["floors"], row["aim"]) for row in grown] == [
        (f"inbox{GROWTH}", "sqlite", 1.25, 1.5)
    ]
