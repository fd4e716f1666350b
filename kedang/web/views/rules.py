"""制度: each regulation in force, clause by clause in its own order, with what enforces it, how it is kept, and the cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kedang.kernel import register
from kedang.kernel.actions.performing import dry_run
from kedang.kernel.norms.clauses import numbers
from kedang.kernel.norms.models import Acknowledgement, PackState
from kedang.kernel.norms.owners import owner_name
from kedang.kernel.norms.schema import Form, FormField
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.register import ClauseView, Month, RegulationView
from kedang.web.outcomes import of_decision
from kedang.web.paging import FAR
from kedang.web.replies import is_fragment

TABS = {"clauses": "条款", "parameters": "参数", "forms": "表单", "versions": "版本与起草"}
SHOWN = {"": "全部", "cases": "有案件", "late": "有逾期或拒绝", "off": "未执行"}
BAD = {"late", "overdue", "refused"}
WAITING = (PackState.DRAFT, PackState.CHECKED, PackState.APPROVED)
TYPES = {
    "text": "文字", "long_text": "多行文字", "number": "数字", "money": "金额", "date": "日期", "datetime": "时间", "bool": "是否",
    "choice": "单选", "choices": "多选", "phone": "电话", "email": "邮箱", "credit_code": "统一社会信用代码", "id_number": "身份证号",
    "address": "地址", "person": "人员", "unit": "部门", "customer": "客户", "file": "附件", "integer": "整数", "time": "时刻",
}  # fmt: skip


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The regulations in force with this month's on-time rate; those of the person's own department first."""
    units = org.units_of(request.user)
    versions, month = regulations().in_force(), Month.of(None)
    kept = register.keeping(versions, request.user, month)
    rows = [_summary(version, version.covers(None, units), kept[version.pack]) for version in versions]
    rows.sort(key=lambda row: not row["mine"])
    return render(request, "rules/list.html", {"rows": rows, "month": month})


def _summary(version: Version, mine: bool, kept: register.Keeping) -> dict[str, Any]:
    clauses = version.regulation.pack.clauses
    declined = sum(1 for entry in clauses.values() if entry.declined)
    deferred = sum(1 for entry in clauses.values() if entry.deferred)
    return {
        "version": version, "pack": version.regulation.pack, "mine": mine and version.units is not None, "kept": kept,
        "total": len(clauses), "declined": declined, "deferred": deferred, "enforced": len(clauses) - declined - deferred,
        "units": scope_words(version), "owner": owner_name(version),
    }  # fmt: skip


def scope_words(version: Version) -> str:
    """The departments in which a regulation acts, each with those below it."""
    return "全公司" if version.units is None else "、".join(version.departments) or "没有部门"


@require_GET
def regulation(request: HttpRequest, pack: str) -> HttpResponse:
    """One regulation, a tab of it."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "clauses"
    view = register.regulation_view(pack, request.user, Month.of(request.GET.get("month")), figures=tab == "clauses")
    context = {
        "view": view, "version": view.version, "pack": view.version.regulation.pack, "month": view.month,
        "tabs": [(key, label, key == tab) for key, label in TABS.items()], "tab": tab, "template": f"rules/tab_{tab}.html",
        "owner": owner_name(view.version), "scope": scope_words(view.version),
        "to_sign": Acknowledgement.objects.filter(pack=pack, version=view.version.number, person=request.user, signed_at=None, ended_at=None).exists(),
        **READERS[tab](request, view),
    }  # fmt: skip
    return render(request, "rules/regulation.html", context)


def _clauses(request: HttpRequest, view: RegulationView) -> dict[str, Any]:
    show = request.GET.get("show", "")
    show = show if show in SHOWN else ""
    counted = {key: [row for row in view.clauses if _wanted(row, key)] for key in SHOWN}
    return {
        "rows": counted[show], "show": show,
        "may_interpret": dry_run("pack.interpret", by=request.user, pack=view.version.pack).verdict != "refuse",
        "filters": [(key, label, len(counted[key])) for key, label in SHOWN.items()],
        "enforced": sum(1 for row in view.clauses if not row.declined and not row.deferred),
        "deferred": sum(1 for row in view.clauses if row.deferred), "declined": sum(1 for row in view.clauses if row.declined),
    }  # fmt: skip


def _wanted(row: ClauseView, show: str) -> bool:
    if show == "cases":
        return any(one.count for one in row.figures)
    if show == "late":
        return any(one.count for one in row.figures if one.figure.key in BAD)
    return bool(row.declined or row.deferred) if show == "off" else True


def _parameters(request: HttpRequest, view: RegulationView) -> dict[str, Any]:
    return {"parameters": view.parameters}


def _forms(request: HttpRequest, view: RegulationView) -> dict[str, Any]:
    pack = view.version.regulation.pack
    forms = [
        {"id": sheet.id, "form": sheet.form, "clauses": numbers(sheet.form.clause), "filer": _filer(view.version, sheet.form),
         "fields": _fields(sheet.form), "retired": sheet.retired, "failing": sheet.clauses, "reason": sheet.reason}
        for sheet in register.forms_of(view.version.pack)
    ]  # fmt: skip
    may = dry_run("form.retire", by=request.user, pack=view.version.pack, form=next(iter(pack.forms), "")).verdict
    return {"forms": forms, "may_retire": may != "refuse", "flows": pack.flows, "terms": pack.terms}


def _filer(version: Version, form: Form) -> str:
    role = version.regulation.pack.roles.get(form.filed_by or "")
    return role.name if role else "能打开该客户档案的人" if form.about == "customer" else "任何人"


def _fields(form: Form) -> list[dict[str, Any]]:
    known = [*((one, False) for one in form.fields), *((one, True) for one in (form.rows.fields if form.rows else ()))]
    return [
        {"one": one, "repeated": repeated, "type": _type(one), "clauses": numbers(one.clause)}
        for one, repeated in known
    ]


def _type(field: FormField) -> str:
    values = field.values.values() if isinstance(field.values, dict) else field.values or ()
    return f"{TYPES.get(field.type, field.type)}{'：' + '、'.join(values) if values else ''}"


def _versions(request: HttpRequest, view: RegulationView) -> dict[str, Any]:
    decision = dry_run("pack.draft", by=request.user, pack=view.version.pack)
    refused = decision.verdict == "refuse"
    return {
        "versions": view.versions,
        "waiting": WAITING,
        "can_draft": not refused,
        "why_not": of_decision(decision, request.user) if refused else None,
    }


READERS: dict[str, Callable[[HttpRequest, RegulationView], dict[str, Any]]] = {
    "clauses": _clauses, "parameters": _parameters, "forms": _forms, "versions": _versions,
}  # fmt: skip


@require_GET
def cases(request: HttpRequest, pack: str, clause: str, figure: str) -> HttpResponse:
    """The cases behind one figure, a page of them: in the drawer, or as a page of its own."""
    number = request.GET.get("page", "")
    page = int(number) if number.isdecimal() and 0 < int(number) < FAR else 1
    month = Month.of(request.GET.get("month"))
    found = register.cases(pack, clause, figure, month, request.user, page)
    version = register.version_for(pack)
    start = (page - 1) * register.PAGE
    asked = urlencode({"pack": pack, "clause": clause, "figure": figure, "month": month.key, "back": request.path})
    context = {
        "export": f"{reverse('list_export', args=['cases'])}?{asked}", "version": version, "clause": clause, "text": version.clause_text(clause), "found": found, "spec": register.FIGURES[figure],
        "month": month, "first": start + 1, "last": start + len(found.rows), "everybody": found.everybody, "in_drawer": is_fragment(request),
    }  # fmt: skip
    return render(request, "rules/cases.html#box" if is_fragment(request) else "rules/cases.html", context)
