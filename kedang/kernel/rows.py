"""Plain inserts for rows that every deed writes: one statement, no model machinery in between.

`bulk_create` costs several hundred calls a table, most of a deed's time. Types that the two engines store differently go
through the same `get_db_prep_save` that Django uses; constraints and defaults are the table's and the field's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from kedang.kernel import direct

AS_THEY_ARE = (models.CharField, models.TextField, models.IntegerField, models.ForeignKey, models.BooleanField)
PART = 2000
SKIP = " ON CONFLICT DO NOTHING"
FEW = 8
"""Up to so many rows go in one statement with a mark for every value: it needs no preparation."""
Prepare = Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """One column of a plan: how the engine takes its value, and its type there. `default` for what no row names."""

    quoted: str
    prepare: Prepare | None
    type: str
    default: models.Field[Any, Any] | None = None


@dataclass(frozen=True)
class Plan:
    """What does not depend on the values: the table, its columns, its key, and whether the engine counts the key up."""

    table: str
    quoted: str
    columns: tuple[Column, ...]
    key: str
    counted: bool
    named: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    """The named columns of a row, in order."""
    prepared: tuple[tuple[int, Prepare], ...]
    """Which of them the engine takes otherwise than Python has them."""
    rest: tuple[Any, ...] | None
    """What the other columns hold; None where it must be made for each row."""
    texts: dict[tuple[int, bool, bool], str] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """INSERT INTO table (columns)."""
        return f"INSERT INTO {self.quoted} ({', '.join(column.quoted for column in self.columns)})"

    def text(self, count: int, ignore: bool, keys: bool) -> str:
        """The statement for so many rows with a mark for every value."""
        known = self.texts.get((count, ignore, keys))
        if known is None:
            marks = "(" + ", ".join(["%s"] * len(self.columns)) + ")"
            known = f"{self.head} VALUES {', '.join([marks] * count)}{SKIP if ignore else ''}"
            known = self.texts[count, ignore, keys] = known + (f" RETURNING {self.key}" if keys else "")
        return known

    def row(self, given: Mapping[str, Any]) -> list[Any]:
        """One row as the engine takes it."""
        values = list(self.named(given))
        for at, prepare in self.prepared:
            if values[at] is not None:
                values[at] = prepare(values[at])
        values.extend(self.rest if self.rest is not None else _defaults(self.columns))
        return values


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
    plan = _plan(model, names or tuple(rows[0]), connections[DEFAULT_DB_ALIAS].vendor)
    values = [plan.row(each) for each in rows]
    if len(rows) <= FEW or (ignore and keys):
        return _insert_few(plan, values, ignore=ignore, keys=keys)
    if connection.vendor == "postgresql":
        return _insert_table(plan, values, ignore=ignore, keys=keys)
    return _insert_each(plan, values, ignore=ignore, keys=keys)


Statement = tuple[str, Sequence[Any]]


def insert_together(
    *tables: tuple[type[models.Model], Sequence[Mapping[str, Any]]], also: Sequence[Statement] = ()
) -> None:
    """Insert rows of several tables whose keys nobody needs, and what other insertions there are; together where that saves
    the ways (`direct.run_together`)."""
    given = [(model, rows) for model, rows in tables if rows]
    if any(len(rows) > FEW for _, rows in given):
        for model, rows in given:
            insert(model, rows, keys=False)
        for sql, values in also:
            direct.run(sql, values)
        return
    vendor = connections[DEFAULT_DB_ALIAS].vendor
    statements = list(also)
    for model, rows in given:
        plan = _plan(model, tuple(rows[0]), vendor)
        values = [value for row in rows for value in plan.row(row)]
        statements.append((plan.text(len(rows), False, False), values))
    direct.run_together(statements)


def insert_all(instances: Sequence[models.Model], *, ignore: bool = False) -> None:
    """Insert instances that have no key yet; in parts, for an engine takes only so many values in a statement."""
    if not instances:
        return
    names = _names_of(type(instances[0]))
    for start in range(0, len(instances), PART):
        part = instances[start : start + PART]
        insert(type(part[0]), [vars(each) for each in part], names=names, ignore=ignore, keys=False)


@lru_cache(maxsize=256)
def _names_of(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if not field.primary_key)


def _insert_few(plan: Plan, values: list[list[Any]], *, ignore: bool, keys: bool) -> list[Any]:
    """One statement with a mark for every value."""
    sql = plan.text(len(values), ignore, keys)
    flat = values[0] if len(values) == 1 else [value for row in values for value in row]
    if not keys:
        direct.run(sql, flat)
        return []
    return [found[0] for found in direct.fetch(sql, flat)]


def _insert_table(plan: Plan, values: list[list[Any]], *, ignore: bool, keys: bool) -> list[Any]:
    """PostgreSQL takes all rows as one value, which costs neither side a value at a time. Rows keep their order, and so do
    the keys that are counted up."""
    cells = ", ".join(f"(r->>{at})::{column.type}" for at, column in enumerate(plan.columns))
    source = "jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS t(r, n)"
    sql = f"{plan.head} SELECT {cells} FROM {source} ORDER BY n{SKIP if ignore else ''}"  # noqa: S608  (names of the model, no input)
    table = json.dumps(values, ensure_ascii=False, default=str)
    if not keys:
        direct.run(sql, [table])
        return []
    return [found[0] for found in direct.fetch(f"{sql} RETURNING {plan.key}", [table])]


def _insert_each(plan: Plan, values: list[list[Any]], *, ignore: bool, keys: bool) -> list[Any]:
    """SQLite runs one prepared statement over the rows. It returns nothing, so wanted keys are taken from the table's count
    beforehand: within a transaction nobody else writes."""
    if keys and not (plan.counted and connection.in_atomic_block):
        return _insert_few(plan, values, ignore=False, keys=True)
    marks = ", ".join(["%s"] * len(plan.columns))
    head, taken = plan.head, range(0)
    if keys:
        found = direct.fetch("SELECT seq FROM sqlite_sequence WHERE name = %s", [plan.table])
        last = found[0][0] if found else 0
        taken = range(last + 1, last + 1 + len(values))
        for row, key in zip(values, taken, strict=True):
            row.append(key)
        head, marks = head[:-1] + f", {plan.key})", marks + ", %s"
    direct.run_each(f"{head} VALUES ({marks}){SKIP if ignore else ''}", values)
    return list(taken)


def _defaults(columns: Sequence[Column]) -> list[Any]:
    engine = connections[DEFAULT_DB_ALIAS]
    return [each.default.get_db_prep_save(each.default.get_default(), engine) for each in columns if each.default]


@lru_cache(maxsize=256)
def _plan(model: type[models.Model], names: tuple[str, ...], vendor: str) -> Plan:
    """The plan for these names of a model on an engine."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    pk = model._meta.pk
    assert pk is not None
    counted = isinstance(pk, models.AutoField | models.BigAutoField)
    rest = [field for name, field in fields.items() if name not in names and not (counted and field is pk)]
    quote = connection.ops.quote_name
    own = [_column(fields[name], vendor) for name in names]
    others = [_column(field, vendor, default=True) for field in rest]
    first = itemgetter(*names)
    return Plan(
        model._meta.db_table,
        quote(model._meta.db_table),
        (*own, *others),
        quote(str(pk.column)),
        counted and pk.attname not in names,
        first if len(names) > 1 else lambda row: (first(row),),
        tuple((at, column.prepare) for at, column in enumerate(own) if column.prepare is not None),
        None if any(each.has_default() and callable(each.default) for each in rest) else tuple(_defaults(others)),
    )


def _column(field: Any, vendor: str, *, default: bool = False) -> Column:
    return Column(
        quoted=connection.ops.quote_name(str(field.column)),
        prepare=_prepare_of(field, vendor),
        type=str(field.db_type(connection)),
        default=field if default else None,
    )


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def json_text(value: Any) -> str:
    """JSON in one form only: as SQLite keeps it, it goes into the ledger's lines (ledger/lines.py)."""
    return _encode(value)


def _prepare_of(field: Any, vendor: str) -> Prepare | None:
    """How a value of the field goes to the engine; None when as it is."""
    if isinstance(field, AS_THEY_ARE):
        return None
    if isinstance(field, models.JSONField):
        return json_text
    if isinstance(field, models.UUIDField):
        return None if connection.features.has_native_uuid_field else _hex
    if isinstance(field, models.DateTimeField):
        return _moment if vendor == "sqlite" else None
    if isinstance(field, models.DateField):
        return _day if vendor == "sqlite" else None
    return lambda value: field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def _hex(value: Any) -> Any:
    return value.hex


@lru_cache(maxsize=4096)  # the rows of a deed, and of a chunk, share their instants
def _moment(value: datetime) -> str:
    """As Django's SQLite keeps an instant."""
    if value.tzinfo is None:
        raise ValueError(f"an instant without a time zone: {value}")
    return str(value.astimezone(UTC).replace(tzinfo=None))


def _day(value: date) -> str:
    """As Django's SQLite keeps a day; of an instant its day in the company's time."""
    from kedang.kernel import clock

    return str(clock.local(value).date() if isinstance(value, datetime) else value)


__all__ = ["FEW", "PART", "insert", "insert_all", "insert_together"]
