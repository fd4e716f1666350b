"""视图: names for addresses of a list. Whoever opens one asks its question with his own rights, so sharing shows nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from kedang.kernel import clock
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.web.listing import LIST
from kedang.web.models import SavedView, ViewUse

MOST = 50
LONGEST = 6000


@dataclass(frozen=True)
class Tab:
    """A view as one person has it."""

    view: SavedView
    mine: bool
    pinned: bool
    default: bool

    @property
    def url(self) -> str:
        """The list in the state that the view names."""
        return f"{reverse('customers')}?{self.view.query}&view={self.view.pk}"

    @property
    def shared(self) -> str:
        """With whom, '' for nobody."""
        return "" if self.view.audience == SavedView.OWN else self.view.get_audience_display()


def views_for(person: Person) -> QuerySet[SavedView]:
    """His own views, those shared with everybody, and those shared with a department he belongs to."""
    shared = Q(audience=SavedView.ALL) | Q(audience=SavedView.UNIT, unit__in=org.units_of(person))
    return SavedView.objects.filter(Q(owner=person) | shared, list=LIST)


def tabs_for(person: Person) -> list[Tab]:
    """Every view he may open, pinned ones first; two queries."""
    uses = {use.view_id: use for use in ViewUse.objects.filter(person=person)}
    made = [
        Tab(view, view.owner_id == person.pk, bool(use and use.pinned), bool(use and use.default))
        for view in views_for(person).select_related("owner")[: 4 * MOST]
        for use in [uses.get(view.pk)]
    ]
    return sorted(made, key=lambda tab: (not tab.pinned, tab.view.pk))


def default_of(person: Person) -> Tab | None:
    """Where his list begins, None for the usual beginning; one query for most people."""
    use = ViewUse.objects.filter(person=person, default=True).first()
    view = views_for(person).filter(pk=use.view_id).first() if use else None
    return Tab(view, view.owner_id == person.pk, use.pinned, True) if use and view else None


def view_of(person: Person, pk: int, *, own: bool = False) -> SavedView:
    """A view he may open (or owns); NotFound otherwise, whether it exists or not."""
    rows = SavedView.objects.filter(owner=person, list=LIST) if own else views_for(person)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def save(person: Person, *, name: str, query: str, audience: str = SavedView.OWN) -> SavedView:
    """A new view. Invalid at the field: no name, a name he has already, nobody to share with, too many views."""
    view = SavedView(owner=person, list=LIST, query=_query(query), at=clock.now())
    if SavedView.objects.filter(owner=person, list=LIST).count() >= MOST:
        raise Invalid({"name": f"每人最多保存 {MOST} 个视图，请先删掉不用的"})
    return _write(view, name, audience)


def rename(view: SavedView, *, name: str, audience: str) -> SavedView:
    """Another name or audience."""
    return _write(view, name, audience)


def update(view: SavedView, query: str) -> None:
    """Let the view name another state of the list."""
    view.query, view.at = _query(query), clock.now()
    view.save(update_fields=["query", "at"])


def use(person: Person, view: SavedView, **marks: bool) -> None:
    """Pin it, or let the list begin with it: only one can be the beginning."""
    with transaction.atomic():
        if marks.get("default"):
            ViewUse.objects.filter(person=person, default=True).update(default=False)
        ViewUse.objects.update_or_create(person=person, view=view, defaults=marks)


def _query(query: str) -> str:
    if len(query) > LONGEST:
        raise Invalid("筛选条件太长，存不成视图，请减少几个条件")
    return query


def _write(view: SavedView, name: str, audience: str) -> SavedView:
    named = " ".join(name.split())
    errors: dict[str, str] = {}
    if not 1 <= len(named) <= 20:
        errors["name"] = "请写 1 到 20 个字的名称"
    if audience not in dict(SavedView.AUDIENCES):
        errors["audience"] = "请选择给谁看"
    unit = org.home_unit(view.owner) if audience == SavedView.UNIT else None
    if audience == SavedView.UNIT and unit is None:
        errors["audience"] = "您没有所属部门，不能共享给本部门"
    if errors:
        raise Invalid(errors)
    view.name, view.audience, view.unit_id = named, audience, unit
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise Invalid({"name": f"您已有名为“{named}”的视图，请换一个名称"}) from None
    return view
