"""个人设置 → 接口: tokens and webhooks on their pages, and the administrator's overview."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client

from kedang.api.models import Delivery, DeliveryState, Token, Webhook
from kedang.kernel import clock
from kedang.kernel.ledger.models import Event
from tests.web.conftest import Office

NEW = {"name": "同步程序", "until": "2026-05-01", "reads": ["read:customers"], "writes": ["write:contact"], "key": "k"}


def test_a_token_is_shown_once_and_never_again(office: Office, as_: Callable[[str], Client]) -> None:
    client = as_("wang")
    page = client.post("/account/tokens/new/", NEW)
    assert page.status_code == 200, page.content.decode()
    [secret] = re.findall(r'value="(kd_[^"]+)"', page.content.decode())
    row = Token.objects.get()
    assert (row.name, row.scopes) == ("同步程序", ["read:customers", "write:contact"])
    listed = client.get("/account/tokens/").content.decode()
    assert "同步程序" in listed and secret not in listed and secret[:8] in listed
    assert Client().get("/api/v1/customers", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_token_without_a_name_or_a_right_says_so_and_keeps_what_was_typed(
    office: Office, as_: Callable[[str], Client]
) -> None:
    client = as_("wang")
    page = client.post("/account/tokens/new/", {**NEW, "reads": [], "writes": []})
    assert page.status_code == 422
    assert "请至少选一项" in page.content.decode() and "同步程序" in page.content.decode()
    assert client.post("/account/tokens/new/", {**NEW, "name": ""}).status_code == 422
    assert not Token.objects.exists()


def test_a_token_is_stopped_by_its_person_and_overseen_by_administrators(
    office: Office, as_: Callable[[str], Client]
) -> None:
    client = as_("wang")
    client.post("/account/tokens/new/", NEW)
    pk = Token.objects.get().pk
    assert as_("chen").post(f"/account/tokens/{pk}/revoke/").status_code == 404
    overview = as_("admin").get("/manage/?tab=api").content.decode()
    assert "同步程序" in overview
    assert as_("chen").get("/manage/?tab=api").status_code == 404
    client.post(f"/account/tokens/{pk}/revoke/")
    assert Token.objects.get().revoked_at and "已停用" in client.get("/account/tokens/").content.decode()


def test_a_subscription_shows_its_key_its_messages_and_is_paused_and_ended(
    office: Office, as_: Callable[[str], Client]
) -> None:
    client = as_("wang")
    bad = client.post("/account/webhooks/new/", {"url": "https://10.0.0.1/", "kinds": ["contact.recorded"]})
    assert bad.status_code == 422 and "内网" in bad.content.decode()
    made = client.post(
        "/account/webhooks/new/", {"url": "https://example.com/hook?k=secret", "kinds": ["contact.recorded"]}
    )
    assert made.status_code == 302
    hook = Webhook.objects.get()
    event = Event.objects.order_by("-pk").first()
    assert event is not None
    lost = Delivery.objects.create(
        webhook=hook,
        event=event.pk,
        state=DeliveryState.GIVEN_UP,
        attempts=8,
        error="对方答复 500",
        created_at=clock.now(),
        done_at=clock.now(),
    )
    page = client.get(f"/account/webhooks/{hook.pk}/").content.decode()
    assert "whs_" in page and "对方答复 500" in page and "重发" in page
    assert as_("chen").get(f"/account/webhooks/{hook.pk}/").status_code == 404
    overview = as_("admin").get("/manage/?tab=api").content.decode()
    assert "example.com" in overview and "k=secret" not in overview
    client.post(f"/account/deliveries/{lost.pk}/resend/")
    lost.refresh_from_db()
    assert lost.state == DeliveryState.WAITING
    client.post(f"/account/webhooks/{hook.pk}/pause/")
    assert not Webhook.objects.get().active
    client.post(f"/account/webhooks/{hook.pk}/end/")
    assert Webhook.objects.get().ended_at and client.get(f"/account/webhooks/{hook.pk}/").status_code == 404


def test_the_description_names_every_action(office: Office, as_: Callable[[str], Client]) -> None:
    page = as_("wang").get("/api/v1/docs/").content.decode()
    assert "/api/v1/actions/customer.register" in page and "登记客户" in page
    assert "https://cdn" not in page and "<style" not in page
