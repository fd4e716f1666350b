"""Webhooks: what happened is posted to who asked for it, by a companion of the worker; nothing waits for a target.

Each round gathers new events (a row a subscription and event) and sends what is due. The body is made up at the moment of
sending, within the rights that the subscriber has then. A message that does not get through is tried again after longer and
longer pauses and is then given up where its subscriber and the administrators see it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.crypto import salted_hmac

from kedang.api import feed
from kedang.api.models import Delivery, DeliveryState, Webhook
from kedang.api.workshapes import Happening
from kedang.kernel import clock, nightly, outbound
from kedang.kernel.actions import Deed
from kedang.kernel.jobs import companions
from kedang.kernel.ledger.models import Event
from kedang.kernel.once import once

log = logging.getLogger("kedang.webhooks")
EVERY = 2.0
LEASE = timedelta(minutes=2)
"""How long a round that took a message in hand keeps others from it."""
PAUSES = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720)]
"""After each failure; one more and the message is given up: a little over a day."""
GATHERED, SENT_A_ROUND = 500, 20
KEPT = timedelta(days=30)
SIGNATURE, ID = "X-Kedang-Signature", "X-Kedang-Delivery"


def secret_of(hook: Webhook) -> str:
    """The signing secret: derived, so that it stands in no table. Whoever subscribes is shown it."""
    return "whs_" + salted_hmac(f"kedang.webhook.{hook.pk}", hook.salt, algorithm="sha256").hexdigest()


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=…,v1=…`: HMAC-SHA256 over the time, a dot and the body. A receiver refuses what is older than five minutes."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def round_of_work(ending: Callable[[], bool] = lambda: False) -> int:
    """Gather and send what is due; how many messages were tried."""
    hooks = list(Webhook.objects.filter(active=True, ended_at=None).select_related("person"))
    if hooks:
        _gather(hooks)
    tried = 0
    for pk in _due():
        if ending():
            break
        tried += _try(pk)
    return tried


# ---- gathering -------------------------------------------------------------------------------------------------------


def _gather(hooks: list[Webhook]) -> None:
    last = feed.horizon()
    for hook in hooks:
        if hook.cursor < last:
            with transaction.atomic():
                _gather_for(hook.pk, last)


def _gather_for(pk: int, last: int) -> None:
    hook = Webhook.objects.select_for_update().select_related("person").get(pk=pk)
    if not hook.active:
        return
    rows = Event.objects.filter(pk__gt=hook.cursor, pk__lte=last).exclude(file=None)
    if "*" not in hook.kinds:
        rows = rows.filter(kind__in=hook.kinds)
    found = list(rows.order_by("pk")[: GATHERED + 1])
    more = len(found) > GATHERED
    found = found[:GATHERED]
    now = clock.now()
    with once():
        mine = [event for event in found if feed.may_see(hook.person, event)]
    Delivery.objects.bulk_create(
        [Delivery(webhook=hook, event=event.pk, next_at=now, created_at=now) for event in mine], ignore_conflicts=True
    )
    Webhook.objects.filter(pk=pk).update(cursor=found[-1].pk if more else last)


# ---- sending ---------------------------------------------------------------------------------------------------------


def _due() -> list[int]:
    """What is due, the longest waiting first. What waits for a target that has just failed is put off by `_failed`."""
    rows = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=clock.now(), webhook__active=True)
    return list(rows.order_by("next_at", "pk").values_list("pk", flat=True)[:SENT_A_ROUND])


def _try(pk: int) -> int:
    """Take one message in hand and send it; 0 when another round has it, or its target failed a moment ago."""
    now = clock.now()
    waiting = Delivery.objects.filter(pk=pk, state=DeliveryState.WAITING, next_at__lte=now)
    if not waiting.update(next_at=now + LEASE):
        return 0
    row = Delivery.objects.select_related("webhook__person").get(pk=pk)
    body = body_of(row)
    if body is None:
        _end(row, DeliveryState.WITHHELD, "发送时您已无权查看这份档案")
        return 0
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        ID: str(row.pk),
        SIGNATURE: signature(secret_of(row.webhook), int(now.timestamp()), body),
    }
    try:
        answer = outbound.post(row.webhook.url, body, headers)
    except outbound.Forbidden as error:
        _give_up(row, str(error))
        return 1
    except outbound.Unreachable as error:
        _failed(row, str(error), None)
        return 1
    if 200 <= answer.status < 300:
        row.status, row.attempts = answer.status, row.attempts + 1
        _end(row, DeliveryState.SENT, "")
    else:
        _failed(row, f"对方答复 {answer.status}", answer.status)
    return 1


def body_of(row: Delivery) -> bytes | None:
    """What is sent, as the subscriber may know it now; None when he may not, or may not sign in any more."""
    hook = row.webhook
    event = Event.objects.select_related("actor", "on_behalf_of").filter(pk=row.event).first()
    with once():
        if event is None or not hook.person.is_active or not feed.may_see(hook.person, event):
            return None
        [told] = feed.happenings([event])
    shown = Happening(**told).model_dump(mode="json")
    body = {"id": row.pk, "webhook": hook.pk, "sent_at": clock.now().isoformat(), "event": shown}
    return json.dumps(body, ensure_ascii=False).encode()


def _failed(row: Delivery, error: str, status: int | None) -> None:
    row.attempts, row.error, row.status = row.attempts + 1, error[:300], status
    if row.attempts > len(PAUSES):
        _give_up(row, error)
        return
    row.next_at = clock.now() + PAUSES[row.attempts - 1]
    row.save(update_fields=["attempts", "error", "status", "next_at"])
    # The rest for the same target waits with it, untried, but not for ever.
    others = Delivery.objects.filter(webhook=row.webhook, state=DeliveryState.WAITING, next_at__lt=row.next_at)
    others.exclude(pk=row.pk).update(next_at=row.next_at)
    old = Delivery.objects.filter(
        webhook=row.webhook, state=DeliveryState.WAITING, created_at__lt=clock.now() - 2 * PAUSES[-1]
    )
    for late in old.exclude(pk=row.pk)[:100]:
        _give_up(late, error)


def _give_up(row: Delivery, error: str) -> None:
    """Visible to the subscriber and in the ledger; 重发 tries again."""
    with transaction.atomic():
        _end(row, DeliveryState.GIVEN_UP, error)
        host = urlsplit(row.webhook.url).hostname or ""
        told = {"webhook": row.webhook_id, "host": host, "event": row.event}
        Deed(by=None).record("webhook.given_up", subject=f"webhook:{row.webhook_id}", data=told)


def _end(row: Delivery, state: DeliveryState, error: str) -> None:
    row.state, row.error, row.next_at, row.done_at = state, error[:300], None, clock.now()
    row.save(update_fields=["state", "error", "next_at", "done_at", "attempts", "status"])


def sweep() -> int:
    """Drop what was settled a month ago."""
    settled = Delivery.objects.exclude(state=DeliveryState.WAITING).filter(done_at__lt=clock.now() - KEPT)
    return settled.delete()[0]


companions.register("webhooks", EVERY, round_of_work)
nightly.register("webhook deliveries", sweep)
