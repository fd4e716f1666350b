"""Lets tests that commit (transactional_db, live server) empty the database although the ledger refuses deletes."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations

_flush = BaseDatabaseOperations.execute_sql_flush


def _flush_without_triggers(self: BaseDatabaseOperations, sql_list: list[str]) -> Any:
    from kedang.kernel.ledger import triggers
    from kedang.kernel.norms import tally_triggers
    from kedang.kernel.workdays import calendar

    touches_ledger = any("ledger_" in statement for statement in sql_list)
    touches_duties = any(f'"{tally_triggers.DUTY}"' in statement for statement in sql_list)
    with (
        triggers.lifted(self.connection) if touches_ledger else nullcontext(),
        tally_triggers.lifted(self.connection) if touches_duties else nullcontext(),
    ):
        done = _flush(self, sql_list)
    if any("workdays_" in statement for statement in sql_list):
        # The calendar's rows came with a migration; a test after the flush may count on them as a company does.
        calendar.seed_years(2025, 2027)
    return done


@pytest.fixture(scope="session", autouse=True)
def ledger_can_be_emptied() -> Iterator[None]:
    """The flush between committing tests drops the triggers first and puts them back."""
    BaseDatabaseOperations.execute_sql_flush = _flush_without_triggers
    yield
    BaseDatabaseOperations.execute_sql_flush = _flush
