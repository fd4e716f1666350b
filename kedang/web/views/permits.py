"""申请查阅, 我的授权, and taking a grant back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kedang.customers import selectors
from kedang.customers.history import GROUPS as GROUP_OF
from kedang.customers.history import LABELS
from kedang.kernel import files
from kedang.kernel.actions import access
from kedang.kernel.actions.access import GROUPS
from kedang.kernel.actions.permits import revokers
from kedang.kernel.approvals.models import Request
from kedang.kernel.fields import Field
from kedang.kernel.norms.vocabulary import Action, vocabulary
from kedang.kernel.org.models import Person
from kedang.reports import formregister, grants
from kedang.web.forms.bound import Form
from kedang.web.forms.deeds import Foretold, asked_by_norms, foretell
from kedang.web.outcomes import attempt, of_decision
from kedang.web.paging import page_of
from kedang.web.replies import go, is_fragment

LISTS = {
    "received": ("给我的", grants.received),
    "given": ("我批准的", grants.given),
    "files": ("我的客户", grants.on_my_files),
}
HINTS = {
    "until": "制度规定了期限的可以不填，最长不超过它；到期自动收回",
    "fields": "都不选，就是申请整份档案，其中的电话等个人信息仍显示为掩码；需要看的请点选",
    "of": "不选就是所有人填报的",
}
NUMBER = re.compile(r"SQ-\d{4}-\d{4,}", re.IGNORECASE)


# ---- asking ------------------------------------------------------------------------------------------------------------


def ask_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Asking for a file, or for what of it one is not shown."""
    head = selectors.customer_head(request.user, pk)
    spec = vocabulary.actions["file.ask"]
    form = Form.of(
        request, file_fields(request.user, pk, head.rights), initial=_chosen(request, spec),
        hints=HINTS,
    )  # fmt: skip
    # What is approved comes back as a grant: the deed itself is answered with the request.
    if request.method == "POST":
        attempt(request, form, spec.name, customer=pk)
    context = {"head": head, "title": "申请查阅", "about": head.name, "back": reverse("customer", args=[pk])}
    return _asked(request, form, foretell(request.user, spec, customer=pk), context)


def file_fields(person: Person, pk: int, rights: Mapping[str, str]) -> list[Field]:
    """What is asked of who asks: the columns he is not wholly shown, and what the regulations over the file ask."""
    spec = vocabulary.actions["file.ask"]
    hidden = {group: label for group, label in GROUPS.items() if rights.get(group, "hide") != "show"}
    for name, label in LABELS.items():
        group = GROUP_OF.get(name, "base")
        if group in hidden and access.right_of(rights, f"customer.{name}", group) != "show":
            hidden[f"customer.{name}"] = label
    view = files.view(pk)
    found = []
    for one in spec.args:
        if one.id == "customer" or (one.id == "fields" and not hidden):
            continue
        if one.id == "relation" and not (view and asked_by_norms(view, spec.name, "relation")):
            continue
        found.append(replace(one, values=hidden) if one.id == "fields" else one)
    return found


def fields_again(one: Request, person: Person, known: Sequence[Field]) -> list[Field]:
    """What may be changed of a request that was sent back: of 申请查阅 what its own form asks."""
    if one.action == "file.ask" and one.file:
        return file_fields(person, one.file, selectors.customer_head(person, one.file).rights)
    return [each for each in known if not (one.action == "form.ask" and each.id == "form")]


def ask_forms(request: HttpRequest, form: str) -> HttpResponse:
    """Asking for what was filed on some days."""
    known, wanted = formregister.register(request.user, form)
    spec = vocabulary.actions["form.ask"]
    made = Form.of(
        request, [one for one in spec.args if one.id != "form"], initial=_chosen(request, spec),
        hints=HINTS,
    )  # fmt: skip
    if request.method == "POST":
        attempt(request, made, spec.name, form=wanted.qid)
    back = reverse("register", args=[wanted.qid])
    context = {"register": known, "title": "申请查阅", "about": f"《{known.form.name}》", "back": back}
    return _asked(request, made, foretell(request.user, spec, form=wanted.qid), context)


def _chosen(request: HttpRequest, spec: Action) -> dict[str, Any]:
    """What the link that led here has chosen already."""
    names = {one.id for one in spec.args}
    return {key: [value] if key == "fields" else value for key, value in request.GET.items() if key in names}


def _asked(request: HttpRequest, form: Form, ahead: Foretold, context: dict[str, Any]) -> HttpResponse:
    refused = ahead.decision.verdict == "refuse"
    context |= {
        "form": form, "ahead": ahead, "refused": refused, "lean": request.POST.get("lean") == "yes", "one": {"requester": request.user, "is_open": True},
        "note": of_decision(ahead.decision, request.user) if not form.outcome else None,
    }  # fmt: skip
    template = "permits/ask.html#form" if is_fragment(request) else "permits/ask.html"
    return render(request, template, context, status=422 if form.posted else 200)


# ---- grants ------------------------------------------------------------------------------------------------------------


def index(request: HttpRequest) -> HttpResponse:
    """Grants given to me, by me, and on my customers."""
    tab = request.GET.get("tab", "received")
    tab = tab if tab in LISTS else "received"
    state = request.GET.get("state", "running")
    state = state if state in grants.STATES else "running"
    page = page_of(grants.narrowed(LISTS[tab][1](request.user), state), request.GET.get("page"))
    page.rows = grants.entries(page.rows)
    context = {
        "tab": tab, "tabs": [(key, label, key == tab) for key, (label, _) in LISTS.items()], "page": page, "state": state,
        "states": [(key, label, key == state) for key, label in grants.STATES.items()],
    }  # fmt: skip
    return render(request, "permits/list.html", context)


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One grant: what it covers, by whose word and clause, and what was done by it."""
    row = grants.visible(request.user, pk)
    one = grants.entries([row])[0]
    context = {
        "one": one, "row": row, "done": grants.done_by(row), "norms": row.norms,
        "may_end": one.state == "running" and request.user.pk in revokers(row), "own": row.person_id == request.user.pk,
    }  # fmt: skip
    return render(request, "permits/detail.html", context)


def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a grant back, or hand one's own back, with a reason."""
    row = grants.visible(request.user, pk)
    spec = vocabulary.actions["access.revoke"]
    form = Form.of(request, [one for one in spec.args if one.id == "reason"])
    raw = {"reason": form.raw.get("reason", "")}
    if request.method == "POST" and attempt(request, form, spec.name, raw=raw, grant=pk):
        return go(request, reverse("grant", args=[pk]), f"授权 {row.number} 已收回。")
    ahead = foretell(request.user, spec, grant=pk)
    refused = ahead.decision.verdict == "refuse"
    context = {
        "form": form, "one": grants.entries([row])[0], "refused": refused, "own": row.person_id == request.user.pk,
        "note": of_decision(ahead.decision, request.user) if refused and not form.outcome else None,
    }  # fmt: skip
    template = "permits/revoke.html#form" if is_fragment(request) else "permits/revoke.html"
    return render(request, template, context, status=422 if form.posted else 200)


def is_number(text: str) -> bool:
    """Whether a text is the number of a grant."""
    return NUMBER.fullmatch(text.strip()) is not None
