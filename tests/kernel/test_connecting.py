"""What every connection to the database is set to."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from kedang.config import env


def _shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_page_starts_no_more_processes_and_compiles_nothing() -> None:
    assert (_shown("max_parallel_workers_per_gather"), _shown("jit")) == ("0", "off")


def test_the_address_of_the_database_may_say_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    address = "postgres://kedang:k%40@db.example:5433/crm?options=-c%20jit%3Don&sslmode=require"
    monkeypatch.setenv("KEDANG_DATABASE_URL", address)
    found = env.database(tmp_path)
    assert found["OPTIONS"]["options"] == f"{env.FEW_ROWS} -c jit=on"
    assert (found["OPTIONS"]["sslmode"], found["HOST"], found["PASSWORD"]) == ("require", "db.example", "k@")


def test_an_address_of_another_engine_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KEDANG_DATABASE_URL", "mysql://kedang@db/crm")
    with pytest.raises(ValueError, match="postgres://"):
        env.database(tmp_path)
