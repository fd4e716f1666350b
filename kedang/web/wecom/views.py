"""企业微信: by QR code in a browser, at once inside the 企业微信 app. Its token belongs to the company's app, not to the person:
the code is exchanged for the person in a second request."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView, OAuth2LoginView
from django.http import HttpRequest


class WeComClient(OAuth2Client):
    """Its parameters have names of their own."""

    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: dict[str, Any]) -> str:
        """Where the person is sent: the page with the QR code, or the silent authorisation inside the app."""
        app = get_adapter().get_app(self.request, provider="wecom")
        given = {"appid": app.client_id, "agentid": app.settings["agentid"], "redirect_uri": self.callback_url}
        given["state"] = str(self.state or "")
        if "wxwork" in self.request.headers.get("User-Agent", "").lower():
            inside = {**given, "response_type": "code", "scope": "snsapi_base"}
            return f"{WeComAdapter.inside_url}?{urlencode(inside)}#wechat_redirect"
        return f"{authorization_url}?{urlencode({**given, 'login_type': 'CorpApp'})}"

    def get_access_token(self, code: str, pkce_code_verifier: str | None = None) -> dict[str, Any]:
        """The app's token, with the code that says who the person is."""
        with get_adapter().get_requests_session() as http:
            wanted = {"corpid": self.consumer_key, "corpsecret": self.consumer_secret}
            told = _told(http.request("GET", self.access_token_url, params=wanted))
        return {"access_token": told["access_token"], "code": code}


class WeComAdapter(OAuth2Adapter):
    """The addresses of 企业微信."""

    provider_id = "wecom"
    authorize_url = "https://login.work.weixin.qq.com/wwlogin/sso/login"
    inside_url = "https://open.weixin.qq.com/connect/oauth2/authorize"
    access_token_url = "https://qyapi.weixin.qq.com/cgi-bin/gettoken"  # noqa: S105  (an address)
    profile_url = "https://qyapi.weixin.qq.com/cgi-bin/auth/getuserinfo"
    client_class = WeComClient

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Who it is. Somebody outside the company has an openid instead of a userid."""
        with get_adapter().get_requests_session() as http:
            wanted = {"access_token": token.token, "code": kwargs["response"]["code"]}
            told = _told(http.request("GET", self.profile_url, params=wanted))
        if not told.get("userid"):
            raise OAuth2Error("not a member of this company")
        return self.get_provider().sociallogin_from_response(request, {"userid": told["userid"]})


def _told(response: Any) -> dict[str, Any]:
    response.raise_for_status()
    told: dict[str, Any] = response.json()
    if told.get("errcode"):
        raise OAuth2Error(f"{told['errcode']} {told.get('errmsg', '')}")
    return told


oauth2_login = OAuth2LoginView.adapter_view(WeComAdapter)
oauth2_callback = OAuth2CallbackView.adapter_view(WeComAdapter)
