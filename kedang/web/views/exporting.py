"""导出: what will leave the system and that it is on record, then the workbook; and what a number on a sheet stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kedang.customers import selectors
from kedang.customers.selectors import exporting
from kedang.kernel import ledger
from kedang.kernel.actions import access
from kedang.kernel.errors import Conflict, NotFound
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.reports import export
from kedang.web import outcomes
from kedang.web.forms.bound import Form
from kedang.web.listing import asked_of
from kedang.web.replies import is_fragment

LIST_ARGS = ("scope", "search", "filters", "sort")


@dataclass(frozen=True)
class Offer:
    """What is about to be exported: its name, size and columns, the arguments of the deed, and how the sheet is made."""

    title: str
    rows: int
    labels: list[str]
    args: dict[str, Any]
    sheet: Callable[[export.Told], export.Sheet]
    back: str
    too_many: bool = False


def export_list(request: HttpRequest) -> HttpResponse:
    """客户列表 as it is filtered on the page."""
    asked = {key: value for key, value in asked_of(request).items() if key in LIST_ARGS}
    found = exporting.listing(request.user, **asked)
    scope = selectors.SCOPES[asked["scope"]]
    narrowed = "（按页上的搜索和筛选）" if asked["search"] or asked["filters"] else ""
    back = f"{reverse('customers')}?{request.GET.urlencode()}"
    offer = Offer(
        f"客户列表“{scope}”{narrowed}", len(found.ids), found.labels, asked,
        lambda told: export.list_sheet(request.user, told, **asked), back, len(found.ids) > exporting.LIMIT,
    )  # fmt: skip
    return _answer(request, offer, export.verdict(request.user, scope=asked["scope"]))


def export_file(request: HttpRequest, pk: int) -> HttpResponse:
    """档案资料 of one customer."""
    head = selectors.file_for(request.user, pk)
    said = export.verdict(request.user, customer=pk)
    offer = Offer(
        f"{head.name}的档案资料", 1, exporting.file_labels(pk), {"customer": pk},
        lambda told: export.file_sheet(request.user, told, pk), reverse("customer", args=[pk]),
    )  # fmt: skip
    return _answer(request, offer, said)


def _answer(request: HttpRequest, offer: Offer, said: Any) -> HttpResponse:
    if said.verdict == "not_found":
        raise NotFound
    purpose = [one for one in vocabulary.actions["customer.export"].args if one.id == "purpose"]
    form = Form.of(request, purpose)
    if request.method == "POST" and (done := outcomes.attempt(request, form, "customer.export", **offer.args)):
        try:
            return download(offer.sheet(export.Told.of(done.value)))
        except Conflict as changed:
            form.outcome = outcomes.of_error(changed, request.user)
    spoken = said.verdict != "allow" and not form.outcome
    context = {
        "form": form, "offer": offer, "refused": said.verdict == "refuse", "watermark": export.watermark(request.user),
        "limit": f"{exporting.LIMIT:,}", "note": outcomes.of_decision(said, request.user) if spoken else None,
    }  # fmt: skip
    template = "customers/export.html#form" if is_fragment(request) else "customers/export.html"
    return render(request, template, context, status=422 if form.posted else 200)


def download(sheet: export.Sheet) -> FileResponse:
    """The workbook as a download that no browser guesses about and no cache keeps."""
    name = export.filename(sheet.name, sheet.code)
    response = FileResponse(export.workbook(sheet), as_attachment=True, filename=name, content_type=export.TYPE)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response


@require_GET
def record(request: HttpRequest, code: str) -> HttpResponse:
    """What the number on a sheet stands for: to the one who exported, to those above him, and to who knows of every file."""
    event = export.event_of(code)
    who = access.standing(request.user.pk)
    if event is None or not (event.actor_id in {request.user.pk, *who.subordinates()} or who.reach("list").everything):
        raise NotFound
    context = {"event": event, "sentence": ledger.sentence(event), "data": event.data}
    return render(request, "customers/export_record.html", context)
