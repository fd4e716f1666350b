"""表单登记: what was filed on a form by day and person, its copies, and telling somebody outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kedang.kernel import fields
from kedang.kernel.actions import access, dry_run, perform_read, reading
from kedang.kernel.actions.reading import Reading
from kedang.kernel.errors import Conflict, Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.reports import export, formregister
from kedang.web import outcomes
from kedang.web.forms.bound import Form
from kedang.web.outcomes import of_decision
from kedang.web.paging import page_of
from kedang.web.replies import go, is_fragment
from kedang.web.views.exporting import download, still_allowed

SPAN = [Field("since", "自", "date"), Field("through", "至", "date"), Field("of", "填报人", "person")]


def index(request: HttpRequest) -> HttpResponse:
    """The forms whose records this person may know of."""
    return render(request, "permits/registers.html", {"registers": formregister.registers(request.user)})


def register(request: HttpRequest, form: str) -> HttpResponse:
    """What of a form this person reads, newest day first; asking for days beyond it is refused and on record."""
    known, wanted = formregister.register(request.user, form)
    asked, errors = _span(request)
    filters = Form(SPAN, initial={key: request.GET.get(key, "") for key in ("since", "through", "of")}, errors=errors)
    filters.picks = filters._named()
    refused = None
    if any(asked.values()) and not errors:
        wanted = replace(wanted, **asked)
        said = perform_read("form.open", by=request.user, form=wanted.qid, **asked)
        refused = None if said.verdict == "allow" else of_decision(said, request.user)
    page = page_of(formregister.readable(request.user, wanted), request.GET.get("page"))
    page.rows = formregister.lines(request.user, wanted, page.rows)
    if not any(asked.values()):
        _note_reading(request, wanted, page.rows)
    context = {
        "known": known, "qid": wanted.qid, "page": page, "filters": filters, "refused": refused, "asked": any(asked.values()),
        "query": request.GET.urlencode(), "may_file": _may_file(request, wanted),
    }  # fmt: skip
    return render(request, "permits/register.html", context)


def _span(request: HttpRequest) -> tuple[dict[str, Any], dict[str, str]]:
    """The days and the person that the filter names, and what is wrong with them."""
    given = {one.id: request.GET.get(one.id, "") for one in SPAN}
    try:
        found = fields.clean(SPAN, given)
    except Invalid as error:
        return dict.fromkeys(given), dict(error.errors)
    if found["since"] and found["through"] and found["since"] > found["through"]:
        return dict.fromkeys(given), {"through": "止日不能早于起日"}
    return found, {}


def _note_reading(request: HttpRequest, wanted: Reading, rows: list[formregister.Line]) -> None:
    """Seeing others' forms in the register is reading them, by the grant or the office that lets him."""
    days = [one.day for one in rows if not one.mine]
    if not days:
        return
    who = access.standing(request.user.pk)
    if reading.own_right(who, wanted, regulations()):
        perform_read("form.open", by=request.user, form=wanted.qid, since=min(days), through=max(days))
        return
    for grant in who.grants:
        if grant.form == wanted.qid and access.READ in grant.verbs:
            perform_read(
                "form.open", by=request.user, form=wanted.qid, since=grant.first_day, through=grant.last_day, of=grant.of_person_id
            )  # fmt: skip


def _may_file(request: HttpRequest, wanted: Reading) -> bool:
    return dry_run("form.file", by=request.user, form=wanted.qid).verdict in ("allow", "needs", "reason", "confirm")


# ---- copies ------------------------------------------------------------------------------------------------------------


def export_forms(request: HttpRequest, form: str) -> HttpResponse:
    """The workbook of some days, by the number of a copy grant."""
    known, wanted = formregister.register(request.user, form)
    made = _form(request, wanted, "form.export")
    if request.method == "POST" and (done := outcomes.attempt(request, made, "form.export", form=wanted.qid)):
        said = dry_run("form.export", by=request.user, form=wanted.qid, **made.raw)
        try:
            asked = replace(wanted, verb=access.COPY, **_typed(made))
            if still_allowed(request, made, said):
                return download(formregister.sheet(request.user, export.Told.of(done.value), asked))
        except Conflict as changed:
            made.outcome = outcomes.of_error(changed, request.user)
    return _answer(request, made, known, wanted, "导出登记表", "导出并记录", download_here=True)


def disclose(request: HttpRequest, form: str) -> HttpResponse:
    """Writing down that somebody outside was told."""
    known, wanted = formregister.register(request.user, form)
    made = _form(request, wanted, "form.disclose")
    if request.method == "POST" and outcomes.attempt(request, made, "form.disclose", form=wanted.qid):
        return go(request, reverse("register", args=[wanted.qid]), "对外提供已登记。")
    return _answer(request, made, known, wanted, "登记对外提供", "登记")


def _form(request: HttpRequest, wanted: Reading, action: str) -> Form:
    """The action's arguments; the number of the one grant he has, and its days, stand there already."""
    known = [one for one in vocabulary.actions[action].args if one.id != "form"]
    held = [
        each
        for each in access.standing(request.user.pk).grants
        if each.form == wanted.qid and access.COPY in each.verbs
    ]
    initial = {key: request.GET.get(key, "") for key in ("since", "through", "of")}
    if held:
        newest = held[-1]
        initial |= {"authorisation": newest.number}
        if not initial["since"]:
            initial |= {
                "since": newest.first_day or "",
                "through": newest.last_day or "",
                "of": newest.of_person_id or "",
            }
    hints = {"authorisation": "批准复制导出后得到的编号，形如 SQ-2026-0001"}
    return Form.of(request, known, initial=initial, hints=hints)


def _typed(made: Form) -> dict[str, Any]:
    cleaned = fields.clean(SPAN, {one.id: made.raw.get(one.id, "") for one in SPAN})
    return {"since": _day(cleaned["since"]), "through": _day(cleaned["through"]), "of": cleaned["of"]}


def _day(given: Any) -> date | None:
    return given if isinstance(given, date) else None


def _answer(
    request: HttpRequest, made: Form, known: formregister.Register, wanted: Reading, title: str, button: str, *, download_here: bool = False
) -> HttpResponse:  # fmt: skip
    held = any(
        each.form == wanted.qid and access.COPY in each.verbs for each in access.standing(request.user.pk).grants
    )
    context = {
        "form": made, "known": known, "qid": wanted.qid, "title": title, "button": button, "download": download_here,
        "held": held or not known.secret, "watermark": export.watermark(request.user, number=str(made.initial.get("authorisation") or "")),
        "back": reverse("register", args=[wanted.qid]), "headings": formregister.headings_of(wanted),
    }  # fmt: skip
    template = "permits/copy.html#form" if is_fragment(request) else "permits/copy.html"
    return render(request, template, context, status=422 if made.posted else 200)
