"""What the kernel answers instead of doing a deed, as the pages show it. The one place that does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kedang.kernel import files
from kedang.kernel.actions import access, voting
from kedang.kernel.actions.performing import Result, perform
from kedang.kernel.blobs.store import StorageFailed
from kedang.kernel.errors import AsksReason, Conflict, Gone, Invalid, KedangError, NeedsApproval, NotFound, Refused
from kedang.kernel.norms import explain
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.records.selectors import destruction_of
from kedang.web.forms.bound import Form
from kedang.web.replies import go, is_fragment

STATUS = {StorageFailed: 507, Refused: 403, AsksReason: 409, Conflict: 409, Invalid: 422, NotFound: 404}


@dataclass(frozen=True)
class Outcome:
    """Four lines: what was refused, by which clauses, on which facts, and what would lift it and whom to ask."""

    kind: str
    """refuse, reason, confirm, needs, depends, conflict, invalid, not_found"""
    what: str
    clauses: tuple[Any, ...] = ()
    facts: tuple[str, ...] = ()
    lift: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    exception: bool = False
    """Whether an exception can be asked for instead."""
    text: str = ""
    rows: tuple[tuple[str, str, str, str], ...] = ()
    """Of a conflict: (name, original, theirs, mine)."""
    version: Any = None

    @property
    def title(self) -> str:
        """The line in bold."""
        return {
            "refuse": f"不能{self.what}", "reason": f"{self.what}须说明理由", "confirm": f"{self.what}前请确认",
            "needs": f"{self.what}须经审批", "depends": f"{self.what}时适用", "not_found": "没有找到",
            "conflict": "您编辑的时候，别人先保存了",
        }.get(self.kind, "没有办成")  # fmt: skip


def of_decision(decision: Any, reader: Person) -> Outcome:
    """A kernel decision in four lines, every value passed through the reader's field rights."""
    said = explain.explain(decision, reader=reader.pk, rights=_rights(decision, reader))
    kind = "depends" if decision.verdict == "allow" else decision.verdict
    ask = tuple(name for name in said.ask if name)
    return Outcome(kind, said.what, said.clauses, said.facts, said.lift, ask, said.exception)


def _rights(decision: Any, reader: Person) -> Mapping[str, str]:
    groups = {leaf.group for finding in decision.findings or decision.depends for leaf in finding.leaves if leaf.group}
    view = files.view(decision.file) if decision.file and groups else None
    return access.field_rights(access.standing(reader.pk), view, groups) if view else {}


def of_error(error: KedangError, reader: Person) -> Outcome:
    """The outcome of what was raised."""
    if isinstance(error, (Refused, AsksReason)):
        return of_decision(error.decision, reader)
    if isinstance(error, Conflict):
        rows = tuple((row["label"], row["original"], row["theirs"], row["mine"]) for row in getattr(error, "rows", ()))
        return Outcome("conflict", "保存", text=str(error), rows=rows, version=getattr(error, "version", None))
    if isinstance(error, NotFound):
        return Outcome("not_found", "", text=str(error))
    return Outcome("invalid", "", text=str(error))


def attempt(
    request: HttpRequest, form: Form, action: str, /, *, raw: Mapping[str, Any] | None = None, **fixed: Any
) -> Result | None:
    """Do what the form asks (`raw` when not all of it goes to the action). None: not done, and the form now says why,
    with everything typed still in it.

    NotFound and NeedsApproval are left to `answer`: there is no form to come back to.
    """
    args = {**(form.raw if raw is None else raw), **fixed}
    # Some actions have a reason of their own; `perform` hands it to them.
    reason = args.pop("reason", "") or form.reason
    copied = [] if action == "approval.move" else request.POST.getlist("copies")
    other, why = args.pop("on_behalf_of", ""), args.pop("behalf_reason", "")
    spoken_for = org.active_people().filter(pk=int(other)).first() if str(other or "").isdecimal() else None
    if other and spoken_for is None:
        form.errors = {"on_behalf_of": "没有这个人，或已停权、离职。"}
        return None
    try:
        return perform(
            action,
            by=request.user,
            key=form.sent_key or None,
            reason=reason,
            on_behalf_of=spoken_for,
            behalf_reason=why,
            confirmed=form.confirmed,
            ask_exception=form.exception,
            copies=tuple(voting.ids_in([each for each in copied if each], "copies")),
            **args,
        )
    except Invalid as error:
        form.errors = dict(error.errors)
        request.storage_failed = isinstance(error, StorageFailed)
    except (Refused, AsksReason, Conflict) as error:
        form.outcome = of_error(error, request.user)
    form.copies = list(org.names_of([int(each) for each in copied if each.isdecimal() and len(each) < 19]).items())
    return None


def answer(request: HttpRequest, error: KedangError) -> HttpResponse:
    """The page or fragment for what no view caught: one-tap buttons, pages one may not see."""
    if isinstance(error, NeedsApproval):
        messages.success(request, "已提交审批。")
        return go(request, reverse("approval", args=[error.request.pk]))
    if isinstance(error, Gone):
        return render(request, "items/destroyed.html", {"line": destruction_of(error.file)}, status=410)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    context = {"outcome": of_error(error, request.user)}
    if not is_fragment(request):
        page = "errors/404.html" if isinstance(error, NotFound) else "errors/outcome.html"
        return render(request, page, context, status=status)
    response = render(request, "parts/notice.html", context, status=status)
    # Whatever the button aimed at, the answer belongs where it is seen.
    response["HX-Retarget"], response["HX-Reswap"] = "#why-body", "innerHTML"
    response["HX-Trigger-After-Swap"] = "why"
    return response
