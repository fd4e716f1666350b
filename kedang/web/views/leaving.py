"""交接: what a leaver holds, a receiver for each of it, three signatures, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kedang.kernel import clock, files, holdings, ledger
from kedang.kernel.actions import handingover, leaving
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Handover, HandoverLine, Person
from kedang.web import tasks
from kedang.web.forms.bound import Form
from kedang.web.outcomes import attempt
from kedang.web.replies import go

DEEDS = {
    "assign": ("handover.assign", ("receiver",), "接收人已记下；此前的签字作废，须重新签。"), "sign": ("handover.sign", ("absent",), "已签字。"),
    "confirm": ("handover.confirm", ("counted", "note"), "清点已记下。"), "carry-out": ("handover.carry_out", (), "已执行交接。"),
    "close": ("handover.close", (), "交接已办结，账号已停用。"),
}  # fmt: skip
TOOK_ALONG = ("customer.exported", "file.copied", "form.exported", "list.exported")
DAYS = 30


def _row(request: HttpRequest, pk: int) -> Handover:
    """The one way from an address to a handover: to whom it concerns."""
    rows = Handover.objects.select_related("person", "supervisor", "opened_by")
    row = rows.filter(person=pk).first()
    if row is None or not leaving.may_see(request.user, row):
        raise NotFound
    return row


@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The list and where it stands."""
    return render(request, "handover/page.html", _context(request, _row(request, pk)))


def do(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """One step of it."""
    row = _row(request, pk)
    if what not in DEEDS or request.method != "POST":
        raise NotFound
    action, names, said = DEEDS[what]
    form = _form(request, action, names)
    raw: dict[str, Any] = dict(form.raw)
    if what == "assign":
        raw["lines"] = request.POST.getlist("line") or None
        raw["kind"] = request.POST.get("kind", "")
    if done := attempt(request, form, action, raw=raw, person=pk):
        if what == "carry-out":
            said = _carried_out(**done.value)
        return go(request, reverse("handover", args=[pk]), said)
    row.refresh_from_db()
    return render(request, "handover/page.html", _context(request, row, **{what.replace("-", "_"): form}), status=422)


def _carried_out(moved: int, left: int, waiting: int) -> str:
    said = f"已移交 {moved} 项"
    said += f"，{left} 项没有办成，见清单" if left else ""
    return said + (f"，其余 {waiting} 项正在后台移交，请稍后刷新。" if waiting else "。")


def _form(request: HttpRequest, action: str, names: tuple[str, ...]) -> Form:
    return Form.of(request, [one for one in vocabulary.actions[action].args if one.id in names])


def _blank(action: str, names: tuple[str, ...]) -> Form:
    return Form([one for one in vocabulary.actions[action].args if one.id in names])


def _context(request: HttpRequest, row: Handover, **given: Form) -> dict[str, Any]:
    person, leads = request.user, leaving.leads(request.user, row)
    lines = list(row.lines.select_related("receiver"))
    order = list(holdings.kinds())
    lines.sort(key=lambda line: order.index(line.kind) if line.kind in order else len(order))
    mine = [line for line in lines if line.receiver_id == person.pk]
    forms = {what.replace("-", "_"): given.get(what.replace("-", "_")) or _blank(*DEEDS[what][:2]) for what in DEEDS}
    return {
        "row": row, "leads": leads, "giver": person.pk == row.person_id, "mine": mine, "forms": forms, "lines": lines,
        "groups": _groups(lines if leads or person.pk == row.person_id else mine), "waiting": [line for line in lines if not line.moved_at],
        "without": [line for line in lines if line.receiver_id is None and not line.moved_at], "missing": handingover.unsigned(row) if lines else [],
        "receipts": list(row.receipts.select_related("receiver")), "owed": _owed(row),
        "receipt": row.receipts.filter(receiver=person).first(), "taken": _taken_along(row) if leads else [], "days": DAYS,
        "problem": next((form.general for form in forms.values() if form.general), ""), "left": row.person.left_on,
    }  # fmt: skip


def _owed(row: Handover) -> list[tuple[Duty, str, tasks.Way]]:
    """What the regulations still ask because of the leaving: about whom, and where it is done."""
    duties, regs = leaving.still_owed(row), regulations()
    prefetch_related_objects(duties, "bearer")
    named = files.views([one.file for one in duties if one.file])
    return [(one, named[one.file].name if one.file in named else "", tasks.way_of(one, regs)) for one in duties]


def _groups(lines: list[HandoverLine]) -> list[tuple[str, str, list[HandoverLine]]]:
    kinds = holdings.kinds()
    return [
        (kind, kinds[kind].name if kind in kinds else kind, list(found))
        for kind, found in groupby(lines, key=lambda line: line.kind)
    ]


def _taken_along(row: Handover) -> list[tuple[Event, str]]:
    """What the leaver exported or copied in the last thirty days before he left, and tried to."""
    since = row.opened_at - timedelta(days=DAYS)
    rows = Event.objects.filter(actor=row.person, recorded_at__gte=since, recorded_at__lte=clock.now())
    out = rows.filter(kind__in=TOOK_ALONG) | rows.filter(
        kind="norm.refused", subject__in=("customer.export", "record.copy_item")
    )
    return [
        (event, ledger.sentence(event)) for event in out.select_related("actor", "on_behalf_of").order_by("-pk")[:50]
    ]


def handovers() -> list[Handover]:
    """Those that are not closed, the oldest first; for 管理."""
    return list(Handover.objects.filter(closed_at=None).select_related("person", "supervisor").order_by("opened_at"))


def of_person(person: Person) -> Handover | None:
    """A person's handover."""
    return Handover.objects.filter(person=person).first()
