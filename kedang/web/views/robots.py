"""管理 › 通知发送: robots of chat groups, and what became of each message."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kedang.kernel import vault
from kedang.kernel.actions import perform
from kedang.kernel.delivery import ways
from kedang.kernel.delivery.models import Delivery, DeliveryState, Robot
from kedang.kernel.errors import NotFound
from kedang.kernel.models import Notice
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.paging import page_of
from kedang.web.replies import go, is_fragment

HINTS = {
    "name": "如 业务一部群", "unit": "不选则为全公司；下级部门没有自己的机器人时用上级部门的",
    "address": "群设置里复制的 Webhook 地址，保存后不再显示", "secret": "钉钉、飞书开了“加签”才填；保存后不再显示",
}  # fmt: skip
KINDS = {
    "ballot": "待审批", "approval": "审批进展", "reminder": "提醒", "escalated": "上报", "proposal": "待裁定", "notice": "通知",
}  # fmt: skip
STATES = {"": "全部", **dict(DeliveryState.choices)}


def administrator(request: HttpRequest) -> None:
    """To everybody else there are no such pages."""
    if not request.user.is_admin:
        raise NotFound


def tab(request: HttpRequest) -> dict[str, Any]:
    """What the tab shows: whether there is a mail server, the robots, and the sendings, newest first."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    rows = Delivery.objects.select_related("person", "notice", "robot").order_by("-id")
    counts = dict(Delivery.objects.values_list("state").annotate(n=Count("pk")).order_by())
    page = page_of(rows.filter(state=state) if state else rows, request.GET.get("page"))
    for row in page.rows:
        row.what = KINDS.get(row.notice.kind, KINDS["notice"]) if row.notice else ""
    return {
        "robots": list(Robot.objects.filter(ended_at=None).select_related("unit").order_by("unit__path", "id")),
        "mail_ready": ways.mail_ready(), "mail_from": settings.DEFAULT_FROM_EMAIL, "site": settings.SITE_URL,
        "site_is_default": settings.SITE_URL.startswith("http://127.0.0.1"),
        "page": page,
        "states": [(key, label, counts.get(key, 0) if key else sum(counts.values()), key == state) for key, label in STATES.items()],
        "state": state, "unplanned": Notice.objects.filter(planned_at=None).count(),
    }  # fmt: skip


@sensitive_post_parameters()
def new(request: HttpRequest) -> HttpResponse:
    """A new robot. What is secret is sealed before it goes anywhere, and is not put back into the form."""
    administrator(request)
    spec = vocabulary.actions["robot.add"]
    form = Form.of(request, spec.args, hints=HINTS)
    if request.method == "POST":
        sealed = {key: vault.seal(str(form.raw.get(key) or "").strip()) for key in ("address", "secret")}
        if attempt(request, form, spec.name, raw={**form.raw, **sealed}):
            return go(request, _tab(), "群机器人已添加，请发一条测试消息。")
    context = {"form": form}
    template = "manage/robot.html#form" if is_fragment(request) else "manage/robot.html"
    return render(request, template, context, status=422 if form.posted else 200)


def _tab() -> str:
    return f"{reverse('manage')}?tab=sending"


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """停用."""
    administrator(request)
    perform("robot.end", by=request.user, robot=pk)
    return go(request, _tab(), "群机器人已停用，网址和密钥已删除。")


@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """A test message: the worker sends it, the list says what became of it."""
    administrator(request)
    perform("robot.test", by=request.user, robot=pk)
    return go(request, _tab(), "测试消息已交给后台发送，结果见下面的列表。")


@require_POST
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """重发."""
    administrator(request)
    perform("delivery.resend", by=request.user, delivery=pk)
    return go(request, _tab(), "已重新排入发送。")
