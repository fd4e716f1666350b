"""审批: the four lists, agreeing to several at once, one request with its chain, and its sheet on paper."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.kernel.actions import perform, voting
from kedang.kernel.actions.permits import may_see
from kedang.kernel.approvals import chain, selectors, service
from kedang.kernel.approvals.models import Ballot, Request, RequestStatus, Step
from kedang.kernel.approvals.values import StepSpec
from kedang.kernel.errors import KedangError, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms.models import Grant
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.web import approving, printing, sheets
from kedang.web.forms.bound import Form
from kedang.web.paging import page_of

TABS: dict[str, tuple[str, Callable[[Person], QuerySet[Request]]]] = {
    "pending": ("待我审批", selectors.pending_for),
    "decided": ("我已审批", selectors.decided_by),
    "asked": ("我发起的", selectors.asked_by),
    "watching": ("抄送我的", selectors.watching),
}
MAIN = ("advise", "agree", "reject", "return", "take_back", "resubmit", "retry", "withdraw")
# These ask for more than a word, in a dialog of their own.
DIALOGS = {
    "return", "transfer", "delegate", "add_before", "add_after", "add_beside", "remove_signer", "consult", "copy",
    "resubmit",
}  # fmt: skip
OPINION = Field("opinion", "意见", "long_text")
AT_ONCE = 50
PHRASES = {
    "agree": ("同意。", "同意，请按规定办理。"),
    "reject": ("情况不属实，不同意。", "不符合规定，不同意。"),
    "return": ("请补充材料后再提交。", "请写明用途和期限。"),
}


# ---- the lists ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One request in a list."""

    one: Request
    due_at: datetime | None = None
    asked_for: str = ""
    """What one is asked for besides a vote: 征询."""
    question: str = ""
    batch: bool = False
    why_not: str = ""
    unread: bool = False
    for_whom: str = ""
    """Whose vote it is, when it is not the reader's own."""


def index(request: HttpRequest) -> HttpResponse:
    """One of the four lists, narrowed by what, state and words."""
    asked = request.GET.get("tab", "pending")
    tab = asked if asked in TABS else "pending"
    rows = TABS[tab][1](request.user)
    wanted = {key: request.GET.get(key, "").strip()[:60] for key in ("q", "state", "action")}
    page = page_of(_narrowed(rows, wanted), request.GET.get("page"))
    lines = _lines(page.rows, request.user, voting_now=tab == "pending")
    context = {
        "tabs": [(key, label, key == tab) for key, (label, _) in TABS.items()],
        "tab": tab, "page": page, "lines": lines, "unread": selectors.unread_copies(request.user),
        "sent_back": selectors.sent_back(request.user),
        "wanted": wanted, "narrowed": any(wanted.values()),
        "states": RequestStatus.choices if tab != "pending" else [],
        "kinds": _kinds(rows), "key": uuid.uuid4().hex, "any_batch": any(line.batch for line in lines),
    }  # fmt: skip
    return render(request, "approvals/list.html", context)


def _narrowed(rows: QuerySet[Request], wanted: dict[str, str]) -> QuerySet[Request]:
    if wanted["state"] in RequestStatus.values:
        rows = rows.filter(status=wanted["state"])
    if wanted["action"]:
        rows = rows.filter(action=wanted["action"])
    if wanted["q"]:
        rows = rows.filter(title__contains=wanted["q"]) | rows.filter(requester__name__contains=wanted["q"])
    return rows


def _kinds(rows: QuerySet[Request]) -> list[tuple[str, str]]:
    """What the requests of the list are about, each kind once."""
    names = rows.order_by("action").values_list("action", flat=True).distinct()
    return [(name, vocabulary.actions[name].label) for name in names if name in vocabulary.actions]


def _lines(rows: list[Request], person: Person, *, voting_now: bool) -> list[Line]:
    """The rows with what their active step says; two queries whatever their number."""
    ids = [one.pk for one in rows]
    steps = {step.request_id: step for step in Step.objects.filter(request__in=ids, status="active")}
    asked = Ballot.objects.filter(step__request__in=ids, person=person, status="consulted") if voting_now else []
    questions = {ballot.step_id: ballot.question for ballot in asked}
    lent = _lent(steps.values(), person) if voting_now else {}
    return [_line(one, steps.get(one.pk), questions, lent, voting_now=voting_now) for one in rows]


def _lent(steps: Iterable[Step], person: Person) -> dict[int, str]:
    """Steps on which the person votes for others only, with their names; asked only of who stands in for somebody."""
    principals = org.principal_ids(person)
    if not principals:
        return {}
    open_ones = Ballot.objects.filter(step__in=list(steps), status="pending", person__in=[person.pk, *principals])
    held = list(open_ones.values_list("step", "person", "person__name").order_by("id"))
    own = {step for step, voter, _ in held if voter == person.pk}
    names: dict[int, list[str]] = {}
    for step, _, name in held:
        names.setdefault(step, []).append(name)
    return {step: "、".join(each) for step, each in names.items() if step not in own}


def _line(
    one: Request, step: Step | None, questions: dict[int, str], lent: dict[int, str], *, voting_now: bool
) -> Line:
    unread = bool(getattr(one, "unread", False))
    if step is None or not voting_now:
        return Line(one, step.due_at if step else None, unread=unread)
    if step.pk in questions:
        return Line(one, None, "征询", questions[step.pk], why_not="这是征询您的意见，须逐份答复。")
    why = voting.why_not_batch(StepSpec.from_json(step.spec))
    return Line(one, step.due_at, batch=not why, why_not=why, for_whom=lent.get(step.pk, ""))


@require_POST
def batch(request: HttpRequest) -> HttpResponse:
    """批量同意: each request is a deed of its own; what came of each is listed."""
    ids = [int(text) for text in request.POST.getlist("ids") if text.isdecimal() and len(text) < 19][:AT_ONCE]
    key, opinion = request.POST.get("key", "")[:40] or uuid.uuid4().hex, request.POST.get("opinion", "")
    done = [_agree(request.user, pk, f"{key}:{pk}", opinion) for pk in dict.fromkeys(ids)]
    context = {"done": done, "agreed": sum(not why for _, why in done), "most": AT_ONCE}
    return render(request, "approvals/batch.html", context, status=200 if done else 422)


def _agree(person: Person, pk: int, key: str, opinion: str) -> tuple[Request | None, str]:
    """(the request, why it was not agreed to or '')."""
    try:
        one = selectors.get_request(person, pk)
    except NotFound:
        return None, "没有这份申请，或者您不能看它。"
    try:
        perform("approval.move", by=person, key=key, request=pk, move="agree", opinion=opinion, batch=True)
    except KedangError as error:
        return one, str(error)
    one.refresh_from_db()
    return one, ""


# ---- one request -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """One button of the bottom bar."""

    key: str
    label: str
    consequence: str
    dialog: bool = False


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what is asked, by which clause, its chain, and what one may do with it."""
    one = selectors.get_request(request.user, pk)
    service.mark_seen(one, request.user)
    return render(request, "approvals/detail.html", context_of(request, one))


def context_of(request: HttpRequest, one: Request, form: Form | None = None) -> dict[str, Any]:
    """What the page of a request shows."""
    reader = approving.Reader.of(request.user, one)
    steps, rows = approving.steps_of(one, reader), approving.rows_of(one, reader)
    # A step with a form of its own is voted on in a dialog, where there is room for it.
    asks_form = any(step.active and step.form for step in steps)
    moves = [
        Move(*each, dialog=each[0] in DIALOGS or (asks_form and each[0] in ("agree", "reject", "add_after")))
        for each in selectors.allowed_moves(request.user, one)
    ]
    present = [step for step in steps if not step.past]
    return {
        "one": one, "steps": present, "past": [step for step in steps if step.past],
        "changes": [row for row in rows if row.changes], "rows": [row for row in rows if not row.changes],
        "reason": "" if any(row.new == one.reason for row in rows) else one.reason, "norms": one.norms,
        "active": next((step for step in present if step.active), None), "card": approving.card_of(one, request.user),
        "watchers": selectors.watchers_of(one), "unit": sheets.home_of(one.requester_id), "moves": moves,
        "main": [move for move in moves if move.key in MAIN], "others": [move for move in moves if move.key not in MAIN],
        "votes": any(move.key in ("agree", "advise") and not move.dialog for move in moves),
        "advises": all(move.key != "agree" for move in moves), "sent_back": _sent_back(one, present),
        "asked_me": _asked(present, request.user), "for_whom": _for_whom(one, request.user), "form": form or Form([OPINION]),
        "phrases": [phrase for said in PHRASES.values() for phrase in said[:1]], "version_url": _version_url(one), "hidden": approving.HIDDEN,
        "grant": _grant(request.user, one),
    }  # fmt: skip


def _sent_back(one: Request, steps: list[chain.ChainStep]) -> chain.ChainPerson | None:
    """Who sent the request back, and why: what its requester came to read."""
    if one.status != RequestStatus.RETURNED:
        return None
    returned = [each for step in steps for each in step.people if each.state == "returned"]
    return max(returned, key=lambda each: each.decided_at or one.asked_at, default=None)


def _asked(steps: list[chain.ChainStep], person: Person) -> list[chain.ChainPerson]:
    """What the reader is asked, by 征询 or 加签, while he has not answered."""
    waiting = ("pending", "consulted")
    return [
        each
        for step in steps
        for each in step.people
        if each.id == person.pk and each.question and each.state in waiting
    ]


def _for_whom(one: Request, person: Person) -> str:
    """Whose vote the reader would give here, when it is not his own."""
    return next(iter(_lent(Step.objects.filter(request=one, status="active"), person).values()), "")


def _grant(reader: Person, one: Request) -> Grant | None:
    """What an approval to read or copy has led to: the number that is asked for when something is taken along."""
    row = Grant.objects.filter(request=one.pk).order_by("-pk").first() if one.then == "grant" else None
    return row if row and may_see(reader.pk, row) else None


def _version_url(one: Request) -> str:
    """Who lets a regulation come into force reads first what differs in it."""
    if one.action != "pack.adopt" or not one.args.get("version"):
        return ""
    return reverse("rules_version", args=[one.args["pack"], one.args["version"]])


@require_POST
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """打印审批单: a PDF with the field rights of whoever prints it; on record."""
    one = selectors.get_request(request.user, pk)
    made = printing.pdf("approval.typ", sheets.approval_sheet(one, request.user))
    perform("approval.print", by=request.user, request=pk)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{one.number}.pdf"'
    return answer
