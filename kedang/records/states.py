"""档案保管状态: 在管, 借出, 到期待销毁, 已销毁. Set-wise; '' before a file is archived."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from kedang.kernel import clock, files
from kedang.kernel.norms.store import Regulations
from kedang.records import rules
from kedang.records.models import Archive, Destruction, Loan

KEPT, LENT, EXPIRED, GONE = "在管", "借出", "到期待销毁", "已销毁"
STATES = (KEPT, LENT, EXPIRED, GONE)


def loans_out() -> QuerySet[Loan]:
    """Loans that are in somebody's hands."""
    return Loan.objects.filter(registered_at__isnull=False, returned_at=None)


def expiries(ids: Collection[int], regs: Regulations | None = None) -> dict[int, date | None]:
    """{archived file: the first day on which it may be destroyed}; worked out anew where the archive does not know it."""
    found: dict[int, date | None] = {}
    for line in Archive.objects.filter(customer__in=ids):
        found[line.customer_id] = line.expires_on or _worked_out(line, regs)
    return found


def _worked_out(line: Archive, regs: Regulations | None) -> date | None:
    view = files.view(line.customer_id)
    if view is None:
        return None
    value = line.value or rules.class_of(view, regs)[1]
    return rules.expiry(view, value, clock.local(line.archived_at).date(), regs)


def states(ids: Iterable[int], regs: Regulations | None = None) -> dict[int, str]:
    """{file: state}; three queries."""
    wanted = set(ids)
    today = clock.today()
    until = expiries(wanted, regs)
    lent = set(loans_out().filter(customer__in=wanted).values_list("customer_id", flat=True))
    done = Destruction.objects.filter(customer__in=wanted).exclude(executed_at=None)
    gone = set(done.values_list("customer_id", flat=True))
    found = {}
    for file in wanted:
        end = until.get(file)
        found[file] = (
            GONE if file in gone
            else "" if file not in until
            else LENT if file in lent
            else EXPIRED if end is not None and end <= today
            else KEPT
        )  # fmt: skip
    return found


def of(file: int) -> str:
    """One file's state."""
    return states([file])[file]


def rows_in(state: str) -> Any:
    """The files in a state, as a query, for figures and lists."""
    rows = Archive.objects.select_related("customer").order_by("expires_on", "id")
    gone = Q(customer__destruction__executed_at__isnull=False)
    lent = Q(customer__in=loans_out().values("customer"))
    expired = Q(expires_on__lte=clock.today())
    return {
        GONE: rows.filter(gone),
        LENT: rows.exclude(gone).filter(lent),
        EXPIRED: rows.exclude(gone).exclude(lent).filter(expired),
        KEPT: rows.exclude(gone).exclude(lent).exclude(expired),
    }[state]
