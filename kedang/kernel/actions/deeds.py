"""The kernel's own actions: reading a file, granting access, duties, proposals, votes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from kedang.kernel import clock, fields
from kedang.kernel.actions import closing, effects, forms, timing
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.approvals import service
from kedang.kernel.approvals.models import Request, RequestStatus, Step
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms import deciders
from kedang.kernel.norms.models import Duty, DutyState, FormRecord, Grant, Proposal, ProposalState
from kedang.kernel.norms.people import roles_of
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


# ---- duties ------------------------------------------------------------------------------------------------------

DUTY = Field("duty", "事项", "integer", required=True)


def duty_of(deed: Deed, pk: int) -> Duty:
    """An open duty the actor bears or may take; NotFound otherwise."""
    duty = Duty.objects.select_for_update().filter(pk=pk, state=DutyState.OPEN).first()
    person = deed.person
    if duty is None or person is None:
        raise NotFound
    if person.pk in (duty.bearer_id, duty.taken_by_id):
        return duty
    if duty.unit_id and duty.unit_id in org.headed_units(person):
        return duty
    if duty.role and duty.role in roles_of(person.pk, regulations()):
        return duty
    raise NotFound


@action("duty.take", "领办", args=[DUTY], about="", needs="none", events=("duty.taken",))
def take_duty(*, deed: Deed, duty: int) -> int:
    """Take a duty of one's unit or role upon oneself."""
    row = duty_of(deed, duty)
    if row.taken_by_id and row.taken_by_id != deed.person.pk:  # type: ignore[union-attr]
        raise Invalid("已由他人领办。")
    row.taken_by = deed.person
    row.save(update_fields=["taken_by"])
    _duty_event(deed, row, "duty.taken")
    return row.pk


@action(
    "duty.excuse",
    "说明特殊情况",
    args=[DUTY, Field("reason", "特殊情况", "long_text", required=True)],
    about="",
    needs="none",
    events=("duty.excused",),
)
def excuse_duty(*, deed: Deed, duty: int, reason: str) -> int:
    """Say why it will be late; counts only for a duty with grace, and only before the grace ends."""
    row = duty_of(deed, duty)
    if row.grace_until is None:
        raise Invalid("这一事项没有宽限规定。")
    if clock.now() > row.grace_until:
        raise Invalid("宽限时间已过，不能再说明特殊情况。")
    row.excuse = reason
    row.save(update_fields=["excuse"])
    _duty_event(deed, row, "duty.excused", reason=reason)
    return row.pk


@action(
    "duty.extend",
    "延期",
    args=[DUTY, Field("reason", "延期理由", "long_text", required=True)],
    about="",
    needs="none",
    events=("duty.extended",),
)
def extend_duty(*, deed: Deed, duty: int, reason: str) -> str:
    """Move the due time of a duty one bears, as often and as far as its regulation allows; the new due time."""
    row = duty_of(deed, duty)
    found = regulations().norm(row.norm, row.version)
    if found is None:
        raise Invalid("这一事项没有延期的规定。")
    timing.extend(row, *found)
    row.save(update_fields=timing.MOVED)
    until = f"{clock.local(row.due_at):%Y-%m-%d %H:%M}" if row.due_at else ""
    _duty_event(deed, row, "duty.extended", times=row.extensions, until=until, reason=reason)
    return until


@action(
    "duty.finish",
    "办结事项",
    args=[DUTY, Field("note", "办理情况", "long_text")],
    about="",
    needs="none",
    events=("duty.finished",),
)
def finish_duty(*, deed: Deed, duty: int, note: str | None = None) -> int:
    """Close by hand a duty that no other deed closes (裁定、待人工处理、其他任务)."""
    row = duty_of(deed, duty)
    found = regulations().norm(row.norm, row.version)
    if found is not None and getattr(found[1].norm, "done", None) is not None:
        raise Invalid("这一事项须通过办理它所要求的业务来办结。")
    from kedang.kernel.actions import duties

    event = _duty_event(deed, row, "duty.finished", note=note or None)
    duties.close(row, deed.now, event.pk)
    row.closing_note = note or ""
    row.save(update_fields=[*duties.CLOSING_FIELDS, "closing_note"])
    return row.pk


def _duty_event(deed: Deed, row: Duty, kind: str, **more: Any) -> Any:
    return deed.record(
        kind,
        file=row.file,
        subject=f"duty:{row.pk}",
        data={"duty": row.pk, "title": row.title, **more},
        norm=row.norm,
        clause=row.clause,
        pack=row.pack,
    )


# ---- proposals ---------------------------------------------------------------------------------------------------

PROPOSAL = Field("proposal", "建议", "integer", required=True)


@action(
    "proposal.settle",
    "裁定建议",
    args=[PROPOSAL, Field("adopt", "采纳", "bool", required=True), Field("reason", "理由", "long_text", required=True)],
    about="",
    needs="none",
    events=("proposal.settled",),
)
def settle_proposal(*, deed: Deed, proposal: int, adopt: bool, reason: str) -> str:
    """Adopt or reject a proposal with a reason; only the person the regulation names, never the person concerned."""
    row = Proposal.objects.select_for_update().filter(pk=proposal).first()
    if row is not None and deed.by is not None and row.person_id == deed.by.pk:
        raise Invalid("不能裁定涉及自己的建议，请由上级办理。")
    if row is None or deed.by is None or not may_settle(deed.by, row):
        raise NotFound
    if row.state != ProposalState.OPEN:
        raise Invalid("这条建议已经裁定。")
    row.state = ProposalState.ADOPTED if adopt else ProposalState.REJECTED
    row.reason, row.decided_by, row.decided_at = reason, deed.by, deed.now
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    deed.record(
        "proposal.settled",
        file=row.file,
        subject=f"proposal:{row.pk}",
        data={"proposal": row.pk, "title": row.title, "verdict": row.get_state_display(), "reason": reason},
        norm=row.norm,
        clause=row.clause,
        pack=row.pack,
    )
    return row.state


def may_settle(person: Person, row: Proposal) -> bool:
    """Whether the regulation names this person to decide; without a name, the superior of the person or the unit's."""
    return deciders.settles(person, row, roles_of(person.pk, regulations()))


@action(
    "proposal.hear",
    "陈述意见",
    args=[PROPOSAL, Field("text", "陈述", "long_text", required=True)],
    about="",
    needs="none",
    events=("proposal.heard",),
)
def hear_proposal(*, deed: Deed, proposal: int, text: str) -> int:
    """The person concerned (or his unit's head) says his side before the decision."""
    row = Proposal.objects.select_for_update().filter(pk=proposal).first()
    person = deed.person
    if row is None or person is None:
        raise NotFound
    if row.person_id != person.pk and row.unit_id not in org.headed_units(person):
        raise NotFound
    if row.state != ProposalState.OPEN:
        raise Invalid("已经裁定，不能再陈述。")
    row.heard, row.heard_at = text, deed.now
    row.save(update_fields=["heard", "heard_at"])
    deed.record(
        "proposal.heard",
        file=row.file,
        subject=f"proposal:{row.pk}",
        data={"proposal": row.pk, "text": text},
        norm=row.norm,
        clause=row.clause,
        pack=row.pack,
    )
    return row.pk


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
        effects.tell([row.requester_id], f"您的申请“{row.title}”{words}{said}", kind="approval", request=row.pk)


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
