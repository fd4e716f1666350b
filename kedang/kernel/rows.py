"""Plain inserts for rows that every deed writes: one statement, no model machinery in between.

`bulk_create` costs several hundred calls a table, most of a deed's time. Types that the two engines store differently go
through the same `get_db_prep_save` that Django uses; constraints and defaults are the table's and the field's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

AS_THEY_ARE = (models.CharField, models.TextField, models.IntegerField, models.ForeignKey, models.BooleanField)
PART = 2000
SKIP = " ON CONFLICT DO NOTHING"
FEW = 8
"""Up to so many rows go in one statement with a mark for every value: it needs no preparation."""
Prepare = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Column:
    """One column of a plan: where its value is found, how the engine takes it, and its type there. `same`: few different
    values are to be expected."""

    name: str
    quoted: str
    prepare: Prepare | None
    type: str
    default: models.Field[Any, Any] | None = None
    json: bool = False
    same: bool = False


@dataclass(frozen=True)
class Plan:
    """What does not depend on the values: the table, its columns, its key, and whether the engine counts the key up."""

    table: str
    quoted: str
    columns: tuple[Column, ...]
    key: str
    counted: bool

    @property
    def head(self) -> str:
        """INSERT INTO table (columns)."""
        return f"INSERT INTO {self.quoted} ({', '.join(column.quoted for column in self.columns)})"


def present(model: type[models.Model], column: str, values: Sequence[Any]) -> set[Any]:
    """Which of these values a column of the table holds already: asked of every chunk of deeds, so without the ORM."""
    if not values:
        return set()
    quote = connection.ops.quote_name
    marks = ", ".join(["%s"] * len(values))
    table = quote(model._meta.db_table)
    sql = f"SELECT {quote(column)} FROM {table} WHERE {quote(column)} IN ({marks})"  # noqa: S608  (names of the model, no input)
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        return {value for (value,) in cursor.fetchall()}


def insert(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    names: tuple[str, ...] = (),
    ignore: bool = False,
    keys: bool = True,
) -> list[Any]:
    """Insert rows given by attribute names (`customer_id`, not `customer`), all with the same ones; their keys, in order.

    `names` says which entries of the rows are meant (default: those of the first). What is not named takes the field's
    default, as in a model instance. With `ignore`, rows that a constraint refuses are left out, and only the keys of the
    others come back. `keys=False`: nobody needs the keys, none come back.
    """
    if not rows:
        return []
    plan = _plan(model, names or tuple(rows[0]), connection.vendor)
    engine = connections[DEFAULT_DB_ALIAS]
    values = [_values(column, rows, engine) for column in plan.columns]
    if len(rows) <= FEW or (ignore and keys):
        return _insert_few(plan, values, ignore=ignore, keys=keys)
    if connection.vendor == "postgresql":
        return _insert_arrays(plan, values, ignore=ignore, keys=keys)
    return _insert_each(plan, values, ignore=ignore, keys=keys)


def insert_all(instances: Sequence[models.Model], *, ignore: bool = False) -> None:
    """Insert instances that have no key yet; in parts, for an engine takes only so many values in a statement."""
    if not instances:
        return
    names = tuple(field.attname for field in instances[0]._meta.concrete_fields if not field.primary_key)
    for start in range(0, len(instances), PART):
        part = instances[start : start + PART]
        insert(type(part[0]), [vars(each) for each in part], names=names, ignore=ignore, keys=False)


def _insert_few(plan: Plan, values: list[list[Any]], *, ignore: bool, keys: bool) -> list[Any]:
    """One statement with a mark for every value."""
    marks = "(" + ", ".join(["%s"] * len(plan.columns)) + ")"
    count = len(values[0])
    sql = f"{plan.head} VALUES {', '.join([marks] * count)}{SKIP if ignore else ''}"
    with connection.cursor() as cursor:
        cursor.execute(
            sql + (f" RETURNING {plan.key}" if keys else ""),
            [value for row in zip(*values, strict=True) for value in row],
        )
        return [found[0] for found in cursor.fetchall()] if keys else []


def _insert_arrays(plan: Plan, values: list[list[Any]], *, ignore: bool, keys: bool) -> list[Any]:
    """PostgreSQL takes whole columns: a dozen arrays instead of thousands of values to parse. Rows keep their order, and so
    do the keys that are counted up."""
    arrays = ", ".join(f"%s::{column.type}[]" for column in plan.columns)
    names = ", ".join(f"c{i}" for i in range(len(plan.columns)))
    source = f"unnest({arrays}) WITH ORDINALITY AS t({names}, n)"
    sql = f"{plan.head} SELECT {names} FROM {source} ORDER BY n{SKIP if ignore else ''}"  # noqa: S608  (names of the model, no input)
    with connection.cursor() as cursor:
        cursor.execute(sql + (f" RETURNING {plan.key}" if keys else ""), values)
        return [found[0] for found in cursor.fetchall()] if keys else []


def _insert_each(plan: Plan, values: list[list[Any]], *, ignore: bool, keys: bool) -> list[Any]:
    """SQLite runs one prepared statement over the rows. It returns nothing, so wanted keys are taken from the table's count
    beforehand: within a transaction nobody else writes."""
    if keys and not (plan.counted and connection.in_atomic_block):
        return _insert_few(plan, values, ignore=False, keys=True)
    marks = ", ".join(["%s"] * len(plan.columns))
    head, taken = plan.head, range(0)
    with connection.cursor() as cursor:
        if keys:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [plan.table])
            last = (cursor.fetchone() or [0])[0]
            taken = range(last + 1, last + 1 + len(values[0]))
            values = [*values, list(taken)]
            head, marks = head[:-1] + f", {plan.key})", marks + ", %s"
        cursor.executemany(f"{head} VALUES ({marks}){SKIP if ignore else ''}", list(zip(*values, strict=True)))
    return list(taken)


def _values(column: Column, rows: Sequence[Mapping[str, Any]], engine: Any) -> list[Any]:
    """One column of all rows as the engine takes it."""
    if column.default is not None:
        field, default = column.default, column.default.get_default
        if not callable(field.default):
            return [field.get_db_prep_save(default(), engine)] * len(rows)
        return [field.get_db_prep_save(default(), engine) for _ in rows]
    name, prepare = column.name, column.prepare
    if column.json and len(rows) > FEW:
        return [None if row[name] is None else json.dumps(row[name]) for row in rows]
    if prepare is None:
        return [row[name] for row in rows]
    if not column.same:
        return [None if row[name] is None else prepare(row[name], engine) for row in rows]
    # Rows of one statement share their instants and days.
    ready: dict[Any, Any] = {None: None}
    found: list[Any] = []
    for row in rows:
        value = row[name]
        if value not in ready:
            ready[value] = prepare(value, engine)
        found.append(ready[value])
    return found


@lru_cache(maxsize=256)
def _plan(model: type[models.Model], names: tuple[str, ...], vendor: str) -> Plan:
    """The plan for these names of a model on an engine."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    pk = model._meta.pk
    assert pk is not None
    counted = isinstance(pk, models.AutoField | models.BigAutoField)
    rest = [field for name, field in fields.items() if name not in names and not (counted and field is pk)]
    quote = connection.ops.quote_name
    columns = [_column(fields[name]) for name in names] + [_column(field, default=True) for field in rest]
    return Plan(
        model._meta.db_table,
        quote(model._meta.db_table),
        tuple(columns),
        quote(str(pk.column)),
        counted and pk.attname not in names,
    )


def _column(field: Any, *, default: bool = False) -> Column:
    return Column(
        name=field.attname,
        quoted=connection.ops.quote_name(str(field.column)),
        prepare=_prepare_of(field),
        type=str(field.db_type(connection)),
        default=field if default else None,
        json=isinstance(field, models.JSONField),
        same=isinstance(field, models.DateField),
    )


def _prepare_of(field: Any) -> Prepare | None:
    """How a value of the field goes to the engine; None when as it is."""
    if isinstance(field, AS_THEY_ARE):
        return None
    if isinstance(field, models.UUIDField):
        return None if connection.features.has_native_uuid_field else _hex
    return cast(Prepare, field.get_db_prep_save)


def _hex(value: Any, engine: Any) -> Any:
    return value.hex
