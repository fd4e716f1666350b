"""Who asks: the bearer of a token, with that person's rights and no more, cut down to the token's scopes, so many a minute."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from ninja.security import HttpBearer

from kedang.api import scopes
from kedang.api.models import Token
from kedang.api.problems import Problem
from kedang.kernel import clock

PREFIX = "kd_"
SEEN_EVERY = timedelta(minutes=1)
"""A write for each request would be one too many: a minute is exact enough for 最近使用."""
UNSIGNED = "请在 Authorization 头中提供有效的 API 令牌（Bearer kd_…）；登录网页不等于授权 API。"


def fresh() -> tuple[str, str, str]:
    """(secret, its digest, its first letters) for a new token."""
    secret = PREFIX + secrets.token_urlsafe(32)
    return secret, digest_of(secret), secret[:8]


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def token_of(request: HttpRequest) -> Token | None:
    """The good token that a request carries; None when it carries none. Suspended people's are no good."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.startswith(PREFIX) or len(secret) > 200:
        return None
    now = clock.now()
    good = Q(revoked_at=None, person__is_active=True) & (Q(expires_at=None) | Q(expires_at__gt=now))
    token = Token.objects.select_related("person").filter(good, digest=digest_of(secret)).first()
    if token is not None and (token.last_used_at is None or now - token.last_used_at > SEEN_EVERY):
        where = request.META.get("REMOTE_ADDR") or None
        Token.objects.filter(pk=token.pk).update(last_used_at=now, last_used_from=where)
    return token


# ---- so many a minute ------------------------------------------------------------------------------------------------

_counted: dict[int, tuple[int, int]] = {}
_lock = threading.Lock()


def count(token: int) -> None:
    """Count a request of this token; Problem 429 when it has used up its minute. Counted by each web process."""
    minute, second = divmod(int(time.time()), 60)
    with _lock:
        began, used = _counted.get(token, (minute, 0))
        used = used + 1 if began == minute else 1
        _counted[token] = (minute, used)
        if len(_counted) > 10_000:
            _counted.clear()
    if used > settings.API_RATE:
        wait = str(60 - second)
        raise Problem(
            429,
            "too_many",
            f"请求过多：每个令牌每分钟最多 {settings.API_RATE} 次，请 {wait} 秒后再试。",
            Retry_After=wait,
        )


def reset() -> None:
    """Forget all counts (tests)."""
    with _lock:
        _counted.clear()


# ---- for operations --------------------------------------------------------------------------------------------------


class Bearer(HttpBearer):
    """The token's scope is asked before anything is looked up."""

    def __init__(self, noun: str = "") -> None:
        super().__init__()
        self.noun = noun

    def __call__(self, request: HttpRequest) -> Any:
        """The token; Problem 401, 403 or 429."""
        token = admitted(request)
        if self.noun and not scopes.may_read(token.scopes, self.noun):
            raise lacking(f"read:{self.noun}")
        return token

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The same, for whoever calls it with the header read already."""
        return self(request)


def held(request: HttpRequest) -> Token:
    """The token that the request came with; Problem 401 when there is none."""
    token: Token | None = getattr(request, "token", None)
    if token is None:
        raise unsigned()
    return token


def admitted(request: HttpRequest) -> Token:
    """The request's token, counted; Problem when there is none, or its person must first change the password."""
    token = held(request)
    count(token.pk)
    if token.person.must_change_password:
        raise Problem(403, "password", "管理员重设了您的密码，请先登录网页修改密码。")
    return token


def unsigned() -> Problem:
    """401."""
    return Problem(401, "no_token", UNSIGNED, WWW_Authenticate="Bearer")


def lacking(scope: str) -> Problem:
    """403: the token was not made for this."""
    return Problem(403, "scope", f"这个令牌没有 {scope} 的权限。请在“API 令牌”页另建一个。")


def allow(request: HttpRequest, action: str) -> None:
    """Problem unless the token may do this action."""
    if not scopes.may_act(held(request).scopes, action):
        raise lacking(f"write:{action}")
