"""导出: what will leave the system and that it is on record, then the workbook; and what a number on a sheet stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from kedang.customers import selectors
from kedang.customers.selectors import exporting
from kedang.kernel import fields, ledger, listings
from kedang.kernel.actions import access, dry_run
from kedang.kernel.actions.exporting import AT_ONCE
from kedang.kernel.errors import Conflict, Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.engine import Decision
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.reports import export
from kedang.reports import exporting as files
from kedang.web import outcomes
from kedang.web.forms.bound import Form
from kedang.web.listing import asked_of
from kedang.web.replies import go, is_fragment

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
    large: bool = False
    """Too much to wait for: a job writes it."""
    action: str = "customer.export"
    formats: bool = True


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
        formats=False,
    )  # fmt: skip
    return _answer(request, offer, said)


def export_any(request: HttpRequest, name: str) -> HttpResponse:
    """Any other list, as the address says it is shown."""
    listing = listings.listing_of(name)
    asked = listing.understood(request.GET.dict())
    number = len(listing.ids(request.user, asked))
    said = dry_run("list.export", by=request.user, list=name, asked=asked)
    back = request.GET.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    offer = Offer(
        listing.called(request.user, asked), number, [label for label, _ in listing.headings],
        {"list": name, "asked": asked}, lambda told: files.sheet_of(request.user, told, name, asked),
        back if safe else reverse("inbox"), number > AT_ONCE, "list.export",
    )  # fmt: skip
    return _answer(request, offer, said)


def _answer(request: HttpRequest, offer: Offer, said: Any) -> HttpResponse:
    if said.verdict == "not_found":
        raise NotFound
    form = Form.of(request, _fields(offer))
    if request.method == "POST" and (done := _export(request, form, offer)):
        return done
    spoken = said.verdict != "allow" and not form.outcome
    context = {
        "form": form, "offer": offer, "refused": said.verdict == "refuse", "watermark": export.watermark(request.user),
        "limit": f"{exporting.LIMIT:,}", "note": outcomes.of_decision(said, request.user) if spoken else None,
    }  # fmt: skip
    template = "customers/export.html#form" if is_fragment(request) else "customers/export.html"
    return render(request, template, context, status=422 if form.posted else 200)


def _fields(offer: Offer) -> list[Field]:
    wanted = {"purpose", "format"} if offer.formats else {"purpose"}
    return [one for one in vocabulary.actions[offer.action].args if one.id in wanted]


def _export(request: HttpRequest, form: Form, offer: Offer) -> HttpResponse | None:
    """The file, or the job that will write it; None with what is wrong in the form."""
    if offer.large:
        return _later(request, form, offer)
    done = outcomes.attempt(request, form, offer.action, **offer.args)
    if done is None or not still_allowed(request, form, _now(request, offer)):
        return None
    try:
        return download(offer.sheet(export.Told.of(done.value)), str(form.raw.get("format") or "xlsx"))
    except Conflict as changed:
        form.outcome = outcomes.of_error(changed, request.user)
        return None


def _now(request: HttpRequest, offer: Offer) -> Decision:
    """What is said of the offer at this moment."""
    if offer.action == "customer.export":
        known = {key: offer.args[key] for key in ("customer", "scope") if key in offer.args}
        return export.verdict(request.user, **known)
    return dry_run(offer.action, by=request.user, **offer.args)


def still_allowed(request: HttpRequest, form: Form, said: Decision) -> bool:
    """Whether the content may go out now. The deed's key answers a second post as the first was answered, even when the
    right has ended meanwhile; the number may be told again then, the content may not."""
    if said.verdict == "not_found":
        raise NotFound
    if said.verdict == "refuse":
        form.outcome = outcomes.of_decision(said, request.user)
    return said.verdict != "refuse"


def _later(request: HttpRequest, form: Form, offer: Offer) -> HttpResponse | None:
    """What was typed is looked at now; whether it is allowed the job asks again when it writes."""
    try:
        fields.clean(list(form.fields), form.raw)
    except Invalid as wrong:
        form.errors = dict(wrong.errors)
        return None
    raw = {"action": offer.action, "title": offer.title, "given": {**offer.args, **form.raw}}
    done = outcomes.attempt(request, form, "list.export_later", raw=raw)
    return go(request, reverse("jobs"), "已转入后台导出，写好后在这里下载。") if done else None


def download(sheet: export.Sheet, format: str = "xlsx") -> FileResponse:
    """The file as a download that no browser guesses about and no cache keeps."""
    made: IO[bytes] = TemporaryFile()  # noqa: SIM115  (the response closes it)
    files.write(sheet, format, made)
    made.seek(0)
    kind = files.TYPES.get(format, export.TYPE)
    response = FileResponse(made, as_attachment=True, filename=files.file_name(sheet, format), content_type=kind)
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
    context = {"event": event, "sentence": ledger.sentence(event), "data": ledger.told(event)}
    return render(request, "customers/export_record.html", context)
