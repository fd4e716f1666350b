"""The completeness column of FileSummary: written in the deed that changes a file, looked over once a night."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from kedang.customers.models import DESTROYED, Customer, FileSummary
from kedang.kernel import direct
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
    found: dict[int, list[int]] = {}
    for file, each in completeness.measure(files).items() if files else ():
        found.setdefault(each.percent, []).append(file)
    return sum(_write(percent, several) for percent, several in found.items())


def _write(percent: int, files: list[int]) -> int:
    marks = ", ".join(["%s"] * len(files))
    return direct.run(
        f"UPDATE {FileSummary._meta.db_table} SET completeness = %s"  # noqa: S608  (names of the model, no input)
        f" WHERE customer_id IN ({marks}) AND (completeness IS NULL OR completeness <> %s)",
        [percent, *files, percent],
    )


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
