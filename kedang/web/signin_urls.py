"""Addresses of second factors and of signing in by outside identities. The names are allauth's: it looks them up itself."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from allauth.socialaccount.providers.dingtalk import views as dingtalk
from allauth.socialaccount.providers.feishu import views as feishu
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path

from kedang.web.views import accounts, security
from kedang.web.views.security import when_set_up
from kedang.web.wecom import views as wecom

OIDC = "openid_connect"
urlpatterns = [
    path("account/security/", security.index, name="mfa_index"),
    path("account/security/unlink/<int:pk>/", security.unlink, name="identity_unlink"),
    path("login/verify/", login_not_required(mfa.authenticate), name="mfa_authenticate"),
    path("account/security/again/", account.reauthenticate, name="account_reauthenticate"),
    path("account/security/again/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/security/again/key/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/security/totp/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/security/totp/end/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/security/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/security/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/security/codes/file/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/security/keys/", security.index, name="mfa_list_webauthn"),
    path("account/security/keys/new/", keys.add_webauthn, name="mfa_add_webauthn"),
    path("account/security/keys/<int:pk>/remove/", keys.remove_webauthn, name="mfa_remove_webauthn"),
    path("login/key/", login_not_required(keys.login_webauthn), name="mfa_login_webauthn"),
    # allauth's own names for pages that are ours
    path("login/", login_not_required(accounts.SignIn.as_view()), name="account_login"),
    path("logout/", LogoutView.as_view(), name="account_logout"),
    path(
        "login/oidc/<str:provider_id>/", login_not_required(when_set_up(OIDC, oidc.login)), name="openid_connect_login"
    ),
    path(
        "login/oidc/<str:provider_id>/back/",
        login_not_required(when_set_up(OIDC, oidc.callback)),
        name="openid_connect_callback",
    ),
]

for kind, views in (("dingtalk", dingtalk), ("feishu", feishu), ("wecom", wecom)):
    begin, back = when_set_up(kind, views.oauth2_login), when_set_up(kind, views.oauth2_callback)
    urlpatterns += [
        path(f"login/{kind}/", login_not_required(begin), name=f"{kind}_login"),
        path(f"login/{kind}/back/", login_not_required(back), name=f"{kind}_callback"),
    ]
