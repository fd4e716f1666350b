"""What norms and pages may ask about contacts and visits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kedang.engagement.models import ContactRecord, VisitPlan
from kedang.engagement.selectors import MISSED_AFTER
from kedang.kernel.norms.vocabulary import Figure, World, fact, register


@fact("has_missed_visit", "有未执行的拜访计划", ("customer",), "bool")
def load_missed_visit(subjects: Sequence[tuple[Any, ...]], world: World) -> dict[Any, bool]:
    """Whether a planned visit's day, and the days it may slip, have gone by without a record."""
    last = world.now.date() - MISSED_AFTER
    ids = {subject[0] for subject in subjects}
    rows = VisitPlan.objects.filter(customer__in=ids, record=None, cancelled_at=None, planned_on__lt=last)
    missed = set(rows.values_list("customer_id", flat=True))
    return {subject: subject[0] in missed for subject in subjects}


def contacts_by(person: int, since: Any = None, world: Any = None) -> int:
    """跟进次数 of a person since an instant (default: ever)."""
    rows = ContactRecord.objects.filter(by=person, corrected_at=None)
    return rows.filter(occurred_at__gte=since).count() if since else rows.count()


register(Figure("contacts", "跟进次数", ("person", "datetime"), contacts_by))
