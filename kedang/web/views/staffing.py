"""Passwords by single-use link, and the staff list: uploaded, previewed, merged."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import links, roster
from kedang.kernel.org.models import Person, StaffDraft
from kedang.web import sessions
from kedang.web.forms.accounts import SetPasswordForm
from kedang.web.forms.bound import Form
from kedang.web.forms.deeds import foretell
from kedang.web.outcomes import attempt, of_decision
from kedang.web.replies import go, is_fragment
from kedang.web.views.manage import administrator

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FAULTS_SHOWN = 200
MAX_UPLOAD = 10_000_000


# ---- one's own password ---------------------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
def claim(request: HttpRequest, secret: str) -> HttpResponse:
    """Whoever holds a running link sets his own password; a link that is spent, ended or made up looks the same."""
    link = links.running(secret)
    if link is None:
        return render(request, "account/claim_over.html", status=404)
    form = SetPasswordForm(link.person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            perform("account.set_password", by=link.person, link=link.pk, password=form.cleaned_data["new_password1"])
        except NotFound:
            return render(request, "account/claim_over.html", status=404)
        except Invalid as error:
            form.add_error("new_password1", str(error))
        else:
            sessions.end_others(link.person, "")
            messages.success(request, "密码已设好，请登录。")
            return redirect("login")
    status = 422 if form.is_bound else 200
    return render(request, "account/claim.html", {"form": form, "link": link}, status=status)


# ---- links that the administrator hands out -------------------------------------------------------------------------


@never_cache
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """A single-use link for one person: shown once, here."""
    administrator(request)
    person = Person.objects.filter(pk=pk).first()
    if person is None:
        raise NotFound
    spec, form = vocabulary.actions["org.reset_password"], Form.of(request, [])
    context: dict[str, Any] = {"one": person, "form": form, "first": not person.has_usable_password()}
    if request.method == "POST":
        secret = links.new_secret()
        if attempt(request, form, spec.name, person=pk, digest=links.digest_of(secret)):
            sessions.end_others(person, "")
            context["url"] = _address(request, secret)
    decision = foretell(request.user, spec, person=pk).decision
    context["note"] = of_decision(decision, request.user) if decision.verdict == "refuse" and not form.outcome else None
    template = "manage/link.html#box" if is_fragment(request) else "manage/link.html"
    return render(request, template, context, status=422 if form.errors or form.outcome else 200)


def _address(request: HttpRequest, secret: str) -> str:
    return request.build_absolute_uri(reverse("claim", args=[secret]))


@require_POST
def all_links(request: HttpRequest) -> HttpResponse:
    """A sheet with a link for everybody who has no password yet, made once and kept nowhere."""
    administrator(request)
    people = Person.objects.filter(is_active=True, left_on=None, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    secrets = {person: links.new_secret() for person in people}
    digests = {str(person.pk): links.digest_of(secret) for person, secret in secrets.items()}
    perform("org.issue_links", by=request.user, digests=digests)
    rows = [(one.name, one.employee_no, one.username, _address(request, secret)) for one, secret in secrets.items()]
    return _workbook(
        roster.sheet_of(("姓名", "工号", "登录名", "设密码的链接（72 小时内有效，只能用一次）"), rows),
        "设密码链接.xlsx",
    )


def _workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = _attachment(name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response


def _attachment(name: str) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(True, name) or "attachment"


# ---- the staff list -------------------------------------------------------------------------------------------------


@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """The sheet to fill in."""
    administrator(request)
    return _workbook(roster.template(), "员工名单模板.xlsx")


def upload(request: HttpRequest) -> HttpResponse:
    """Read a staff list: its faults cell by cell, or on to the preview."""
    administrator(request)
    context: dict[str, Any] = {"faults": [], "error": ""}
    file = request.FILES.get("file")
    if request.method == "POST":
        try:
            if file is None:
                raise Invalid("请选择文件。")
            entries, faults = _read(file)
            if not faults:
                done = perform(
                    "org.load_staff", by=request.user, rows=roster.as_json(entries), file_name=str(file.name)[:200]
                )
                return go(request, reverse("manage_staff_draft", args=[done.value]))
            context |= {"faults": faults[:FAULTS_SHOWN], "count": len(faults), "file_name": file.name}
        except Invalid as error:
            context["error"] = str(error)
    return render(request, "manage/staff.html", context, status=422 if request.method == "POST" else 200)


def _read(file: UploadedFile) -> tuple[list[roster.Entry], list[roster.Fault]]:
    """The entries and every fault: those of the sheet itself, then those that only the organisation knows."""
    if (file.size or 0) > MAX_UPLOAD:
        raise Invalid("文件最大 10 MB。")
    entries, faults = roster.read(file.read())
    return entries, faults or roster.plan_of(entries).faults


def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """What merging a list would change; and the deed that does it."""
    administrator(request)
    row = StaffDraft.objects.select_related("loaded_by").filter(pk=pk).first()
    if row is None:
        raise NotFound
    fields = [Field("since", "任职变动自", "date")]
    form = Form.of(request, fields, hints={"since": "名单没有写到岗日期的，从这天起；不填则从今天起"})
    if request.method == "POST" and (
        done := attempt(request, form, "org.merge_staff", draft=pk, seen=request.POST.get("seen", ""))
    ):
        return go(request, f"{reverse('manage')}?tab=people", f"员工名单已并入，{done.value} 项变动。")
    plan = roster.plan_of(roster.from_json(row.rows))
    groups = [(label, plan.of(kind)) for kind, label in roster.KINDS.items() if kind != "absent"]
    absent = [(person, change.text) for person, change in zip(plan.absent, plan.of("absent"), strict=True)]
    context = {
        "row": row, "form": form, "plan": plan, "absent": absent, "groups": [(label, rows) for label, rows in groups if rows],
        "changes": sum(1 for change in plan.changes if change.kind != "absent"), "rows": len(row.rows),
    }  # fmt: skip
    return render(request, "manage/staff_draft.html", context, status=422 if form.posted else 200)
