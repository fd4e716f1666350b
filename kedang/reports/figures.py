"""Figures that look across modules: a number, and the cases it opens."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from kedang.customers.models import Customer
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.vocabulary import Figure, register

UNCOUNTED = (DutyState.VOID, DutyState.WAIVED)


def late_rows(unit: int, since: Any = None, world: Any = None) -> QuerySet[Duty]:
    """The duties of a unit that went past their time: those about its files, and those it bears itself."""
    files = Customer.objects.filter(unit=unit).values("pk")
    rows = Duty.objects.filter(Q(file__in=files) | Q(unit=unit)).exclude(state__in=UNCOUNTED)
    rows = rows.filter(Q(state=DutyState.LATE) | ~Q(breached_at=None))
    return rows.filter(due_at__gte=since) if since else rows


def late_duties(unit: int, since: Any = None, world: Any = None) -> int:
    """逾期次数: how many of a unit's duties were or are late."""
    return late_rows(unit, since).count()


def register_figures() -> None:
    """Called once when the app is ready."""
    register(Figure("late_duties", "部门逾期次数", ("unit",), late_duties, late_rows))
