"""Reading claims and contracts."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from kedang.kernel import once
from kedang.kernel.errors import NotFound
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.picking import exists
from kedang.trade.models import PENDING, REVIEWED, Contract, ExpenseClaim

FINANCE_POST = "finance"
QUEUES = {"pending": PENDING, "reviewed": REVIEWED}


def expenses_for(person: Person) -> QuerySet[ExpenseClaim]:
    """The claims a person may see: his own, and for finance those that were handed in to it."""
    rows = ExpenseClaim.objects.select_related("customer", "claimant", "reviewed_by")
    if reviews_expenses(person):
        return rows
    return rows.filter(claimant=person)


def expense_for(person: Person, expense: int) -> ExpenseClaim:
    """The one way from user input to a claim; NotFound outside what the person may see."""
    row = expenses_for(person).filter(pk=expense).first()
    if row is None:
        raise NotFound()
    return row


def reviews_expenses(person: Person) -> bool:
    """Whether claims are handed in to this person."""
    return FINANCE_POST in org.posts_of(person)


def concerned_with_expenses(person: Person) -> bool:
    """Whether there is anything about claims to show this person."""
    return reviews_expenses(person) or exists(ExpenseClaim, claimant_id=person.pk)


def expenses_in(person: Person, part: str = "all") -> QuerySet[ExpenseClaim]:
    """One part of what the person may see: `pending` and `reviewed` as a queue, oldest first; `mine` and `all` newest first."""
    rows = expenses_for(person)
    if part in QUEUES:
        return rows.filter(state=QUEUES[part]).order_by("submitted_at", "id")
    if part == "mine":
        rows = rows.filter(claimant=person)
    return rows.order_by("-submitted_at", "-id")


def know(claims: Iterable[ExpenseClaim]) -> None:
    """Hand in claims that were read already, so that the buttons of a list ask for no customer row by row."""
    once.memory().update({("claim_file", claim.pk): claim.customer_id for claim in claims})


def file_of_claim(expense: int) -> int | None:
    """The customer a claim names; that never changes, so what was handed in holds."""
    kept = once.memory()
    if ("claim_file", expense) in kept:
        found: int | None = kept["claim_file", expense]
        return found
    return ExpenseClaim.objects.filter(pk=expense).values_list("customer_id", flat=True).first()


def file_expenses(file: int, limit: int = 50) -> list[ExpenseClaim]:
    """A file's claims, newest first; for readers who may open it."""
    rows = ExpenseClaim.objects.filter(customer=file).select_related("claimant", "reviewed_by")
    return list(rows.order_by("-submitted_at", "-id")[:limit])


def file_contracts(file: int) -> list[Contract]:
    """A file's contracts, newest first; for readers who may open it."""
    return list(Contract.objects.filter(customer=file).select_related("registered_by")[:50])
