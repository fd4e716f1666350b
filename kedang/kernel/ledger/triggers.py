"""The database triggers that keep the ledger append-only, for both engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper

LOCK = 7_305_811_204_311  # the advisory lock between writers (shared) and the sealer (exclusive)

_REFUSAL = "ledger is append-only"
_VALUE_REFUSAL = "ledger values can only be blanked"
_VALUE_KEEPS = ("id", "event_id", "file", "person", "field")

_SQLITE_VALUE_SAME = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in _VALUE_KEEPS)
_PG_VALUE_SAME = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in _VALUE_KEEPS)
_BLANKED = "NEW.old = '' AND NEW.new = '' AND NEW.salt = ''"


def _sqlite() -> list[str]:
    statements = []
    for table in ("ledger_event", "ledger_seal"):
        for verb in ("update", "delete"):
            statements.append(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
    statements.append(
        "CREATE TRIGGER ledger_value_no_delete BEFORE DELETE ON ledger_value "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    )
    statements.append(
        f"CREATE TRIGGER ledger_value_no_update BEFORE UPDATE ON ledger_value "
        f"WHEN NOT ({_BLANKED} AND {_SQLITE_VALUE_SAME}) BEGIN SELECT RAISE(ABORT, '{_VALUE_REFUSAL}'); END"
    )
    return statements


def _postgresql() -> list[str]:
    refuse = (
        "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    value = (
        "CREATE OR REPLACE FUNCTION ledger_value_guard() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {_BLANKED} AND {_PG_VALUE_SAME} THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{_VALUE_REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    # A statement trigger runs before any row of the statement gets its id, so no id is out while the lock is not held.
    shared = (
        "CREATE OR REPLACE FUNCTION ledger_share_lock() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN PERFORM pg_advisory_xact_lock_shared({LOCK}); RETURN NULL; END $$"
    )
    statements = [refuse, value, shared]
    for table in ("ledger_event", "ledger_seal"):
        statements.append(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        )
    for table in ("ledger_event", "ledger_seal", "ledger_value"):
        statements.append(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    statements.append(
        "CREATE TRIGGER ledger_value_no_delete BEFORE DELETE ON ledger_value "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
    )
    statements.append(
        "CREATE TRIGGER ledger_value_no_update BEFORE UPDATE ON ledger_value "
        "FOR EACH ROW EXECUTE FUNCTION ledger_value_guard()"
    )
    statements.append(
        "CREATE TRIGGER ledger_event_lock BEFORE INSERT ON ledger_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_share_lock()"
    )
    return statements


def _names(vendor: str) -> list[tuple[str, str]]:
    """(trigger, table) of every trigger of an engine."""
    if vendor == "sqlite":
        tables = ("ledger_event", "ledger_seal", "ledger_value")
        return [(f"{table}_no_{verb}", table) for table in tables for verb in ("update", "delete")]
    names = [(f"{table}_no_change", table) for table in ("ledger_event", "ledger_seal")]
    names += [(f"{table}_no_truncate", table) for table in ("ledger_event", "ledger_seal", "ledger_value")]
    names += [("ledger_value_no_delete", "ledger_value"), ("ledger_value_no_update", "ledger_value")]
    return [*names, ("ledger_event_lock", "ledger_event")]


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers."""
    with connection.cursor() as cursor:
        for statement in _sqlite() if connection.vendor == "sqlite" else _postgresql():
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers; for reversing the migration and for tests that empty the database."""
    drop(connection, _names(connection.vendor))


def drop(connection: BaseDatabaseWrapper, named: Iterable[tuple[str, str]]) -> None:
    """Drop triggers, each named with its table."""
    with connection.cursor() as cursor:
        for name, table in named:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if connection.vendor == "sqlite" else f" ON {table}"))


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Without triggers for a moment: only tests may do this."""
    remove(connection)
    try:
        yield
    finally:
        install(connection)
