"""What norms may ask about keeping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kedang.kernel.norms.vocabulary import Figure, World, fact, register
from kedang.records.models import Archive, Custody, Handover, InventoryLine

Subjects = Sequence[tuple[Any, ...]]


def _ids(subjects: Subjects) -> set[int]:
    return {subject[0] for subject in subjects}


@fact("customer.custodian", "保管人", ("customer",), "person", total=False)
def load_custodian(subjects: Subjects, world: World) -> dict[Any, int | None]:
    """Who keeps the file now."""
    rows = Custody.objects.filter(customer__in=_ids(subjects), end=None)
    found = dict(rows.values_list("customer_id", "custodian_id"))
    return {subject: found.get(subject[0]) for subject in subjects}


@fact("customer.archived", "已归档", ("customer",), "bool")
def load_archived(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether the file was taken into the archive."""
    held = set(Archive.objects.filter(customer__in=_ids(subjects)).values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


@fact("customer.handover_waiting", "有待接收的移交", ("customer",), "bool")
def load_waiting(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether material was handed over and not yet accepted."""
    rows = Handover.objects.filter(customer__in=_ids(subjects), received_at=None)
    held = set(rows.values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


@fact("customer.missing", "盘点缺失", ("customer",), "bool")
def load_missing(subjects: Subjects, world: World) -> dict[Any, bool]:
    """Whether the file was missing at a count and has not been found since."""
    rows = InventoryLine.objects.filter(customer__in=_ids(subjects), present=False, found_at=None)
    held = set(rows.values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


def missing_files(world: Any = None) -> int:
    """盘点缺失: files that a count did not see and nobody has found since."""
    return InventoryLine.objects.filter(present=False, found_at=None).values("customer").distinct().count()


register(Figure("missing_files", "盘点缺失", (), missing_files))
