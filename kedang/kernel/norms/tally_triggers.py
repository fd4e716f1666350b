"""The database triggers that note every change of what a duty counts as, for both engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper

from kedang.kernel.ledger.triggers import drop

DUTY, CHANGE = "norms_duty", "norms_dutychange"
COLUMNS = ("pack", "norm", "clause", "state", "opened_at", "done_at", "due_at", "paused_at")
NAMES = ("norms_duty_made", "norms_duty_changed", "norms_duty_gone")


def _note(n: int, row: str) -> str:
    values = ", ".join(f"{row}.{column}" for column in COLUMNS)
    return f"INSERT INTO {CHANGE} (n, {', '.join(COLUMNS)}) VALUES ({n}, {values});"  # noqa: S608  (names of ours)


def _differs(operator: str) -> str:
    return " OR ".join(f"OLD.{column} {operator} NEW.{column}" for column in COLUMNS)


def _sqlite() -> list[str]:
    was, now, some = _note(-1, "OLD"), _note(1, "NEW"), ", ".join(COLUMNS)
    return [
        f"CREATE TRIGGER {NAMES[0]} AFTER INSERT ON {DUTY} BEGIN {now} END",
        f"CREATE TRIGGER {NAMES[1]} AFTER UPDATE OF {some} ON {DUTY} WHEN {_differs('IS NOT')} BEGIN {was} {now} END",
        f"CREATE TRIGGER {NAMES[2]} AFTER DELETE ON {DUTY} BEGIN {was} END",
    ]


def _postgresql() -> list[str]:
    each, some = "FOR EACH ROW EXECUTE FUNCTION norms_duty_noted()", ", ".join(COLUMNS)
    return [
        "CREATE OR REPLACE FUNCTION norms_duty_noted() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF TG_OP <> 'INSERT' THEN {_note(-1, 'OLD')} END IF; "
        f"IF TG_OP <> 'DELETE' THEN {_note(1, 'NEW')} END IF; RETURN NULL; END $$",
        f"CREATE TRIGGER {NAMES[0]} AFTER INSERT ON {DUTY} {each}",
        f"CREATE TRIGGER {NAMES[1]} AFTER UPDATE OF {some} ON {DUTY} FOR EACH ROW "
        f"WHEN ({_differs('IS DISTINCT FROM')}) EXECUTE FUNCTION norms_duty_noted()",
        f"CREATE TRIGGER {NAMES[2]} AFTER DELETE ON {DUTY} {each}",
    ]


def standing(connection: BaseDatabaseWrapper) -> bool:
    """Whether all of them are there."""
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'norms_duty'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgrelid = 'norms_duty'::regclass AND NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()} >= set(NAMES)


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers, in the place of those that there are."""
    remove(connection)
    with connection.cursor() as cursor:
        for statement in _sqlite() if connection.vendor == "sqlite" else _postgresql():
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop them."""
    drop(connection, [(name, DUTY) for name in NAMES])


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Without triggers for a moment; whoever fills in rows meanwhile rebuilds the tallies."""
    remove(connection)
    try:
        yield
    finally:
        install(connection)
