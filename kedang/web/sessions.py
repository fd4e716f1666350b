"""Signing in and out: which devices a person is signed in on, and ending one of them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest

from kedang.kernel import clock
from kedang.kernel.org.models import Person
from kedang.web.models import SignIn

SEEN = "seen_at"
# A write for every page would be one too many; five minutes are exact enough for a list of devices.
SEEN_EVERY = timedelta(minutes=5)

_SYSTEMS = [
    (r"iPhone", "iPhone"), (r"iPad", "iPad"), (r"HarmonyOS|OpenHarmony", "鸿蒙"), (r"Android", "安卓"),
    (r"Windows", "Windows"), (r"Mac OS X|Macintosh", "macOS"), (r"Linux", "Linux"),
]  # fmt: skip
_BROWSERS = [
    (r"wxwork", "企业微信"), (r"MicroMessenger", "微信"), (r"DingTalk", "钉钉"), (r"Lark|Feishu", "飞书"),
    (r"Edg[A-Z]?/", "Edge"), (r"Firefox/", "Firefox"), (r"Chrome/|CriOS/", "Chrome"), (r"Safari/", "Safari"),
]  # fmt: skip


def device_of(user_agent: str) -> str:
    """The device in words people know: 'Windows · Chrome'."""
    names = [_first(_SYSTEMS, user_agent), _first(_BROWSERS, user_agent)]
    return " · ".join(name for name in names if name) or "未知设备"


def _first(table: list[tuple[str, str]], text: str) -> str:
    return next((name for pattern, name in table if re.search(pattern, text)), "")


def begin(request: HttpRequest, person: Person) -> SignIn:
    """Note the device of a session that has just been signed in."""
    agent = request.headers.get("User-Agent", "")[:300]
    request.session[SEEN] = clock.now().isoformat()
    return SignIn.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "person": person, "ip": request.META.get("REMOTE_ADDR") or None, "user_agent": agent,
            "device": device_of(agent), "at": clock.now(), "seen_at": clock.now(), "ended_at": None,
        },
    )[0]  # fmt: skip


def touch(request: HttpRequest) -> None:
    """Note that the session is in use, at most every five minutes."""
    now = clock.now()
    seen = request.session.get(SEEN)
    if seen and now - datetime.fromisoformat(seen) < SEEN_EVERY:
        return
    request.session[SEEN] = now.isoformat()
    SignIn.objects.filter(session_key=request.session.session_key).update(seen_at=now)


def sign_ins_of(person: Person) -> QuerySet[SignIn]:
    """Devices on which the person is signed in now, the latest first."""
    alive = Session.objects.filter(expire_date__gt=clock.now()).values("session_key")
    return SignIn.objects.filter(person=person, ended_at=None, session_key__in=alive)


def all_sign_ins() -> QuerySet[SignIn]:
    """Every device on which somebody is signed in now, the latest first; for 管理."""
    alive = Session.objects.filter(expire_date__gt=clock.now()).values("session_key")
    return (
        SignIn.objects.filter(ended_at=None, session_key__in=alive).select_related("person").order_by("-seen_at", "-pk")
    )


def end(person: Person, sign_in_id: int) -> bool:
    """End one of the person's own sessions; False when there is none such."""
    row = SignIn.objects.filter(person=person, pk=sign_in_id, ended_at=None).first()
    if row is None:
        return False
    _end([row.session_key])
    return True


def end_others(person: Person, keep: str) -> int:
    """End all sessions of the person but the one at hand; how many."""
    keys = list(
        SignIn.objects.filter(person=person, ended_at=None)
        .exclude(session_key=keep)
        .values_list("session_key", flat=True)
    )
    _end(keys)
    return len(keys)


def _end(keys: list[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys, ended_at=None).update(ended_at=clock.now())


def rekey(old: str | None, new: str) -> None:
    """Django gives a session a new key when the password changes; the device stays the same."""
    SignIn.objects.filter(session_key=old).update(session_key=new)
