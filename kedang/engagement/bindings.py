"""跟踪情况: what a file form says of the contacts is taken from the contacts themselves, so no visit is left out."""

from __future__ import annotations

from typing import Any

from kedang.engagement.models import ContactRecord
from kedang.kernel import clock
from kedang.kernel.actions import Deed
from kedang.kernel.norms.models import FormRecord
from kedang.kernel.norms.vocabulary import Binding, register

LINES = 20
KEY = "follow_up"


def read_follow_up(customer: int) -> str | None:
    """The newest contacts, one a line; what was typed into the newest form where none is on record."""
    rows = ContactRecord.objects.filter(customer=customer, corrected_at=None).order_by("-occurred_at", "-id")[:LINES]
    lines = [f"{clock.local(row.occurred_at):%Y-%m-%d} {row.kind}　{row.content}".strip() for row in rows]
    if lines:
        return "\n".join(lines)
    kept = FormRecord.objects.filter(file=customer).order_by("-id").values_list("data", flat=True)
    return next((data[KEY] for data in kept[:LINES] if data.get(KEY)), None)


def keep_follow_up(customer: int, value: Any, deed: Deed) -> None:
    """Nothing is written back: a contact is recorded where it is recorded, and what was typed stays in the form."""


register(Binding("customer.follow_up", "跟踪情况", "long_text", read_follow_up, keep_follow_up, "deal"))
