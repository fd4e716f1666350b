"""个人设置 → API 令牌 and Webhook: what acts for a person by machine, and where events are posted for him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from kedang.api import auth, hooks, scopes
from kedang.api.models import Delivery, DeliveryState, Token, Webhook
from kedang.api.offered import actions
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger import kinds
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.paging import page_of

USUAL = timedelta(days=90)
SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One token as its person or an administrator sees it."""

    token: Token
    words: tuple[str, ...]
    more: int

    @property
    def state(self) -> str:
        """有效, 已停用 or 已过期."""
        if self.token.revoked_at:
            return "已停用"
        over = self.token.expires_at and self.token.expires_at <= clock.now()
        return "已过期" if over else "有效"

    @property
    def good(self) -> bool:
        """Whether it opens anything."""
        return self.state == "有效"


def lines_of(rows: list[Token]) -> list[Line]:
    """Tokens with what they may do in words, the first few of them."""
    known = scopes.known()
    return [Line(row, tuple(_short(known, one) for one in row.scopes[:4]), max(0, len(row.scopes) - 4)) for row in rows]


def _short(known: dict[str, str], scope: str) -> str:
    verb, _, noun = scope.partition(":")
    if verb == "write" and noun and "." not in noun and noun != "files":
        return f"办理 {noun}.*"
    return known.get(scope, scope)


def tokens_of(rows: QuerySet[Token]) -> list[Token]:
    """Good ones first, then what is over, the newest first."""
    return list(rows.order_by("-revoked_at", "-created_at")[:SHOWN])


# ---- tokens ----------------------------------------------------------------------------------------------------------


@require_GET
def tokens(request: HttpRequest) -> HttpResponse:
    """API 令牌 of the person."""
    rows = lines_of(list(Token.objects.filter(person=request.user).order_by("-created_at")[:SHOWN]))
    rows.sort(key=lambda line: not line.good)
    return render(request, "account/tokens.html", {"lines": rows, "tab": "tokens"})


@never_cache
@sensitive_post_parameters()
def token_new(request: HttpRequest) -> HttpResponse:
    """新建令牌: the secret is shown once, here."""
    form = Form.of(request, _token_fields(), initial={"until": clock.today() + USUAL, "reads": ["read"]})
    context: dict[str, Any] = {"form": form, "tab": "tokens"}
    if request.method == "POST":
        secret, digest, hint = auth.fresh()
        asked = {key: form.raw.get(key) for key in ("name", "until")}
        wanted = [*form.raw.get("reads", []), *form.raw.get("writes", []), *form.raw.get("actions", [])]
        if attempt(request, form, "token.create", raw={**asked, "scopes": wanted}, digest=digest, hint=hint):
            context |= {"secret": secret, "name": form.raw.get("name")}
        elif "scopes" in form.errors:
            form.errors["reads"] = "请至少选一项读取或办理的权限" if not wanted else form.errors.pop("scopes")
            form.errors.pop("scopes", None)
    status = 422 if form.posted and "secret" not in context else 200
    return render(request, "account/token_new.html", context, status=status)


def _token_fields() -> list[Field]:
    offered = actions()
    nouns: dict[str, list[str]] = {}
    for name, spec in offered.items():
        nouns.setdefault(name.partition(".")[0], []).append(spec.label)
    return [
        Field("name", "名称", "text", required=True, max=60),
        Field("until", "有效期至", "date", required=True),
        Field("reads", "可以读取", "choices", values={"read": "全部", **{f"read:{noun}": label for noun, label in scopes.READS.items() if noun != "me"}}),
        Field("writes", "可以办理", "choices", values={"write": "全部", "write:files": "上传附件", **{f"write:{noun}": "、".join(said) for noun, said in sorted(nouns.items())}}),
        Field("actions", "只可以办理这些", "choices", values={f"write:{name}": spec.label for name, spec in offered.items()}),
    ]  # fmt: skip


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """停用, one's own or any as an administrator."""
    perform("token.revoke", by=request.user, token=pk)
    messages.success(request, "令牌已停用，用它的程序下一次请求就会被拒绝。")
    return redirect(f"{reverse('manage')}?tab=api" if request.POST.get("back") == "manage" else "tokens")


# ---- webhooks --------------------------------------------------------------------------------------------------------


@require_GET
def webhooks(request: HttpRequest) -> HttpResponse:
    """The person's subscriptions, and how their messages fared."""
    rows = Webhook.objects.filter(person=request.user, ended_at=None).annotate(**_counts()).order_by("-created_at")
    return render(request, "account/webhooks.html", {"rows": [_told(row) for row in rows], "tab": "webhooks"})


def _counts() -> dict[str, Any]:
    return {
        "waiting": Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING)),
        "sent": Count("deliveries", filter=Q(deliveries__state=DeliveryState.SENT)),
        "lost": Count("deliveries", filter=Q(deliveries__state=DeliveryState.GIVEN_UP)),
    }


def _told(row: Webhook) -> dict[str, Any]:
    labels = ["全部事件"] if "*" in row.kinds else [kinds.get(one).label for one in row.kinds if kinds.known(one)]
    return {"hook": row, "host": urlsplit(row.url).hostname, "labels": labels[:4], "more": max(0, len(labels) - 4)}


def webhook_new(request: HttpRequest) -> HttpResponse:
    """订阅事件."""
    form = Form.of(request, _hook_fields())
    if request.method == "POST" and (done := attempt(request, form, "webhook.subscribe")):
        messages.success(request, "已订阅。请把签名密钥交给接收方，用它核对每次推送。")
        return redirect("webhook", pk=done.value)
    return render(
        request, "account/webhook_new.html", {"form": form, "tab": "webhooks"}, status=422 if form.posted else 200
    )


def _hook_fields() -> list[Field]:
    """Events that happen on files; the rest is told to nobody by webhook."""
    about = {one.name: f"{one.label} {one.name}" for one in kinds.all_kinds() if one.name.partition(".")[0] in ON_FILES}
    return [
        Field("url", "推送地址", "text", required=True, max=500),
        Field("kinds", "事件", "choices", required=True, values={"*": "全部", **about}),
    ]


ON_FILES = {"customer", "contact", "visit", "record", "inventory", "contract", "expense", "form", "flow", "approval", "access", "file", "norm", "duty", "reception"}  # fmt: skip


@never_cache
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One subscription: its signing key, its last messages, and changing it."""
    hook = _mine(request, pk)
    first = {"url": hook.url, "kinds": hook.kinds}
    form = Form.of(request, _hook_fields(), initial=first)
    if request.method == "POST" and attempt(request, form, "webhook.change", webhook=pk):
        messages.success(request, "订阅已修改。")
        return redirect("webhook", pk=pk)
    sent = hook.deliveries.order_by("-id")
    state = request.GET.get("state", "")
    page = page_of(sent.filter(state=state) if state in DeliveryState.values else sent, request.GET.get("page"), 20)
    names = _events([row.event for row in page.rows])
    context = {
        "hook": hook, "form": form, "page": page, "state": state, "states": DeliveryState.choices, "secret": hooks.secret_of(hook),
        "rows": [(row, names.get(row.event)) for row in page.rows], "tab": "webhooks", "host": urlsplit(hook.url).hostname,
    }  # fmt: skip
    return render(request, "account/webhook.html", context, status=422 if form.posted else 200)


def _events(ids: list[int]) -> dict[int, str]:
    from kedang.kernel import ledger
    from kedang.kernel.ledger.models import Event

    return {event.pk: ledger.label(event) for event in Event.objects.filter(pk__in=ids)}


def _mine(request: HttpRequest, pk: int) -> Webhook:
    hook = Webhook.objects.filter(pk=pk, ended_at=None, person=request.user).first()
    if hook is None:
        raise NotFound
    return hook


@require_POST
def webhook_do(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """暂停, 继续, 取消; as an administrator also others'."""
    if what in ("pause", "resume"):
        perform("webhook.change", by=request.user, webhook=pk, active=what == "resume")
        said = "推送已恢复，从现在起的事件会推送。" if what == "resume" else "推送已暂停，暂停期间的事件不会补发。"
    elif what == "end":
        perform("webhook.end", by=request.user, webhook=pk)
        said = "订阅已取消。"
    else:
        raise NotFound
    messages.success(request, said)
    if request.POST.get("back") == "manage":
        return redirect(f"{reverse('manage')}?tab=api")
    return redirect("webhooks") if what == "end" else redirect("webhook", pk=pk)


@require_POST
def delivery_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """重发."""
    row = Delivery.objects.filter(pk=pk).first()
    try:
        perform("webhook.resend", by=request.user, delivery=pk)
        messages.success(request, "已排入推送。")
    except Invalid as error:
        messages.error(request, str(error))
    assert row is not None
    return (
        redirect("webhook", pk=row.webhook_id)
        if row.webhook.person_id == request.user.pk
        else redirect(f"{reverse('manage')}?tab=api")
    )


# ---- the administrator's overview ------------------------------------------------------------------------------------


def overview(request: HttpRequest) -> dict[str, Any]:
    """管理 → 接口: every token that opens something, every subscription."""
    page = page_of(
        Token.objects.filter(revoked_at=None).select_related("person").order_by("-last_used_at", "-created_at"),
        request.GET.get("page"),
    )
    rows = (
        Webhook.objects.filter(ended_at=None)
        .select_related("person")
        .annotate(**_counts())
        .order_by("-lost", "-created_at")
    )
    return {"page": page, "lines": lines_of(page.rows), "hooks": [_told(row) for row in rows[:SHOWN]]}
