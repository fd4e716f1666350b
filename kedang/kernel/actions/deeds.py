"""The kernel's own actions: reading a file, granting access, votes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from kedang.kernel import clock, fields
from kedang.kernel.actions import closing, effects, forms
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.approvals import service
from kedang.kernel.approvals.models import Request, RequestStatus, Step
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms.models import FormRecord, Grant
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration

CUSTOMER = Field("customer", "客户", "customer", required=True)


@action(
    "file.open",
    "查阅档案",
    args=[
        CUSTOMER,
        Field("purpose", "用途", "text"),
        Field("relation", "业务关联编号", "text"),
        Field("until", "应还日", "date"),
    ],
    reads=True,
    events=("file.opened",),
)
def open_file(
    *, deed: Deed, customer: int, purpose: str | None = None, relation: str | None = None, until: date | None = None
) -> int:
    """Read a file's content; one event a person, file, purpose and hour."""
    grant = None
    if deed.by is not None:
        now = clock.now()
        running = Grant.objects.filter(person=deed.by, file=customer, valid_until__gte=now, ended_at=None)
        grant = running.order_by("-id").first()
    deed.record(
        "file.opened", file=customer, data={"purpose": purpose or None, "request": grant.request if grant else None}
    )
    return customer


@action(
    "access.grant",
    "授权查阅",
    args=[
        CUSTOMER,
        Field("person", "授权给", "person", required=True),
        Field("relation", "业务关系", "text"),
        Field("until", "到期日", "date", required=True),
        Field("reason", "事由", "text"),
    ],
    needs="list",
    events=("access.granted",),
)
def grant_access(
    *, deed: Deed, customer: int, person: int, until: date, relation: str | None = None, reason: str | None = None
) -> int:
    """Let a person read a file until the end of a day; the grant's id."""
    if until < clock.today():
        raise Invalid({"until": "到期日不能早于今天。"})
    return give(
        deed, customer, person, ["read"], deadlines.end_of(until), relation=relation or "", purpose=reason or ""
    ).pk


def give(
    deed: Deed,
    file: int,
    person: int,
    verbs: list[str],
    until: datetime,
    *,
    request: int | None = None,
    norms: list[Any] | None = None,
    purpose: str = "",
    relation: str = "",
) -> Grant:
    """Write a grant and its event."""
    grant = Grant.objects.create(
        person_id=person,
        file=file,
        verbs=verbs,
        valid_from=deed.now,
        valid_until=until,
        request=request,
        granted_by=deed.by,
        norms=norms or [],
        purpose=purpose,
    )
    first = (norms or [{}])[0]
    deed.record(
        "access.granted",
        file=file,
        subject=f"grant:{grant.pk}",
        data={
            "person": person,
            "name": org.names_of([person]).get(person, ""),
            "until": until.strftime("%Y-%m-%d %H:%M"),
            "request": request,
            "grant": grant.pk,
            "relation": relation or None,
        },
        norm=first.get("norm", ""),
        clause=first.get("clause", ""),
        pack=first.get("pack", ""),
    )
    return grant


# ---- votes -------------------------------------------------------------------------------------------------------

MOVES = {**service.MOVE_WORDS, "resubmit": "再次提交"}


@action(
    "approval.move",
    "审批",
    args=[
        Field("request", "申请", "integer", required=True),
        Field("move", "操作", "choice", required=True, values=MOVES),
        Field("opinion", "意见", "long_text"),
        Field("to", "给", "person"),
        Field("step", "退回到", "integer"),
        Field("then", "之后", "text"),
        Field("form", "审批表单", "json"),
    ],
    about="",
    needs="none",
    public=False,
)
def move_approval(
    *,
    deed: Deed,
    request: int,
    move: str,
    opinion: str | None = None,
    to: int | None = None,
    step: int | None = None,
    then: str | None = None,
    form: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Vote, or another move on a request; an approved command runs in its own transaction right after."""
    assert deed.by is not None
    if move == "resubmit":
        from kedang.kernel.actions.executing import resubmit

        return resubmit(request, deed)
    outcome = service.move(
        request,
        by=deed.by,
        kind=move,
        command=deed.command,
        opinion=opinion or "",
        to=to,
        step=step,
        then=then or "",
        form=_ballot_form(request, deed.by, move, form),
        sink=deed.events,
    )
    row = outcome.request
    if outcome.status_after == RequestStatus.APPROVED:
        deed.after.append(lambda: _execute(row.pk))
    elif outcome.status_after in (RequestStatus.REJECTED, RequestStatus.WITHDRAWN):
        closing.asked_in_vain(row)
    _tell_requester(row, outcome.status_after, move, opinion or "")
    return {"request": row.pk, "status": str(outcome.status_after)}


def _ballot_form(request: int, by: Person, move: str, given: dict[str, Any] | None) -> dict[str, Any] | None:
    """What an approver fills in on the step's own form, checked like any form; one that he has filed since the request
    was made counts as well. None when the step has no form."""
    step = Step.objects.select_related("request").filter(request=request, status="active").first()
    name = str((step.spec or {}).get("form", "")) if step else ""
    if not name or step is None or move not in ("agree", "reject"):
        return None
    found = regulations().form(name if "." in name else f"{step.pack}.{name}")
    if found is None:
        raise Invalid({"form": f"现行制度中没有表单“{name}”。"})
    if given is None:
        filed = FormRecord.objects.filter(form=f"{found[0].pack}.{name.rpartition('.')[2]}", filed_by=by)
        filed = filed.filter(filed_at__gte=step.request.asked_at, file__in=[step.request.file]) | filed.filter(
            filed_at__gte=step.request.asked_at, file=None
        )
        return next(({**row.data, "record": row.pk} for row in filed.order_by("-id")[:1]), None)
    known = forms.fields_of(*found)
    cleaned = fields.clean(known, given)
    return {f.id: fields.to_json(f, cleaned[f.id]) for f in known if cleaned.get(f.id) is not None}


def _tell_requester(row: Request, status: str, move: str, opinion: str) -> None:
    words = {
        RequestStatus.APPROVED: "已批准",
        RequestStatus.REJECTED: "被拒绝",
        RequestStatus.RETURNED: "被退回",
    }.get(RequestStatus(status))
    if words:
        said = f"，意见：{opinion}" if opinion else ""
        effects.tell([row.requester_id], f"您的申请{words}：{row.title}{said}", kind="approval", request=row.pk)


def _execute(pk: int) -> None:
    from kedang.kernel.actions.executing import execute

    execute(pk)


def grant_until(row: Request, now: datetime) -> datetime:
    """When an approved reading ends: the norm's span from now, the shortest one, or the return day asked for."""
    spec = row.grant or {}
    ends = [_span_end(row, str(span), now) for span in spec.get("lasts", [])]
    if spec.get("until_day"):
        ends.append(deadlines.end_of(date.fromisoformat(spec["until_day"])))
    return min(ends) if ends else deadlines.end_of(now.date())


def _span_end(row: Request, span: str, now: datetime) -> datetime:
    pack = (row.norms or [{}])[0].get("pack", "")
    version = regulations().version(pack)
    duration = version.params(now.date()).get(span) if version else None
    if duration is None:
        duration = Duration.parse(span)
    return deadlines.due_at(now, duration, calendar.load())
