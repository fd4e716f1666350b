"""What a reader of a file meets: which tabs are his, why it stays closed and how to ask, and 查阅记录."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from kedang.customers.selectors import page as selectors
from kedang.kernel import files
from kedang.kernel.actions import access, dry_run, speaking
from kedang.kernel.actions.grants import field_words, verb_words
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person
from kedang.reports import grants
from kedang.web.buttons import Button, as_button
from kedang.web.forms.bound import Form
from kedang.web.forms.deeds import arguments, foretell
from kedang.web.outcomes import of_decision
from kedang.web.paging import page_of
from kedang.web.views.permits import HINTS, file_fields

ASKING = ("file.open", "file.ask")


def tabs(who: access.Standing, view: files.FileView, known: Mapping[str, str]) -> dict[str, str]:
    """The tabs of a file that are this reader's: who was granted a few fields sees these and no record beside them."""
    if access.whole_file(who, view):
        return dict(known)
    rights = access.field_rights(who, view, ("contact", "deal"))
    mine = {"data": True, "contacts": rights["contact"] != "hide", "deals": rights["deal"] == "show", "log": True}
    return {key: label for key, label in known.items() if mine.get(key)}


def permit(who: access.Standing, view: files.FileView) -> dict[str, Any] | None:
    """The grant by which alone this reader sees the file, in words; None for who opens it by what he is."""
    if access.own_right(who, view) or not (held := who.grants_on(view.id)):
        return None
    last = max(held, key=lambda each: each.valid_until)
    return {
        "id": last.pk, "number": last.number, "until": last.valid_until, "scope": field_words(last.fields),
        "verbs": verb_words(last.verbs), "copy": access.may_copy(who, view),
    }  # fmt: skip


def closed(request: HttpRequest, pk: int, rights: Mapping[str, str]) -> dict[str, Any]:
    """Why it stays closed, and the form that asks for it."""
    opening = foretell(request.user, vocabulary.actions["file.open"], customer=pk)
    asking = foretell(request.user, vocabulary.actions["file.ask"], customer=pk)
    waiting = approvals.asked_by(request.user).filter(file=pk, action__in=ASKING, status="pending").first()
    can_ask = asking.decision.verdict in ("needs", "reason", "confirm")
    if can_ask:
        form, ahead, action = (
            Form(file_fields(request.user, pk, rights), hints=HINTS),
            asking,
            "file.ask",
        )
    else:
        known = [one for one in arguments(vocabulary.actions["file.open"], pk, request.user) if one.id != "customer"]
        form, ahead, action = Form(known), opening, "file.open"
        can_ask = opening.decision.verdict in ("needs", "reason", "confirm")
    return {
        "take": _taking(request, pk), "note": of_decision(opening.decision, request.user), "ahead": ahead, "form": form, "waiting": waiting, "action": action,
        "typed_for": _typed_for(request.user, pk), "can_ask": can_ask, "one": {"requester": request.user, "is_open": True},
    }  # fmt: skip


def _taking(request: HttpRequest, pk: int) -> Button | None:
    """领取, of a file that is in the pool: what most people come to it for."""
    view = files.view(pk)
    if view is None or view.owner is not None:
        return None
    url = reverse("deed", args=[pk, "customer.take"])
    return as_button(request, "customer.take", url, dry_run("customer.take", by=request.user, customer=pk))


def _typed_for(reader: Person, pk: int) -> Person | None:
    """The owner, where the reader may type for him (代录): what he tells can be written down without opening the file."""
    view = files.view(pk)
    return next((one for one in speaking.principals(reader) if view and one.pk == view.owner), None)


def log(request: HttpRequest, pk: int) -> dict[str, Any]:
    """查阅记录: one page of it, and the grants that run. Who reads by a grant sees his own lines."""
    who, view = access.standing(request.user.pk), files.view(pk)
    everything = view is not None and access.own_right(who, view)
    only = request.GET.get("only", "")
    only = only if only in selectors.LOGS else ""
    page = page_of(
        selectors.access_events(pk, only=only, of=None if everything else request.user.pk), request.GET.get("page")
    )
    page.rows = selectors.openings(page.rows)
    running = grants.narrowed(grants.of_file(pk), "running")
    running = running if everything else running.filter(person=request.user)
    return {
        "page": page, "only": only, "logs": [(key, label, key == only) for key, label in selectors.LOGS.items()],
        "grants": grants.entries(list(running[:50])), "everything": everything,
    }  # fmt: skip
