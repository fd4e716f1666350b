"""客户列表: rows first, counts after; search and 查重; the columns a person chose."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from kedang.customers import selectors
from kedang.customers.selectors import condition_words, conditions
from kedang.kernel.actions import access, dry_run, perform
from kedang.kernel.actions.grants import by_number as grant_numbered
from kedang.kernel.actions.permits import may_see
from kedang.kernel.errors import Gone, Invalid, NotFound
from kedang.kernel.norms.store import regulations
from kedang.records import selectors as records
from kedang.reports import export, filepage
from kedang.web import listing, saved, words
from kedang.web.paging import Page
from kedang.web.replies import go, is_fragment
from kedang.web.views import board, permits
from kedang.web.views.file import duties_of, export_button

SUGGESTED = 8


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The list, or only its rows when a filter changed. Without an address of its own it begins with the default view."""
    if not request.GET and not is_fragment(request) and (begin := saved.default_of(request.user)):
        return redirect(begin.url)
    who = access.standing(request.user.pk)
    asked = listing.asked_of(request)
    context = _frame(request, who, asked)
    if context["board"]:
        context |= board.context_of(request, who, asked)
    else:
        found = selectors.customer_list(request.user, who=who, **asked)
        context["page"] = Page(found.rows, found.page, found.more, found.page_size)
        # Who keeps or checks the files of others owns none: he begins where there is something to see.
        if not request.GET and not found.rows and selectors.customer_list(request.user, who=who, scope="all").rows:
            return redirect(f"{reverse('customers')}?scope=all")
    if is_fragment(request):
        return render(request, "customers/list.html#rows", {**context, "fragment": True})
    context |= {
        "export": export_button(request, who, reverse("customer_export"), scope=asked["scope"]),
        **_views(request), "filters": _choices(who), "chosen": request.GET,
        "carried": [(key, request.GET[key]) for key in CARRIED if request.GET.get(key)],
        "picked": {*request.GET.getlist("term"), *request.GET.getlist("stage")},
    }  # fmt: skip
    return render(request, "customers/list.html", context)


def _frame(request: HttpRequest, who: access.Standing, asked: dict[str, Any]) -> dict[str, Any]:
    """What rows and page have in common."""
    advanced = conditions.read(request.GET.get("adv", ""))
    setting = listing.setting_of(request.user)
    narrowed = {key: value for key, value in asked["filters"].items() if key != "ids"}
    return {
        "asked": asked, "text": asked["search"], "scope": asked["scope"], "sort": asked["sort"], "sizes": listing.SIZES,
        "scopes": [(key, label, "") for key, label in selectors.SCOPES.items()], "quick": listing.QUICK,
        "columns": listing.columns_of(request.GET, setting), "name_width": (setting.widths or {}).get("name"),
        "quiet": _quiet(), "filtered": bool(asked["search"] or narrowed), "advanced": advanced,
        "said": condition_words.words(advanced), "state": listing.state_of(request.GET),
        "board": request.GET.get("show") == "board", "clear": listing.replaced(request.GET, **CLEARED),
        "as_list": listing.replaced(request.GET, show="", by=""), "as_board": listing.replaced(request.GET, show="board"),
        "clear_url": f"{reverse('customers')}?{listing.replaced(request.GET, **CLEARED)}",
        "without_adv": listing.replaced(request.GET, adv=""),
    }  # fmt: skip


CARRIED = ("adv", "cols", "show", "by", "size", "view")
"""Parts of the state that the filter form does not show but takes along."""
CLEARED = dict.fromkeys(("q", "term", "stage", "status", "kind", "adv", "view", *listing.QUICK), "")


def _views(request: HttpRequest) -> dict[str, Any]:
    """The saved views, the one that is open, and whether the list still stands as it says."""
    tabs = saved.tabs_for(request.user)
    pk = request.GET.get("view", "")
    now = next((tab for tab in tabs if str(tab.view.pk) == pk), None)
    changed = now is not None and listing.state_of(QueryDict(now.view.query)) != listing.state_of(request.GET)
    return {"tabs": tabs, "open_view": now, "changed": changed}


def _choices(who: access.Standing) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(parameter, label, [(value, label)]) of the drop-downs: classes and stages of the regulations over the person's
    own departments; all of them for somebody who belongs to none of these."""
    found = []
    versions = regulations().in_force()
    own = [version for version in versions if version.units is not None and version.covers(None, who.units)]
    for version in own or versions:
        pack = version.regulation.pack
        for key, term in pack.terms.items():
            found.append(
                ("term", term.name, [(f"{version.pack}.{key}:{value}", text) for value, text in term.values.items()])
            )
        for key, flow in pack.flows.items():
            stages = [(f"{version.pack}.{key}:{stage.id}", stage.name) for stage in flow.stages]
            found.append(("stage", flow.name or key, stages))
    return found


def _quiet() -> set[str]:
    """Labels of the classes that every file has unless somebody says otherwise: they tell nothing in a list."""
    terms = [term for version in regulations().in_force() for term in version.regulation.pack.terms.values()]
    return {term.values[term.default] for term in terms if term.default in term.values}


@require_GET
def counts(request: HttpRequest) -> HttpResponse:
    """The scope tabs with their counts, capped: fetched after the rows."""
    numbers = selectors.scope_counts(request.user)
    scopes = [(key, label, words.capped(numbers[key])) for key, label in selectors.SCOPES.items()]
    scope = request.GET.get("scope", "mine")
    return render(request, "customers/scopes.html", {"scopes": scopes, "scope": scope, "counted": True})


def columns(request: HttpRequest) -> HttpResponse:
    """列设置: the dialog, and keeping what was chosen. In a list whose address names its columns only the address changes."""
    if request.method == "POST":
        return _keep_columns(request)
    beneath = listing.beneath(request)
    known = listing.offered()
    chosen = [column["id"] for column in listing.columns_of(beneath, listing.setting_of(request.user))]
    rows = [(name, known[name], name in chosen) for name in [*chosen, *(n for n in known if n not in chosen)]]
    back = request.htmx.current_url_abs_path if request.htmx else reverse("customers")
    return render(request, "customers/columns.html", {"rows": rows, "back": back, "state": beneath.urlencode()})


def _keep_columns(request: HttpRequest) -> HttpResponse:
    known = listing.offered()
    setting = listing.setting_of(request.user)
    if request.POST.get("widths"):
        drawn = {key: listing.width_of(request.POST.get(f"w-{key}", "")) for key in ["name", *known]}
        setting.widths = {**(setting.widths or {}), **{key: width for key, width in drawn.items() if width}}
        setting.save()
        return HttpResponse(status=204)
    names = [name for name in request.POST.getlist("column") if name in known] or listing.DEFAULT
    beneath = listing.beneath(request)
    if beneath.get("cols"):
        return go(request, f"{reverse('customers')}?{listing.replaced(beneath, cols=','.join(names))}")
    setting.columns = names
    if request.POST.get("reset"):
        setting.columns, setting.widths = [], {}
    setting.save()
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return go(request, back if safe else reverse("customers"), "列设置已保存。")


@require_POST
def star(request: HttpRequest, pk: int) -> HttpResponse:
    """关注 or 取消关注; the button as it stands then."""
    on = perform("customer.star", by=request.user, customer=pk, on=request.POST.get("on") == "yes").value
    if not is_fragment(request):
        return redirect("customers")
    return render(request, "customers/star.html", {"row": {"id": pk, "starred": on}}, using="jinja2")


@require_GET
def duties(request: HttpRequest, pk: int) -> HttpResponse:
    """规则提示 of one row: what is due about the file, under which clause, and where it is done."""
    if not filepage.opens(request.user, pk):
        raise NotFound
    head = selectors.customer_head(request.user, pk)
    return render(request, "customers/duties.html", {"head": head, **duties_of(request, pk)})


@require_POST
def recheck(request: HttpRequest) -> HttpResponse:
    """查重 over the list, without leaving it; on record like every check."""
    text = request.POST.get("q", "").strip()[:60]
    try:
        hits, error = perform("customer.search", by=request.user, q=text).value, ""
    except Invalid as wrong:
        hits, error = [], "；".join(wrong.errors.values()) or str(wrong)
    return render(request, "customers/recheck.html", {"hits": hits, "text": text, "error": error})


def _knows_of_destroyed(request: HttpRequest, pk: int) -> bool:
    """Whether the reader would know of a file that is destroyed: its number leads to the record of its destruction."""
    try:
        dry_run("file.open", by=request.user, customer=pk)
    except Gone:
        return True
    return False


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The box at the top: suggestions while typing; with Enter a 查重, which is on record."""
    text = request.GET.get("q", "").strip()[:60]
    if is_fragment(request):
        rows = selectors.customer_list(request.user, search=text).rows[:SUGGESTED] if text else []
        return render(request, "customers/suggest.html", {"rows": rows, "text": text})
    if export.is_code(text):
        # The number on an exported sheet is looked up where everything is looked up.
        return redirect("export_record", code=text.upper())
    if permits.is_number(text) and (found := grant_numbered(text)) and may_see(request.user.pk, found):
        return redirect("grant", pk=found.pk)
    if (gone := records.destroyed_as(text)) and _knows_of_destroyed(request, gone):
        return redirect("customer", pk=gone)
    error, hits, rows = "", [], []
    if text:
        try:
            hits = perform("customer.search", by=request.user, q=text).value
        except Invalid as wrong:
            error = str(wrong)
        rows = selectors.customer_list(request.user, search=text, page_size=20).rows
    context = {"hits": hits, "rows": rows, "search_text": text, "error": error}
    return render(request, "customers/search.html", context)
