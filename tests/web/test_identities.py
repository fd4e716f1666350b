"""Signing in by somebody else's word and with a second factor; nobody signs up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.dingtalk.views import DingTalkOAuth2Adapter
from allauth.socialaccount.providers.feishu.client import FeishuOAuth2Client
from allauth.socialaccount.providers.feishu.views import FeishuOAuth2Adapter
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person
from kedang.web.models import SignIn
from kedang.web.wecom.views import WeComAdapter
from tests.support.outside import Target, target
from tests.web.conftest import Office

PASSWORD = "a-test-password-1"
As = Callable[[str], Client]


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    Person.objects.update(must_change_password=False)


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """One program that plays all four."""
    cache.clear()
    with target() as made:
        app = {"client_id": "C", "secret": "S"}
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {"APPS": [{**app, "provider_id": "oidc", "name": "统一登录", "settings": {"server_url": f"{made.url}/.well-known/openid-configuration"}}], "OAUTH_PKCE_ENABLED": True},
            "dingtalk": {"APPS": [app]}, "feishu": {"APPS": [app]}, "wecom": {"APPS": [{**app, "settings": {"agentid": "1000002"}}]},
        }  # fmt: skip
        monkeypatch.setattr(DingTalkOAuth2Adapter, "access_token_url", f"{made.url}/ding/token")
        monkeypatch.setattr(DingTalkOAuth2Adapter, "profile_url", f"{made.url}/ding/me")
        monkeypatch.setattr(FeishuOAuth2Client, "app_access_token_url", f"{made.url}/feishu/app")
        monkeypatch.setattr(FeishuOAuth2Adapter, "access_token_url", f"{made.url}/feishu/token")
        monkeypatch.setattr(FeishuOAuth2Adapter, "user_info_url", f"{made.url}/feishu/me")
        monkeypatch.setattr(WeComAdapter, "access_token_url", f"{made.url}/wecom/token")
        monkeypatch.setattr(WeComAdapter, "profile_url", f"{made.url}/wecom/me")
        yield made


def is_(provider: Target, **who: Any) -> None:
    """What the program says of whoever signs in there now."""

    def told(seen: dict[str, Any]) -> Any:
        path = seen["path"]
        return {
            "/.well-known/openid-configuration": {
                "issuer": provider.url, "authorization_endpoint": f"{provider.url}/authorize", "token_endpoint": f"{provider.url}/token",
                "userinfo_endpoint": f"{provider.url}/userinfo", "jwks_uri": f"{provider.url}/jwks",
            },
            "/token": {"access_token": "T", "token_type": "Bearer"}, "/userinfo": {"sub": "outside-1", **who},
            "/ding/token": {"accessToken": "T", "refreshToken": "R", "expireIn": 7200}, "/ding/me": {"openId": "d-1", "unionId": "u-1", "nick": "某人", **who},
            "/feishu/app": {"app_access_token": "A"}, "/feishu/token": {"data": {"access_token": "T", "expires_in": 7200}}, "/feishu/me": {"code": 0, "data": {"open_id": "f-1", "name": "某人", **who}},
            "/wecom/token": {"errcode": 0, "access_token": "T"}, "/wecom/me": {"errcode": 0, **who},
        }[path]  # fmt: skip

    provider.told = told


WAYS = {
    "oidc": ("/login/oidc/oidc/", "/login/oidc/oidc/back/", "code"), "dingtalk": ("/login/dingtalk/", "/login/dingtalk/back/", "authCode"),
    "feishu": ("/login/feishu/", "/login/feishu/back/", "code"), "wecom": ("/login/wecom/", "/login/wecom/back/", "code"),
}  # fmt: skip


def go(client: Client, way: str, query: str = "", state: str = "") -> Any:
    """Out to the program and back."""
    begin, back, name = WAYS[way]
    out = client.get(begin + query)
    assert out.status_code == 302, out.content.decode()[:500]
    given = parse_qs(urlsplit(out["Location"]).query)
    return client.get(back, {name: "the-code", "state": state or given["state"][0]})


def staff(office: Office, login: str = "wang", **more: Any) -> Person:
    Person.objects.filter(pk=office[login].pk).update(**more)
    return office[login]


SAYS = {
    "oidc": ({"email": "wang@corp.test", "email_verified": True}, {"email": "Wang@corp.test"}), "dingtalk": ({"mobile": "13812345678", "stateCode": "86"}, {"phone": "13812345678"}),
    "feishu": ({"employee_no": "A001", "mobile": "+8613800000000"}, {"employee_no": "A001"}), "wecom": ({"userid": "A001"}, {"employee_no": "A001"}),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_whom_the_staff_list_knows_is_signed_in_and_lands_where_he_wanted(
    office: Office, provider: Target, way: str
) -> None:
    said, known = SAYS[way]
    person = staff(office, **known)
    is_(provider, **said)
    client = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/120"})
    answer = go(client, way, "?next=/customers/")
    assert answer["Location"] == "/customers/"
    assert client.get("/").wsgi_request.user == person
    assert SignIn.objects.get().person == person
    assert SocialAccount.objects.get().user == person
    assert Event.objects.get(kind="account.linked").actor == person
    # The link stays although the staff list says otherwise now, and is not made twice.
    staff(office, email="", phone="", employee_no="")
    again = Client()
    assert go(again, way).status_code == 302
    assert again.get("/").wsgi_request.user == person
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize("way", WAYS)
def test_whom_nobody_knows_is_refused_clearly_and_nobody_is_made(office: Office, provider: Target, way: str) -> None:
    before = Person.objects.count()
    is_(provider, **SAYS[way][0])
    client = Client()
    answer = go(client, way)
    assert answer.status_code == 403
    assert "没有对应的员工" in answer.content.decode()
    assert not client.get("/").wsgi_request.user.is_authenticated
    assert (Person.objects.count(), SocialAccount.objects.count()) == (before, 0)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("linked", [True, False])
def test_who_is_suspended_is_refused(office: Office, provider: Target, way: str, linked: bool) -> None:
    said, known = SAYS[way]
    staff(office, **known)
    is_(provider, **said)
    if linked:
        go(Client(), way)
    staff(office, is_active=False)
    client = Client()
    answer = go(client, way)
    assert answer.status_code == 403
    assert "停权" in answer.content.decode()
    assert not client.get("/").wsgi_request.user.is_authenticated


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_to_another_question_is_refused(office: Office, provider: Target, way: str) -> None:
    said, known = SAYS[way]
    staff(office, **known)
    is_(provider, **said)
    client = Client()
    answer = go(client, way, state="made-up")
    assert answer.status_code == 400
    assert "登录没有完成" in answer.content.decode()
    assert not client.get("/").wsgi_request.user.is_authenticated
    stranger = Client().get(WAYS[way][1], {WAYS[way][2]: "the-code", "state": "x"})
    assert stranger.status_code == 400


@pytest.mark.parametrize("way", WAYS)
def test_a_provider_that_answers_nonsense_or_nothing_is_said_so(office: Office, provider: Target, way: str) -> None:
    is_(provider, **SAYS[way][0])
    client = Client()
    begin, back, name = WAYS[way]
    state = parse_qs(urlsplit(client.get(begin)["Location"]).query)["state"][0]
    provider.told, provider.status, provider.answer = None, 500, {"error": "down"}
    answer = client.get(back, {name: "c", "state": state})
    assert answer.status_code == 400
    assert "登录没有完成" in answer.content.decode()


def test_two_people_with_one_number_are_nobody(office: Office, provider: Target) -> None:
    staff(office, phone="13812345678")
    staff(office, "zhao", phone="13812345678")
    is_(provider, mobile="13812345678")
    assert go(Client(), "dingtalk").status_code == 403


def test_an_address_that_its_provider_has_not_verified_is_nobody(office: Office, provider: Target) -> None:
    staff(office, email="wang@corp.test")
    is_(provider, email="wang@corp.test", email_verified=False)
    assert go(Client(), "oidc").status_code == 403


def test_somebody_outside_the_company_is_no_member_of_its_wecom(office: Office, provider: Target) -> None:
    is_(provider, openid="o-1")
    assert go(Client(), "wecom").status_code == 400


def test_who_is_signed_in_links_an_account_himself_and_unlinks_it(office: Office, provider: Target, as_: As) -> None:
    is_(provider, userid="whoever")
    client = as_("wang")
    assert "关联" in client.get(reverse("mfa_index")).content.decode()
    assert go(client, "wecom", "?process=connect")["Location"] == reverse("mfa_index")
    row = SocialAccount.objects.get()
    assert row.user == office["wang"]
    assert go(as_("zhao"), "wecom", "?process=connect").status_code == 409
    fresh = Client()
    go(fresh, "wecom")
    assert fresh.get("/").wsgi_request.user == office["wang"]
    assert as_("zhao").post(reverse("identity_unlink", args=[row.pk])).status_code == 404
    assert client.post(reverse("identity_unlink", args=[row.pk])).status_code == 302
    assert go(Client(), "wecom").status_code == 403
    assert Event.objects.filter(kind="account.linked").count() == 2


def test_the_sign_in_page_offers_what_is_set_up_and_nothing_else(
    office: Office, settings: Any, provider: Target
) -> None:
    page = Client().get("/login/?next=/customers/").content.decode()
    assert all(f"用{name}登录" in page for name in ("统一登录", "钉钉", "飞书", "企业微信"))
    assert "/login/wecom/?next=%2Fcustomers%2F" in page
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "钉钉" not in Client().get("/login/").content.decode()
    assert all(Client().get(begin).status_code == 404 for begin, _, _ in WAYS.values())
    assert Client().get("/accounts/signup/").status_code in (302, 404)


# ---- second factors ----------------------------------------------------------------------------------------------


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def sign_in(client: Client, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"username": "wang", "password": password, **more})


def with_totp(client: Client) -> str:
    """Switch it on, the way the page does; its secret."""
    cache.clear()
    assert sign_in(client).status_code == 302
    page = client.get(reverse("mfa_activate_totp"))
    if page.status_code == 302:
        assert client.post(page["Location"], {"password": PASSWORD}).status_code == 302
        page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    return str(secret)


def test_a_password_alone_does_not_sign_in_who_has_a_second_factor(
    office: Office, django_capture_on_commit_callbacks: Any
) -> None:
    first = Client()
    with django_capture_on_commit_callbacks(execute=True):
        secret = with_totp(first)
    assert secret not in str(list(Authenticator.objects.values()))
    assert Event.objects.filter(kind="account.second_factor").exists()
    cache.clear()
    client = Client()
    answer = sign_in(client, next="/customers/")
    assert urlsplit(answer["Location"]).path == reverse("mfa_authenticate")
    assert not client.get("/").wsgi_request.user.is_authenticated
    page = client.get(reverse("mfa_authenticate"))
    assert "验证身份" in page.content.decode()
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert not client.get("/").wsgi_request.user.is_authenticated
    assert wrong.status_code == 200 and "验证没有通过，请重试" in wrong.content.decode()
    done = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert done["Location"] == "/customers/"
    assert client.get("/").wsgi_request.user == office["wang"]
    assert SignIn.objects.filter(person=office["wang"]).count() == 2


def test_a_recovery_code_works_once(office: Office) -> None:
    first = Client()
    with_totp(first)
    code = first.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]
    for works in (True, False):
        cache.clear()
        client = Client()
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert client.get("/").wsgi_request.user.is_authenticated is works


def test_a_wrong_password_is_refused_and_locked_out_as_before(office: Office) -> None:
    client = Client()
    for _ in range(4):
        assert sign_in(client, "wrong").status_code == 200
    assert sign_in(client, "wrong").status_code == 429
    assert sign_in(client).status_code == 429


def test_an_administrator_clears_the_factors_of_who_lost_his_phone(office: Office, as_: As) -> None:
    with_totp(Client())
    admin = Person.objects.filter(is_admin=True).first()
    assert admin is not None
    url = reverse("manage_do_about", args=["org.reset_factors", office["wang"].pk])
    assert as_("zhao").post(url, {}).status_code == 404
    assert as_(admin.username).post(url, {}).status_code == 302
    cache.clear()
    client = Client()
    sign_in(client)
    assert client.get("/").wsgi_request.user == office["wang"]


def test_where_a_second_factor_is_demanded_nothing_works_before_it_is_set_up(office: Office, settings: Any) -> None:
    settings.SECOND_FACTOR = "all"
    client = Client()
    sign_in(client)
    assert client.get("/customers/")["Location"] == reverse("mfa_index")
    assert "公司要求" in client.get(reverse("mfa_index")).content.decode()
    with_totp(client)
    assert client.get("/customers/").status_code == 200


def test_passkeys_are_asked_for_by_scripts_of_our_own_server_only(office: Office) -> None:
    page = Client().get("/login/")
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "<script>" not in page.content.decode()
    options = Client().get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).json()
    assert options["request_options"]["publicKey"]["challenge"]
    client = Client()
    sign_in(client)
    page = client.get(reverse("mfa_add_webauthn"))
    if page.status_code == 302:
        client.post(page["Location"], {"password": PASSWORD})
        page = client.get(reverse("mfa_add_webauthn"))
    assert 'data-passkey="add"' in page.content.decode()
    refused = client.post(reverse("mfa_add_webauthn"), {"name": "手机", "credential": "{}"})
    assert refused.status_code == 200
    assert not Authenticator.objects.exists()
