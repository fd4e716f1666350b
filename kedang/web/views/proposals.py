"""建议与裁定: what a regulation suggests, its evidence, the other side heard, and a person's decision with its reason."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kedang.kernel import inbox, proposals
from kedang.kernel.fields import Field
from kedang.kernel.norms.models import Proposal, ProposalState
from kedang.kernel.norms.store import regulations
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.paging import page_of
from kedang.web.replies import go, is_fragment

TABS = {"open": "待我裁定", "mine": "涉及我的", "waiting": "全部待裁定", "done": "已裁定"}
REASON = Field("reason", "理由", "long_text", required=True)
TEXT = Field("text", "陈述", "long_text", required=True)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The lists."""
    tab = request.GET.get("tab", "open")
    tab = tab if tab in TABS else "open"
    page = page_of(_rows(request, tab), request.GET.get("page"))
    titles = {version.pack: version.title for version in regulations().versions}
    names = proposals.known_names(request.user, {row.file for row in page if row.file})
    context = {
        "tabs": [(key, label, key == tab) for key, label in TABS.items()], "tab": tab, "page": page,
        "rows": [(row, proposals.concerned(row), titles.get(row.pack, ""), names.get(row.file, proposals.UNSEEN) if row.file else "") for row in page],
    }  # fmt: skip
    return render(request, "proposals/list.html", context)


def _rows(request: HttpRequest, tab: str) -> QuerySet[Proposal]:
    if tab == "open":
        return inbox.proposals_for(request.user)
    seen = proposals.visible(request.user)
    if tab == "mine":
        return seen.filter(proposals.concerns(request.user)).order_by("-opened_at", "-id")
    if tab == "waiting":
        return seen.filter(state=ProposalState.OPEN).order_by("opened_at", "id")
    return seen.exclude(state=ProposalState.OPEN).order_by("-decided_at", "-id")


def _context(request: HttpRequest, row: Proposal, **forms: Form) -> dict[str, Any]:
    version = regulations().version(row.pack)
    names = proposals.known_names(request.user, {row.file} if row.file else set())
    return {
        "row": row, "who": proposals.concerned(row), "file_name": names.get(row.file, proposals.UNSEEN) if row.file else "", "known": row.file in names, "version": version,
        "text": version.clause_text(row.clause) if version else "", "evidence": proposals.evidence_of(row, request.user),
        "known_before": proposals.signed_before(row), "wages": proposals.touches_wages(row), "can_settle": proposals.may_settle(request.user, row),
        "can_hear": proposals.may_be_heard(request.user, row), "settling": forms.get("settling") or Form([REASON]),
        "hearing": forms.get("hearing") or Form([TEXT], initial={"text": row.heard}),
    }  # fmt: skip


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal."""
    return render(request, "proposals/detail.html", _context(request, proposals.proposal_for(request.user, pk)))


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """采纳 or 不采纳, with the reason."""
    row = proposals.proposal_for(request.user, pk)
    form = Form.of(request, [REASON])
    if attempt(request, form, "proposal.settle", proposal=pk, adopt=request.POST.get("adopt", "")):
        said = "已采纳" if request.POST.get("adopt") == "yes" else "未采纳"
        return go(request, reverse("proposals"), f"{said}：{row.title}")
    return _again(request, row, settling=form)


@require_POST
def hear(request: HttpRequest, pk: int) -> HttpResponse:
    """陈述意见."""
    row = proposals.proposal_for(request.user, pk)
    form = Form.of(request, [TEXT])
    if attempt(request, form, "proposal.hear", proposal=pk):
        return go(request, reverse("proposal", args=[pk]), "陈述已记下，裁定人会看到。")
    return _again(request, row, hearing=form)


def _again(request: HttpRequest, row: Proposal, **forms: Form) -> HttpResponse:
    template = "proposals/detail.html#body" if is_fragment(request) else "proposals/detail.html"
    return render(request, template, _context(request, row, **forms), status=422)
