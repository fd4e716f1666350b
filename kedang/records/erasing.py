"""What record keeping leaves behind of a destroyed file: how many items there were, and the record of destruction."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from kedang.kernel.filebound import FileBound, register
from kedang.kernel.org.models import Person
from kedang.records.models import Catalogue, Custody, Destruction, Dispatch, InventoryLine, Item, ItemVersion, Loan

PEOPLE = ("asked_by_id", "supervisor_id", "executed_by_id")
KEPT = [field for field in Destruction._meta.concrete_fields if field.attname not in ("id", "customer_id")]


def erase(file: int, at: datetime) -> int:
    """Blank titles, reasons and notes; the contents go with the kernel's files. How many rows. Nobody keeps the file any
    more: at the next count it would be missing."""
    Custody.objects.filter(customer=file, end=None).update(end=at)
    return sum(
        (
            Item.objects.filter(customer=file).update(
                title="", responsible="", purpose="", twin_reason="", void_reason=""
            ),
            ItemVersion.objects.filter(item__customer=file).update(reason=""),
            Catalogue.objects.filter(customer=file).update(why=""),
            Loan.objects.filter(customer=file).update(purpose="", note=""),
            Dispatch.objects.filter(customer=file).update(to="（已销毁）", note=""),
            InventoryLine.objects.filter(customer=file).update(note=""),
        )
    )


def residue(file: int) -> dict[str, Any] | None:
    """The record of destruction, which names no customer."""
    row = Destruction.objects.filter(customer=file).first()
    if row is None:
        return None
    return {
        field.attname: json.loads(json.dumps(field.value_from_object(row), cls=DjangoJSONEncoder)) for field in KEPT
    }


def put_back(file: int, kept: dict[str, Any] | None) -> None:
    """The record of destruction into a database that was restored from before it; people it does not know are left out."""
    if kept is None:
        return
    known = set(
        Person.objects.filter(pk__in=[kept[name] for name in PEOPLE if kept[name]]).values_list("pk", flat=True)
    )
    values = {field.attname: field.to_python(kept[field.attname]) for field in KEPT}
    values |= {name: kept[name] if kept[name] in known else None for name in PEOPLE}
    Destruction.objects.update_or_create(customer_id=file, defaults=values)


register(FileBound("records", "档案件、借阅与盘点", erase, residue, put_back))
