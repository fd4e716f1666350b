"""新建客户: check for duplicates, register, and file the form that the department's regulation wants, in one go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.kernel import fields
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.web.forms import packs
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.replies import go, is_fragment

FIRST = ("name", "contact_name", "contact_phone", "phone", "source", "kind")
SECOND = ("credit_code", "address", "nature", "parent_unit", "contact_post", "unit", "owner")
CHECKED = ("name", "credit_code", "phone", "contact_phone")


def new(request: HttpRequest) -> HttpResponse:
    """The page and its post."""
    regs = regulations()
    classes = packs.term_fields(regs, request.user)
    args = [*(_named(one) for one in vocabulary.actions["customer.register"].args if one.id != "terms"), *classes]
    found = packs.basic_form(regs, request.user)
    basic = packs.joined(found[0], found[1], {one.id for one in args}) if found else None
    with_form = basic is not None and request.POST.get("with_form") == "yes"
    form = _form(request, args, basic, with_form)
    if request.method == "POST" and (response := _register(request, form, basic if with_form else None)):
        return response
    context = {
        "form": form, "basic": basic, "with_form": with_form or bool(request.GET.get("form")),
        "first": [form.at[name] for name in FIRST], "classes": [form.at[one.id] for one in classes], "second": [form.at[name] for name in SECOND],
        "own": [form.at[one.id] for one in basic.fields] if basic else [],
        "alike": _alike(request, form),
        "asked": [one.name for one in basic.form.fields if one.required] if basic else [],
    }  # fmt: skip
    template = "customers/new.html#form" if is_fragment(request) else "customers/new.html"
    return render(request, template, context, status=422 if form.posted else 200)


def _alike(request: HttpRequest, form: Form) -> list[Any]:
    """The files that a refused name or number is like, so that whoever was refused can go on to them."""
    text = next((str(form.raw.get(name) or "").strip() for name in CHECKED if name in form.errors), "")
    return perform("customer.search", by=request.user, q=text[:120]).value if len(text) >= 2 else []


def _named(one: Field) -> Field:
    """Beside 联系人电话 the customer's own number needs a name of its own."""
    return replace(one, name="单位电话") if one.id == "phone" else one


def _form(request: HttpRequest, args: Any, basic: packs.Joined | None, with_form: bool) -> Form:
    more = list(basic.fields) if basic else []
    person = request.user
    return Form.of(
        request,
        [*args, *more],
        initial={"name": request.GET.get("name", "")[:120], "owner": person.pk},
        picks={"owner": [(person.pk, person.name)]},
        hints=basic.hints if basic else {},
        must=basic.required if basic and with_form else frozenset(),
    )


def _register(request: HttpRequest, form: Form, basic: packs.Joined | None) -> HttpResponse | None:
    """Register, then file the form. What is wrong with the form is said before anything is written."""
    own = {key: value for key, value in form.raw.items() if not key.startswith((packs.PREFIX, packs.TERM))}
    terms = {
        key.removeprefix(packs.TERM): value for key, value in form.raw.items() if key.startswith(packs.TERM) and value
    }
    if basic and (wrong := _wrong(basic, form.raw)):
        form.errors = {**_checked(request, own), **wrong}
        return None
    done = attempt(request, form, "customer.register", raw={**own, "terms": terms})
    if done is None:
        shown = {one.id for one in form.fields}
        form.errors = {
            packs.TERM + key if packs.TERM + key in shown else key: text for key, text in form.errors.items()
        }
        if form.errors:
            form.errors = {**_unclassed(form), **form.errors}
        return None
    url = reverse("customer", args=[done.value])
    if basic is None:
        return go(request, url, "已建档。")
    return _file(request, form, basic, int(done.value), url)


def _unclassed(form: Form) -> dict[str, str]:
    """Classes that must be chosen and are not: said in the same round as everything else that is wrong."""
    return {
        one.id: fields.REQUIRED
        for one in form.fields
        if one.id.startswith(packs.TERM) and one.required and fields.is_blank(form.raw.get(one.id))
    }


def _wrong(basic: packs.Joined, raw: dict[str, Any]) -> dict[str, str]:
    """Errors of the form's own checks of type and presence."""
    version, spec = basic.version, basic.form
    known = packs.kernel.fields_of(version, spec)
    try:
        fields.clean(known, basic.data(raw))
    except Invalid as error:
        return basic.errors(error.errors)
    return {}


def _checked(request: HttpRequest, own: dict[str, Any]) -> dict[str, str]:
    """Errors of the registration's arguments, so that everything wrong is said at once."""
    try:
        fields.clean(vocabulary.actions["customer.register"].args, own)
    except Invalid as error:
        return dict(error.errors)
    return {}


def _file(request: HttpRequest, form: Form, basic: packs.Joined, customer: int, url: str) -> HttpResponse:
    """File the form about the new customer; what a norm says against it is shown on the form's own page."""
    key = f"{form.sent_key}:form" if form.sent_key else None
    try:
        with transaction.atomic():
            perform("form.file", by=request.user, key=key, form=basic.qid, customer=customer, data=basic.data(form.raw))
    except Invalid:
        return go(
            request,
            f"{reverse('form_file', args=[basic.qid])}?customer={customer}",
            "客户已建档，表还差一点：请补全后提交。",
        )
    return go(request, url, f"已建档，《{basic.form.name}》已提交。")


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """查重 while the form is being filled in: the one value that has just been typed."""
    text = next((request.POST[name].strip() for name in CHECKED if request.POST.get(name, "").strip()), "")
    # One character says nothing about a customer, and the action does not look for it.
    text = text[:120] if len(text) >= 2 else ""
    rows = perform("customer.search", by=request.user, q=text).value if text else []
    return render(request, "customers/check.html", {"rows": rows, "text": text})
