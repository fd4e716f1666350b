"""我的待办: duties, ballots and proposals in the order of their deadlines, each with its main action."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.kernel import clock, files, inbox
from kedang.kernel.actions import duties
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import Regulations, regulations
from kedang.reports.pages import grace_of
from kedang.web import tasks
from kedang.web.paging import page_of
from kedang.web.shell import shell

BANDS = {"late": "逾期", "today": "今天", "week": "七天内", "later": "以后"}
CAP = 200


@dataclass(frozen=True)
class Row:
    """One thing to do."""

    kind: str
    title: str
    url: str
    label: str
    due: datetime | None
    band: str
    pack: str = ""
    pack_title: str = ""
    clause: str = ""
    clause_text: str = ""
    file: int | None = None
    file_name: str = ""
    who: str = ""
    since: datetime | None = None
    ladder: str = ""
    excuse: str = ""
    extend: str = ""
    state: str = ""
    """What is special about its time: 暂停计时, 已延期."""
    natural: bool = False
    """Whether lateness is told in days, as the regulation gave the time, and not in working days."""


def inbox_page(request: HttpRequest) -> HttpResponse:
    """The page; `kind` shows one class only. Duties come fifty a page, ballots and proposals before them on the first."""
    regs = regulations()
    mine = inbox.duties_for(request.user, regs).select_related(None).select_related("unit")
    sorts, counted = _sorted_out(request, regs)
    others = [*_ballots(request), *_proposals(request, regs)]
    counted += Counter(row.kind for row in others)
    kind = request.GET.get("kind", "")
    kind = kind if kind in counted else ""
    page = page_of(mine.filter(_of_kind(sorts, kind)) if kind else mine, request.GET.get("page"))
    named = files.views([one.file for one in page.rows if one.file])
    rows = [_duty(one, regs, named) for one in page.rows]
    shown = [*rows, *(row for row in others if page.number == 1 and kind in ("", row.kind))]
    bands = [(key, name, [row for row in shown if row.band == key]) for key, name in BANDS.items()]
    context = {
        "bands": [band for band in bands if band[2]], "total": counted.total(), "kind": kind, "page": page,
        "kinds": [(key, label, icon, counted[key]) for key, (label, icon) in tasks.KINDS.items() if counted[key]],
        "next": next((row for row in shown if row.due and row.band in ("week", "later")), None),
        "quiet": page.number == 1 and not any(row.band in ("late", "today") for row in shown),
        **_notices(request),
    }  # fmt: skip
    return render(request, "inbox/inbox.html", context)


def _notices(request: HttpRequest) -> dict[str, Any]:
    """Notices not read yet, or those that were: what was opened once can be found again."""
    past = request.GET.get("notices") == "read"
    rows = inbox.read_by(request.user) if past else inbox.notices_for(request.user)
    return {"notices": list(rows[:NOTICES]), "past": past}


NOTICES = 100
"""Unread ones that the page holds: the first ten in sight, the rest behind one line."""
Sort = tuple[str, int, str]
"""What the class of a duty depends on: norm, version, form to draft."""


def _sorted_out(request: HttpRequest, regs: Regulations) -> tuple[dict[Sort, str], Counter[str]]:
    """({norm, version, form: class}, how many of each class), counted by the database over all duties."""
    sorts: dict[Sort, str] = {}
    counted: Counter[str] = Counter()
    for norm, version, form, many in inbox.sorts_for(request.user, regs):
        sort = tasks.kind_of(Duty(norm=norm, version=version, awaits_form=form), regs)
        sorts[norm, version, form] = sort
        counted[sort] += many
    return sorts, counted


def _of_kind(sorts: dict[Sort, str], kind: str) -> Q:
    """The duties of one class."""
    found = Q(pk__in=())
    for (norm, version, form), sort in sorts.items():
        if sort == kind:
            found |= Q(norm=norm, version=version, awaits_form=form)
    return found


def _duty(one: Any, regs: Regulations, named: Any) -> Row:
    way = tasks.way_of(one, regs)
    version = regs.version(one.pack, one.version)
    view = named.get(one.file)
    unit = f"{one.unit.name}（待领办）" if one.unit and not one.taken_by_id else ""
    excuse = reverse("duty_excuse", args=[one.pk]) if one.grace_until and not one.excuse else ""
    found = regs.norm(one.norm, one.version)
    more = found is not None and duties.extendable(one, found[1])
    words = [grace_of(one)] if grace_of(one) else []
    words += ["暂停计时"] if one.paused_at else []
    words += [f"已延期 {one.extensions} 次"] if one.extensions else []
    return Row(
        kind=tasks.kind_of(one, regs),
        natural=tasks.in_days(one),
        title=one.title,
        url=way.url,
        label=way.label,
        due=one.due_at,
        band=band_of(None if one.paused_at else one.due_at),
        pack=one.pack,
        pack_title=version.title if version else "",
        clause=one.clause,
        clause_text=version.clause_text(one.clause) if version else "",
        file=one.file,
        file_name=view.name if view else "",
        who=unit,
        ladder=tasks.ladder_of(one, regs),
        excuse=excuse,
        extend=reverse("duty_extend", args=[one.pk]) if more else "",
        state="，".join(words),
    )


def _ballots(request: HttpRequest) -> list[Row]:
    rows = []
    for one in approvals.pending_ballots(request.user)[:CAP]:
        asked = one.step.request
        rows.append(
            Row("approval", asked.title, reverse("approval", args=[asked.pk]), "去审批", None, "today",
                pack=one.step.pack, clause=one.step.clause, file=None, who=f"{asked.requester.name} 提交", since=one.opened_at)
        )  # fmt: skip
    return rows


def _proposals(request: HttpRequest, regs: Regulations) -> list[Row]:
    return [
        Row("proposal", one.title, reverse("proposal", args=[one.pk]), "去裁定", None, "today", pack=one.pack, clause=one.clause,
            who=one.person.name if one.person else one.unit.name if one.unit else "", since=one.opened_at)
        for one in inbox.proposals_for(request.user, regs)[:50]
    ]  # fmt: skip


def band_of(due: datetime | None) -> str:
    """Which section: seven days from now, so that on a Sunday tomorrow is near; without a deadline under 以后."""
    if due is None:
        return "later"
    now, local = clock.now(), clock.local(due)
    if local < now:
        return "late"
    if local.date() == now.date():
        return "today"
    return "week" if local.date() - now.date() < timedelta(days=7) else "later"


def badges(request: HttpRequest) -> HttpResponse:
    """The navigation anew, after something was done."""
    return render(request, "parts/nav.html", shell(request))


@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    """全部已读."""
    upto = request.POST.get("upto", "")
    inbox.mark_read(request.user, int(upto) if upto.isdecimal() else 0)
    return redirect("inbox")
