"""改资料: only what was changed is sent, so two people who change different fields do not meet; and the composer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.customers import selectors
from kedang.customers.history import GROUPS
from kedang.kernel.actions import access, dry_run
from kedang.kernel.errors import NotFound
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.web.forms.bound import Form, typed
from kedang.web.outcomes import attempt, of_decision
from kedang.web.replies import go, is_fragment, trigger
from kedang.web.views.file import composer_fields

SHOWN = ("name", "kind", "credit_code", "phone", "address", "nature", "parent_unit", "source")
WAS = "was-"


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of 客户资料."""
    decision = dry_run("customer.update", by=request.user, customer=pk)
    if decision.verdict == "not_found":
        raise NotFound
    head = selectors.customer_head(request.user, pk)
    if decision.verdict == "refuse":
        return render(
            request,
            "customers/edit_refused.html",
            {"head": head, "outcome": of_decision(decision, request.user)},
            status=403,
        )
    row = selectors.file_for(request.user, pk)
    form = _form(request, row, head.rights)
    version = request.POST.get("version") or str(row.version)
    if request.method == "POST":
        wanted, clear = _changes(request, form)
        if not wanted and not clear:
            return go(request, reverse("customer", args=[pk]), "没有改动。")
        raw = {**wanted, "clear": clear, "reason": form.raw.get("reason", "")}
        if _save(request, form, pk, raw, version):
            return go(request, f"{reverse('customer', args=[pk])}?tab=data", "资料已保存。")
        if form.outcome and form.outcome.kind == "conflict":
            # Saving again means: mine, knowing theirs.
            version = str(form.outcome.version or row.version)
    off = _off(head.rights)
    was = {key: value for key, value in _was(request, row, bool(form.outcome and form.outcome.kind == "conflict")).items()
           if key.removeprefix(WAS) not in off}  # fmt: skip
    context = {
        "head": head,
        "form": form,
        "version": version,
        "was": was,
        "note": of_decision(decision, request.user) if decision.verdict == "needs" else None,
    }
    template = "customers/edit.html#form" if is_fragment(request) else "customers/edit.html"
    return render(request, template, context, status=422 if form.posted else 200)


def _save(request: HttpRequest, form: Form, pk: int, raw: dict[str, Any], version: str) -> bool:
    """Save; when others saved in between but none of these fields, that is no conflict and the save is made on theirs."""
    if attempt(request, form, "customer.update", raw={**raw, "version": version}, customer=pk):
        return True
    outcome = form.outcome
    if (
        outcome is None
        or outcome.kind != "conflict"
        or any(theirs != original for _, original, theirs, _ in outcome.rows)
    ):
        return False
    form.outcome = None
    return bool(attempt(request, form, "customer.update", raw={**raw, "version": outcome.version}, customer=pk))


def _form(request: HttpRequest, row: Any, rights: Any) -> Form:
    known = [one for one in vocabulary.actions["customer.update"].args if one.id in (*SHOWN, "reason")]
    hidden = _off(rights)
    initial = {name: getattr(row, name) or "" for name in SHOWN if name not in hidden}
    return Form.of(request, known, initial=initial, off=hidden, must=frozenset({"name"}))


def _off(rights: Any) -> dict[str, str]:
    """Fields that are not wholly shown to him: neither typed over nor sent along unseen."""
    groups = {name: GROUPS.get(name, "base") for name in SHOWN}
    return {
        name: "您无权查看"
        for name, group in groups.items()
        if access.right_of(rights, f"customer.{name}", group, "show") in ("hide", "mask")
    }


def _changes(request: HttpRequest, form: Form) -> tuple[dict[str, str], list[str]]:
    """(fields that differ from what the form started with, fields that were emptied)."""
    wanted, clear = {}, []
    for name in SHOWN:
        if name not in form.raw:
            continue
        new, old = str(form.raw[name]).strip(), request.POST.get(WAS + name, "").strip()
        if new == old:
            continue
        if new or name == "name":
            wanted[name] = new
        else:
            clear.append(name)
    return wanted, clear


def _was(request: HttpRequest, row: Any, fresh: bool) -> dict[str, str]:
    """What the form started from; after a conflict, what stands now."""
    if request.method == "POST" and not fresh:
        return {WAS + name: request.POST.get(WAS + name, "") for name in SHOWN}
    return {WAS + name: typed("text", getattr(row, name) or "") for name in SHOWN}


@require_POST
def compose(request: HttpRequest, pk: int) -> HttpResponse:
    """写跟进 from the top of the timeline."""
    form = Form.of(request, composer_fields(request.user))
    done = attempt(request, form, "contact.record", customer=pk)
    if done:
        from kedang.web.views.deeds import warned

        said = "跟进已记下。" + warned(done)
        if is_fragment(request) and request.GET.get("peek"):
            return _in_drawer(request, pk, said)
        return go(request, reverse("customer", args=[pk]), said)
    head = selectors.customer_head(request.user, pk)
    return render(request, "customers/compose.html", {"compose": form, "head": head}, status=422)


def _in_drawer(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    """The file as it is now, drawn into the drawer it was written in: the list beneath stays where it was."""
    from kedang.web.views.file import page

    response = trigger(page(request, pk), say=said, changed="customer")
    response["HX-Retarget"], response["HX-Reswap"] = "#drawer-body", "innerHTML"
    return response
