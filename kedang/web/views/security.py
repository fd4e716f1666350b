"""登录验证: second factors and outside identities of the person himself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from kedang.kernel.actions import perform
from kedang.kernel.errors import NotFound
from kedang.web import identities
from kedang.web.replies import go

log = logging.getLogger("kedang.web")
View = Callable[..., HttpResponse]


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What is set up, and what could be."""
    rows = list(Authenticator.objects.filter(user=request.user))
    codes = next((row.wrap() for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    linked = [(row, identities.name_of(row.provider)) for row in SocialAccount.objects.filter(user=request.user)]
    known = {row.provider for row, _ in linked}
    context = {
        "totp": next((row for row in rows if row.type == Authenticator.Type.TOTP), None),
        "keys": [row for row in rows if row.type == Authenticator.Type.WEBAUTHN],
        "codes": len(codes.get_unused_codes()) if codes else None, "linked": linked,
        "others": [(name, f"{url}?process=connect") for key, name, url in identities.providers() if key not in known],
        "demanded": demanded(request.user) and not any(row.type != Authenticator.Type.RECOVERY_CODES for row in rows),
    }  # fmt: skip
    return render(request, "mfa/index.html", context)


@require_POST
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """取消关联."""
    perform("account.unlink", by=request.user, account=pk)
    return go(request, reverse("mfa_index"), "已取消关联。")


def demanded(person: Any) -> bool:
    """Whether the operator demands a second factor of this person (KEDANG_SECOND_FACTOR)."""
    wanted = settings.SECOND_FACTOR
    return wanted == "all" or (wanted == "admins" and person.is_admin)


def lacks_factor(person: Any) -> bool:
    """Whether one is demanded that the person has not set up yet."""
    if not demanded(person):
        return False
    has = Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return not has.exists()


def when_set_up(kind: str, view: View) -> View:
    """The views of a way to sign in, while the operator has set it up; else there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.SOCIALACCOUNT_PROVIDERS.get(kind, {}).get("APPS"):
            raise NotFound
        try:
            return view(request, *args, **kwargs)
        except (RequestException, OAuth2Error, LookupError, ValueError, TypeError):
            # Somebody else's program does not answer, or answers something else than agreed.
            log.warning("sign-in by %s failed", kind, exc_info=True)
            context = {"why": "failed", "provider": identities.NAMES.get(kind, "统一登录")}
            return render(request, "account/refused.html", context, status=400)

    return guarded
