"""Any deed about a file, as a form: the page (or dialog) that every button leads to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kedang.customers import selectors
from kedang.kernel import clock, files, ledger
from kedang.kernel.actions import correcting
from kedang.kernel.actions.handling import concerns
from kedang.kernel.errors import NotFound
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import Action, vocabulary
from kedang.web.forms.deeds import BEHALF, CHOSEN, DeedForm, Foretold, deed_form, foretell
from kedang.web.outcomes import attempt, of_decision
from kedang.web.replies import go, is_fragment
from kedang.web.views import expenses

# Their forms stand elsewhere, with more than a list of arguments.
ELSEWHERE = {
    "form.correct",
    "customer.update",
    "form.file",
    "approval.move",
    "customer.search",
    "customer.register",
    "customer.export",
    "record.open_item",
    "record.copy_item",
}
# Not offered as commands to packs and API, yet each has its button.
OPEN = ("flow.move", "org.", "calendar.", "pack.", "duty.")
# What they did is seen on the tab 保管.
KEEPING = {
    "record.assign_custodian", "record.change_custodian", "record.archive", "record.receive", "record.register_loan",
    "record.return_loan", "inventory.find",
}  # fmt: skip
# Done once and for all: said before it is sent, and asked once more.
FOR_GOOD = {
    "record.close_destruction": "登记以后，这份档案的内容和附件从系统里真正删除，恢复备份也不会回来；只留下编号、类别、批准人和销毁记录。"
}
DONE = {
    "file.open": "已打开。", "contact.record": "跟进已记下。", "expense.submit": "报销单已提交，等财务审核。",
    "expense.review": "审核结论已记下。", "expense.pay": "已报销。",
}  # fmt: skip


def about_file(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """A deed about one customer file."""
    spec = _spec(action)
    head = selectors.file_for(request.user, pk)
    back = reverse("customer", args=[pk])
    if action in KEEPING:
        back = f"{back}?tab=keeping"
    return _deed(request, spec, pk, {"head": head, "back": back})


def alone(request: HttpRequest, action: str) -> HttpResponse:
    """A deed about no file, or about one still to be chosen."""
    spec = _spec(action)
    return _deed(request, spec, None, {"back": _back(action), **_about(request, spec)})


def _about(request: HttpRequest, spec: Action) -> dict[str, Any]:
    """What is reviewed or paid stands above the form; not found outside what the person may see."""
    if spec.name == "event.correct":
        return _entry(request)
    if "expense" not in CHOSEN.get(spec.name, ()):
        return {}
    return {"claim": expenses.claim_of(request.user, request.POST.get("expense") or request.GET.get("expense", ""))}


def _entry(request: HttpRequest) -> dict[str, Any]:
    """The entry to be corrected, as the timeline shows it; not found outside what the person may see."""
    number = request.POST.get("entry") or request.GET.get("entry", "")
    entry = correcting.entry_of(int(number)) if number.isdecimal() else None
    if entry is None:
        raise NotFound
    about: dict[str, Any] = {"subtitle": ledger.sentence(entry)}
    if entry.file:
        about |= {"head": selectors.file_for(request.user, entry.file), "back": reverse("customer", args=[entry.file])}
    return about


def _corrected(value: Any) -> str:
    """What a correction did and could not do."""
    parts = [
        f"{label}：{'；'.join(value[key])}。"
        for key, label in (("undone", "已撤销"), ("left", "未能撤销"))
        if value[key]
    ]
    return "".join(["记录已更正。", *parts])


def _counted(value: Any) -> str:
    """What a count came to."""
    missing = value["missing"]
    named = f"{'、'.join(missing[:10])}{'等' if len(missing) > 10 else ''}"
    found = f"应有 {value['expected']} 份，实有 {value['expected'] - len(missing)} 份"
    return f"盘点已记下：{found}，{f'缺失 {len(missing)} 份：{named}' if missing else '没有缺失'}。"


SAID = {"event.correct": _corrected, "inventory.count": _counted}


def _back(action: str) -> str:
    """Where a deed that is about no file was begun."""
    if action.startswith("expense."):
        return reverse("expenses")
    if action.startswith(("reception.", "call.", "roster.")):
        return reverse("desk")
    if action in ("pack.interpret", "form.retire", "form.restore"):
        return reverse("rules")
    tab = {"org": "people", "calendar": "calendar", "pack": "packs"}.get(action.partition(".")[0])
    return f"{reverse('manage')}?tab={tab}" if tab else reverse("inbox")


def _spec(action: str) -> Action:
    spec = vocabulary.actions.get(action)
    if spec is None or action in ELSEWHERE or not (spec.public or action.startswith(OPEN)):
        raise NotFound
    return spec


def _deed(request: HttpRequest, spec: Action, file: int | None, context: dict[str, Any]) -> HttpResponse:
    given = {key: value for key, value in request.GET.items() if key in {BEHALF, *(a.id for a in spec.args)}}
    form = deed_form(request, spec, file, usual(spec, given))
    fixed = {"customer": file} if file else {}
    if request.method == "POST" and (done := attempt(request, form.form, spec.name, raw=form.raw, **fixed)):
        say = SAID.get(spec.name)
        said = say(done.value) if say else DONE.get(spec.name, f"已办：{spec.label}。")
        return go(request, context["back"], said + warned(done))
    if spec.name in CHOSEN and len(form.held) < len(CHOSEN[spec.name]):
        raise NotFound
    ahead = foretell(request.user, spec, **fixed, **form.held)
    if ahead.decision.verdict == "not_found":
        raise NotFound
    context |= view_of(request, form, ahead)
    if spec.name == "flow.move":
        context["title"] = _step(form.held, file)
    context["for_good"] = FOR_GOOD.get(spec.name, "")
    # Inside the closed file's own page the chain and the clause stand beside the form already.
    context["lean"] = request.POST.get("lean") == "yes"
    template = "deeds/deed.html#form" if is_fragment(request) else "deeds/deed.html"
    return render(request, template, context, status=422 if form.form.posted else 200)


def usual(spec: Action, given: dict[str, Any]) -> dict[str, Any]:
    """What stands in the form to begin with: what the link gives, and of a count that it is today's."""
    return {"counted_on": clock.today().isoformat(), **given} if spec.name == "inventory.count" else given


def _step(held: dict[str, str], file: int | None) -> str:
    """'备案状态转为“已备案”'."""
    view = files.view(file) if file else None
    for _, qid, flow in regulations().flows_for(view) if view else ():
        if qid == held["flow"]:
            name = next((stage.name for stage in flow.stages if stage.id == held["to"]), "")
            return f"{flow.name}转为“{name}”" if name else ""
    return ""


def view_of(request: HttpRequest, form: DeedForm, ahead: Foretold) -> dict[str, Any]:
    """What the form shows before sending: what is refused, who must agree, which limits apply."""
    refused = ahead.decision.verdict == "refuse"
    notes = ahead.decision.verdict in ("needs", "reason", "confirm") or (
        ahead.decision.verdict == "allow" and ahead.decision.depends
    )
    return {
        "deed": form, "form": form.form, "spec": form.action, "ahead": ahead, "refused": refused,
        "note": of_decision(ahead.decision, request.user) if (refused or notes) and not form.form.outcome else None,
        "one": {"requester": request.user, "asked_at": clock.now(), "is_open": True},
    }  # fmt: skip


def warned(done: Any) -> str:
    """What it passed with."""
    texts = [f"第{finding.clause}条：{finding.message or finding.clause_text}" for finding in done.warnings]
    return f"请注意 {'；'.join(texts)}" if texts else ""


def duty(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A deed about a duty: 办结, 领办, 说明特殊情况."""
    spec = _spec(f"duty.{kind}")
    row = Duty.objects.filter(pk=pk).first()
    if row is None or not concerns(row, request.user):
        raise NotFound
    form = deed_form(request, spec, None)
    form.form = form.form.only(*(one.id for one in spec.args if one.id != "duty"))
    if request.method == "POST" and attempt(request, form.form, spec.name, raw=form.raw, duty=pk):
        return go(request, reverse("inbox"), f"已{spec.label}。")
    context = {
        "back": reverse("inbox"),
        "subtitle": row.title,
        **view_of(request, form, foretell(request.user, spec, duty=pk)),
    }
    template = "deeds/deed.html#form" if is_fragment(request) else "deeds/deed.html"
    return render(request, template, context, status=422 if form.form.posted else 200)
