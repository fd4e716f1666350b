"""What administrators do in 管理: each deed as a form in a dialog, what it is about fixed by the address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kedang.kernel.errors import NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.check import check
from kedang.kernel.norms.loader import load_text
from kedang.kernel.norms.models import PackVersion
from kedang.kernel.norms.problems import PackError, Problem
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import Action, vocabulary
from kedang.kernel.org.models import Appointment, Delegation, Person, Unit
from kedang.web import sessions
from kedang.web.forms.bound import Form
from kedang.web.forms.deeds import deed_form, foretell
from kedang.web.outcomes import attempt, of_decision
from kedang.web.replies import go, is_fragment
from kedang.web.views.deeds import view_of
from kedang.web.views.manage import administrator

ABOUT = {
    "org.add_person": "", "org.suspend": "person", "org.restore": "person", "org.appoint": "person", "org.end_appointment": "appointment",
    "org.add_unit": "", "org.rename_unit": "unit", "calendar.set_day": "", "org.edit_person": "person", "org.leave": "person", "org.reset_factors": "person", "org.move_unit": "unit",
    "org.close_unit": "unit", "org.add_post": "", "org.set_primary": "appointment", "calendar.confirm_year": "", "org.deputize": "person", "org.undeputize": "delegation",
}  # fmt: skip
TAB_OF = {
    "org.add_unit": "units",
    "org.add_post": "posts",
    "calendar.set_day": "calendar",
    "calendar.confirm_year": "calendar",
}
HINTS = {
    "org.add_person": {"username": "字母、数字，登录时用", "post": "岗位和部门可以以后再任命"},
    "org.end_appointment": {"last_day": "不填则立即免去"}, "org.appoint": {"start": "不填则从今天起", "end": "不填则长期"},
    "org.deputize": {"start": "不填则从今天起"}, "org.leave": {"on": "不填则为今天；过了这一天即停权", "supervisor": "不填则为其直接上级"},
    "org.close_unit": {"on": "不填则从今天起；那天以后不得有人在任"}, "org.add_post": {"code": "小写字母和下划线，制度包用它指这个岗位，如 area_manager"},
}  # fmt: skip
SAID = {
    "org.add_person": "人员已添加；请在其页面签发设密码的链接。", "org.suspend": "已停权，对方的下一次操作就会被拒绝。", "org.restore": "已恢复登录。", "org.appoint": "已任命。",
    "org.end_appointment": "已免去。", "org.add_unit": "部门已添加。", "org.rename_unit": "部门已改名。", "calendar.set_day": "工作日历已更新。",
    "org.edit_person": "资料已修改。", "org.leave": "离职已登记。", "org.reset_factors": "登录验证已清除，只凭密码登录。", "org.move_unit": "上级部门已调整。", "org.close_unit": "部门已撤销。", "org.add_post": "岗位已新建。",
    "org.deputize": "代理已登记，两个人都会收到通知。", "org.undeputize": "代理已收回。", "org.set_primary": "已设为主岗。", "calendar.confirm_year": "已确认；跨入该年的期限随后重算。",
}  # fmt: skip


def do(request: HttpRequest, action: str, pk: int | None = None) -> HttpResponse:
    """One deed of administration; `pk` is the person, department or appointment it is about."""
    about = ABOUT.get(action)
    if about is None or bool(about) != (pk is not None):
        raise NotFound
    administrator(request)
    spec = vocabulary.actions[action]
    subtitle, back = _about(request, spec, about, pk)
    fixed = {about: pk} if about else {}
    asked = {key: value for key, value in request.GET.items() if key in {one.id for one in spec.args}}
    form = deed_form(request, spec, None, _standing(action, pk) | asked)
    form.form = form.form.only(*(one.id for one in spec.args if one.id not in fixed))
    form.form.hints = HINTS.get(action, {})
    if request.method == "POST" and attempt(request, form.form, action, raw=form.raw, **fixed):
        return go(request, reverse("handover", args=[pk]) if action == "org.leave" else back, SAID[action])
    context = {"back": back, "subtitle": subtitle, **view_of(request, form, foretell(request.user, spec, **fixed))}
    template = "deeds/deed.html#form" if is_fragment(request) else "deeds/deed.html"
    return render(request, template, context, status=422 if form.form.posted else 200)


def _standing(action: str, pk: int | None) -> dict[str, Any]:
    """What stands now, where a form changes it."""
    if action != "org.edit_person":
        return {}
    keys = ("name", "employee_no", "phone", "email")
    return dict(Person.objects.filter(pk=pk).values(*keys).first() or {})


def _about(request: HttpRequest, spec: Action, about: str, pk: int | None) -> tuple[str, str]:
    """(whom or what it is about, where to go afterwards)."""
    manage = reverse("manage")
    if about == "person":
        row = Person.objects.filter(pk=pk).first()
    elif about == "appointment":
        row = Appointment.objects.select_related("person", "unit", "post").filter(pk=pk).first()
    elif about == "delegation":
        row = Delegation.objects.select_related("principal", "delegate").filter(pk=pk).first()
    elif about == "unit":
        row = Unit.objects.filter(pk=pk).first()
    else:
        tab = TAB_OF.get(spec.name, "people")
        day = (request.POST.get("day") or request.GET.get("day", ""))[:7]
        return "", f"{manage}?tab={tab}{f'&month={day}' if tab == 'calendar' and day else ''}"
    if row is None:
        raise NotFound
    if isinstance(row, Unit):
        return row.name, f"{manage}?tab=units"
    if isinstance(row, Delegation):
        return f"{row.delegate.name}代理{row.principal.name}", reverse("manage_person", args=[row.principal_id])
    who = row.person if isinstance(row, Appointment) else row
    subtitle = f"{who.name} {row.unit.name}{row.post.name}" if isinstance(row, Appointment) else row.name
    return subtitle, reverse("manage_person", args=[who.pk])


@require_POST
def end_sign_in(request: HttpRequest, pk: int, device: int) -> HttpResponse:
    """End somebody's session on one device."""
    administrator(request)
    person = Person.objects.filter(pk=pk).first()
    if person is None or not sessions.end(person, device):
        raise NotFound
    back = (
        f"{reverse('manage')}?tab=sessions"
        if request.POST.get("back") == "list"
        else reverse("manage_person", args=[pk])
    )
    return go(request, back, f"已让{person.name}退出该设备。")


# ---- regulations ---------------------------------------------------------------------------------------------------


def load(request: HttpRequest) -> HttpResponse:
    """Load a regulation from a folder on the server: checked first, kept only without errors."""
    administrator(request)
    spec = vocabulary.actions["pack.load"]
    form = Form.of(
        request,
        [
            Field("folder", "制度文件夹", required=True),
            Field("units", "适用部门", "choices", values=dict(Unit.objects.filter(closed_on=None).exclude(parent=None).values_list("name", "name"))),
        ],
        hints={"folder": "服务器上的路径，里面有 pack.yaml", "units": "不选则按制度原文的适用范围"},
    )  # fmt: skip
    raw = {"folder": form.raw.get("folder", ""), "units": form.raw.get("units") or None}
    if request.method == "POST" and (done := attempt(request, form, spec.name, raw=raw)):
        row = PackVersion.objects.get(pk=done.value)
        return go(request, reverse("rules_version", args=[row.pack, row.version]), "制度已检查并载入，颁行后生效。")
    decision = foretell(request.user, spec).decision
    refused = decision.verdict == "refuse"
    context = {
        "form": form, "folders": known_folders(),
        "note": of_decision(decision, request.user) if refused and not form.outcome else None,
    }  # fmt: skip
    template = "manage/load.html#form" if is_fragment(request) else "manage/load.html"
    return render(request, template, context, status=422 if form.posted else 200)


def known_folders() -> list[tuple[str, str]]:
    """(path, name) of the packs that the installation knows of."""
    found = [each.parent for folder in settings.PACK_DIRS for each in sorted(Path(folder).glob("*/pack.yaml"))]
    return [(str(each), each.name) for each in found]


@require_GET
def checked(request: HttpRequest, pack: str, number: int) -> HttpResponse:
    """The check of one stored version against the words the product knows today, and the packs in force beside it."""
    administrator(request)
    row = PackVersion.objects.filter(pack=pack, version=number).first()
    if row is None:
        raise NotFound
    problems = problems_of(row)
    context: dict[str, Any] = {
        "row": row,
        "wrong": [one for one in problems if one.severity == "error"],
        "hints": [one for one in problems if one.severity != "error"],
    }
    return render(request, "manage/check.html#box" if is_fragment(request) else "manage/check.html", context)


def problems_of(row: PackVersion) -> list[Problem]:
    """What is wrong with a stored version."""
    try:
        loaded = load_text(row.sources)
        rows = PackVersion.objects.filter(pk__in=[one.row for one in regulations().in_force() if one.pack != row.pack])
        return list(check([loaded], vocabulary, context=[load_text(each.sources) for each in rows]))
    except PackError as error:
        return list(error.problems)
