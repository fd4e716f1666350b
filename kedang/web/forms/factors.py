"""allauth's forms of second factors, drawn as ours."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as keys


class Drawn:
    """Every input as the pages draw it; a code is typed on the number pad, a box of ticks stays one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            attrs = field.widget.attrs
            attrs.pop("placeholder", None)
            if field.widget.input_type == "checkbox":
                attrs["class"] = "form-check-input"
            elif field.widget.input_type != "hidden":
                attrs["class"] = "form-control"
            if name == "code":
                attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code"}


class Authenticate(Drawn, mfa.AuthenticateForm):
    """验证身份."""


class Reauthenticate(Drawn, mfa.ReauthenticateForm):
    """再验证一次, by a code."""


class Password(Drawn, account.ReauthenticateForm):
    """再验证一次, by the password."""


class ActivateTotp(Drawn, totp.ActivateTOTPForm):
    """开启动态验证码."""


class AddKey(Drawn, keys.AddWebAuthnForm):
    """添加通行密钥."""
