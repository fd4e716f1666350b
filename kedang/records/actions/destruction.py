"""销毁: agreed to after the period, carried out under a second person's eyes; the content goes, the record stays."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum

from kedang.customers import history
from kedang.customers.models import Customer
from kedang.kernel import clock, filebound, files
from kedang.kernel.actions import Deed, action
from kedang.kernel.approvals.models import Ballot, BallotStatus, Request, RequestStatus
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.norms.numbers import next_number
from kedang.records import rules, states
from kedang.records.actions.keeping import CUSTOMER, doer, file_lock
from kedang.records.models import Archive, Destruction, Item

NUMBER = "XH-{year}-{seq:4}"


@action(
    "record.destroy",
    "申请销毁",
    needs="list",
    events=("record.destruction_approved",),
    locks=file_lock,
    args=[CUSTOMER, F("reason", "销毁事由", "text", required=True, max=200)],
)
def destroy(*, deed: Deed, customer: int, reason: str) -> int:
    """A destruction that was agreed to; nothing is gone before it has been carried out and closed."""
    row = history.locked(customer)
    line = Archive.objects.filter(customer=row).first()
    _check_destroyable(row, line)
    label = rules.class_label(line.term, line.value) if line else ""
    held = Item.objects.filter(customer=row, voided_at=None)
    made = Destruction.objects.create(
        customer=row,
        number=next_number("record.destroy", NUMBER, deed.now.date(), taken=_is_taken),
        file_number=row.number,
        category=label,
        registered_on=row.registered_on,
        archived_on=clock.local(line.archived_at).date() if line else None,
        expired_on=states.expiries([row.pk]).get(row.pk),
        reason=reason,
        asked_by=doer(deed),
        approvals=_approvals(row),
        approved_at=deed.now,
        items=held.count(),
        pages=held.aggregate(n=Sum("pages"))["n"] or 0,
    )
    data = {"destruction": made.pk, "number": made.number}
    deed.record("record.destruction_approved", file=row.pk, data=data)
    return made.pk


def _is_taken(number: str) -> bool:
    """A restored database may hold records of destructions that its own series has not got to."""
    return Destruction.objects.filter(number=number).exists()


def _check_destroyable(row: Customer, line: Archive | None) -> None:
    state = states.of(row.pk)
    if line is None:
        raise Invalid({"customer": "该档案尚未归档，不能销毁"})
    if Destruction.objects.filter(customer=row).exists():
        raise Invalid({"customer": "该档案的销毁已获批准，请完成销毁登记"})
    if state == states.LENT:
        raise Invalid({"customer": "该档案借出未还，不能销毁"})
    if state != states.EXPIRED:
        until = states.expiries([row.pk]).get(row.pk)
        raise Invalid({"customer": f"保管期未满{f'（{until} 期满）' if until else ''}，不能销毁"})


def _approvals(row: Customer) -> list[dict[str, Any]]:
    """Who agreed to it, in order: the ballots of the request that is being carried out."""
    request = (
        Request.objects.filter(action="record.destroy", file=row.pk, status=RequestStatus.APPROVED)
        .order_by("-id")
        .first()
    )
    if request is None:
        return []
    agreed = Ballot.objects.filter(step__request=request, step__round=request.round, status=BallotStatus.AGREED)
    return [
        {"name": ballot.person.name, "role": ballot.step.role_name, "at": clock.local(ballot.closed_at).isoformat()}
        for ballot in agreed.select_related("person", "step").order_by("closed_at", "id")
    ]


@action(
    "record.close_destruction",
    "登记销毁",
    needs="list",
    events=("record.destroyed",),
    locks=file_lock,
    args=[
        CUSTOMER,
        F("method", "销毁方式", "text", required=True, max=60),
        F("supervisor", "监督人", "person", required=True),
    ],
)
def close_destruction(*, deed: Deed, customer: int, method: str, supervisor: int) -> int:
    """Destroy: every app blanks what it keeps of the file, the contents leave the store when this commits."""
    row = history.locked(customer)
    line = Destruction.objects.select_for_update().filter(customer=row).first()
    if line is None:
        raise Invalid({"customer": "该档案的销毁尚未获得批准"})
    if line.executed_at is not None:
        raise Invalid({"customer": "该档案已销毁"})
    if states.of(row.pk) == states.LENT:
        raise Invalid({"customer": "该档案借出未还，不能销毁"})
    watcher = history.able_person(supervisor, "supervisor")
    if watcher.pk == doer(deed).pk:
        raise Invalid({"supervisor": "监督人不能是销毁人本人"})
    line.method, line.supervisor, line.executed_by, line.executed_at = method, watcher, doer(deed), deed.now
    line.save(update_fields=["method", "supervisor", "executed_by", "executed_at"])
    deed.record(
        "record.destroyed",
        file=row.pk,
        data={
            "destruction": line.pk,
            "number": line.number,
            "method": method,
            "supervisor": watcher.pk,
            "supervisor_name": watcher.name,
        },
    )
    filebound.erase(row.pk, deed.now)
    files.changed([row.pk])
    return line.pk
