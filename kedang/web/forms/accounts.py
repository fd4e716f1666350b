"""Sign-in and password forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.forms import SetPasswordForm as DjangoSetPasswordForm


class SignInForm(AuthenticationForm):
    """Name and password, with one message for every way of being wrong: it must not tell which names exist."""

    error_messages = {
        "invalid_login": "登录名或密码不对。连续输错 5 次将锁定 15 分钟。",
        "inactive": "登录名或密码不对。连续输错 5 次将锁定 15 分钟。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self, {"username": "username", "password": "current-password"})


class ChangePasswordForm(PasswordChangeForm):
    """The old password, and the new one twice."""

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "现在的密码不对。",
        "password_mismatch": "两次填写的新密码不一样。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "现在的密码"
        self.fields["new_password1"].label = "新密码"
        self.fields["new_password2"].label = "再填一次新密码"
        self.fields["new_password1"].help_text = "至少 10 个字符，不能全是数字，也不能与姓名、登录名相近。"
        self.fields["new_password2"].help_text = ""
        new = {"new_password1": "new-password", "new_password2": "new-password"}
        dress(self, {"old_password": "current-password", **new})


class SetPasswordForm(DjangoSetPasswordForm):
    """A new password, twice."""

    error_messages = {**DjangoSetPasswordForm.error_messages, "password_mismatch": "两次填写的新密码不一样。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = "新密码"
        self.fields["new_password2"].label = "再填一次新密码"
        self.fields["new_password1"].help_text = "至少 10 个字符，不能全是数字，也不能与姓名、登录名相近。"
        self.fields["new_password2"].help_text = ""
        dress(self, {"new_password1": "new-password", "new_password2": "new-password"})


def dress(form: forms.Form, autocomplete: dict[str, str]) -> None:
    """Our class, and what password managers look for."""
    for name, value in autocomplete.items():
        wrong = form.is_bound and name in form.errors
        form.fields[name].widget.attrs.update(
            {"class": "form-control", "autocomplete": value, **({"aria-invalid": "true"} if wrong else {})}
        )
