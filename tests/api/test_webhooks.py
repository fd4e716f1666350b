"""Webhooks: signed, within the subscriber's rights at sending, retried, given up visibly, sent again; nothing inside the house."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from kedang.api import hooks
from kedang.api.models import Delivery, DeliveryState, Webhook
from kedang.kernel import clock, outbound
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person
from tests.support.company import Company


class Target:
    """A receiver: what came, and what it answers."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                target.came.append((dict(self.headers), body))
                self.send_response(target.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?key=s3cret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]


@pytest.fixture
def target(settings: Any) -> Iterator[Target]:
    made = Target()
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{made.server.server_port}"]
    yield made
    made.server.shutdown()
    made.server.server_close()


def subscribe(company: Company, target: Target, who: str = "小王", *kinds: str) -> Webhook:
    pk = perform("webhook.subscribe", by=company[who], url=target.url, kinds=list(kinds or ("contact.recorded",))).value
    return Webhook.objects.get(pk=pk)


def contact(company: Company, factory: int, content: str = "谈到续约价格") -> None:
    company.do("contact.record", "小王", customer=factory, kind="电话", content=content)


def test_an_event_arrives_signed_and_without_personal_values(company: Company, factory: int, target: Target) -> None:
    hook = subscribe(company, target)
    contact(company, factory)
    assert hooks.round_of_work() == 1
    [(headers, body)] = target.came
    at, _, digest = headers["X-Kedang-Signature"].removeprefix("t=").partition(",v1=")
    wanted = hmac.new(hooks.secret_of(hook).encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(digest, wanted) and int(at) == int(clock.now().timestamp())
    told = json.loads(body)
    assert (told["event"]["kind"], told["event"]["file"], told["webhook"]) == ("contact.recorded", factory, hook.pk)
    assert "谈到续约价格" not in body.decode()
    assert Delivery.objects.get().state == DeliveryState.SENT
    assert hooks.round_of_work() == 0 and len(target.came) == 1


def test_only_what_was_asked_for_from_then_on_and_each_once(company: Company, factory: int, target: Target) -> None:
    contact(company, factory)
    subscribe(company, target)
    company.do("customer.add_contact", "小王", customer=factory, name="王五")
    for number in range(3):
        contact(company, factory, f"第{number}次")
    hooks.round_of_work()
    hooks.round_of_work()
    assert [one["event"]["kind"] for one in target.bodies()] == ["contact.recorded"] * 3
    assert len({one["event"]["id"] for one in target.bodies()}) == 3


def test_files_that_the_subscriber_may_not_open_are_never_told_of(
    company: Company, factory: int, target: Target
) -> None:
    subscribe(company, target, "小赵", "*")
    subscribe(company, target, "小李", "*")
    contact(company, factory)
    assert hooks.round_of_work() == 0
    assert target.came == [] and not Delivery.objects.exists()


def test_rights_are_those_of_the_moment_of_sending(company: Company, factory: int, target: Target) -> None:
    with clock.frozen("2026-03-02 10:00") as held:
        subscribe(company, target)
        contact(company, factory)
        target.status = 500
        hooks.round_of_work()
        company.do("customer.transfer", "郑总", customer=factory, to=company["小李"].pk, reason="换人")
        target.status = 200
        target.came.clear()
        held.advance(timedelta(minutes=2))
        hooks.round_of_work()
    assert target.came == []
    assert Delivery.objects.get().state == DeliveryState.WITHHELD


def test_who_is_suspended_is_sent_nothing(company: Company, factory: int, target: Target) -> None:
    subscribe(company, target)
    contact(company, factory)
    Person.objects.filter(pk=company["小王"].pk).update(is_active=False)
    hooks.round_of_work()
    assert target.came == []


def test_a_failing_target_is_tried_less_and_less_often_then_given_up_and_sent_again_by_hand(
    company: Company, factory: int, target: Target
) -> None:
    with clock.frozen("2026-03-02 10:00") as held:
        hook = subscribe(company, target)
        contact(company, factory)
        target.status = 503
        hooks.round_of_work()
        assert hooks.round_of_work() == 0, "not at once"
        for pause in hooks.PAUSES:
            held.advance(pause + timedelta(seconds=1))
            hooks.round_of_work()
        row = Delivery.objects.get()
        assert (row.state, row.attempts, row.error) == (DeliveryState.GIVEN_UP, 1 + len(hooks.PAUSES), "对方答复 503")
        assert len(target.came) == 1 + len(hooks.PAUSES)
        assert Event.objects.get(kind="webhook.given_up").data["host"] == "127.0.0.1"
        target.status = 204
        with pytest.raises(NotFound):
            perform("webhook.resend", by=company["小赵"], delivery=row.pk)
        perform("webhook.resend", by=company["小王"], delivery=row.pk)
        hooks.round_of_work()
    assert Delivery.objects.get().state == DeliveryState.SENT
    assert hook.deliveries.count() == 1


def test_the_rest_waits_with_the_first_that_failed(company: Company, factory: int, target: Target) -> None:
    subscribe(company, target)
    for number in range(4):
        contact(company, factory, f"第{number}次")
    target.status = 500
    assert hooks.round_of_work() == 1
    assert len(target.came) == 1


def test_a_paused_subscription_gathers_nothing(company: Company, factory: int, target: Target) -> None:
    hook = subscribe(company, target)
    perform("webhook.change", by=company["小王"], webhook=hook.pk, active=False)
    contact(company, factory)
    hooks.round_of_work()
    perform("webhook.change", by=company["小王"], webhook=hook.pk, active=True)
    hooks.round_of_work()
    assert target.came == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/x", "https://127.0.0.1/x", "https://10.0.0.8/x", "https://[::1]/x", "https://169.254.169.254/latest", "https://0x7f000001/",
     "https://user:pw@example.com/", "ftp://example.com/", "file:///etc/passwd", "https://", "网址"],
)  # fmt: skip
def test_addresses_inside_the_house_and_other_schemes_are_refused_when_typed(company: Company, url: str) -> None:
    with pytest.raises(Invalid) as caught:
        perform("webhook.subscribe", by=company["小王"], url=url, kinds=["contact.recorded"])
    assert "url" in caught.value.errors


def test_a_name_that_turns_to_the_inside_later_is_not_posted_to(
    company: Company, factory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    perform("webhook.subscribe", by=company["小王"], url="https://example.com/hook", kinds=["contact.recorded"])
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    contact(company, factory)
    hooks.round_of_work()
    row = Delivery.objects.get()
    assert row.state == DeliveryState.GIVEN_UP and "内网" in row.error


def test_an_unreachable_target_keeps_the_message(
    company: Company, factory: int, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(company, target)
    contact(company, factory)

    def gone(*_: Any, **__: Any) -> None:
        raise outbound.Unreachable("连接不上")

    monkeypatch.setattr(outbound, "post", gone)
    hooks.round_of_work()
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.error) == (DeliveryState.WAITING, 1, "连接不上")


def test_the_ledger_names_the_host_and_not_the_path(company: Company, target: Target) -> None:
    hook = subscribe(company, target)
    perform("webhook.end", by=company["小王"], webhook=hook.pk)
    assert "s3cret" not in str(list(Event.objects.values_list("data", flat=True)))
    assert hooks.secret_of(hook) not in str(list(Webhook.objects.values()))


def test_nobody_changes_somebody_elses_subscription(company: Company, target: Target) -> None:
    hook = subscribe(company, target)
    for action, args in {"webhook.change": {"active": False}, "webhook.end": {}}.items():
        with pytest.raises(NotFound):
            perform(action, by=company["小赵"], webhook=hook.pk, **args)


def test_old_messages_are_swept(company: Company, factory: int, target: Target) -> None:
    with clock.frozen("2026-03-02 10:00") as held:
        subscribe(company, target)
        contact(company, factory)
        hooks.round_of_work()
        assert hooks.sweep() == 0
        held.advance(timedelta(days=31))
        assert hooks.sweep() == 1
