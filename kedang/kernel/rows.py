"""Plain inserts for rows that every deed writes: one statement, no model machinery in between.

`bulk_create` costs several hundred calls a table, most of a deed's time. Types that the two engines store differently go
through the same `get_db_prep_save` that Django uses; constraints and defaults are the table's and the field's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

AS_THEY_ARE = (models.CharField, models.TextField, models.IntegerField, models.ForeignKey)
PART = 200
Prepare = Callable[[Any, Any], Any]


def insert(model: type[models.Model], rows: Sequence[Mapping[str, Any]], *, ignore: bool = False) -> list[Any]:
    """Insert rows given by attribute names (`customer_id`, not `customer`), all with the same ones; their keys, in order.

    What is not named takes the field's default, as in a model instance. With `ignore`, rows that a constraint refuses are
    left out, and only the keys of the others come back.
    """
    if not rows:
        return []
    names = tuple(rows[0])
    table, columns, key, prepared, fixed = _plan(model, names, connection.vendor)
    values: list[Any] = []
    for row in rows:
        for name, prepare in prepared:
            value = row[name]
            values.append(value if prepare is None or value is None else prepare(value, connection))
        values += [field.get_db_prep_save(field.get_default(), connection) for field in fixed]
    marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * len(rows))}"  # noqa: S608  (names of the model, no input)
    sql += f"{' ON CONFLICT DO NOTHING' if ignore else ''} RETURNING {key}"
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [found[0] for found in cursor.fetchall()]


def insert_all(instances: Sequence[models.Model], *, ignore: bool = False) -> None:
    """Insert instances that have no key yet; in parts, for an engine takes only so many values in a statement."""
    if not instances:
        return
    names = [field.attname for field in instances[0]._meta.concrete_fields if not field.primary_key]
    for start in range(0, len(instances), PART):
        part = instances[start : start + PART]
        insert(type(part[0]), [{name: getattr(each, name) for name in names} for each in part], ignore=ignore)


@lru_cache(maxsize=256)
def _plan(
    model: type[models.Model], names: tuple[str, ...], vendor: str
) -> tuple[str, list[str], str, list[tuple[str, Prepare | None]], list[Any]]:
    """What does not depend on the values: table, columns, key, how each value is prepared, fields left to defaults."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    quote = connection.ops.quote_name
    rest = [
        field
        for name, field in fields.items()
        if name not in names and not isinstance(field, models.AutoField | models.BigAutoField)
    ]
    columns = [quote(str(field.column)) for field in (*(fields[name] for name in names), *rest)]
    prepared: list[tuple[str, Prepare | None]] = [
        (name, None if isinstance(fields[name], AS_THEY_ARE) else fields[name].get_db_prep_save) for name in names
    ]
    pk = model._meta.pk
    assert pk is not None
    return quote(model._meta.db_table), columns, quote(str(pk.column)), prepared, rest
