"""客户列表: rows first, counts after; search and 查重; the columns a person chose."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from kedang.customers import selectors
from kedang.kernel.actions import access, perform
from kedang.kernel.errors import Invalid
from kedang.kernel.norms.store import regulations
from kedang.reports import export
from kedang.web import words
from kedang.web.models import ListSetting
from kedang.web.paging import FAR, Page
from kedang.web.replies import go, is_fragment
from kedang.web.views.file import export_button

LIST = "customers"
COLUMNS = {
    "number": "编号", "tags": "分类", "stages": "阶段", "owner": "负责人", "unit": "部门", "last_contact": "最后跟进",
    "next_contact": "下次联系", "duties": "待办", "phone": "电话", "kind": "性质", "status": "状态", "registered": "登记日期",
}  # fmt: skip
DEFAULT = ["number", "tags", "stages", "owner", "last_contact", "next_contact", "duties"]
SORTABLE = {"number", "owner", "unit", "last_contact", "next_contact", "registered"}
QUICK = {"overdue": "有逾期待办", "next_past": "该联系未联系"}
SIZES = (20, 50, 100)
SUGGESTED = 8


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The list, or only its rows when a filter changed."""
    who = access.standing(request.user.pk)
    asked = asked_of(request)
    found = selectors.customer_list(request.user, who=who, **asked)
    context = {
        "page": Page(found.rows, found.page, found.more, found.page_size),
        "columns": _columns(request), "asked": asked, "text": asked["search"], "scope": asked["scope"],
        "scopes": [(key, label, "") for key, label in selectors.SCOPES.items()], "quick": QUICK,
        "filters": _choices(who), "chosen": request.GET, "filtered": bool(asked["search"] or asked["filters"]),
        "quiet": _quiet(), "sizes": SIZES, "sort": asked["sort"],
        "picked": {*request.GET.getlist("term"), *request.GET.getlist("stage")},
    }  # fmt: skip
    if is_fragment(request):
        return render(request, "customers/list.html#rows", context)
    context["export"] = export_button(request, who, reverse("customer_export"), scope=asked["scope"])
    return render(request, "customers/list.html", context)


def asked_of(request: HttpRequest) -> dict[str, Any]:
    """What the address asks for, as the selector takes it; anything unknown is left out."""
    get = request.GET
    text = get.get("q", "").strip()[:60]
    scope = get.get("scope", "")
    if scope not in selectors.SCOPES:
        scope = "all" if text else "mine"
    number = get.get("page", "")
    size = get.get("size", "")
    return {
        "scope": scope,
        "search": text,
        "filters": _filters(get),
        "sort": get.get("sort", "-updated"),
        "page": int(number) if number.isdecimal() and 0 < int(number) < FAR else 1,
        "page_size": int(size) if size.isdecimal() and int(size) in SIZES else 50,
    }


def _filters(get: Any) -> dict[str, Any]:
    found: dict[str, Any] = {key: True for key in QUICK if get.get(key)}
    for key in ("status", "kind"):
        if get.get(key):
            found[key] = get[key]
    for key in ("term", "stage"):
        pairs = [value.rpartition(":") for value in get.getlist(key) if ":" in value]
        if pairs:
            found[key] = {name: value for name, _, value in pairs}
    return found


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


def _columns(request: HttpRequest) -> list[dict[str, Any]]:
    """The person's columns in his order."""
    kept = ListSetting.objects.filter(person=request.user, name=LIST).values_list("columns", flat=True).first()
    names = [name for name in (kept or DEFAULT) if name in COLUMNS]
    return [{"id": name, "label": COLUMNS[name], "sortable": name in SORTABLE} for name in names]


@require_GET
def counts(request: HttpRequest) -> HttpResponse:
    """The scope tabs with their counts, capped: fetched after the rows."""
    numbers = selectors.scope_counts(request.user)
    scopes = [(key, label, words.capped(numbers[key])) for key, label in selectors.SCOPES.items()]
    scope = request.GET.get("scope", "mine")
    return render(request, "customers/scopes.html", {"scopes": scopes, "scope": scope, "counted": True})


def columns(request: HttpRequest) -> HttpResponse:
    """列设置: the dialog, and keeping what was chosen."""
    if request.method == "POST":
        names = [name for name in request.POST.getlist("column") if name in COLUMNS] or DEFAULT
        ListSetting.objects.update_or_create(person=request.user, name=LIST, defaults={"columns": names})
        back = request.POST.get("back", "")
        safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        return go(request, back if safe else reverse("customers"), "列设置已保存。")
    chosen = [column["id"] for column in _columns(request)]
    rest = [name for name in COLUMNS if name not in chosen]
    rows = [(name, COLUMNS[name], name in chosen) for name in [*chosen, *rest]]
    back = request.htmx.current_url_abs_path if request.htmx else reverse("customers")
    return render(request, "customers/columns.html", {"rows": rows, "back": back})


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
    error, hits, rows = "", [], []
    if text:
        try:
            hits = perform("customer.search", by=request.user, q=text).value
        except Invalid as wrong:
            error = str(wrong)
        rows = selectors.customer_list(request.user, search=text, page_size=20).rows
    context = {"hits": hits, "rows": rows, "search_text": text, "error": error}
    return render(request, "customers/search.html", context)
