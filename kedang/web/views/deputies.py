"""代理: who votes and types for one while one is away, and for whom one does."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.replies import go

ACTION = "account.deputize"
PAST = 20


def index(request: HttpRequest) -> HttpResponse:
    """Mine, running and to come and lately over; those I hold for others; and the form for a new one."""
    today = clock.today()
    form = Form.of(
        request, vocabulary.actions[ACTION].args, initial={"start": today}, hints={"note": "对方看得到，如“出差”"}
    )
    if request.method == "POST" and attempt(request, form, ACTION):
        return go(request, reverse("deputies"), "代理已设置，对方会收到通知。")
    given = org.delegations_given(request.user)
    context = {
        "form": form, "today": today, "mine": [row for row in given if row.end >= today and not row.revoked_at],
        "past": [row for row in given if row.end < today or row.revoked_at][:PAST],
        "held": org.delegations_held(request.user),
    }  # fmt: skip
    return render(request, "account/deputies.html", context, status=422 if form.posted else 200)


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """收回: one speaks for oneself alone again."""
    perform("account.undeputize", by=request.user, delegation=pk)
    return go(request, reverse("deputies"), "代理已收回。")
