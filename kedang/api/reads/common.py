"""What all reads share: who asks, numbers of an address, one file that may be opened, pages of a query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Path, Query

from kedang.api import cursors
from kedang.api.problems import Problem
from kedang.customers import selectors
from kedang.kernel import files
from kedang.kernel.actions import access, perform_read
from kedang.kernel.errors import Refused
from kedang.kernel.org.models import Person

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=100, description="每页条数")]
After = Annotated[str, Query(max_length=400, description="上一页给的 next")]
Word = Annotated[str, Query(max_length=120)]


def reader(request: HttpRequest) -> Person:
    """Whose rights apply."""
    person: Person = request.user  # type: ignore[assignment]
    return person


def named(pairs: Any) -> list[dict[str, str]]:
    """(name, value) pairs as objects."""
    return [{"name": name, "value": value} for name, value in pairs]


def opened(request: HttpRequest, pk: int) -> selectors.FileHead:
    """The head of a file whose whole content the reader may see; the reading is on record. NotFound outside his list,
    Refused with the clause when he may know of it only."""
    person = reader(request)
    head = selectors.customer_head(person, pk)
    decision = perform_read("file.open", by=person, customer=pk)
    view = files.view(pk)
    if decision.verdict != "allow" or view is None or not access.whole_file(access.standing(person.pk), view):
        raise Refused(decision)
    return head


def page(
    rows: QuerySet[Any], shown: Callable[[list[Any]], list[Any]], asked: str, limit: int, by: str = "pk"
) -> dict[str, Any]:
    """A page of rows that stand by falling number: `shown` makes them JSON, the cursor is the last number."""
    after = cursors.read(asked, int)
    found = list((rows.filter(**{f"{by}__lt": after[0]}) if after else rows)[: limit + 1])
    more = len(found) > limit
    return {"items": shown(found[:limit]), "next": cursors.write(getattr(found[limit - 1], by)) if more else None}


def counted(rows: QuerySet[Any], shown: Callable[[list[Any]], list[Any]], asked: str, limit: int) -> dict[str, Any]:
    """A page of rows in an order of their own, counted off; for the short lists of one person."""
    after = cursors.read(asked, int)
    start = after[0] if after else 0
    if not 0 <= start <= 1_000_000:
        raise Problem(422, "invalid", "cursor：不是本列表给出的游标", {"cursor": "不是本列表给出的游标"})
    found = list(rows[start : start + limit + 1])
    return {"items": shown(found[:limit]), "next": cursors.write(start + limit) if len(found) > limit else None}
