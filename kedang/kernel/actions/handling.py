"""What a person does about a duty or a proposal: take it, excuse it, extend it, finish it; settle it, be heard."""

from __future__ import annotations

from typing import Any

from kedang.kernel import clock
from kedang.kernel.actions import adoption, timing
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.norms import deciders
from kedang.kernel.norms.models import Duty, DutyState, Proposal, ProposalState
from kedang.kernel.norms.people import roles_of
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

# ---- duties ------------------------------------------------------------------------------------------------------

DUTY = Field("duty", "事项", "integer", required=True)


def duty_of(deed: Deed, pk: int) -> Duty:
    """An open duty the actor bears or may take; NotFound otherwise."""
    duty = Duty.objects.select_for_update().filter(pk=pk, state=DutyState.OPEN).first()
    person = deed.person
    if duty is None or person is None or not concerns(duty, person):
        raise NotFound
    return duty


def concerns(duty: Duty, person: Person) -> bool:
    """Whether the duty is the person's: as its bearer, as who took it, through his unit or his role."""
    if person.pk in (duty.bearer_id, duty.taken_by_id):
        return True
    if duty.unit_id and duty.unit_id in org.headed_units(person):
        return True
    return bool(duty.role) and duty.role in roles_of(person.pk, regulations())


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
    """Move the due time of a duty one bears, or that one of one's people bears where its regulation lets a superior, as
    often and as far as it allows; the new due time."""
    from kedang.kernel.actions import entrusting

    row = Duty.objects.select_for_update().filter(pk=duty, state=DutyState.OPEN).first()
    own = row is not None and deed.person is not None and concerns(row, deed.person)
    if row is None or not (own or (deed.by is not None and entrusting.answers_for(deed.by, row))):
        raise NotFound
    found = regulations().norm(row.norm, row.version)
    if found is None:
        raise Invalid("这一事项没有延期的规定。")
    timing.extend(row, *found, superior=not own)
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
    if row.subject.startswith("approval:"):
        raise Invalid("这一事项在审批要求的条件成立时自动办结，不能手工办结。")
    found = regulations().norm(row.norm, row.version)
    if adoption.is_notice(row) or (found is not None and getattr(found[1].norm, "done", None) is not None):
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
