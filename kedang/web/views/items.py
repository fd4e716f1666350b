"""Items of a file: one item with its versions, its contents given out, the catalogue to print, what is left after all."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kedang.customers import selectors as customers
from kedang.kernel import clock, files, ledger
from kedang.kernel.actions import access, perform_read
from kedang.kernel.actions.performing import dry_run
from kedang.kernel.blobs.models import Blob
from kedang.kernel.errors import NotFound, Refused
from kedang.records import completeness, rules, selectors
from kedang.records.actions.items import content_of, item_of
from kedang.records.models import Item
from kedang.web import downloads
from kedang.web.buttons import as_button


def opened(request: HttpRequest, pk: int) -> Any:
    """The head of a file for who may read all of it; NotFound for everybody else."""
    head = customers.customer_head(request.user, pk)
    view = files.view(pk)
    who = access.standing(request.user.pk)
    if perform_read("file.open", by=request.user, customer=pk).verdict != "allow" or view is None:
        raise NotFound
    if not access.whole_file(who, view):
        raise NotFound
    return head


def tab(request: HttpRequest, pk: int) -> dict[str, Any]:
    """档案件 of the customer page: catalogue, what is missing, and what may be done."""
    view, who = files.view(pk), access.standing(request.user.pk)
    if view is None or not access.whole_file(who, view):
        return {"closed_items": True}
    return {
        "catalogue": selectors.catalogue(pk),
        "measure": completeness.of(pk),
        "attach": _button(request, pk, "record.attach"),
        "kept": selectors.archive_of(pk),
    }


def _button(request: HttpRequest, pk: int, action: str, query: str = "", **args: Any) -> Any:
    decision = dry_run(action, by=request.user, customer=pk, **args)
    return as_button(request, action, reverse("deed", args=[pk, action]) + query, decision)


@require_GET
def one(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """One item: what it is, its pictures, its versions, and what may be done with it."""
    head = opened(request, pk)
    row = item_of(pk, item)
    versions = selectors.item_versions(row)
    acts = [
        _button(request, pk, action, f"?item={row.pk}", item=row.pk)
        for action in ("record.replace_item", "record.void_item")
    ]
    context = {
        "head": head, "item": row, "kind": rules.kind_label(row.kind), "acts": acts if row.voided_at is None else [],
        "versions": [(each, [selectors.content(line.blob) for line in each.files.all() if line.blob.gone_at is None]) for each in versions],
        "consent": selectors.content(row.consent) if row.consent and row.consent.gone_at is None else None,
        "readings": _readings(row),
    }  # fmt: skip
    return render(request, "items/item.html", context)


def _readings(row: Item) -> list[str]:
    """Who read or took it along, newest first."""
    events = ledger.models.Event.objects.filter(subject=f"item:{row.pk}", kind="record.item_opened")
    return [ledger.sentence(event) for event in events.select_related("actor").order_by("-id")[:10]]


@require_GET
def content(request: HttpRequest, pk: int, item: int, blob: int) -> FileResponse:
    """An item's file as a download; recorded each time."""
    return downloads.send(_given(request, "record.copy_item", pk, item, blob))


@require_GET
def picture(request: HttpRequest, pk: int, item: int, blob: int) -> FileResponse:
    """An item's picture on the page; recorded each time. What is no picture is not shown: it is downloaded."""
    return downloads.send(_given(request, "record.open_item", pk, item, blob, pictures=True), inline=True)


def _given(request: HttpRequest, action: str, pk: int, item: int, blob: int, *, pictures: bool = False) -> Blob:
    opened(request, pk)
    row = item_of(pk, item)
    found = content_of(row, blob)
    if pictures and not selectors.content(found).picture:
        raise NotFound
    decision = perform_read(action, by=request.user, every=True, customer=pk, item=item, blob=blob)
    if decision.verdict != "allow":
        raise Refused(decision)
    return found


@require_GET
def catalogue(request: HttpRequest, pk: int) -> HttpResponse:
    """案卷目录 on A4, as it stands now."""
    head = opened(request, pk)
    context = {"head": head, "catalogue": selectors.catalogue(pk), "kept": selectors.archive_of(pk), "now": clock.now()}
    return render(request, "items/catalogue.html", context)


def residue(request: HttpRequest, pk: int) -> HttpResponse:
    """410: the file is destroyed, and this is the record of it."""
    line = selectors.destruction_of(pk)
    if line is None or line.executed_at is None:
        raise NotFound
    return render(request, "items/destroyed.html", {"line": line}, status=410)
