"""建议与裁定: what a regulation suggests, the other side heard, and a person's decision with its reason."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.customers import selectors
from kedang.kernel import inbox
from kedang.kernel.actions.deeds import may_settle
from kedang.kernel.errors import NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.models import Proposal, ProposalState
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.paging import page_of
from kedang.web.replies import go, is_fragment

TABS = {"open": "待我裁定", "mine": "涉及我的", "done": "我已裁定"}
REASON = Field("reason", "理由", "long_text", required=True)
TEXT = Field("text", "陈述", "long_text", required=True)


def index(request: HttpRequest) -> HttpResponse:
    """The lists."""
    tab = request.GET.get("tab", "open")
    tab = tab if tab in TABS else "open"
    context = {"tabs": [(key, label, key == tab) for key, label in TABS.items()], "tab": tab, "page": page_of(_rows(request, tab), request.GET.get("page"))}
    return render(request, "proposals/list.html", context)


def _rows(request: HttpRequest, tab: str) -> Any:
    known = Proposal.objects.select_related("person", "unit", "decided_by")
    if tab == "mine":
        return known.filter(_concerns(request)).order_by("-opened_at", "-id")
    if tab == "done":
        return known.filter(decided_by=request.user).order_by("-decided_at", "-id")
    return inbox.proposals_for(request.user)


def _concerns(request: HttpRequest) -> Q:
    return Q(person=request.user) | Q(unit_id__in=org.headed_units(request.user))


def _proposal(request: HttpRequest, pk: int) -> Proposal:
    """The one way from an address to a proposal: who decides it, whom it concerns, who decided it."""
    row = Proposal.objects.select_related("person", "unit", "decided_by").filter(pk=pk).first()
    if row is None:
        raise NotFound
    involved = row.decided_by_id == request.user.pk or Proposal.objects.filter(_concerns(request), pk=pk).exists()
    if not involved and not may_settle(request.user, row):
        raise NotFound
    return row


def _context(request: HttpRequest, row: Proposal, **forms: Form) -> dict[str, Any]:
    version = regulations().version(row.pack)
    head = selectors.visible_files(request.user).filter(pk=row.file).first() if row.file else None
    is_open = row.state == ProposalState.OPEN
    return {
        "row": row, "file": head, "version": version, "text": version.clause_text(row.clause) if version else "",
        "can_settle": is_open and row.person_id != request.user.pk and may_settle(request.user, row),
        "can_hear": is_open and (row.person_id == request.user.pk or row.unit_id in org.headed_units(request.user)),
        "settling": forms.get("settling") or Form([REASON]), "hearing": forms.get("hearing") or Form([TEXT], initial={"text": row.heard}),
    }  # fmt: skip


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal."""
    return render(request, "proposals/detail.html", _context(request, _proposal(request, pk)))


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """采纳 or 不采纳, with the reason."""
    row = _proposal(request, pk)
    form = Form.of(request, [REASON])
    if attempt(request, form, "proposal.settle", proposal=pk, adopt=request.POST.get("adopt") == "yes"):
        return go(request, reverse("proposals"), f"已裁定：{row.title}")
    return _again(request, row, settling=form)


@require_POST
def hear(request: HttpRequest, pk: int) -> HttpResponse:
    """陈述意见."""
    row = _proposal(request, pk)
    form = Form.of(request, [TEXT])
    if attempt(request, form, "proposal.hear", proposal=pk):
        return go(request, reverse("proposal", args=[pk]), "陈述已记下。")
    return _again(request, row, hearing=form)


def _again(request: HttpRequest, row: Proposal, **forms: Form) -> HttpResponse:
    template = "proposals/detail.html#body" if is_fragment(request) else "proposals/detail.html"
    return render(request, template, _context(request, row, **forms), status=422)
