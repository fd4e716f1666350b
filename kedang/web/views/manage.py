"""管理: people, departments, the calendar and the regulations. Plain lists; every change is a deed of its own form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kedang.kernel import clock
from kedang.kernel.errors import NotFound
from kedang.kernel.models import Parked, Pulse
from kedang.kernel.norms.models import PackVersion
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Appointment, Person
from kedang.kernel.workdays import calendar
from kedang.kernel.workdays.models import CalendarDay, CalendarYear
from kedang.web.paging import page_of

TABS = {"people": "人员", "units": "部门与任职", "calendar": "工作日历", "packs": "制度版本", "health": "运行"}
DEEDS = {
    "people": ("org.add_person", "org.appoint"), "units": ("org.add_unit", "org.rename_unit", "org.appoint"),
    "calendar": ("calendar.set_day",), "packs": ("pack.load", "pack.draft", "pack.adopt"), "health": (),
}  # fmt: skip


def index(request: HttpRequest) -> HttpResponse:
    """One tab; for administrators."""
    if not request.user.is_admin:
        raise NotFound
    tab = request.GET.get("tab", "people")
    tab = tab if tab in TABS else "people"
    deeds = [(name, vocabulary.actions[name].label) for name in DEEDS[tab] if name in vocabulary.actions]
    context = {"tabs": [(key, label, key == tab) for key, label in TABS.items()], "tab": tab, "deeds": deeds, **READERS[tab](request)}
    return render(request, "manage/index.html", context)


def _people(request: HttpRequest) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()[:40]
    rows = Person.objects.order_by("-is_active", "sort_key", "id")
    if text:
        rows = rows.filter(name__contains=text) | rows.filter(username__contains=text) | rows.filter(employee_no=text)
    page = page_of(rows, request.GET.get("page"))
    held: dict[int, list[str]] = {}
    for one in Appointment.objects.filter(org.current(None), person__in=page.rows).select_related("unit", "post"):
        held.setdefault(one.person_id, []).append(f"{one.unit.name} {one.post.name}")
    return {"page": page, "held": held, "text": text}


def _units(request: HttpRequest) -> dict[str, Any]:
    units = org.unit_tree()
    heads = org.heads_of_many([unit.pk for unit in units])
    members: dict[int, list[str]] = {}
    for one in Appointment.objects.filter(org.current(None)).select_related("person", "post").order_by("-post__is_head", "person__sort_key"):
        members.setdefault(one.unit_id, []).append(f"{one.person.name}（{one.post.name}）")
    return {"units": [(unit, unit.depth, heads.get(unit.pk), members.get(unit.pk, [])) for unit in units]}


def _calendar(request: HttpRequest) -> dict[str, Any]:
    given = request.GET.get("year", "")
    year = int(given) if given.isdecimal() and 2000 <= int(given) <= 2100 else clock.today().year
    days = CalendarDay.objects.filter(date__year=year).order_by("date")
    return {"year": year, "years": list(CalendarYear.objects.all()), "days": list(days), "known": calendar.load().confirmed(clock.today().replace(year=year, month=1, day=1))}


def _packs(request: HttpRequest) -> dict[str, Any]:
    return {"versions": list(PackVersion.objects.select_related("loaded_by", "adopted_by").order_by("pack", "-version"))}


def _health(request: HttpRequest) -> dict[str, Any]:
    return {"pulses": list(Pulse.objects.order_by("name")), "parked": list(Parked.objects.filter(solved_at=None).order_by("-at")[:100])}


READERS: dict[str, Callable[[HttpRequest], dict[str, Any]]] = {
    "people": _people, "units": _units, "calendar": _calendar, "packs": _packs, "health": _health,
}  # fmt: skip
