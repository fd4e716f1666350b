"""What the pickers of forms offer: people, departments, customers, as JSON, within the person's reach."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from kedang.customers import selectors
from kedang.customers.models import Contact
from kedang.kernel.errors import NotFound
from kedang.kernel.names import fold
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Appointment, Person, Unit

LIMIT = 30


@require_GET
def pick(request: HttpRequest, kind: str) -> JsonResponse:
    """[{id, name}] that match what was typed; the first ones when nothing was."""
    text = request.GET.get("q", "").strip()[:40]
    offer = {"person": _people, "unit": _units, "customer": _files, "file": _files}.get(kind)
    if kind == "contact":
        return JsonResponse(_contacts(request), safe=False)
    if offer is None:
        raise NotFound
    return JsonResponse(offer(request.user, text), safe=False)


def _people(person: Person, text: str) -> list[dict[str, object]]:
    rows = org.active_people()
    if text:
        rows = (
            rows.filter(name__contains=text)
            | rows.filter(sort_key__startswith=fold(text))
            | rows.filter(username__startswith=text)
        )
    found = list(rows.order_by("sort_key", "id")[:LIMIT])
    posts = Appointment.objects.filter(org.current(None), person__in=found, primary=True).select_related("unit")
    units = {one.person_id: one.unit.name for one in posts}
    return [{"id": one.pk, "name": f"{one.name}（{units[one.pk]}）" if one.pk in units else one.name} for one in found]


def _units(person: Person, text: str) -> list[dict[str, object]]:
    rows = Unit.objects.filter(closed_on=None, name__contains=text) if text else Unit.objects.filter(closed_on=None)
    return [{"id": one.pk, "name": one.name} for one in rows.order_by("path")[:100]]


def _files(person: Person, text: str) -> list[dict[str, object]]:
    rows = (
        selectors.search_files(person, text) if text else selectors.visible_files(person).order_by("-updated_at", "-pk")
    )
    return [
        {"id": pk, "name": f"{name}（{number}）"}
        for pk, name, number in rows.values_list("pk", "name", "number")[:LIMIT]
    ]


def _contacts(request: HttpRequest) -> list[dict[str, object]]:
    given = request.GET.get("customer", "")
    if not given.isdecimal():
        return []
    head = selectors.customer_head(request.user, int(given))
    if head.rights.get("contact") != "show":
        return []
    rows = Contact.objects.filter(customer=head.id, left_at=None)
    return [{"id": one.pk, "name": f"{one.name} {one.post}".strip()} for one in rows]
