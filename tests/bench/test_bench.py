"""The benchmark runs: it makes its company, gets real pages, really registers, and says so in rows. No timing is asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ON_POSTGRES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """One run on this pass's engine, at 200 customers and one round."""
    out = tmp_path_factory.mktemp("bench") / "performance.json"
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
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[dict[str, object]] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_every_row_has_its_figure(rows: list[dict[str, object]]) -> None:
    assert all(set(row) == {"op", "engine", "customers", "floors", "aim", "note"} for row in rows)
    assert all(row["floors"] > 0 and row["customers"] == 200 for row in rows)
    assert len({row["op"] for row in rows}) == len(rows)


def test_the_floors_and_what_the_issue_names_are_measured(rows: list[dict[str, object]]) -> None:
    aims = {row["op"]: row["aim"] for row in rows}
    named = {"customer list": 4, "search, 2 characters": 4, "customer page": 8, "inbox": 5, "regulation": 5}
    assert {op: aims[op] for op in named} == named
    assert aims["customer.register"] == 12
    floors = [row["floors"] for row in rows if str(row["op"]).startswith("floor: ")]
    assert floors == [1] * len(floors) and len(floors) == 5


def test_registering_is_measured_with_its_events_and_duty(rows: list[dict[str, object]]) -> None:
    note = next(str(row["note"]) for row in rows if row["op"] == "customer.register")
    assert "4 events, 1 duty" in note
