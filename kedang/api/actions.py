"""Tokens and subscriptions: made, changed and ended by deeds like everything else. Neither can be done with a token."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Max

from kedang.api import scopes as known_scopes
from kedang.api.models import Delivery, DeliveryState, Token, Webhook
from kedang.kernel import clock, outbound
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person

LONGEST = timedelta(days=366)
MOST_TOKENS, MOST_WEBHOOKS = 20, 10
TOKEN = F("token", "令牌", "integer", required=True)
WEBHOOK = F("webhook", "订阅", "integer", required=True)
KINDS = F("kinds", "事件", "choices", required=True, max=60)


@action(
    "token.create",
    "新建 API 令牌",
    needs="none",
    events=("token.created",),
    public=False,
    args=[
        F("name", "名称", "text", required=True, max=60),
        F("scopes", "权限", "choices", required=True, max=60),
        F("until", "有效期至", "date", required=True),
        # The secret never comes here: neither the ledger nor the key of the deed may hold it.
        F("digest", "摘要", "text", required=True, min=64, max=64, pattern="[0-9a-f]{64}"),
        F("hint", "开头", "text", required=True, max=12),
    ],
)
def create_token(*, deed: Deed, name: str, scopes: list[str], until: Any, digest: str, hint: str) -> int:
    """A token of one's own; its id."""
    person = _doer(deed)
    last = clock.at_time(until, datetime.max.time()).replace(microsecond=0)
    _check_token(person, scopes, last)
    row = Token.objects.create(
        person=person, name=name, digest=digest, hint=hint, scopes=scopes, created_at=deed.now, expires_at=last
    )
    told = {"token": row.pk, "name": name, "scopes": scopes, "until": last}
    deed.record("token.created", subject=f"token:{row.pk}", data=told)
    return row.pk


def _check_token(person: Person, scopes: list[str], last: datetime) -> None:
    unknown = [one for one in scopes if one not in known_scopes.known()]
    if unknown:
        raise Invalid({"scopes": f"没有“{unknown[0]}”这项权限"})
    if last <= clock.now():
        raise Invalid({"until": "有效期已过"})
    if last > clock.now() + LONGEST:
        raise Invalid({"until": "有效期最长一年"})
    if Token.objects.filter(person=person, revoked_at=None, expires_at__gt=clock.now()).count() >= MOST_TOKENS:
        raise Invalid(f"最多同时使用 {MOST_TOKENS} 个令牌，请先停用不用的。")


@action(
    "token.revoke",
    "停用 API 令牌",
    needs="none",
    events=("token.revoked",),
    public=False,
    args=[TOKEN],
)
def revoke_token(*, deed: Deed, token: int) -> int:
    """End a token at once: one's own, or any as an administrator."""
    row = _own(Token.objects.select_for_update().select_related("person").filter(pk=token).first(), deed)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = deed.now, deed.by
        row.save(update_fields=["revoked_at", "revoked_by"])
        told = {"token": row.pk, "name": row.name, "owner": row.person.name}
        deed.record("token.revoked", subject=f"token:{row.pk}", data=told)
    return row.pk


@action(
    "webhook.subscribe",
    "订阅事件",
    needs="none",
    events=("webhook.subscribed",),
    public=False,
    args=[F("url", "推送地址", "text", required=True, max=500), KINDS],
)
def subscribe(*, deed: Deed, url: str, kinds: list[str]) -> int:
    """Have events on the files that one may open posted to an address, from now on."""
    person = _doer(deed)
    _check_address(url)
    _check_kinds(kinds)
    if Webhook.objects.filter(person=person, ended_at=None).count() >= MOST_WEBHOOKS:
        raise Invalid(f"最多 {MOST_WEBHOOKS} 个订阅，请先取消不用的。")
    now = Event.objects.aggregate(top=Max("id"))["top"] or 0
    row = Webhook.objects.create(
        person=person, url=url, kinds=kinds, salt=secrets.token_hex(16), cursor=now, created_at=deed.now
    )
    deed.record("webhook.subscribed", subject=f"webhook:{row.pk}", data=_about(row) | {"kinds": kinds})
    return row.pk


@action(
    "webhook.change",
    "修改订阅",
    needs="none",
    events=("webhook.changed",),
    public=False,
    args=[WEBHOOK, F("url", "推送地址", "text", max=500), F("kinds", "事件", "choices", max=60), F("active", "推送", "bool")],
)  # fmt: skip
def change_webhook(
    *, deed: Deed, webhook: int, url: str | None = None, kinds: list[str] | None = None, active: bool | None = None
) -> int:
    """Another address, other events, pause or go on. While paused nothing is gathered: what happened then is not sent."""
    row = _hook(webhook, deed)
    if url:
        _check_address(url)
        row.url = url
    if kinds:
        _check_kinds(kinds)
        row.kinds = kinds
    if active is not None:
        if active and not row.active:
            row.cursor = Event.objects.aggregate(top=Max("id"))["top"] or 0
        row.active = active
    row.save()
    deed.record(
        "webhook.changed", subject=f"webhook:{row.pk}", data=_about(row) | {"kinds": row.kinds, "active": row.active}
    )
    return row.pk


@action("webhook.end", "取消订阅", needs="none", events=("webhook.ended",), public=False, args=[WEBHOOK])
def end_webhook(*, deed: Deed, webhook: int) -> int:
    """No more of it: one's own, or any as an administrator."""
    row = _hook(webhook, deed)
    row.active, row.ended_at = False, deed.now
    row.save(update_fields=["active", "ended_at"])
    row.deliveries.filter(state=DeliveryState.WAITING).update(
        state=DeliveryState.GIVEN_UP, next_at=None, error="订阅已取消", done_at=deed.now
    )
    deed.record("webhook.ended", subject=f"webhook:{row.pk}", data=_about(row) | {"owner": row.person.name})
    return row.pk


@action(
    "webhook.resend",
    "重发",
    needs="none",
    events=("webhook.resent",),
    public=False,
    args=[F("delivery", "推送记录", "integer", required=True)],
)
def resend(*, deed: Deed, delivery: int) -> int:
    """Try a message again that was given up."""
    row = Delivery.objects.select_related("webhook__person").filter(pk=delivery).first()
    if row is None:
        raise NotFound
    hook = _own(row.webhook, deed)
    if hook.ended_at is not None:
        raise Invalid("这个订阅已取消，不能重发。")
    if row.state != DeliveryState.GIVEN_UP:
        raise Invalid("只有已放弃的推送可以重发。")
    row.state, row.attempts, row.next_at, row.done_at = DeliveryState.WAITING, 0, deed.now, None
    row.created_at = deed.now
    row.save()
    deed.record("webhook.resent", subject=f"webhook:{hook.pk}", data=_about(hook) | {"delivery": row.pk})
    return row.pk


def _doer(deed: Deed) -> Person:
    """Machines act for who lets them; nobody makes a token for somebody else."""
    if deed.by is None or deed.on_behalf_of is not None:
        raise Invalid("令牌和订阅只能由本人办理。")
    return deed.by


def _own(row: Any, deed: Deed) -> Any:
    person = _doer(deed)
    if row is None or (row.person_id != person.pk and not person.is_admin):
        raise NotFound
    return row


def _hook(pk: int, deed: Deed) -> Webhook:
    found = Webhook.objects.select_for_update().select_related("person").filter(pk=pk, ended_at=None).first()
    hook: Webhook = _own(found, deed)
    return hook


def _check_address(url: str) -> None:
    try:
        outbound.check(url)
    except outbound.Forbidden as error:
        raise Invalid({"url": str(error)}) from None


def _check_kinds(wanted: list[str]) -> None:
    offered = {one.name for one in kinds.all_kinds()} | {"*"}
    unknown = [one for one in wanted if one not in offered]
    if unknown:
        raise Invalid({"kinds": f"没有“{unknown[0]}”这种事件"})


def _about(row: Webhook) -> dict[str, Any]:
    # The path of an address may be a secret (robots put their key there): the ledger names the host alone.
    return {"webhook": row.pk, "host": urlsplit(row.url).hostname or ""}
