"""Signing in and out, the password, and the devices one is signed in on."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_GET, require_POST

from kedang.kernel.errors import NotFound
from kedang.web import identities, middleware, sessions
from kedang.web.forms.accounts import ChangePasswordForm, SignInForm
from kedang.web.replies import is_fragment, trigger


class SignIn(auth.LoginView):
    """登录."""

    template_name = "account/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """The password is right: a second factor is asked if there is one; then signed in (identities.Accounts.login)."""
        person = form.get_user()
        login = Login(user=person, redirect_url=self.get_success_url())
        return perform_password_login(self.request, {"username": person.username}, login)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the other ways to sign in."""
        more = f"?{urlencode({'next': target})}" if (target := self.get_redirect_url()) else ""
        ways = [(name, f"{url}{more}") for _, name, url in identities.providers()]
        return {**super().get_context_data(**kwargs), "ways": ways}


class Password(auth.PasswordChangeView):
    """修改密码: ends the person's other sessions, which may be why it is changed."""

    template_name = "account/password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("sessions")

    def form_valid(self, form: Any) -> HttpResponse:
        """Changed."""
        person = form.user
        person.must_change_password = False
        old = self.request.session.session_key
        response = super().form_valid(form)
        sessions.rekey(old, self.request.session.session_key)
        ended = sessions.end_others(person, self.request.session.session_key)
        messages.success(self.request, "密码已修改。" + (f"其他 {ended} 处登录已退出。" if ended else ""))
        return response


@require_GET
def sign_ins(request: HttpRequest) -> HttpResponse:
    """我的登录."""
    rows = list(sessions.sign_ins_of(request.user))
    return render(request, "account/sessions.html", {"rows": rows, "here": request.session.session_key})


@require_POST
def end_sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """退出此设备."""
    if not sessions.end(request.user, pk):
        raise NotFound("这处登录已经退出。")
    messages.success(request, "已退出该设备。")
    return redirect("sessions")


@require_POST
def end_other_sign_ins(request: HttpRequest) -> HttpResponse:
    """退出其他设备."""
    ended = sessions.end_others(request.user, request.session.session_key)
    messages.success(request, f"已退出其他 {ended} 处登录。" if ended else "没有其他登录。")
    return redirect("sessions")


def locked(request: HttpRequest, credentials: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
    """What axes answers after too many wrong passwords."""
    return render(request, "account/locked.html", status=429)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A post without the page's own token: the page is too old, or another site sent it. A part of a page is given the token
    that is good now (another site cannot read it) and sends itself again, so that nothing typed is lost."""
    if is_fragment(request):
        if not request.user.is_authenticated:
            return middleware.to_sign_in(request)
        now = {"token": get_token(request), "person": request.user.pk, "name": request.user.name}
        return trigger(HttpResponse(status=403, headers={"HX-Reswap": "none"}), renewed=now)
    return render(request, "errors/csrf.html", status=403)
