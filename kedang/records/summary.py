"""The completeness column of FileSummary: written in the deed that changes a file, looked over once a night."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from kedang.customers.models import DESTROYED, Customer, FileSummary
from kedang.records import completeness

log = logging.getLogger("kedang.records")
MEASURED = ("customer.", "form.filed", "record.item_")
"""Events after which a file may be more or less complete."""
BATCH = 500


def follow(happened: Iterable[tuple[str, int]]) -> None:
    """Bring the column up to date for the files that a deed has changed."""
    refresh({file for kind, file in happened if kind.startswith(MEASURED)})


def refresh(files: set[int]) -> int:
    """Measure these files and write what differs; how many differed."""
    found = completeness.measure(files) if files else {}
    rows = dict(FileSummary.objects.filter(customer__in=files).values_list("customer_id", "completeness"))
    wrong: dict[int, list[int]] = {}
    for file, each in found.items():
        if file in rows and rows[file] != each.percent:
            wrong.setdefault(each.percent, []).append(file)
    for percent, several in wrong.items():
        FileSummary.objects.filter(customer__in=several).update(completeness=percent)
    return sum(len(several) for several in wrong.values())


def look_over() -> int:
    """Every file's column against what it should be: put right, and the number that was wrong reported. A regulation
    that came into force, or a class that it asks more of, changes files that nobody touched."""
    wrong, last = 0, 0
    while ids := list(
        Customer.objects.filter(pk__gt=last)
        .exclude(status=DESTROYED)
        .order_by("pk")
        .values_list("pk", flat=True)[:BATCH]
    ):
        wrong, last = wrong + refresh(set(ids)), ids[-1]
    if wrong:
        log.warning("completeness of %s files differed and was put right", wrong)
    return wrong
