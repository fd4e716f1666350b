"""Makes and fills the floor's table beside the product's own, in the same database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice

from django.db import connection

from bench.filling import fill, moment
from bench.floor.models import Plain
from kedang.kernel import clock

UNITS = 20


def make(rows: int) -> None:
    """Create the table with this many rows, over twenty units."""
    with connection.schema_editor() as schema:
        schema.create_model(Plain)
    now = clock.now().timestamp()
    names = [field.name for field in Plain._meta.concrete_fields]
    fill(Plain, names, (
        (i, f"P-{i:07}", f"上海云启科技{i}有限公司", f"138{i:08}", f"人民路{i}号", "展会", "正常", i % 500, i % UNITS,
         date(2026, 3, 2).isoformat(), moment(now - i * 60))
        for i in range(1, rows + 1)
    ))  # fmt: skip


def create_one(number: int) -> None:
    """The floor of writing: one row, one transaction."""
    Plain.objects.create(
        number=f"N-{number}", name=f"上海云启科技{number}号有限公司", phone="13800138000", address="人民路1号", source="展会",
        status="正常", owner=1, unit=1, registered_on=date(2026, 3, 2), updated_at=clock.now(),
    )  # fmt: skip


def create_many(numbers: Iterator[int], rows: int) -> None:
    """The floor of importing: as many rows by bulk_create, two hundred a transaction."""
    now, left = clock.now(), rows
    while left > 0:
        part = list(islice(numbers, min(200, left)))
        left -= len(part)
        Plain.objects.bulk_create(
            Plain(
                number=f"M-{number}", name=f"上海云启科技{number}号有限公司", phone="13800138000", address="人民路1号", source="展会",
                status="正常", owner=1, unit=1, registered_on=date(2026, 3, 2), updated_at=now,
            )
            for number in part
        )  # fmt: skip
