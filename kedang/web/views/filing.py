"""Filing any form of a pack, and reading one that was filed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from kedang.customers import selectors
from kedang.customers.claims import selectors as claims
from kedang.kernel import clock, fields, files
from kedang.kernel.actions import access, correcting, formfixes, perform_read
from kedang.kernel.actions import forms as kernel_forms
from kedang.kernel.errors import NotFound, Refused
from kedang.kernel.norms.models import FormRecord
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.reports import formregister
from kedang.web.forms import packs, sheets
from kedang.web.forms.deeds import foretell
from kedang.web.naming import Names
from kedang.web.outcomes import attempt, of_decision
from kedang.web.replies import go, is_fragment
from kedang.web.views.deeds import warned


def file_form(request: HttpRequest, form: str) -> HttpResponse:
    """The form's page: prefilled, checked at each field, nothing typed is lost."""
    found = regulations().form(form)
    if found is None:
        raise NotFound("现行制度中没有这张表。")
    version, spec = found
    asked_at = clock.now()
    name = form.partition(".")[2]
    file = _file(request, spec.about)
    made = packs.filled(request, version, name, file.pk if file else None, **_given(request, spec))
    if sheets.writes_claims(spec) and request.method == "GET":
        day = sheets.day_asked(request.user, version, name)
        made.form.initial = {sheets.day_field(spec): day, **made.form.initial}
        sheets.fill(made, request.user, day)
    about: dict[str, Any] = {"customer": file.pk} if file else {}
    if request.method == "POST" and (
        done := attempt(
            request, made.form, "form.file", raw={"form": made.qid, "data": made.data, **made.typed_for}, **about
        )
    ):
        url = reverse("customer", args=[file.pk]) if file else reverse("form_record", args=[done.value])
        lost = claims.lost_since(request.user, asked_at) if sheets.writes_claims(spec) else []
        said = f"{'、'.join(lost)}已由别人先登记，不归您；要主张归属，请到撞单里办。" if lost else ""
        return go(request, url, f"《{spec.name}》已提交。" + said + warned(done))
    ahead = foretell(request.user, vocabulary.actions["form.file"], form=made.qid, **about)
    note = ahead.decision.verdict != "allow" and not made.form.outcome
    context = {
        "made": made, "form": made.form, "spec": spec, "version": version, "file": file, "ahead": ahead,
        "clause": kernel_forms.engine.first_clause(spec.clause), "note": of_decision(ahead.decision, request.user) if note else None,
        "one": {"requester": request.user, "is_open": True}, "action": request.get_full_path(),
    }  # fmt: skip
    template = "forms/file.html#form" if is_fragment(request) else "forms/file.html"
    return render(request, template, context, status=422 if made.form.posted else 200)


def _given(request: HttpRequest, spec: Any) -> dict[str, Any]:
    """What the link that led here says already (`?on_day=2026-03-02`)."""
    return {one.id: request.GET[one.id] for one in spec.fields if one.id in request.GET}


def _file(request: HttpRequest, about: str) -> Any:
    given = request.GET.get("customer", "")
    if about != "customer":
        return None
    if not given.isdecimal():
        raise NotFound("请从客户档案里填这张表。")
    return selectors.file_for(request.user, int(given))


def readable(request: HttpRequest, pk: int) -> tuple[FormRecord, Any]:
    """A filed form and the head of its file, for who may read it; NotFound for who may not know of it, Refused for the
    others. One about a customer opens only to those who may read the whole file."""
    row = FormRecord.objects.select_related("filed_by", "on_behalf_of", "person", "unit").filter(pk=pk).first()
    if row is None:
        raise NotFound
    if row.file is None:
        said = perform_read("form.open", by=request.user, filed=pk)
        if said.verdict != "allow":
            raise Refused(said)
        return row, None
    head = selectors.customer_head(request.user, row.file)
    view = files.view(row.file)
    if perform_read("file.open", by=request.user, customer=row.file).verdict != "allow" or view is None:
        raise NotFound
    if not access.whole_file(access.standing(request.user.pk), view):
        raise NotFound
    return row, head


def record(request: HttpRequest, pk: int) -> HttpResponse:
    """A filed form as it was filed; to who may know of it and not read it, why not and how to ask."""
    try:
        row, head = readable(request, pk)
    except Refused as error:
        row = FormRecord.objects.get(pk=pk)
        context = {"row": row, "outcome": of_decision(error.decision, request.user)}
        return render(request, "permits/closed_form.html", context, status=403)
    version = regulations().version(row.pack, row.version)
    form = version.regulation.pack.forms.get(row.form.partition(".")[2]) if version else None
    rights = head.rights if head else formregister.rights_of(request.user, version) if version else {}
    fixes = formfixes.fixes_of([row.pk]).get(row.pk, [])
    context = {
        "row": row, "head": head, "version": version, **_content(row, version, form, rights, fixes),
        "last": fixes[-1] if fixes else None, "may_fix": form is not None and may_fix(request, row),
    }  # fmt: skip
    return render(request, "forms/record.html", context)


def may_fix(request: HttpRequest, row: FormRecord) -> bool:
    """Whether the reader corrects this form: who filed it, who typed it, and those above."""
    entry = correcting.entry_of(row.event)
    return entry is not None and correcting.may(request.user, entry)


def _content(row: FormRecord, version: Any, form: Any, rights: Any, fixes: list[formfixes.Fix]) -> dict[str, Any]:
    if form is None:
        return {"lines": [(name, value, []) for name, value in row.data.items()], "columns": [], "table": []}
    known, columns = kernel_forms.fields_of(version, form), kernel_forms.row_fields_of(version, form)
    pairs = [(one, row.data.get(one.id)) for one in known]
    olds = [(one, fix.old) for one in known for fix in fixes if fix.field == one.id]
    cells = [(one, line.get(one.id)) for line in row.rows for one in columns]
    names = Names([*pairs, *cells, *olds])

    def before(one: fields.Field) -> list[tuple[str, formfixes.Fix]]:
        """What stood there before each correction, the latest first."""
        return [(_text(one, fix.old, rights, names), fix) for fix in reversed(fixes) if fix.field == one.id]

    return {
        "lines": [(one.name, _cell(row, one, value, rights, names), before(one)) for one, value in pairs],
        "columns": [one.name for one in columns],
        "table": [[_cell(row, one, line.get(one.id), rights, names) for one in columns] for line in row.rows],
    }


def _cell(row: FormRecord, one: fields.Field, value: Any, rights: Any, names: Names) -> Any:
    """The value as text; files as links to their download."""
    right = rights.get(one.group or ("contact" if one.personal else "base"), "show")
    if one.type != "file" or not value or right != "show":
        return _text(one, value, rights, names)
    links = [(reverse("form_content", args=[row.pk, each]), names("file", each) or "文件") for each in value]
    return format_html_join(mark_safe("<br>"), '<a href="{}" download>{}</a>', links)


def uploads_of(row: FormRecord, rights: Any) -> set[int]:
    """Ids of the files that a reader with these rights sees in a filed form."""
    version = regulations().version(row.pack, row.version)
    form = version.regulation.pack.forms.get(row.form.partition(".")[2]) if version else None
    if form is None:
        return set()
    single = [(one, row.data) for one in kernel_forms.fields_of(version, form)]
    many = [(one, line) for one in kernel_forms.row_fields_of(version, form) for line in row.rows]
    return {
        int(each)
        for one, values in [*single, *many]
        if one.type == "file" and rights.get(one.group or ("contact" if one.personal else "base"), "show") == "show"
        for each in values.get(one.id) or []
    }


def _text(one: fields.Field, value: Any, rights: Any, names: Names) -> str:
    right = rights.get(one.group or ("contact" if one.personal else "base"), "show")
    if right == "hide":
        return "您无权查看"
    return fields.display(one, fields.from_json(one, value), mask=right == "mask", names=names)
