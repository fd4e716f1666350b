"""How the kernel's own holdings pass on: open duties, votes that wait, requests that run."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from kedang.kernel import files, holdings
from kedang.kernel.actions.deed import Deed
from kedang.kernel.approvals import service
from kedang.kernel.approvals.models import Ballot, Request, RequestStatus
from kedang.kernel.errors import Invalid
from kedang.kernel.holdings import Held, Holding
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.org.models import Person

OWN = ("adoption", "handover")
"""Duties that end with the person and pass to nobody."""


def _open_duties(person: Person) -> Iterator[Held]:
    """His own and those he has taken; what follows a file's owner goes with the file."""
    mine = Q(bearer=person) | Q(taken_by=person)
    rows = list(Duty.objects.filter(mine, state=DutyState.OPEN).exclude(follows_owner=True).order_by("due_at", "pk"))
    rows = [duty for duty in rows if duty.norm.rpartition(".")[2] not in OWN]
    views = files.views(duty.file for duty in rows if duty.file)
    for duty in rows:
        about = f"（{views[duty.file].name}）" if duty.file is not None and duty.file in views else ""
        yield Held(duty.pk, f"{duty.title}{about}"[:300], duty.file)


def _pass_duty(ref: int, giver: Person, receiver: Person, deed: Deed, reason: str) -> None:
    duty = Duty.objects.select_for_update().filter(pk=ref, state=DutyState.OPEN).first()
    if duty is None:
        return
    if duty.bearer_id == giver.pk:
        duty.bearer = receiver
    duty.taken_by = receiver if duty.taken_by_id == giver.pk else duty.taken_by
    duty.save(update_fields=["bearer", "taken_by"])


def _ballots(person: Person) -> Iterator[Held]:
    rows = Ballot.objects.filter(person=person, status="pending", step__request__status=RequestStatus.PENDING)
    for row in rows.select_related("step__request").order_by("pk"):
        yield Held(row.pk, f"待审批：{row.step.request.title}"[:300], row.step.request.file)


def _pass_ballot(ref: int, giver: Person, receiver: Person, deed: Deed, reason: str) -> None:
    ballot = Ballot.objects.select_related("step__request").filter(pk=ref, status="pending").first()
    if ballot is None:
        return
    if ballot.step.request.requester_id == receiver.pk:
        raise Invalid(f"{receiver.name}是这张申请的提交人，不能自己审批")
    service.move(
        ballot.step.request_id,
        by=giver,
        kind="transfer",
        command=deed.command,
        to=receiver,
        opinion=reason,
        sink=deed.events,
    )


def _requests(person: Person) -> Iterator[Held]:
    open_now = (RequestStatus.PENDING, RequestStatus.RETURNED)
    rows = Request.objects.filter(Q(requester=person) | Q(on_behalf_of=person), status__in=open_now)
    for row in rows.order_by("pk"):
        yield Held(row.pk, f"未完的申请：{row.title}（撤回，由接收人另行提出）"[:300], row.file)


def _withdraw(ref: int, giver: Person, receiver: Person, deed: Deed, reason: str) -> None:
    row = Request.objects.filter(pk=ref, status__in=(RequestStatus.PENDING, RequestStatus.RETURNED)).first()
    if row is not None:
        by = row.requester
        service.move(ref, by=by, kind="withdraw", command=deed.command, opinion=reason, sink=deed.events)


holdings.register(Holding("duties", "未办的待办", _open_duties, _pass_duty, 30))
holdings.register(Holding("ballots", "待审批的申请", _ballots, _pass_ballot, 35))
holdings.register(Holding("requests", "未完的申请", _requests, _withdraw, 40))
