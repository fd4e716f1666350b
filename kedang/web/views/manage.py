"""管理: people, departments, the calendar, regulations, the clock of rules, sessions. Every change is a deed of its own."""

from __future__ import annotations

from calendar import monthcalendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, Q, Value
from django.db.models.functions import Replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kedang.kernel import clock, faults, gaps, tick
from kedang.kernel.errors import NotFound
from kedang.kernel.models import Notice, Parked, Pulse
from kedang.kernel.names import fold
from kedang.kernel.norms.models import PackState, PackVersion
from kedang.kernel.org import links
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Appointment, Handover, Person, Post
from kedang.kernel.register import Month
from kedang.kernel.workdays import calendar
from kedang.kernel.workdays.models import CalendarDay
from kedang.web import sessions
from kedang.web.paging import page_of
from kedang.web.views import backups, machines, robots

TABS = {
    "people": "人员",
    "units": "部门",
    "posts": "岗位",
    "calendar": "工作日历",
    "packs": "制度版本",
    "gaps": "缺资料",
    "sending": "通知发送",
    "health": "规则时钟",
    "backups": "备份",
    "sessions": "登录",
    "api": "接口",
}
DISK_SHOWN = timedelta(days=7)
WAITING = (PackState.DRAFT, PackState.CHECKED, PackState.APPROVED)
STEPS = {
    "tick": "规则时钟", "worker": "后台任务", "schedules": "定期义务", "remind": "提醒", "breach": "逾期", "clock": "到期后果", "warn": "到期预警",
    "grant": "收回授权", "execute": "执行已批准的事项", "seal": "封印", "calendar": "工作日历", "periodic": "定期后果", "adoption": "制度告知", "leavers": "离职停权",
}  # fmt: skip


def index(request: HttpRequest) -> HttpResponse:
    """One tab; for administrators. To everybody else there is no such page."""
    administrator(request)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "people"
    tabs = [(key, label, key == tab) for key, label in TABS.items()]
    return render(
        request,
        "manage/index.html",
        {
            "tabs": tabs,
            "tab": tab,
            "template": f"manage/{tab}.html",
            "alarms": backups.alarms(request),
            **READERS[tab](request),
        },
    )


def administrator(request: HttpRequest) -> None:
    """Reading 管理 is the administrators' as well; what they do is guarded where it is done."""
    if not request.user.is_admin:
        raise NotFound


def _people(request: HttpRequest) -> dict[str, Any]:
    text, state = request.GET.get("q", "").strip()[:40], request.GET.get("state", "")
    rows = Person.objects.order_by("-is_active", "sort_key", "id")
    if text:
        rows = rows.alias(spelled=Replace("sort_key", Value(" "), Value(""))).filter(_found(text))
    if state in ("on", "off"):
        rows = rows.filter(is_active=state == "on")
    page = page_of(rows, request.GET.get("page"))
    held: dict[int, list[str]] = {}
    for one in Appointment.objects.filter(org.current(), person__in=page.rows).select_related("unit", "post"):
        held.setdefault(one.person_id, []).append(f"{one.unit.name} {one.post.name}")
    fresh = Person.objects.filter(is_active=True, left_on=None, password__startswith=UNUSABLE_PASSWORD_PREFIX).count()
    return {"page": page, "held": held, "text": text, "state": state, "filtered": bool(text or state), "fresh": fresh}


def _found(text: str) -> Q:
    """By a part of the name or login, the number, the pinyin ('wangxiao') or its initials ('wxy')."""
    found = Q(name__contains=text) | Q(username__icontains=text) | Q(employee_no=text)
    if letters := fold(text) if text.isascii() else "":
        found |= Q(spelled__startswith=letters)
        if letters.isalpha():
            found |= Q(sort_key__regex="^" + "[a-z]* ".join(letters))
    return found


def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: what he holds and held, and where he is signed in."""
    administrator(request)
    one = Person.objects.filter(pk=pk).first()
    if one is None:
        raise NotFound
    rows = Appointment.objects.filter(person=one).select_related("unit", "post").order_by("-start", "-id")
    today = clock.today()
    above = org.superior(one)
    context = {
        "today": today, "deputies": [row for row in org.delegations_given(one) if row.end >= today and not row.revoked_at],
        "one": one, "above": above, "held": [(row, row.end is None or row.end >= today, row.start > today) for row in rows],
        "devices": list(sessions.sign_ins_of(one)), "password": one.has_usable_password(), "link": links.latest(one), "handover": Handover.objects.filter(person=one).first(), "self": one.pk == request.user.pk, "factors": Authenticator.objects.filter(user=one).exists(),
    }  # fmt: skip
    return render(request, "manage/person.html", context)


def _units(request: HttpRequest) -> dict[str, Any]:
    units = org.unit_tree()
    heads = org.heads_of_many([unit.pk for unit in units])
    members: dict[int, list[Appointment]] = {}
    rows = Appointment.objects.filter(org.current(), person__left_on=None).select_related("person", "post")
    for one in rows.order_by("-post__is_head", "person__sort_key"):
        members.setdefault(one.unit_id, []).append(one)
    return {"units": [(unit, min(unit.depth, 5), heads.get(unit.pk), members.get(unit.pk, [])) for unit in units]}


def _posts(request: HttpRequest) -> dict[str, Any]:
    held = Appointment.objects.filter(org.current()).values_list("post").annotate(n=Count("person", distinct=True))
    counts: dict[int, int] = dict(held.order_by())
    return {"posts": [(post, counts.get(post.pk, 0)) for post in Post.objects.order_by("-is_head", "name")]}


@dataclass(frozen=True)
class Day:
    """One day of the calendar page."""

    day: date
    works: bool
    name: str
    special: str
    """休 on a workday of the week, 班 on a weekend (调休), '' for an ordinary day."""
    today: bool
    own: bool


def _calendar(request: HttpRequest) -> dict[str, Any]:
    month, cal = Month.of(request.GET.get("month")), calendar.load()
    first = month.first
    names = {one.date: one for one in CalendarDay.objects.filter(date__year=first.year, date__month=first.month)}
    weeks = [
        [_day(first.replace(day=number), cal, names) if number else None for number in week]
        for week in monthcalendar(first.year, first.month)
    ]
    days = [day for week in weeks for day in week if day]
    return {
        "month": month, "after": month.following, "weeks": weeks, "confirmed": cal.confirmed(first), "workdays": sum(day.works for day in days), "off": sum(not day.works for day in days),
    }  # fmt: skip


def _day(day: date, cal: calendar.Calendar, names: dict[date, CalendarDay]) -> Day:
    works, row = cal.is_workday(day), names.get(day)
    special = "" if works == (day.weekday() < 5) else ("班" if works else "休")
    return Day(
        day,
        works,
        row.name.partition("（")[0] if row else "",
        special,
        day == clock.today(),
        bool(row and row.source == "公司设定"),
    )


def _packs(request: HttpRequest) -> dict[str, Any]:
    rows = PackVersion.objects.select_related("loaded_by", "adopted_by").defer("sources").order_by("pack", "-version")
    return {"versions": list(rows), "waiting": WAITING}


def _gaps(request: HttpRequest) -> dict[str, Any]:
    return {"gaps": gaps.open_gaps(request.user)}


def _health(request: HttpRequest) -> dict[str, Any]:
    stopped = tick.stopped_for()
    return {
        "disk_failed": Pulse.objects.filter(name=faults.PULSE, at__gt=clock.now() - DISK_SHOWN).values_list("at", flat=True).first(),
        "stopped_minutes": int(stopped.total_seconds() // 60) if stopped else 0, "ran": Pulse.objects.filter(name="tick").exists(),
        "pulses": [(STEPS.get(one.name, one.name), one) for one in Pulse.objects.exclude(name__contains=":").order_by("-at")[:20]],
        "parked": [(STEPS.get(one.step, one.step), one) for one in Parked.objects.filter(solved_at=None).order_by("-at")[:100]],
        "undelivered": Notice.objects.filter(delivered_at=None, read_at=None).count(),
    }  # fmt: skip


def _sessions(request: HttpRequest) -> dict[str, Any]:
    page = page_of(sessions.all_sign_ins(), request.GET.get("page"))
    return {"page": page, "here": request.session.session_key}


READERS: dict[str, Callable[[HttpRequest], dict[str, Any]]] = {
    "people": _people, "units": _units, "posts": _posts, "calendar": _calendar, "packs": _packs, "gaps": _gaps, "sending": robots.tab, "health": _health, "backups": backups.reader, "sessions": _sessions, "api": machines.overview,
}  # fmt: skip
