"""Small questions that every page asks: some columns of some rows, as tuples.

Composing a query of the ORM costs half a millisecond, ten times what the engine takes to answer it by an index; a page of
fifty rows asks a dozen. Only equality, one-of, nothing and before/after can be asked here; whatever is more goes to the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from kedang.kernel import direct

SIGNS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
Convert = Callable[[Any], Any]


@dataclass(frozen=True)
class Plan:
    """What does not depend on the values: the columns as the engine names them, and how to read what it does not give as
    Python has it."""

    head: str
    table: str
    converts: tuple[tuple[int, Convert], ...]


def pick(model: type[models.Model], columns: tuple[str, ...], **where: Any) -> list[tuple[Any, ...]]:
    """These columns (attribute names) of the rows that meet all conditions, in no order: `file=[1, 2]`, `until=None`,
    `due_at__lt=now`."""
    found = _conditions(model, where)
    if found is None:
        return []
    plan = _plan(model, columns, connections[DEFAULT_DB_ALIAS].vendor)
    rows = direct.fetch(f"{plan.head}{found[0]}", found[1])
    if not plan.converts:
        return rows
    return [_converted(row, plan.converts) for row in rows]


def count(model: type[models.Model], **where: Any) -> int:
    """How many rows meet all conditions."""
    found = _conditions(model, where)
    if found is None:
        return 0
    table = _plan(model, (), connections[DEFAULT_DB_ALIAS].vendor).table
    return int(direct.fetch(f"SELECT count(*) FROM {table}{found[0]}", found[1])[0][0])  # noqa: S608  (names of the model)


def exists(model: type[models.Model], **where: Any) -> bool:
    """Whether a row meets all conditions."""
    found = _conditions(model, where)
    if found is None:
        return False
    table = _plan(model, (), connections[DEFAULT_DB_ALIAS].vendor).table
    return bool(direct.fetch(f"SELECT 1 FROM {table}{found[0]} LIMIT 1", found[1]))  # noqa: S608  (names of the model)


def _conditions(model: type[models.Model], where: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """(the WHERE of a statement, its values); None where nothing can meet it."""
    terms: list[str] = []
    values: list[Any] = []
    for name, value in where.items():
        attribute, _, sign = name.partition("__")
        column = _column(model, attribute)
        if value is None:
            terms.append(f"{column} IS NULL")
        elif isinstance(value, str) or not isinstance(value, Iterable):
            terms.append(f"{column} {SIGNS[sign] if sign else '='} %s")
            values.append(_bound(value))
        elif not (several := [_bound(one) for one in value]):
            return None
        else:
            term, bound = one_of(column, several)
            terms.append(term)
            values += bound
    return " WHERE " + " AND ".join(terms), values


def one_of(column: str, several: Sequence[Any]) -> tuple[str, list[Any]]:
    """(a condition, its values): a column holds one of several. On PostgreSQL one text for any number of them, which the
    engine prepares once."""
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        return f"{column} = ANY(%s)", [list(several)]
    return f"{column} IN ({', '.join(['%s'] * len(several))})", list(several)


def _bound(value: Any) -> Any:
    """A value as the engine compares it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


@lru_cache(maxsize=512)
def _column(model: type[models.Model], attribute: str) -> str:
    return next(str(connection.ops.quote_name(field.column)) for field in _fields(model) if field.attname == attribute)


def _fields(model: type[models.Model]) -> Any:
    return model._meta.concrete_fields


@lru_cache(maxsize=256)
def _plan(model: type[models.Model], columns: tuple[str, ...], vendor: str) -> Plan:
    """The plan for these columns of a model on an engine."""
    table = str(connection.ops.quote_name(model._meta.db_table))
    fields = {field.attname: field for field in _fields(model)}
    converts = [(at, _convert_of(fields[name])) for at, name in enumerate(columns)]
    return Plan(
        f"SELECT {', '.join(_column(model, name) for name in columns)} FROM {table}",  # noqa: S608  (names of the model)
        table,
        tuple((at, convert) for at, convert in converts if convert is not None),
    )


def _convert_of(field: Any) -> Convert | None:
    """What Django itself does with a value of this field that comes from the engine."""
    expression = field.get_col(field.model._meta.db_table)
    engine = connections[DEFAULT_DB_ALIAS]
    steps = [*engine.ops.get_db_converters(expression), *expression.get_db_converters(engine)]
    if not steps:
        return None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, connections[DEFAULT_DB_ALIAS])
        return value

    return convert


def _converted(row: tuple[Any, ...], converts: tuple[tuple[int, Convert], ...]) -> tuple[Any, ...]:
    values = list(row)
    for at, convert in converts:
        values[at] = convert(values[at])
    return tuple(values)
