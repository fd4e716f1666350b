"""看板: the list as columns of cards, one a class or a stage; moving a card is the deed that the file's own page offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.customers import selectors
from kedang.customers.models import Customer
from kedang.customers.selectors.columns import Column, columns, in_stage, with_value
from kedang.customers.selectors.listing import Row, found_files, rows_for
from kedang.kernel.actions import access, perform
from kedang.kernel.errors import AsksReason, NeedsApproval, NotFound
from kedang.kernel.norms.store import regulations
from kedang.web import listing, words
from kedang.web.replies import trigger

CARDS = 20
"""Cards of one column; the rest is a link to the list."""
NONE = "未分类"
NEWEST = 2000
"""Files without a class are looked for among so many: a class is given soon after a file is opened, and looking for what is not
there would read every file of the company."""


@dataclass
class Lane:
    """One column of the board."""

    value: str
    label: str
    count: int
    count_words: str
    url: str
    rows: list[Row] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many files are not shown."""
        return self.count - len(self.rows)


def kinds_for(who: access.Standing) -> list[Column]:
    """What a board may be arranged by: classes and stages of the regulations over the person's departments, else of all."""
    versions = regulations().in_force()
    own = {version.pack for version in versions if version.units is not None and version.covers(None, who.units)}
    known = [column for column in columns().values() if column.term or column.flow]
    mine = [column for column in known if (column.term or column.flow).partition(".")[0] in own]
    return mine or known


def context_of(request: HttpRequest, who: access.Standing, asked: dict[str, Any]) -> dict[str, Any]:
    """The lanes of the board that the address asks for; two queries a lane and those of the rows."""
    kinds = kinds_for(who)
    by = next((one for one in kinds if one.key == request.GET.get("by")), kinds[0] if kinds else None)
    if by is None:
        return {"kinds": [], "by": None, "lanes": []}
    files = found_files(request.user, scope=asked["scope"], search=asked["search"], filters=asked["filters"], who=who)
    lanes, found = [], []
    for value, label in [*by.values, *([("", NONE)] if by.term else [])]:
        inside = _inside(files, by, value)
        shown = list(inside.select_related("owner", "unit", "summary").order_by("-updated_at", "-pk")[:CARDS])
        found.append(shown)
        number = selectors.count_capped(inside) if len(shown) == CARDS else len(shown)
        lanes.append(Lane(value, label, number, words.capped(number), _lane_url(request, by, value)))
    made = {row.id: row for row in rows_for([row for shown in found for row in shown], who)}
    for lane, shown in zip(lanes, found, strict=True):
        lane.rows = [made[row.pk] for row in shown]
    if by.term and not lanes[-1].rows:
        lanes.pop()
    switches = [
        (one.label, listing.replaced(request.GET, show="board", by=one.key), one.key == by.key) for one in kinds
    ]
    return {"kinds": switches, "by": by, "lanes": lanes, "newest": NEWEST}


def _inside(files: QuerySet[Customer], by: Column, value: str) -> QuerySet[Customer]:
    """The files of one lane."""
    if by.flow:
        return files.filter(in_stage(by.flow, value))
    if not value:
        newest = files.order_by("-updated_at", "-pk").values("pk")[:NEWEST]
        files = Customer.objects.filter(pk__in=newest)
    return files.filter(with_value(by.term, value))


def _lane_url(request: HttpRequest, by: Column, value: str) -> str:
    key = "term" if by.term else "stage"
    return f"{reverse('customers')}?{listing.replaced(request.GET, show='', by='', **{key: f'{by.term or by.flow}:{value}'})}"


@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """A card put into another lane: the deed, once a key. Whatever is answered, the page asks for the board again."""
    by = columns().get(request.POST.get("by", ""))
    to = request.POST.get("to", "")
    label = dict(by.values).get(to) if by else None
    if by is None or label is None or not (by.term or by.flow):
        raise NotFound
    action = "customer.classify" if by.term else "flow.move"
    args = {"term": by.term, "value": to} if by.term else {"flow": by.flow, "to": to}
    try:
        perform(action, by=request.user, key=request.POST.get("key", "")[:64] or None, customer=pk, **args)
    except NeedsApproval as asked:
        # The card stays where it was until somebody has agreed.
        return trigger(HttpResponse(status=204), say=f"改为“{label}”须经审批，已提交。{asked.request.title}")
    except AsksReason:
        more = f"?value={by.term}:{to}" if by.term else f"?flow={by.flow}&to={to}"
        return trigger(HttpResponse(status=204), dialog=f"{reverse('deed', args=[pk, action])}{more}")
    return trigger(HttpResponse(status=204), say=f"已改为“{label}”。")
