"""Addresses of the pages. Names are what templates and tests use."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path

from kedang.web.views import accounts, inbox

urlpatterns = [
    path("login/", login_not_required(accounts.SignIn.as_view()), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/password/", accounts.Password.as_view(), name="password"),
    path("account/sessions/", accounts.sign_ins, name="sessions"),
    path("account/sessions/<int:pk>/end/", accounts.end_sign_in, name="sessions_end"),
    path("account/sessions/end-others/", accounts.end_other_sign_ins, name="sessions_end_others"),
    path("", inbox.inbox_page, name="inbox"),
]

if settings.DEBUG:
    from kedang.web.views import kit

    urlpatterns.append(path("kit/", kit.kit, name="kit"))
