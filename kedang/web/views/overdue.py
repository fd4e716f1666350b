"""下属逾期: what is open past its deadline by who must do it, with 转办 and 延期 of what is ticked."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kedang.kernel import clock, fields
from kedang.kernel.actions import entrusting, perform_many
from kedang.kernel.actions.judging import Judged, judge_many
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.register import UNSEEN
from kedang.reports.home import keeping, watching
from kedang.reports.home.lens import Lens
from kedang.reports.home.rows import bearer_of
from kedang.web import tasks
from kedang.web.forms.bound import Form
from kedang.web.outcomes import Outcome, of_decision
from kedang.web.paging import page_of
from kedang.web.replies import is_fragment

DEEDS = {"duty.reassign": "转办", "duty.extend": "延期"}
MOST = 200
"""So many duties are done at once."""
SIZE = 100


@dataclass
class Group:
    """What one person, department or role has left undone on this page."""

    name: str
    rows: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One duty past its deadline."""

    duty: Duty
    name: str
    known: bool
    natural: bool
    ladder: str
    mine: bool
    """Whether the reader answers for who bears it, and may pass it on or extend it."""


def _lens(request: HttpRequest) -> Lens:
    return Lens.of(request.user, request.GET.get("scope", ""))


def _asked(request: HttpRequest, lens: Lens) -> tuple[QuerySet[Duty], dict[str, str]]:
    """The duties the address asks for, and what it narrows by."""
    person, unit = (request.GET.get(key, "") for key in ("person", "unit"))
    rows = keeping.late_of(lens, person, unit)
    if person.isdecimal() and len(person) < 19:
        return rows, {"name": org.names_of([int(person)]).get(int(person), "")}
    if unit.isdecimal() and len(unit) < 19:
        return rows, {"name": org.unit_names_of([int(unit)]).get(int(unit), "未任职或按角色办理")}
    return rows, {}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The page: grouped by person, the oldest deadline first within each."""
    lens = _lens(request)
    asked, narrowed = _asked(request, lens)
    rows = asked.annotate(named=Coalesce("taken_by__name", "bearer__name", "unit__name"))
    rows = rows.select_related("bearer", "taken_by", "unit").order_by("named", "due_at", "id")
    page = page_of(rows, request.GET.get("page"), SIZE)
    context = {
        "page": page, "groups": _groups(request.user, lens, page.rows), "narrowed": narrowed, "state": request.GET.urlencode(),
        "total": asked.order_by().count(), "scopes": _scopes(lens), "lens": lens, "now": clock.now(),
        "plain": urlencode({"scope": lens.scope}),
    }  # fmt: skip
    return render(request, "home/overdue.html", context)


def _scopes(lens: Lens) -> list[tuple[str, str, bool]]:
    return [(urlencode({"scope": key}), name, key == lens.scope) for key, name in lens.offered.items()]


def _groups(person: Person, lens: Lens, duties: list[Duty]) -> list[Group]:
    regs = regulations()
    names = watching.may_know(lens, {duty.file for duty in duties if duty.file})
    answers = entrusting.answering(person)
    rows = [
        Row(duty, names.get(duty.file, UNSEEN) if duty.file else "", duty.file in names, tasks.in_days(duty),
            tasks.ladder_of(duty, regs), answers(duty))
        for duty in duties
    ]  # fmt: skip
    return [Group(name, list(part)) for name, part in groupby(rows, key=lambda row: bearer_of(row.duty))]


# ---- 已选中 n 项 -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """One button of the bar; off with its four lines when none of the ticked duties allows it."""

    name: str
    label: str
    outcome: Outcome | None = None


def _chosen(request: HttpRequest) -> list[int]:
    """The ticked duties that are open and of the person's own people."""
    given = [int(one) for one in request.POST.get("ids", "").split(",") if one.isdecimal() and len(one) < 19]
    rows = Duty.objects.filter(pk__in=given[:MOST], state="open")
    answers = entrusting.answering(request.user)
    return [duty.pk for duty in rows.order_by("due_at", "id") if answers(duty)]


@require_POST
def bar(request: HttpRequest) -> HttpResponse:
    """What may be done with the ticked duties; grey with its clause where not one allows it."""
    ids = _chosen(request)
    if not ids:
        return HttpResponse("")
    acts = [_act(request.user, name, label, ids) for name, label in DEEDS.items()]
    context = {"acts": acts, "count": len(ids), "ids": ",".join(map(str, ids)), "state": request.POST.get("state", "")}
    return render(request, "home/overdue_bar.html", context)


def _act(person: Person, name: str, label: str, ids: list[int]) -> Act:
    found = _judged(person, name, ids)
    if not (found.hopeless and found.groups):
        return Act(name, label)
    return Act(name, label, of_decision(max(found.groups.values(), key=lambda group: group[0])[1], person))


def _judged(person: Person, name: str, ids: list[int], given: dict[str, Any] | None = None) -> Judged:
    return judge_many(name, ({**(given or {}), "duty": pk} for pk in ids), by=person)


# ---- the step before, and the deed ------------------------------------------------------------------------------------------


@require_POST
def do(request: HttpRequest, action: str) -> HttpResponse:
    """The dialog of one bulk deed: what will come of it; with `go` it is done and says what became of each duty."""
    if action not in DEEDS:
        raise NotFound
    ids = _chosen(request)
    form = Form.of(request, _fields(request.user, action))
    form.posted = request.POST.get("go") == "yes"
    if form.posted and ids and (done := _do(request, form, action, ids)) is not None:
        return done
    found = _judged(request.user, action, ids)
    groups = sorted(found.groups.values(), key=lambda group: -group[0])[:5]
    context = {
        "form": form, "action": action, "label": DEEDS[action], "count": len(ids), "ids": ",".join(map(str, ids)),
        "found": found, "groups": [(number, of_decision(one, request.user)) for number, one in groups],
        "state": request.POST.get("state", ""), "most": MOST,
    }  # fmt: skip
    template = "home/overdue_do.html#form" if is_fragment(request) else "home/overdue_do.html"
    return render(request, template, context, status=422 if form.posted else 200)


def _fields(person: Person, action: str) -> list[Field]:
    known = {one.id: one for one in vocabulary.actions[action].args}
    if action == "duty.extend":
        return [known["reason"]]
    people = {str(one.pk): one.name for one in entrusting.candidates(person)}
    return [Field("to", known["to"].name, "choice", required=True, values=people), known["reason"]]


def _do(request: HttpRequest, form: Form, action: str, ids: list[int]) -> HttpResponse | None:
    """Each duty by itself, decided and recorded as if it had been done alone; None with what is wrong at the fields."""
    given = {key: value for key, value in form.raw.items() if value not in (None, "")}
    given.setdefault("reason", form.reason)
    try:
        fields.clean(list(form.fields), given)
    except Invalid as error:
        form.errors = dict(error.errors)
        return None
    done = perform_many(
        action, {str(pk): {**given, "duty": pk} for pk in ids}, by=request.user, job=f"overdue-{form.sent_key}"
    )
    titles = dict(Duty.objects.filter(pk__in=ids).values_list("pk", "title"))
    rows = [{"title": titles.get(int(row.row), ""), "ok": row.state == "ok", "state": row.state, "message": row.message} for row in done.rows]  # fmt: skip
    context = {
        "label": DEEDS[action], "rows": [row for row in rows if not row["ok"]], "ok": sum(row["ok"] for row in rows),
        "count": len(rows), "back": f"{reverse('home_overdue')}?{request.POST.get('state', '')}",
    }  # fmt: skip
    template = "home/overdue_done.html#done" if is_fragment(request) else "home/overdue_done.html"
    return render(request, template, context)
