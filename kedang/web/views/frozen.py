"""日报、周报、月报: freezing figures, reading them beside what stands now, on paper."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kedang.kernel import clock
from kedang.kernel.briefs import selectors
from kedang.kernel.briefs.models import KINDS, FrozenReport
from kedang.kernel.fields import Field
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.reports.home.freezing import live
from kedang.reports.home.lens import Lens
from kedang.web import words
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.paging import page_of
from kedang.web.printing import pdf
from kedang.web.replies import go, is_fragment


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The reports one may see, the newest first."""
    kind = request.GET.get("kind", "")
    rows = selectors.frozen_for(request.user)
    rows = rows.filter(kind=kind) if kind in KINDS else rows
    tabs = [("", "全部", kind not in KINDS), *((key, name, key == kind) for key, name in KINDS.items())]
    return render(request, "home/reports.html", {"page": page_of(rows, request.GET.get("page")), "tabs": tabs})


def freeze(request: HttpRequest) -> HttpResponse:
    """The form: which report, of which day, in which scope; then it is counted and kept."""
    lens = Lens.of(request.user, request.GET.get("scope", ""))
    form = Form.of(
        request, _fields(lens), initial=_initial(request, lens), hints={"day": "统计这一天所在的那一天、那一周或那一月"}
    )
    if request.method == "POST" and (done := attempt(request, form, "report.freeze")):
        return go(request, reverse("home_report", args=[done.value]), "报告已冻结，以后不会再变。")
    template = "home/freeze.html#form" if is_fragment(request) else "home/freeze.html"
    return render(request, template, {"form": form}, status=422 if form.posted else 200)


def _fields(lens: Lens) -> list[Field]:
    known = {one.id: one for one in vocabulary.actions["report.freeze"].args}
    scope = Field("scope", known["scope"].name, "choice", required=True, values=lens.offered)
    return [known["kind"], scope, known["day"], known["note"]]


def _initial(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    """In the morning of a new period one means the one that has just ended."""
    kind = {"today": "day", "week": "week"}.get(request.GET.get("period", ""), "month")
    return {"kind": kind, "scope": lens.scope, "day": clock.today().isoformat()}


@require_GET
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One report: what was frozen beside what stands now."""
    row = selectors.frozen_report(request.user, pk)
    now = live(row) or {}
    lines = [(each, now.get(each["key"], "—")) for each in row.content["figures"]]
    context = {
        "row": row, "lines": lines, "clauses": row.content["clauses"], "intact": selectors.intact(row),
        "now": clock.now(), "export": f"report={row.pk}", "gone": not now,
    }  # fmt: skip
    return render(request, "home/report.html", context)


@require_GET
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The report as a PDF."""
    row = selectors.frozen_report(request.user, pk)
    response = HttpResponse(pdf("report.typ", _sheet(row, request.user.name)), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="report-{row.pk}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response


def _sheet(row: FrozenReport, reader: str) -> dict[str, Any]:
    root = org.root_unit()
    note = [("说明", row.note)] if row.note else []
    return {
        "company": root.name if root else "",
        "title": f"{row.scope_name}{row.get_kind_display()}",
        "head": [
            ("范围", row.scope_name), ("期间", days(row.first, row.last)), ("统计截止", words.moment(row.cut_off)),
            ("冻结人", row.by.name), *note,
        ],
        "figures": [(each["label"], f"{each['text']} {each['word']}".strip(), each["change"], each["definition"]) for each in row.content["figures"]],
        "clauses": [
            (f"《{each['title']}》第{each['clause']}条" if each["title"] else "系统事项", str(each["due"]), str(each["met"]),
             f"{each['rate']}%" if each["rate"] is not None else "—")
            for each in row.content["clauses"]
        ],
        "digest": row.digest,
        "printed": f"{reader} 于 {words.moment(clock.now())} 打印。",
    }  # fmt: skip


def days(first: date, last: date) -> str:
    """'2026-03-02 至 2026-03-08', one day by itself."""
    return str(first) if last - first < timedelta(days=1) else f"{first} 至 {last}"
