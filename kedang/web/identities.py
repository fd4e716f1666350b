"""Signing in by somebody else's word: who of the staff list an outside identity is, and what allauth is told of us.

Nobody signs up. An identity belongs to a person because the staff list says so (its number, mobile or mail, as far as the
provider vouches for it and one person alone has it), or because the person linked it while signed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kedang.kernel import vault
from kedang.kernel.actions import perform
from kedang.kernel.org.models import Person
from kedang.web import sessions

NAMES = {"dingtalk": "钉钉", "feishu": "飞书", "wecom": "企业微信"}
CHANGED = {
    "mfa/email/totp_activated": "开启动态验证码", "mfa/email/totp_deactivated": "停用动态验证码",
    "mfa/email/recovery_codes_generated": "生成新的备用码", "mfa/email/webauthn_added": "添加通行密钥",
    "mfa/email/webauthn_removed": "删除通行密钥",
}  # fmt: skip


def providers() -> list[tuple[str, str, str]]:
    """(id, name, address) of every way that the operator has set up."""
    found = []
    for kind, given in settings.SOCIALACCOUNT_PROVIDERS.items():
        for app in given.get("APPS", ()):
            if kind == "openid_connect":
                found.append(
                    (app["provider_id"], app["name"], reverse("openid_connect_login", args=[app["provider_id"]]))
                )
            else:
                found.append((kind, NAMES[kind], reverse(f"{kind}_login")))
    return found


def name_of(provider: str) -> str:
    """What people call a way."""
    return next((name for key, name, _ in providers() if key == provider), NAMES.get(provider, provider))


def person_of(provider: str, data: Mapping[str, Any]) -> Person | None:
    """The one person of the staff list whom an outside identity is by what its provider vouches for; None when that is
    nobody or not one alone."""
    said = data.get("userinfo") or data.get("id_token") or data
    terms = Q(pk__in=())
    if provider == "wecom":
        userid = str(said.get("userid") or "")
        terms |= Q(employee_no=userid) | Q(username__iexact=userid) if userid else terms
    elif provider == "dingtalk":
        terms |= _mobile(said.get("mobile")) if str(said.get("stateCode") or "86") == "86" else terms
    elif provider == "feishu":
        terms |= _mobile(said.get("mobile")) | _exact("employee_no", said.get("employee_no"))
        terms |= _exact("email__iexact", said.get("enterprise_email"))
    else:
        terms |= _exact("email__iexact", said.get("email")) if said.get("email_verified") is True else terms
        claim = settings.OIDC_EMPLOYEE_CLAIM
        terms |= _exact("employee_no", said.get(claim)) if claim else terms
    found = list(Person.objects.filter(terms, left_on=None)[:2])
    return found[0] if len(found) == 1 else None


def _exact(column: str, value: Any) -> Q:
    text = str(value or "").strip()
    return Q(**{column: text}) if text else Q(pk__in=())


def _mobile(value: Any) -> Q:
    return _exact("phone", str(value or "").removeprefix("+86"))


class Accounts(DefaultAccountAdapter):
    """Signing in, as the rest of the product does it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """Signed in, by whatever way: note the device."""
        super().login(request, user)
        sessions.begin(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """停权, 离职."""
        return render(request, "account/refused.html", {"why": "inactive"}, status=403)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Its errors are shown; that one has signed in one sees by oneself."""
        text = kwargs.get("message")
        if level == messages.ERROR and text:
            messages.error(request, str(text))

    def send_notification_mail(self, template_prefix: str, user: Any, *args: Any, **kwargs: Any) -> None:
        """Where it would write a mail, the change goes on record."""
        if template_prefix in CHANGED:
            perform("account.second_factor", by=user, what=CHANGED[template_prefix])


class Identities(DefaultSocialAccountAdapter):
    """Whom an identity may sign in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody signs up."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """An identity seen for the first time: link it to its person of the staff list, or refuse."""
        provider = sociallogin.account.provider
        if sociallogin.state.get("process") == "connect":
            if sociallogin.is_existing and sociallogin.user.pk != request.user.pk:
                raise ImmediateHttpResponse(self._refuse(request, provider, "taken"))
            return
        if sociallogin.is_existing:
            return
        person = person_of(provider, sociallogin.account.extra_data)
        if person is None:
            raise ImmediateHttpResponse(self._refuse(request, provider, "unknown"))
        if not person.is_active:
            raise ImmediateHttpResponse(self._refuse(request, provider, "inactive"))
        sociallogin.connect(request, person)

    def on_authentication_error(self, request: HttpRequest, provider: Any, *args: Any, **kwargs: Any) -> None:
        """Called off, expired, answered wrongly, not answered: start again."""
        raise ImmediateHttpResponse(self._refuse(request, getattr(provider, "id", ""), "failed"))

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Back to where it was asked for."""
        return reverse("mfa_index")

    def send_notification_mail(self, template_prefix: str, user: Any, *args: Any, **kwargs: Any) -> None:
        """A new link goes on record."""
        if template_prefix != "socialaccount/email/account_connected":
            return
        context = kwargs.get("context") or (args[0] if args else {})
        name = name_of(context["account"].provider)
        himself = self.request is not None and self.request.user.is_authenticated
        perform("account.link", by=user, what=f"关联{name}账号" if himself else f"按员工名单关联{name}账号")

    def _refuse(self, request: HttpRequest, provider: str, why: str) -> HttpResponse:
        status = 400 if why == "failed" else 409 if why == "taken" else 403
        return render(request, "account/refused.html", {"why": why, "provider": name_of(provider)}, status=status)


class Factors(DefaultMFAAdapter):
    """Second factors: secrets sealed, the product's name on people's phones."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "验证没有通过，请重试。验证码用手机验证器上现在的 6 位数字，或一个没有用过的备用码。",
    }

    def encrypt(self, text: str) -> str:
        """Sealed before it reaches the table."""
        return vault.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Opened with the installation's key."""
        return vault.unseal(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        """By the login, not by a mail address."""
        return str(user.username)

    def get_totp_issuer(self) -> str:
        """What the phone shows."""
        return "客档"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """What the browser asks for a key of."""
        return {**super().get_public_key_credential_rp_entity(), "name": "客档"}
