"""Reading claims and contracts."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from kedang.kernel.errors import NotFound
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.trade.models import PENDING, REVIEWED, Contract, ExpenseClaim

FINANCE_POST = "finance"


def expenses_for(person: Person) -> QuerySet[ExpenseClaim]:
    """The claims a person may see: his own, and for finance those that were handed in to it."""
    rows = ExpenseClaim.objects.select_related("customer", "claimant", "reviewed_by")
    if FINANCE_POST in org.posts_of(person):
        return rows
    return rows.filter(claimant=person)


def expense_for(person: Person, expense: int) -> ExpenseClaim:
    """The one way from user input to a claim; NotFound outside what the person may see."""
    row = expenses_for(person).filter(pk=expense).first()
    if row is None:
        raise NotFound()
    return row


def expense_queue(person: Person) -> list[ExpenseClaim]:
    """What waits for finance: to review, then to pay; one query after the rights."""
    waiting = Q(state=PENDING) | Q(state=REVIEWED)
    return list(expenses_for(person).filter(waiting).order_by("state", "submitted_at")[:200])


def file_expenses(file: int, limit: int = 50) -> list[ExpenseClaim]:
    """A file's claims, newest first; for readers who may open it."""
    rows = ExpenseClaim.objects.filter(customer=file).select_related("claimant", "reviewed_by")
    return list(rows.order_by("-submitted_at", "-id")[:limit])


def file_contracts(file: int) -> list[Contract]:
    """A file's contracts, newest first; for readers who may open it."""
    return list(Contract.objects.filter(customer=file).select_related("registered_by")[:50])
