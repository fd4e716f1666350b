"""起草与颁行: drafting a regulation's next version, what differs in it, and putting it in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kedang.kernel import register
from kedang.kernel.actions.performing import dry_run
from kedang.kernel.errors import NotFound
from kedang.kernel.norms.diff import PARTS, Difference, differences
from kedang.kernel.norms.loader import load_text
from kedang.kernel.norms.models import PackState, PackVersion
from kedang.kernel.norms.schema import Pack
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.workdays.durations import Duration
from kedang.web.forms.deeds import deed_form, foretell
from kedang.web.forms.drafting import check, draft_form
from kedang.web.outcomes import attempt, of_decision
from kedang.web.replies import go, is_fragment
from kedang.web.views.deeds import view_of

WAITING = (PackState.DRAFT, PackState.CHECKED, PackState.APPROVED)


def draft(request: HttpRequest, pack: str) -> HttpResponse:
    """The form of the next version."""
    version = register.version_for(pack)
    form = draft_form(request, version)
    if request.method == "POST" and (changes := check(form)) is not None:
        raw = {"clause": form.raw.get("clause"), "text": form.raw.get("text", ""), "changes": changes}
        if done := attempt(request, form, "pack.draft", raw=raw, pack=pack):
            return go(
                request, reverse("rules_version", args=[pack, done.value]), f"已起草第 {done.value} 版，颁行后生效。"
            )
    decision = dry_run("pack.draft", by=request.user, pack=pack)
    refused = decision.verdict == "refuse"
    context = {
        "version": version, "form": form, "own": [form.at["clause"], form.at["text"]], "parameters": form.without("clause", "text"),
        "refused": refused, "note": of_decision(decision, request.user) if refused and not form.outcome else None,
    }  # fmt: skip
    template = "rules/draft.html#form" if is_fragment(request) else "rules/draft.html"
    return render(request, template, context, status=422 if form.posted else 200)


def one_version(request: HttpRequest, pack: str, number: int) -> HttpResponse:
    """One version: who drafted it and why, and what differs from the one in force."""
    row = _row(pack, number)
    running, waits = regulations().version(pack), row.state in WAITING
    decision = dry_run("pack.adopt", by=request.user, pack=pack, version=number) if waits else None
    refused = decision is not None and decision.verdict == "refuse"
    context = {
        "row": row, "running": running, "waits": waits, "parts": _differences(row, running), "title": running.title if running else row.title,
        "why_not": of_decision(decision, request.user) if refused else None,
    }  # fmt: skip
    return render(request, "rules/version.html", context)


def _row(pack: str, number: int) -> PackVersion:
    row = PackVersion.objects.select_related("loaded_by", "adopted_by").filter(pack=pack, version=number).first()
    if row is None:
        raise NotFound("没有这一版。")
    return row


@dataclass(frozen=True)
class Line:
    """One difference in words."""

    name: str
    change: str
    old: str = ""
    new: str = ""


CHANGES = {"added": "新增", "removed": "去掉", "changed": "改动"}
WORDS = {
    "text": "原文",
    "reading": "说明",
    "values": "取值",
    "title": "标题",
    "effective": "生效日期",
    "message": "提示语",
    "when": "条件",
    "name": "名称",
}


def _differences(row: PackVersion, running: Version | None) -> list[tuple[str, list[Line]]]:
    if running is None or running.number == row.version:
        return []
    other = load_text(row.sources).pack
    old, new = (running.regulation.pack, other) if running.number < row.version else (other, running.regulation.pack)
    return changes_between(old, new)


def changes_between(old: Pack, new: Pack) -> list[tuple[str, list[Line]]]:
    """The differences of two versions in words, by part."""
    found: dict[str, list[Line]] = {}
    for one in differences(old, new):
        if one.path != "version":
            found.setdefault(PARTS.get(one.part, "制度"), []).append(_line(one, new))
    return list(found.items())


def _line(one: Difference, pack: Pack) -> Line:
    known = {"parameters": pack.parameters, "forms": pack.forms, "terms": pack.terms, "roles": pack.roles}.get(
        one.part, {}
    )
    name = f"第{one.id}条" if one.part == "clauses" else getattr(known.get(one.id), "name", "") or one.id
    first, _, rest = one.path.partition(".")
    where = f"{WORDS.get(first, first)} {f'自 {rest} 起' if first == 'values' and one.part == 'parameters' else rest}".strip()
    return Line(f"{name} {where}".strip(), CHANGES[one.change], _text(one.old), _text(one.new))


def _text(value: Any) -> str:
    if value is None:
        return ""
    try:
        return Duration.parse(value).label() if isinstance(value, str) else str(value)
    except ValueError:
        return str(value)


def adopt(request: HttpRequest, pack: str, number: int) -> HttpResponse:
    """颁行: from which day; may need an approval, which the page foretells."""
    row = _row(pack, number)
    spec = vocabulary.actions["pack.adopt"]
    form = deed_form(request, spec, None)
    form.form = form.form.only("since")
    back = reverse("rules_version", args=[pack, number])
    if request.method == "POST" and attempt(request, form.form, spec.name, raw=form.raw, pack=pack, version=number):
        return go(request, back, f"已颁行：{row.title}第 {number} 版。")
    ahead = foretell(request.user, spec, pack=pack, version=number)
    context: dict[str, Any] = {"back": back, "subtitle": f"{row.title} 第 {number} 版", **view_of(request, form, ahead)}
    template = "deeds/deed.html#form" if is_fragment(request) else "deeds/deed.html"
    return render(request, template, context, status=422 if form.form.posted else 200)
