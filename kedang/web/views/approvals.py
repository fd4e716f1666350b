"""审批: the four lists, one request with its form and its chain, and the moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from kedang.kernel.actions import forms as kernel_forms
from kedang.kernel.approvals import chain, selectors, service
from kedang.kernel.approvals.models import Request
from kedang.kernel.fields import Field
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person
from kedang.web.forms.bound import Form
from kedang.web.naming import shown
from kedang.web.outcomes import attempt
from kedang.web.paging import page_of
from kedang.web.replies import go, is_fragment

TABS: dict[str, tuple[str, Callable[[Person], QuerySet[Request]]]] = {
    "pending": ("待我审批", selectors.pending_for),
    "decided": ("我已审批", selectors.decided_by),
    "asked": ("我发起的", selectors.asked_by),
    "watching": ("抄送我的", selectors.watching),
}
MAIN = ("agree", "reject", "return", "resubmit", "withdraw")
NEEDS_PEOPLE = {"transfer", "delegate", "add_before", "add_after", "add_beside", "remove_signer"}
NEEDS_OPINION = {"reject", "return"}
OPINION = Field("opinion", "意见", "long_text")


def index(request: HttpRequest) -> HttpResponse:
    """One of the four lists."""
    tab = request.GET.get("tab", "pending")
    name, rows = TABS.get(tab, TABS["pending"])
    context = {
        "tabs": [(key, label, key == (tab if tab in TABS else "pending")) for key, (label, _) in TABS.items()],
        "tab": tab if tab in TABS else "pending",
        "name": name,
        "page": page_of(rows(request.user), request.GET.get("page")),
    }
    return render(request, "approvals/list.html", context)


@dataclass(frozen=True)
class Move:
    """One button of the bottom bar."""

    key: str
    label: str
    consequence: str

    @property
    def main(self) -> bool:
        """Whether it stands in the bar itself rather than under 更多."""
        return self.key in MAIN

    @property
    def needs_people(self) -> bool:
        """Whether somebody must be chosen."""
        return self.key in NEEDS_PEOPLE

    @property
    def needs_opinion(self) -> bool:
        """Whether an opinion is asked for."""
        return self.key in NEEDS_OPINION


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: what is asked, by which clause, its chain, and what one may do with it."""
    one = selectors.get_request(request.user, pk)
    service.mark_seen(one, request.user)
    return render(request, "approvals/detail.html", _context(request, one))


def _context(request: HttpRequest, one: Request, form: Form | None = None, open_move: str = "") -> dict[str, Any]:
    moves = [Move(*each) for each in selectors.allowed_moves(request.user, one)]
    steps, rows = chain.chain(one), _content(one)
    return {
        "one": one, "steps": [step for step in steps if not step.past], "past": [step for step in steps if step.past],
        "rows": rows, "reason": "" if any(row.new == one.reason for row in rows) else one.reason, "norms": one.norms, "moves": moves,
        "main": [move for move in moves if move.main], "others": [move for move in moves if not move.main],
        "targets": selectors.return_targets(one) if any(move.key == "return" for move in moves) else [],
        "form": form or Form([OPINION]), "open_move": open_move, "people": Form([Field("to", "人员", "person", required=True)]),
        "file_url": reverse("customer", args=[one.file]) if one.file else "", "version_url": _version_url(one),
    }  # fmt: skip


def _version_url(one: Request) -> str:
    """Who lets a regulation come into force reads first what differs in it."""
    if one.action != "pack.adopt" or not one.args.get("version"):
        return ""
    return reverse("rules_version", args=[one.args["pack"], one.args["version"]])


@dataclass(frozen=True)
class Row:
    """One line of what is asked: for changes also what stands there now."""

    name: str
    new: str
    old: str = ""
    changes: bool = False


def _content(one: Request) -> list[Row]:
    """The frozen command in words: a form's answers, a change as old → new, else its arguments."""
    if one.action == "form.file":
        found = regulations().form(one.args.get("form", ""))
        if found:
            return [
                Row(each.name, text) for each, text in shown(kernel_forms.fields_of(*found), one.args.get("data") or {})
            ]
    spec = vocabulary.actions.get(one.action)
    if spec is None:
        return []
    known = [each for each in spec.args if each.id not in ("version", "customer", "clear")]
    rows = shown(known, one.args)
    if one.action == "customer.update" and one.file:
        return [Row(each.name, text, _present(each.id, one.file), True) for each, text in rows]
    return [Row(each.name, text) for each, text in rows]


def _present(name: str, file: int) -> str:
    binding = vocabulary.bindings.get(f"customer.{name}")
    return str(binding.read(file) or "") if binding else ""


@require_POST
def move(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Make one move, then go on to the next request that waits."""
    one = selectors.get_request(request.user, pk)
    form = Form.of(request, [OPINION])
    given = {name: request.POST.get(name, "") for name in ("opinion", "to", "step", "then")}
    raw = {key: value for key, value in given.items() if value != ""}
    done = attempt(request, form, "approval.move", raw=raw, request=pk, move=kind)
    if done is None:
        template = "approvals/detail.html#bar" if is_fragment(request) else "approvals/detail.html"
        return render(request, template, _context(request, one, form, kind), status=422)
    return go(request, _next(request, pk), f"已{service.MOVE_WORDS.get(kind, '提交')}：{one.title}")


def _next(request: HttpRequest, done: int) -> str:
    """The next request that waits for this person; the list when there is none or one's own was moved."""
    waiting = selectors.pending_for(request.user).exclude(pk=done).values_list("pk", flat=True).first()
    still = selectors.pending_for(request.user).filter(pk=done).exists()
    if still or waiting is None:
        return reverse("approval", args=[done])
    return reverse("approval", args=[waiting])
