"""Visits that a person has planned and not made yet."""

from __future__ import annotations

from collections.abc import Iterator

from kedang.engagement.models import VisitPlan
from kedang.kernel import holdings
from kedang.kernel.actions.deed import Deed
from kedang.kernel.holdings import Held, Holding
from kedang.kernel.org.models import Person


def _planned(person: Person) -> Iterator[Held]:
    rows = VisitPlan.objects.filter(person=person, record=None, cancelled_at=None).select_related("customer")
    for row in rows.order_by("planned_on", "pk"):
        yield Held(row.pk, f"{row.planned_on:%Y-%m-%d} 拜访 {row.customer.name}", row.customer_id)


def _pass_plan(ref: int, giver: Person, receiver: Person, deed: Deed, reason: str) -> None:
    VisitPlan.objects.filter(pk=ref, person=giver, record=None, cancelled_at=None).update(person=receiver)


holdings.register(Holding("visits", "未执行的拜访计划", _planned, _pass_plan, 25))
