"""视图: saving what the list shows under a name, sharing it, pinning it, beginning with it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.customers.selectors import condition_words, conditions
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.web import listing, saved
from kedang.web.forms.bound import Form
from kedang.web.models import SavedView
from kedang.web.replies import go, is_fragment

FIELDS = [
    Field("name", "名称", "text", required=True, max=20),
    Field("audience", "给谁看", "choice", required=True, values=dict(SavedView.AUDIENCES), default=SavedView.OWN),
]
MARKS = {"pin": {"pinned": True}, "unpin": {"pinned": False}, "begin": {"default": True}, "end": {"default": False}}
SAID = {"pin": "已固定为标签", "unpin": "已取消固定", "begin": "以后打开客户列表就是这个视图", "end": "已取消默认"}


def new(request: HttpRequest) -> HttpResponse:
    """保存视图: what the list shows now, under a name."""
    form = Form.of(request, FIELDS)
    if request.method == "POST":
        try:
            view = saved.save(request.user, query=_state(request), **_typed(form))
        except Invalid as wrong:
            form.errors = dict(wrong.errors)
        else:
            marks = {"pinned": request.POST.get("pin") == "yes", "default": request.POST.get("begin") == "yes"}
            saved.use(request.user, view, **marks)
            return go(request, f"{reverse('customers')}?{view.query}&view={view.pk}", f"视图“{view.name}”已保存。")
    return _page(request, form, None)


def _state(request: HttpRequest) -> str:
    """What is kept: the state beneath, with the columns as they stand, so that the view looks the same to whoever opens it."""
    beneath = listing.beneath(request)
    if not beneath.get("cols"):
        names = [column["id"] for column in listing.columns_of(beneath, listing.setting_of(request.user))]
        beneath = beneath.copy()
        beneath["cols"] = ",".join(names)
    if not beneath.get("scope"):
        beneath["scope"] = listing.asked_in(beneath)["scope"]
    return listing.state_of(beneath)


def _typed(form: Form) -> dict[str, str]:
    return {"name": str(form.raw.get("name", "")), "audience": str(form.raw.get("audience", ""))}


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and audience of one's own view."""
    view = saved.view_of(request.user, pk, own=True)
    form = Form.of(request, FIELDS, initial={"name": view.name, "audience": view.audience})
    if request.method == "POST":
        try:
            saved.rename(view, **_typed(form))
        except Invalid as wrong:
            form.errors = dict(wrong.errors)
        else:
            return go(request, _url(view), f"视图“{view.name}”已保存。")
    return _page(request, form, view)


def _page(request: HttpRequest, form: Form, view: SavedView | None) -> HttpResponse:
    get = listing.beneath(request)
    context = {
        "form": form, "view": view, "state": listing.replaced(get), "said": condition_words.words(conditions.read(get.get("adv", ""))),
        "pin": request.POST.get("pin") == "yes" or not form.posted, "begin": request.POST.get("begin") == "yes",
    }  # fmt: skip
    template = "customers/view.html#form" if is_fragment(request) else "customers/view.html"
    return render(request, template, context, status=422 if form.posted else 200)


@require_POST
def mark(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """固定, 默认, 更新 or 删除; the last two only of one's own."""
    if what in MARKS:
        view = saved.view_of(request.user, pk)
        saved.use(request.user, view, **MARKS[what])
        return go(request, _back(request), f"{SAID[what]}。")
    view = saved.view_of(request.user, pk, own=True)
    if what == "update":
        saved.update(view, _state(request))
        return go(request, _url(view), f"视图“{view.name}”已更新。")
    view.delete()
    return go(request, f"{reverse('customers')}?{listing.replaced(listing.beneath(request), view='')}", "视图已删除。")


def _url(view: SavedView) -> str:
    return f"{reverse('customers')}?{view.query}&view={view.pk}"


def _back(request: HttpRequest) -> str:
    return f"{reverse('customers')}?{listing.replaced(listing.beneath(request))}"
