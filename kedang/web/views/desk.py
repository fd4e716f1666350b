"""接待 and 撞单: the front desk's page, and the page on which a head decides whose a customer is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kedang.customers import selectors as customers
from kedang.customers.claims import selectors as claims
from kedang.engagement.desk import selectors as desk
from kedang.engagement.desk.models import NAMED
from kedang.kernel import clock
from kedang.kernel.actions import dry_run
from kedang.kernel.fields import Field
from kedang.kernel.norms.schema import Term
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.workdays import calendar
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.replies import go, is_fragment
from kedang.web.views.deeds import warned

TYPED = ("contacted", "named", "cannot_name", "visitor", "kind", "phone", "introducer", "designated", "note")
FAR = 14


def reception(request: HttpRequest) -> HttpResponse:
    """The desk: the first question, the visitor, and beside it the day's log and who is on duty."""
    spec = vocabulary.actions["reception.report"]
    terms = _terms(request.user)
    form = Form.of(request, [*(one for one in spec.args if one.id in TYPED), *terms])
    if request.method == "POST" and (done := attempt(request, form, spec.name, raw=_raw(form))):
        return go(request, reverse("desk"), "接待已登记。" + warned(done))
    if is_fragment(request):
        return render(request, "desk/desk.html#form", {"form": form, **_names()}, status=422 if form.posted else 200)
    return render(request, "desk/desk.html", {"form": form, **_names(), **_day(request.user)})


def _raw(form: Form) -> dict[str, Any]:
    """What was typed, without the answers to the questions that the first one rules out."""
    raw = dict(form.raw)
    hidden = ("introducer", "designated") if raw.get("contacted") == "是" else ("named", "cannot_name")
    return {key: value for key, value in raw.items() if key not in hidden}


def _terms(person: Person) -> list[Field]:
    """Classes that a new file must have under the regulations over the person's department."""
    units = org.units_of(person)
    found: dict[str, Term] = {
        key: term
        for version in regulations().in_force()
        if version.covers(None, units)
        for key, term in version.regulation.pack.terms.items()
        if term.required
    }
    return [Field(key, term.name, "choice", values=term.values) for key, term in found.items()]


def _names() -> dict[str, Any]:
    """Whom a visitor may ask for: the people of the departments that receive."""
    turns = desk.on_duty_today()
    units = org.unit_subtree(desk.receiving_units())
    people = org.members_of(units).order_by("sort_key", "id") if units else ()
    return {"turns": turns, "people": [each.name for each in people][:30]}


def _day(person: Person) -> dict[str, Any]:
    today = clock.today()
    headed = org.headed_units(person)
    unit = min(headed) if headed else next((turn.unit_id for turn in desk.on_duty_today()), None)
    cal = calendar.load()
    turns = desk.roster(unit, today, FAR) if unit else []
    return {
        "rows": desk.receptions(person),
        "calls": desk.calls(person),
        "roster": [(turn, cal.is_workday(turn.day)) for turn in turns],
        "today": today,
        "last": today + timedelta(days=FAR - 1),
        "may_roster": bool(headed) or person.is_admin,
        "asked": NAMED,
        "may_verify": dry_run("reception.verify", by=person).verdict != "refuse",
    }


@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """Who this visitor may be, while the name is being typed; as much as 查重 tells the person."""
    name, phone = request.GET.get("visitor", "").strip()[:120], request.GET.get("phone", "").strip()[:40]
    found = customers.find_duplicates(request.user, name=name, phone=phone) if len(name) > 1 or phone else []
    return render(request, "desk/alike.html", {"found": found[:5]})


@require_GET
def conflicts(request: HttpRequest) -> HttpResponse:
    """Conflicts: what waits for a decision first."""
    tab = "all" if request.GET.get("tab") == "all" else "waiting"
    rows = claims.conflicts(request.user, waiting=True if tab == "waiting" else None)
    tabs = [("waiting", "待裁定", tab == "waiting"), ("all", "全部", tab == "all")]
    may = dry_run("customer.settle_conflict", by=request.user).verdict != "refuse"
    return render(request, "desk/conflicts.html", {"rows": rows, "tabs": tabs, "tab": tab, "may": may})


def conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """One conflict: both lines beside one another, and the decision."""
    view = claims.conflict_for(request.user, pk)
    form = Form.of(request, _settling(view))
    if request.method == "POST" and attempt(request, form, "customer.settle_conflict", conflict=pk):
        return go(request, reverse("conflict", args=[pk]), "归属已裁定。")
    ahead = dry_run("customer.settle_conflict", by=request.user, conflict=pk)
    may = ahead.verdict != "refuse"
    contest = not view.waiting and not may and any(side.person == request.user.pk for side in view.sides)
    contest = contest and view.row.customer.owner_id != request.user.pk
    context = {"view": view, "form": form, "may": view.waiting and may, "contest": contest}
    template = "desk/conflict.html#decide" if is_fragment(request) else "desk/conflict.html"
    return render(request, template, context, status=422 if form.posted else 200)


def _settling(view: claims.ConflictView) -> list[Field]:
    spec = vocabulary.actions["customer.settle_conflict"]
    people = {str(side.person): side.name for side in view.sides}
    owner = view.row.customer.owner
    if owner is not None:
        people.setdefault(str(owner.pk), owner.name)
    to = Field("to", "认定归属", "choice", required=True, values=people)
    return [to, *(one for one in spec.args if one.id == "reason")]
