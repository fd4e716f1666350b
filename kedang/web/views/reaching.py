"""通知设置: by which ways one is reached, one's calendar; and the links in messages, straight to the deed."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from kedang.kernel import clock, files, inbox
from kedang.kernel.actions import access, perform
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.approvals.models import Ballot, Request
from kedang.kernel.delivery import feeds, ways
from kedang.kernel.delivery.models import Delivery, DeliveryState, Feed
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import links
from kedang.kernel.org.models import Person
from kedang.web import tasks, words
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.replies import go

ACTION = "account.reach"


def settings(request: HttpRequest) -> HttpResponse:
    """The page: channels and quiet hours as a form, what did not arrive lately, the calendar."""
    person, wish = request.user, ways.preferences([request.user.pk])[request.user.pk]
    robot = ways.robots_of([person.pk]).get(person.pk)
    fields = vocabulary.actions[ACTION].args
    standing = {one.id: getattr(wish, one.id) for one in fields}
    standing |= {key: f"{standing[key]:%H:%M}" if standing[key] else "" for key in ("quiet_from", "quiet_until")}
    form = Form.of(request, fields, initial=standing)
    if request.method == "POST" and attempt(request, form, ACTION):
        return go(request, reverse("reaching"), "通知设置已保存。")
    lost = Delivery.objects.filter(person=person, state=DeliveryState.FAILED).count()
    context = {
        "form": form, "robot": robot, "mail_ready": ways.mail_ready(), "lost": lost,
        "feed": Feed.objects.filter(person=person).first(), "feed_url": "",
    }  # fmt: skip
    return render(request, "account/reaching.html", context, status=422 if form.errors or form.outcome else 200)


@never_cache
@require_POST
def renew_feed(request: HttpRequest) -> HttpResponse:
    """A new address of one's calendar: shown once, here."""
    secret = links.new_secret()
    perform("account.feed", by=request.user, digest=links.digest_of(secret))
    url = request.build_absolute_uri(reverse("calendar_feed", args=[secret]))
    return render(request, "account/feed.html", {"url": url})


@require_POST
def end_feed(request: HttpRequest) -> HttpResponse:
    """The calendar answers no more."""
    perform("account.unfeed", by=request.user)
    return go(request, reverse("reaching"), "日历订阅已停用，原地址不再能用。")


@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar behind a secret address; one that is renewed, ended or made up looks the same."""
    feed = feeds.feed_of(secret)
    if feed is None:
        return HttpResponse("没有这个日历。", status=404, content_type="text/plain; charset=utf-8")
    body = feeds.calendar_of(feed.person)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if etag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers={"ETag": etag, "Cache-Control": "private, no-cache"})
    kept = {"ETag": etag, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    return HttpResponse(body, content_type="text/calendar; charset=utf-8", headers=kept)


# ---- the links in messages ---------------------------------------------------------------------------------------


@require_GET
def to_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """What a notice is about; opening it is reading it."""
    row = Notice.objects.filter(pk=pk, person=request.user).first()
    if row is None:
        raise NotFound
    if row.read_at is None:
        Notice.objects.filter(pk=row.pk, read_at=None).update(read_at=clock.now())
    if row.request:
        return to_approval(request, row.request)
    if row.duty:
        return to_duty(request, row.duty)
    if row.kind == "proposal":
        return redirect("proposals")
    if row.file and _may_list(request.user, row.file):
        return redirect("customer", row.file)
    return redirect("inbox")


@require_GET
def to_duty(request: HttpRequest, pk: int) -> HttpResponse:
    """Straight to the form of the deed while the duty waits for the reader; else what became of it."""
    regs = regulations()
    mine = inbox.duties_for(request.user, regs).filter(pk=pk).first()
    if mine is not None:
        return redirect(tasks.way_of(mine, regs).url)
    row = Duty.objects.select_related("bearer", "taken_by", "unit").filter(pk=pk).first()
    if row is None or not _was_told(request.user, row, regs):
        raise NotFound
    known = row.file is None or _may_list(request.user, row.file)
    version = regs.version(row.pack, row.version)
    context = {
        "row": row, "known": known, "fate": _fate(row), "pack": version.title if version else "",
        "file_name": _file_name(row.file) if known and row.file else "",
    }  # fmt: skip
    return render(request, "inbox/over.html", context)


@require_GET
def to_approval(request: HttpRequest, pk: int) -> HttpResponse:
    """The ballot; to whoever may not see the request any more, that it waits for him no longer."""
    if approvals.visible_requests(request.user).filter(pk=pk).exists():
        return redirect("approval", pk)
    asked = Ballot.objects.filter(step__request=pk, person=request.user).exists()
    told = Notice.objects.filter(person=request.user, request=pk).exists()
    row = Request.objects.filter(pk=pk).first()
    if row is None or not (asked or told):
        raise NotFound
    return render(request, "inbox/over.html", {"fate": "这份审批已不再等您处理，您也不能再查看它。", "known": False})


def _fate(row: Duty) -> str:
    """What became of a duty, in a sentence."""
    when = words.moment(row.done_at) if row.done_at else ""
    if row.state == DutyState.OPEN:
        now = row.taken_by or row.bearer
        who = now.name if now else row.unit.name if row.unit else ""
        return f"这件事现在由{who}办理。" if who else "这件事现在由别人办理。"
    event = Event.objects.select_related("actor").filter(pk=row.done_by).first() if row.done_by else None
    by = f"由{event.actor.name}" if event is not None and event.actor else ""
    if row.state in (DutyState.DONE, DutyState.LATE, DutyState.LATE_EXCUSED):
        return f"这件事已{f'于 {when} ' if when else ''}{by}{row.get_state_display()}。"
    return f"这件事已{row.get_state_display()}，不需要再办。"


def _was_told(person: Person, row: Duty, regs: Any) -> bool:
    """Whether a message could have led him here: it was his, or of a unit he leads or a role he holds, or he was told of it."""
    if person.pk in (row.bearer_id, row.taken_by_id):
        return True
    roles, units = inbox.standing(person, regs)
    if (row.bearer_id is None and row.unit_id in units) or (row.bearer_id is None and row.role in roles and row.role):
        return True
    return Notice.objects.filter(person=person, duty=row.pk).exists()


def _may_list(person: Person, file: int) -> bool:
    view = files.view(file)
    return view is not None and access.standing(person.pk).reach("list").holds(view)


def _file_name(file: int) -> str:
    view = files.view(file)
    return view.name if view else ""
