"""Tokens: shown once, kept hashed, cut down to scopes, ended at once; a session opens no door of the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from kedang.api import auth
from kedang.api.models import Token
from kedang.api.urls import urlpatterns
from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person
from tests.api.support import Machine, last_token, machine, token_for
from tests.support.company import Company


def test_the_secret_stands_in_no_table(company: Company) -> None:
    secret = token_for(company["小王"])
    row = last_token(company["小王"])
    assert row.digest == auth.digest_of(secret) and secret not in str(vars(row))
    assert secret not in str(list(Event.objects.values_list("data", flat=True)))
    assert Machine(secret).get("/me").status_code == 200


@pytest.mark.parametrize("given", ["", "kd_made_up", "Basic abc", "kd_" + "x" * 500, "é"])
def test_without_a_good_token_everything_is_401_in_chinese(company: Company, given: str) -> None:
    answer = Machine(given).get("/customers")
    assert answer.status_code == 401
    assert "令牌" in answer.json()["message"] and answer["WWW-Authenticate"] == "Bearer"


def test_a_session_cookie_does_not_authorise(company: Company, factory: int) -> None:
    browser = Client()
    browser.force_login(company["小王"], backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/api/v1/customers").status_code == 401
    assert (
        browser.post(
            "/api/v1/actions/customer.release", {"args": {"customer": factory}}, content_type="application/json"
        ).status_code
        == 401
    )
    assert browser.get("/api/v1/openapi.json").status_code == 200
    assert browser.get("/api/v1/docs/").status_code == 200
    assert Client().get("/api/v1/docs/")["Location"].startswith("/login/")
    assert len(urlpatterns) == 4


def test_the_api_starts_no_session(company: Company) -> None:
    assert not machine(company["小王"]).get("/me").cookies


@pytest.mark.parametrize(
    ("scopes", "reads", "acts"),
    [
        (["read"], True, False), (["write"], False, True), (["read:customers"], True, False), (["read:rules"], False, False),
        (["write:customer"], False, True), (["write:customer.register"], False, True), (["write:contact"], False, False),
    ],
)  # fmt: skip
def test_a_scope_opens_its_noun_or_action_and_no_other(
    company: Company, scopes: list[str], reads: bool, acts: bool
) -> None:
    one = machine(company["小王"], *scopes)
    assert (one.get("/customers").status_code == 200) is reads
    done = one.act("customer.register", name="无锡油泵厂")
    assert (done.status_code == 200) is acts
    if not acts:
        assert (done.status_code, done.json()["code"]) == (403, "scope")
    assert one.get("/me").status_code == 200


def test_a_revoked_an_expired_and_a_suspended_persons_token_are_no_good(company: Company) -> None:
    with clock.frozen("2026-03-02 10:00") as held:
        one = machine(company["小王"])
        assert one.get("/me").status_code == 200
        perform("token.revoke", by=company["小王"], token=last_token(company["小王"]).pk)
        assert one.get("/me").status_code == 401
        other = machine(company["小王"])
        held.advance(timedelta(days=31))
        assert other.get("/me").status_code == 401
    third = machine(company["小赵"])
    Person.objects.filter(pk=company["小赵"].pk).update(is_active=False)
    assert third.get("/me").status_code == 401


def test_who_must_change_the_password_is_held_here_too(company: Company) -> None:
    one = machine(company["小王"])
    Person.objects.filter(pk=company["小王"].pk).update(must_change_password=True)
    assert one.get("/customers").json()["code"] == "password"


def test_a_token_is_ended_by_its_person_or_an_administrator_and_nobody_else(company: Company) -> None:
    token_for(company["小王"])
    pk = last_token(company["小王"]).pk
    with pytest.raises(NotFound):
        perform("token.revoke", by=company["小赵"], token=pk)
    Person.objects.filter(pk=company["郑总"].pk).update(is_admin=True)
    perform("token.revoke", by=Person.objects.get(pk=company["郑总"].pk), token=pk)
    assert Token.objects.get(pk=pk).revoked_at is not None
    assert Event.objects.filter(kind="token.revoked").count() == 1


def test_a_token_cannot_make_tokens_nor_subscriptions(company: Company) -> None:
    one = machine(company["小王"])
    for name in (
        "token.create",
        "token.revoke",
        "webhook.subscribe",
        "account.set_password",
        "customer.export",
        "nothing",
    ):
        assert one.act(name).status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [({"scopes": ["read:moon"]}, "scopes"), ({"until": "2026-01-01"}, "until"), ({"until": "2030-01-01"}, "until"), ({"scopes": []}, "scopes")],
)  # fmt: skip
def test_a_bad_token_is_refused_at_its_field(company: Company, given: dict[str, object], field: str) -> None:
    _, digest, hint = auth.fresh()
    args = {"name": "甲", "scopes": ["read"], "until": "2026-06-01", "digest": digest, "hint": hint, **given}
    with pytest.raises(Invalid) as caught:
        perform("token.create", by=company["小王"], **args)
    assert field in caught.value.errors


def test_too_many_requests_a_minute_are_429_for_this_token_alone(company: Company, settings: object) -> None:
    settings.API_RATE = 3  # type: ignore[attr-defined]
    first, other = machine(company["小王"]), machine(company["小赵"])
    auth.reset()
    codes = [first.get("/me").status_code for _ in range(5)]
    assert set(codes[3:]) == {429} or 429 in codes, codes  # a minute may turn between two
    late = first.get("/me")
    assert late.status_code in (200, 429) and (late.status_code == 200 or int(late["Retry-After"]) <= 60)
    assert other.get("/me").status_code == 200
    auth.reset()


def test_last_use_is_noted(company: Company) -> None:
    machine(company["小王"]).get("/me")
    assert last_token(company["小王"]).last_used_at == clock.now()


def test_a_wrong_method_an_unknown_address_and_a_database_away_answer_in_json(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = machine(company["小王"])
    wrong = one.client.delete("/api/v1/customers", headers=one.headers)
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method")
    assert one.get("/nothing/here").json()["code"] == "not_found"
    assert one.get("/customers", q="a\x00b").json()["errors"] == {"q": "含有看不见的控制字符"}

    from django.db import OperationalError

    from kedang.kernel import inbox

    def away(*_: object) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(inbox, "counts", away)
    gone = one.get("/inbox")
    assert (gone.status_code, gone.json()["code"]) == (503, "busy")
