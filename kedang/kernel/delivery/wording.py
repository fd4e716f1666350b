"""What a message says, worked out at the moment it is sent, with the rights that its receiver has then.

A mail is read by one person: it may name a file as long as he may list that file now. A robot speaks to a whole chat group:
what it says names no customer, no person's matter and no free text, only what kind of thing waits and under which clause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from kedang.kernel import clock, files, inbox
from kedang.kernel.actions import access, telling
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.approvals.models import Request
from kedang.kernel.delivery.planning import late_below
from kedang.kernel.filebound import ERASED
from kedang.kernel.files import FileView
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.org.models import Person

KINDS = {
    "ballot": "有一份审批等您处理", "approval": "一份审批有新的进展", "reminder": "有一件事请您办理", "escalated": "有一件逾期的事上报给您",
    "proposal": "有一条建议等您裁定", "notice": "您有一条新通知",
}  # fmt: skip
LABELS = {"ballot": "去审批", "approval": "看审批", "proposal": "去裁定", "reminder": "去办理"}
SHOWN = 8
"""Duties of each band that a digest names."""


@dataclass(frozen=True)
class Said:
    """One thing to tell."""

    text: str
    path: str
    label: str = "查看"
    heading: str = ""

    @property
    def url(self) -> str:
        """The address that leads straight to the deed."""
        return f"{settings.SITE_URL}{self.path}"


def of_notice(row: Notice, *, group: bool) -> Said | str:
    """What to say of a notice now, or (as text) why nothing is to be said any more."""
    duty = Duty.objects.filter(pk=row.duty).first() if row.duty else None
    request = Request.objects.filter(pk=row.request).first() if row.request else None
    if why := _moot(row, duty, request):
        return why
    said = Said(_generic(row, duty), f"/to/notice/{row.pk}/", LABELS.get(row.kind, "查看"))
    if group:
        return said
    about = [each for each in (row.file, duty.file if duty else None, request.file if request else None) if each]
    reach = access.standing(row.person_id).reach("list")
    views = files.views(about)
    if any(each not in views or not reach.holds(views[each]) for each in about):
        return said
    return Said(row.text, said.path, said.label)


def _moot(row: Notice, duty: Duty | None, request: Request | None) -> str:
    if row.text == ERASED:
        return "有关档案已销毁"
    if row.kind == "ballot":
        waiting = request is not None and approvals.pending_for(row.person).filter(pk=request.pk).exists()
        return "" if waiting else "审批已处理或转由他人处理"
    if row.read_at is not None:
        return "本人已在系统内看过"
    if row.kind == "reminder" and duty is not None and duty.state != DutyState.OPEN:
        return "事项已不再需要办理"
    return ""


def _generic(row: Notice, duty: Duty | None) -> str:
    """Without a name of anybody: the kind, what the regulation calls the duty, its deadline and clause."""
    words = KINDS.get(row.kind, KINDS["notice"])
    if duty is not None and regulations().norm(duty.norm, duty.version) is not None:
        words += f"：{telling.norm_name(duty.norm)}"
        words += f"，期限 {told(duty.due_at)}" if duty.due_at else ""
    version = regulations().version(row.pack) if row.pack else None
    return f"{words}（《{version.title}》第 {row.clause} 条）" if version is not None and row.clause else words


def told(at: datetime) -> str:
    """A deadline in few words: 今天 18:00, 11-27."""
    here, today = clock.local(at), clock.today()
    day = {0: "今天", 1: "明天", -1: "昨天"}.get((here.date() - today).days, f"{here:%Y-%m-%d}")
    return day if (here.hour, here.minute) == (23, 59) else f"{day} {here:%H:%M}"


# ---- the digest --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Digest:
    """One morning's digest of a person."""

    counts: dict[str, int]
    lines: list[Said]

    @property
    def summary(self) -> str:
        """逾期 2 件，今天 1 件，审批 3 份"""
        units = {"待审批": "份", "待裁定": "条"}
        return "，".join(f"{name} {count} {units.get(name, '件')}" for name, count in self.counts.items() if count)


def digest_of(person: Person, regs: Regulations) -> Digest:
    """What waits for a person this morning, late before today before this week, ballots, and what his people are late with."""
    now = clock.now()
    tomorrow = clock.at_time(clock.today() + timedelta(days=1), datetime.min.time())
    soon = list(inbox.duties_for(person, regs).filter(due_at__lt=now + timedelta(days=7))[:500])
    bands = {
        "逾期": [one for one in soon if one.due_at and one.due_at < now],
        "今天": [one for one in soon if one.due_at and now <= one.due_at < tomorrow],
        "七天内": [one for one in soon if one.due_at and one.due_at >= tomorrow],
    }
    ballots = list(approvals.pending_for(person)[: SHOWN + 1])
    reach = access.standing(person.pk, regs).reach("list")
    asked = [one.file for one in ballots if one.file]
    views = files.views([*(one.file for one in soon if one.file), *asked])
    known = {pk: view for pk, view in views.items() if reach.holds(view)}
    lines = [line for band, duties in bands.items() for line in _band(band, duties, known)]
    lines += [_ballot(one, known) for one in ballots[:SHOWN]]
    counts = {band: len(duties) for band, duties in bands.items()}
    counts |= {"待审批": approvals.pending_count(person), "待裁定": inbox.proposals_for(person, regs).count(), "下属逾期": late_below(person)}  # fmt: skip
    return Digest(counts, lines)


def _band(band: str, duties: list[Duty], known: Mapping[int, FileView]) -> list[Said]:
    lines = [Said(_duty(one, known), f"/to/duty/{one.pk}/", "去办理", band) for one in duties[:SHOWN]]
    if len(duties) > SHOWN:
        lines.append(Said(f"另有 {len(duties) - SHOWN} 件", "/", "查看全部", band))
    return lines


def _duty(one: Duty, known: Mapping[int, FileView]) -> str:
    due = f"，期限 {told(one.due_at)}" if one.due_at else ""
    if one.file and one.file not in known:
        return f"{telling.norm_name(one.norm)}{due}"
    return f"{one.title}（{known[one.file].name}）{due}" if one.file else f"{one.title}{due}"


def _ballot(one: Request, known: Mapping[int, FileView]) -> Said:
    text = one.title if not one.file or one.file in known else f"{one.requester.name}提交的审批"
    return Said(text, f"/to/approval/{one.pk}/", "去审批", "待审批")
