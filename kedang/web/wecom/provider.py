"""企业微信: the identity is the account in the company's own directory (userid)."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider

from kedang.web.wecom.views import WeComAdapter


class WeComProvider(OAuth2Provider):
    """One company's 企业微信; `client_id` is the CorpID, the app's `agentid` stands in its settings."""

    id = "wecom"
    name = "企业微信"
    account_class = ProviderAccount
    oauth2_adapter_class = WeComAdapter

    def extract_uid(self, data: dict[str, Any]) -> str:
        """The account's name in the directory."""
        return str(data["userid"])


provider_classes = [WeComProvider]
