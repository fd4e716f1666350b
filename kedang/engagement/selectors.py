"""Reading contacts and visit plans of one file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kedang.engagement.models import ContactRecord, VisitPlan
from kedang.kernel import clock

PLANNED, DONE, MISSED, CANCELLED = "计划", "已完成", "未执行", "已取消"
MISSED_AFTER = timedelta(days=3)


@dataclass(frozen=True)
class PlanRow:
    """One planned visit as a page shows it."""

    id: int
    person: str
    planned_on: date
    purpose: str
    state: str


def visit_state(plan: VisitPlan, today: date | None = None) -> str:
    """计划, 已完成, 已取消, or 未执行 once three days have passed without a record; derived, so it cannot be stale."""
    if plan.record_id:
        return DONE
    if plan.cancelled_at:
        return CANCELLED
    return MISSED if (today or clock.today()) > plan.planned_on + MISSED_AFTER else PLANNED


def visit_plans(file: int) -> list[PlanRow]:
    """A file's visit plans, newest first; one query."""
    today = clock.today()
    rows = VisitPlan.objects.filter(customer=file).select_related("person").order_by("-planned_on", "-id")[:50]
    return [PlanRow(row.pk, row.person.name, row.planned_on, row.purpose, visit_state(row, today)) for row in rows]


def contact_records(file: int, limit: int = 50) -> list[ContactRecord]:
    """A file's contact records, newest first; one query."""
    rows = ContactRecord.objects.filter(customer=file).select_related("by", "typed_by")
    return list(rows.order_by("-occurred_at", "-id")[:limit])
