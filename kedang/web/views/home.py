"""首页: the frame at once, each card by a request of its own, so that a slow one holds up nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kedang.kernel import clock, files, inbox
from kedang.kernel.briefs.selectors import frozen_for
from kedang.kernel.errors import NotFound
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.reports.home import figures, keeping, watching
from kedang.reports.home.lens import Lens
from kedang.reports.home.rows import sort_of
from kedang.reports.home.spans import PERIODS
from kedang.web import home, tasks
from kedang.web.paging import page_of
from kedang.web.replies import go
from kedang.web.views.inbox import band_of

PLACES = {"customers": "customers", "approvals": "approvals", "overdue": "home_overdue"}


def lens_of(request: HttpRequest) -> Lens:
    """The reader with the scope and the period of the address."""
    get = request.GET
    return Lens.of(request.user, *(get.get(key, "") for key in ("scope", "period", "from", "to")))


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The frame: quick entries, scope and period, and a place for each card."""
    lens = lens_of(request)
    own = home.arrangement_of(lens)
    return render(request, "home/home.html", {"own": own, **frame_of(lens)})


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Where one lands after signing in, whichever way: who answers for others sees how things stand, everybody else what he
    must do today; who only keeps the system going, its settings."""
    if request.user.is_admin and not org.held_by(request.user):
        return redirect("manage")
    return redirect("home" if Lens.of(request.user).leads else "inbox")


def frame_of(lens: Lens) -> dict[str, Any]:
    """What drives every card, as links: each scope with this period, each period with this scope."""
    scopes = [(urlencode({**lens.query, "scope": key}), name, key == lens.scope) for key, name in lens.offered.items()]
    periods = [
        (urlencode({"scope": lens.scope, "period": key}), name, key == lens.period.key)
        for key, name in PERIODS.items()
        if key != "custom"
    ]
    return {
        "lens": lens, "scopes": scopes, "periods": periods, "query": urlencode(lens.query), "span": lens.period.span,
        "last": lens.period.whole, "custom": lens.period.key == "custom", "now": clock.now(), "today": clock.today(),
    }  # fmt: skip


# ---- cards -------------------------------------------------------------------------------------------------------------


@require_GET
def card(request: HttpRequest, key: str) -> HttpResponse:
    """One card; NotFound for one that there is not, or that is not the reader's."""
    lens, spec = lens_of(request), home.CARDS.get(key)
    if spec is None or (spec.leading and not lens.leads):
        raise NotFound
    return render(
        request, f"home/card_{ALIKE.get(key, key)}.html", {"card": spec, **frame_of(lens), **DRAWN[key](request, lens)}
    )


def url_of(figure: figures.Figure) -> str:
    """Where a figure's rows are."""
    place = PLACES.get(figure.spec.place)
    return f"{reverse(place) if place else reverse('home_rows', args=[figure.spec.key])}?{figure.query}"


def _brief(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    found = figures.brief(lens)
    return {"figures": [(each, url_of(each)) for each in found], "counted": _earlier(min(each.at for each in found))}


def _earlier(at: datetime) -> datetime | None:
    """When something was counted, if that is not just now."""
    return at if clock.now() - at >= timedelta(minutes=1) else None


def _todo(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    regs = regulations()
    first = list(inbox.duties_for(request.user, regs)[:5])
    named = files.views([duty.file for duty in first if duty.file])
    rows = [
        {"duty": duty, "way": tasks.way_of(duty, regs), "file": named.get(duty.file), "natural": tasks.in_days(duty),
         "band": band_of(None if duty.paused_at else duty.due_at)}
        for duty in first
    ]  # fmt: skip
    return {"rows": rows, "counts": inbox.counts(request.user, regs)}


def _attention(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    ways = {
        "ballots": reverse("approvals"), "proposals": f"{reverse('proposals')}?tab=open", "conflicts": reverse("conflicts"),
        "loans": f"{reverse('home_rows', args=['loans'])}?{urlencode(lens.query)}",
        "files_due": f"{reverse('home_rows', args=['files_due'])}?{urlencode(lens.query)}",
    }  # fmt: skip
    return {"waits": [(wait, ways[wait.key]) for wait in watching.waiting(lens)]}


def _forgotten(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    text = request.GET.get("days", "")
    found = watching.reminder(lens, int(text) if text.isdecimal() and len(text) < 4 else watching.DEFAULT)
    return {"found": found, "list": reverse("customers")}


def _rate(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    lines = keeping.by_clause(lens)
    rows = [(line, _duties(lens, "rate", line), _duties(lens, "rate", line, kept="no")) for line in lines]
    worst = rows[: keeping.TOP]
    chart = {
        "kind": "bars", "unit": "%", "most": 100, "name": "按时办结率",
        "labels": [f"第{line.clause}条" if line.clause else line.title for line, _, _ in worst],
        "values": [line.rate for line, _, _ in worst], "urls": [url for _, url, _ in worst],
    }  # fmt: skip
    return {"lines": worst, "rest": rows[keeping.TOP :], "chart": chart}


def _breaches(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    found = keeping.breaches(lens)
    parts = lens.period.span.parts()
    base = reverse("home_rows", args=["missed"])
    urls = [f"{base}?{urlencode(_piece(lens, first, after))}" for _, first, after in parts]
    chart = {
        "kind": "columns", "unit": "件", "name": "新发生逾期", "labels": list(found.labels), "values": list(found.totals),
        "urls": urls,
    }  # fmt: skip
    lines = [(line, _duties(lens, "missed", line)) for line in found.lines[: keeping.TOP]]
    pieces = list(zip(found.labels, found.totals, urls, strict=True))
    return {"found": found, "chart": chart, "lines": lines, "more": len(found.lines) - len(lines), "pieces": pieces}


def _piece(lens: Lens, first: Any, after: Any) -> dict[str, str]:
    last = clock.local(after - timedelta(microseconds=1)).date()
    return {"scope": lens.scope, "period": "custom", "from": str(clock.local(first).date()), "to": str(last)}


def _duties(lens: Lens, key: str, line: keeping.ClauseLine, **more: str) -> str:
    asked = {**lens.query, "pack": line.pack, "clause": line.clause, **more}
    return f"{reverse('home_rows', args=[key])}?{urlencode(asked)}"


def _people(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    return _shares(lens, "person")


def _units(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    return _shares(lens, "unit")


def _shares(lens: Lens, key: str) -> dict[str, Any]:
    shares, at = keeping.shares(lens, key)
    base = reverse("home_overdue")
    most = max((share.late for share in shares), default=1)
    lines = [
        (share, f"{base}?{urlencode({'scope': lens.scope, key: share.id})}", round(100 * share.late / most))
        for share in shares[: keeping.TOP]
    ]
    return {
        "lines": lines, "more": len(shares) - len(lines), "total": sum(share.late for share in shares),
        "all": f"{base}?{urlencode({'scope': lens.scope})}", "counted": _earlier(at),
    }  # fmt: skip


def _frozen(request: HttpRequest, lens: Lens) -> dict[str, Any]:
    return {"rows": list(frozen_for(request.user)[:5])}


DRAWN: dict[str, Callable[[HttpRequest, Lens], dict[str, Any]]] = {
    "brief": _brief, "todo": _todo, "attention": _attention, "forgotten": _forgotten, "rate": _rate, "breaches": _breaches,
    "people": _people, "units": _units, "frozen": _frozen,
}  # fmt: skip
ALIKE = {"people": "overdue", "units": "overdue"}
"""Cards that one template draws."""


# ---- the rows behind a figure --------------------------------------------------------------------------------------------


@require_GET
def rows(request: HttpRequest, key: str) -> HttpResponse:
    """The rows that a figure counted, a page at a time."""
    lens, sort = lens_of(request), sort_of(key)
    found = page_of(sort.query(lens, request.GET.dict()), request.GET.get("page"))
    found.rows = sort.draw(lens, found.rows)
    clause = request.GET.get("clause", "")
    kept = {"yes": "按时办结", "no": "没有按时办结"}.get(request.GET.get("kept", ""), "")
    figure = figures.figure(lens, key, fresh=True) if key in figures.SPECS and not (clause or kept) else None
    totals = figures.met_of_due(lens, lens.period.span) if key == "rate" and figure else None
    context = {
        "sort": sort, "key": key, "page": found, "figure": figure, "clause": clause, "kept": kept, "totals": totals,
        "pack": request.GET.get("pack", ""), "timeless": key in ("loans", "files_due"), **frame_of(lens),
    }  # fmt: skip
    return render(request, "home/rows.html", context)


# ---- how it is arranged ---------------------------------------------------------------------------------------------------


def settings(request: HttpRequest) -> HttpResponse:
    """卡片设置: order, what is shown, quick entries; or back to what is usual."""
    lens = Lens.of(request.user)
    error = ""
    if request.method == "POST":
        if request.POST.get("reset"):
            home.reset(request.user)
            return go(request, reverse("home"), "首页已恢复默认。")
        post = request.POST
        error = home.arrange(lens, post.getlist("order"), post.getlist("shown"), post.getlist("quick"))
        if not error:
            return go(request, reverse("home"), "首页已按您的设置显示。")
    own = home.arrangement_of(lens)
    cards = [(card, True) for card in own.cards] + [(card, False) for card in own.hidden]
    chosen = {each.key for each in own.quick}
    if error:
        chosen = set(request.POST.getlist("quick"))
        cards = [(card, card.key in request.POST.getlist("shown")) for card, _ in cards]
    quick = [(each, each.key in chosen) for each in home.quick_offered(request.user).values()]
    context = {"own": own, "cards": cards, "quick": quick, "most": home.MOST_QUICK, "error": error}
    template = "home/settings.html#form" if request.htmx else "home/settings.html"
    return render(request, template, context, status=422 if error else 200)
