"""更正表单: a filed form with its present values; what is changed is corrected, and the old value stays beside the new."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kedang.kernel import fields
from kedang.kernel.actions import formfixes
from kedang.kernel.actions import forms as kernel_forms
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.models import FormRecord
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.web.forms.bound import Form
from kedang.web.forms.deeds import foretell
from kedang.web.forms.packs import PREFIX
from kedang.web.outcomes import attempt, of_decision
from kedang.web.replies import go, is_fragment
from kedang.web.views.filing import may_fix, readable

REASON = Field("reason", "更正理由", "long_text", required=True, max=500)
FORM = "corrected"


def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """The page: for who may read the form, and filed it or is above who did."""
    row, head = readable(request, pk)
    version = regulations().version(row.pack, row.version)
    spec = version.regulation.pack.forms.get(row.form.partition(".")[2]) if version else None
    if version is None or spec is None or not may_fix(request, row):
        raise NotFound
    known = _known(request, row, version, spec)
    form = Form.of(
        request,
        [*(replace(one, id=PREFIX + one.id) for one in known), REASON],
        initial={PREFIX + one.id: row.data.get(one.id) for one in known},
        hints={"reason": "如 抄错了数字；旧内容仍保留在旁"},
    )
    action, url = vocabulary.actions["form.correct"], reverse("form_record", args=[pk])
    if request.method == "POST":
        typed = {key.removeprefix(PREFIX): value for key, value in form.raw.items() if key.startswith(PREFIX)}
        raw = {"entry": row.event, "data": typed, "reason": form.raw.get("reason", "")}
        if done := attempt(request, form, action.name, raw=raw):
            left = "".join(f"{one}。" for one in done.value["left"])
            return go(request, url, f"已更正：{'、'.join(done.value['changed'])}。{left}")
        told = {**_wrong(known, typed), **form.errors} if form.errors else {}
        form.errors = {PREFIX + key if PREFIX + key in form.at else key: text for key, text in told.items()}
    ahead = foretell(request.user, action, entry=row.event, data={})
    note = ahead.decision.verdict != "allow" and not form.outcome
    context: dict[str, Any] = {
        "row": row, "head": head, "form": form, "own": [form.at[PREFIX + one.id] for one in known],
        "reason": form.at["reason"], "rows": bool(spec.rows), "ahead": ahead, "back": url,
        "note": of_decision(ahead.decision, request.user) if note else None,
    }  # fmt: skip
    template = "forms/correct.html#form" if is_fragment(request) else "forms/correct.html"
    return render(request, template, context, status=422 if form.posted else 200)


def _wrong(known: list[Field], typed: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the fields, also where the reason is missing: everything is said at once."""
    try:
        fields.clean(known, typed, partial=True)
    except Invalid as error:
        return dict(error.errors)
    return {}


def _known(request: HttpRequest, row: FormRecord, version: Any, spec: Any) -> list[Field]:
    """The fields that this person may put right: those he is shown whole, but no files."""
    hidden = formfixes.unseen(request.user.pk, row, spec)
    return [one for one in kernel_forms.fields_of(version, spec) if one.type != "file" and one.id not in hidden]
