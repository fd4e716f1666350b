"""Fixtures and rules common to all tests.

KEDANG_TEST_DB=sqlite (default) or postgres chooses the engine; ``make test`` runs the suite on both.
What a machine lacks is skipped with the reason, but under CI=true a lack is a failure.
"""

import os
from pathlib import Path

import pytest

from tests.support import pg

CI = os.environ.get("CI", "").lower() in {"1", "true"}
ON_POSTGRES = os.environ.get("KEDANG_TEST_DB", "sqlite") == "postgres"
HERE = Path(__file__).parent
LONG = ("soak", "bench")
pytest_plugins = ["tests.support.browser", "tests.support.ledger"]


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to call a run green in CI when its database is missing."""
    if ON_POSTGRES and CI and pg.binaries() is None:
        raise pytest.UsageError("KEDANG_TEST_DB=postgres, but PostgreSQL is not installed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by folder, skip what this run's engine cannot do, and begin with the long ones: one of them left to the end
    would keep the other workers waiting."""
    items.sort(key=lambda item: _folder(item) not in LONG)
    for item in items:
        folder = _folder(item)
        if folder == "browser":
            item.add_marker(pytest.mark.browser)
        if folder == "concurrency":
            item.add_marker(pytest.mark.postgres)
        if reason := _why_skip(item):
            item.add_marker(pytest.mark.skip(reason=reason))


def _folder(item: pytest.Item) -> str:
    return Path(item.path).relative_to(HERE).parts[0] if HERE in Path(item.path).parents else ""


def _why_skip(item: pytest.Item) -> str:
    if ON_POSTGRES and pg.binaries() is None:
        return "PostgreSQL is not installed"
    if item.get_closest_marker("postgres") and not ON_POSTGRES:
        return "runs on PostgreSQL only (KEDANG_TEST_DB=postgres)"
    if item.get_closest_marker("browser") and ON_POSTGRES:
        return "browser tests run once, in the SQLite pass"
    return ""
