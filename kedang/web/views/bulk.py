"""已选中 n 项: the bar under the list, the step before a bulk deed that says what will come of it, and its result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kedang.customers import selectors
from kedang.customers.actions.bulk import DEEDS, KIND, MOST, names_of
from kedang.customers.selectors.listing import found_files
from kedang.kernel import fields
from kedang.kernel.actions import access
from kedang.kernel.actions.judging import Judged, judge_many
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.jobs import Job, run_now
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person
from kedang.web import listing, outcomes
from kedang.web.forms.bound import Form
from kedang.web.jobs import link_to
from kedang.web.outcomes import Outcome, of_decision
from kedang.web.paging import SIZE, page_of
from kedang.web.replies import go, is_fragment
from kedang.web.views.jobs import COUNT_WORDS, line_of

AT_ONCE = 200
"""So many rows are done while the person waits; more go to the background."""
JUDGED = 1000
"""So many rows are judged beforehand; the deed itself judges every one."""
BAR_JUDGED = 200
CONSEQUENCES = {
    "customer.transfer": "转移后由接收人负责，原负责人不再负责。", "customer.release": "放入后客户没有负责人，可由他人领取。",
}  # fmt: skip

link_to(KIND, lambda job: reverse("customer_bulk_result", args=[job.pk]))


@dataclass(frozen=True)
class Chosen:
    """Which files were meant: those ticked, or everything the filter finds."""

    ids: list[int]
    whole: bool
    too_many: bool = False
    state: str = ""

    @property
    def text(self) -> str:
        """The ticked ids as the page carries them on."""
        return "" if self.whole else ",".join(map(str, self.ids))


def chosen_of(request: HttpRequest) -> Chosen:
    """The ids that were ticked, or, with `all`, those of the filter; never more than the person's list holds."""
    beneath = listing.beneath(request)
    whole = request.POST.get("all") == "yes"
    who = access.standing(request.user.pk)
    if whole:
        asked = listing.asked_in(beneath)
        files = found_files(
            request.user, scope=asked["scope"], search=asked["search"], filters=asked["filters"], who=who
        )
    else:
        given = [int(one) for one in request.POST.get("ids", "").split(",") if one.isdecimal() and len(one) < 19]
        files = selectors.visible_files(request.user, who=who).filter(pk__in=given[: listing.SIZES[-1]])
    ids = list(files.order_by("-updated_at", "-pk").values_list("pk", flat=True)[: MOST + 1])
    return Chosen(ids[:MOST], whole, len(ids) > MOST, listing.replaced(beneath))


# ---- the bar ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """One button of the bar; off, with its four lines, when not one of the files may be done."""

    name: str
    label: str
    outcome: Outcome | None = None

    @property
    def key(self) -> str:
        """For the id of its reason."""
        return self.name.replace(".", "-")

    @property
    def why(self) -> str:
        """The clauses in short, for the pointer."""
        lines = self.outcome.clauses if self.outcome else ()
        return "、".join(f"第{line.number}条" if line.number else line.title for line in lines)

    @property
    def first(self) -> str:
        """The first of them, for the button itself."""
        return self.why.partition("、")[0]


@require_POST
def bar(request: HttpRequest) -> HttpResponse:
    """What may be done with the files that are ticked; grey with its clause where none of them allows it."""
    chosen = chosen_of(request)
    if not chosen.ids:
        return HttpResponse("")
    acts = [_act(request.user, name, label, chosen) for name, label in DEEDS.items()]
    beneath = listing.beneath(request)
    asked = listing.asked_in(beneath)
    who = access.standing(request.user.pk)
    parts = {key: asked[key] for key in ("scope", "search", "filters")}
    total = selectors.count_capped(found_files(request.user, who=who, **parts), MOST)
    context = {
        "chosen": chosen, "acts": acts, "total": total, "most": f"{MOST:,}", "count": len(chosen.ids),
        "more": total > len(chosen.ids), "export": f"{reverse('customer_export')}?{_export_query(chosen, asked)}",
    }  # fmt: skip
    return render(request, "customers/picked.html", context)


def _act(person: Person, name: str, label: str, chosen: Chosen) -> Act:
    found = _judged(person, name, chosen.ids[:BAR_JUDGED])
    if not (found.hopeless and len(chosen.ids) <= BAR_JUDGED and found.groups):
        return Act(name, label)
    first = max(found.groups.values(), key=lambda group: group[0])[1]
    return Act(name, label, of_decision(first, person))


def _judged(person: Person, name: str, ids: list[int], given: dict[str, Any] | None = None) -> Judged:
    about = vocabulary.actions[name].about
    return judge_many(name, ({**(given or {}), about: pk} for pk in ids), by=person)


def _export_query(chosen: Chosen, asked: dict[str, Any]) -> str:
    return chosen.state if chosen.whole else f"scope={asked['scope']}&ids={chosen.text}"


# ---- the step before -------------------------------------------------------------------------------------------------


@require_POST
def prepare(request: HttpRequest, action: str) -> HttpResponse:
    """The dialog of one bulk deed; with `go` it is done: a few rows at once, many in the background."""
    if action not in DEEDS:
        raise NotFound
    chosen = chosen_of(request)
    form = Form.of(request, _fields(action))
    form.posted = request.POST.get("go") == "yes"
    if form.posted and not form.outcome:
        done = _do(request, form, action, chosen)
        if done is not None:
            return done
    found = _judged(request.user, action, chosen.ids[:JUDGED])
    context = {
        "form": form, "action": action, "label": DEEDS[action], "chosen": chosen, "count": len(chosen.ids), "found": found,
        "sampled": len(chosen.ids) > JUDGED, "judged": JUDGED, "most": f"{MOST:,}", "groups": _groups(request.user, found),
        "consequence": CONSEQUENCES.get(action, ""), "background": len(chosen.ids) > AT_ONCE,
        "asks": found.asks and not any(b.field.id == "reason" for b in form),
    }  # fmt: skip
    template = "customers/bulk.html#form" if is_fragment(request) else "customers/bulk.html"
    return render(request, template, context, status=422 if form.posted else 200)


def _fields(action: str) -> list[Field]:
    if action == "customer.classify":
        return [Field("value", "分类", "choice", required=True, values=_classes())]
    return [one for one in vocabulary.actions[action].args if one.id != "customer"]


def _classes() -> dict[str, str]:
    return {
        f"{version.pack}.{key}:{value}": f"{term.name}：{label}"
        for version in regulations().in_force()
        for key, term in version.regulation.pack.terms.items()
        for value, label in term.values.items()
    }


def _do(request: HttpRequest, form: Form, action: str, chosen: Chosen) -> HttpResponse | None:
    """Freeze and start it; None with the errors in the form when what was typed is wrong for every row alike."""
    given = _given(form, action)
    if chosen.ids and (wrong := _wrong(form)):
        form.errors = wrong
        return None
    reason = given.pop("reason", "") or form.reason
    raw = {"action": action, "files": chosen.ids, "given": given, "sure": form.confirmed or bool(reason)}
    form.reason = reason
    done = outcomes.attempt(request, form, "customer.bulk", raw=raw)
    if done is None:
        return None
    if len(chosen.ids) <= AT_ONCE:
        run_now(done.value)
    return go(request, reverse("customer_bulk_result", args=[done.value]))


def _given(form: Form, action: str) -> dict[str, Any]:
    given = {key: value for key, value in form.raw.items() if value not in (None, "")}
    if action == "customer.classify":
        term, _, value = str(given.pop("value", "")).rpartition(":")
        return {"term": term, "value": value} if value else {}
    return given


def _wrong(form: Form) -> dict[str, str]:
    """What is missing or unreadable, at its field, before one row is touched."""
    try:
        fields.clean(list(form.fields), form.raw)
    except Invalid as error:
        return dict(error.errors)
    return {}


def _groups(person: Person, found: Judged) -> list[tuple[int, Outcome]]:
    """Refusals by what refuses them, the most frequent first."""
    rows = sorted(found.groups.values(), key=lambda group: -group[0])[:5]
    return [(number, of_decision(decision, person)) for number, decision in rows]


# ---- the result ------------------------------------------------------------------------------------------------------


@require_GET
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of each row, to the person who did it; while it runs, how far it is."""
    job = Job.objects.filter(pk=pk, kind=KIND, by=request.user).first()
    if job is None:
        raise NotFound
    rows = (job.result or {}).get("rows", [])
    states = [(key, word, sum(row[1] == key for row in rows)) for key, word in COUNT_WORDS.items()]
    only = request.GET.get("only", "")
    shown = [row for row in rows if row[1] == only] if only else rows
    page = page_of(shown, request.GET.get("page"), SIZE)
    known = names_of([row[0] for row in page.rows], request.user)
    page.rows = [_row(row, known) for row in page.rows]
    context = {
        "job": job, "line": replace(line_of(job, request.user), url=""), "page": page, "only": only, "total": len(rows),
        "states": [(key, word, number) for key, word, number in states if number],
    }  # fmt: skip
    return render(request, "customers/bulk_result.html", context)


def _row(row: list[Any], known: dict[int, tuple[str, str]]) -> dict[str, Any]:
    name, number = known.get(row[0], ("", ""))
    return {
        "id": row[0], "name": name, "number": number, "state": row[1], "word": COUNT_WORDS.get(row[1], row[1]),
        "message": row[2], "request": row[3],
    }  # fmt: skip
