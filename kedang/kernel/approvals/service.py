"""Opening requests and moving them. Every move locks the Request row before it reads anything else.

Without that lock two last votes of a 会签 each see the other's ballot open and leave the step open for ever on
PostgreSQL. The functions run inside the caller's transaction and record their events; they never run the frozen
command: whoever called does, when `Outcome.status_after` is 'approved', and then says `mark_executed` or `mark_failed`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from kedang.kernel import clock
from kedang.kernel.approvals import announce, machine, rows, selectors
from kedang.kernel.approvals.models import Ballot, Request, RequestStatus, Watcher
from kedang.kernel.approvals.values import TIMEOUTS, Move, MoveRefused, State, StepSpec
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

OPINION_MAX = 2000
COPIES_MAX = 50
REMIND_AGAIN = timedelta(hours=1)
MOVE_WORDS = {
    "agree": "同意",
    "reject": "拒绝",
    "return": "退回",
    "withdraw": "撤回",
    "void": "作废",
    "remind": "催办",
    "transfer": "转交",
    "delegate": "委托",
    "add_before": "前加签",
    "add_after": "后加签",
    "add_beside": "并加签",
    "remove_signer": "减签",
    "take_back": "拿回",
    "consult": "征询",
    "advise": "答复征询",
    "retry": "再次执行",
}
# A time limit that ends the step is over when it has passed, whether or not the clock has come round to say so.
ENDING = ("return", "reject")
Receivers = Person | int | Sequence[Person | int] | None


@dataclass(frozen=True)
class Outcome:
    """What a move did: the request as it is now, both statuses, its events, and who has newly been asked."""

    request: Request
    status_before: str
    status_after: str
    events: list[Event] = field(default_factory=list)
    asked: tuple[int, ...] = ()

    @property
    def approved(self) -> bool:
        """True when this very move was the last agreement: run the frozen command now."""
        return self.status_after == RequestStatus.APPROVED and self.status_before != RequestStatus.APPROVED


def open_request(
    *,
    action: str,
    args: Mapping[str, Any],
    requester: Person,
    title: str,
    steps: Sequence[StepSpec],
    norms: Sequence[Mapping[str, str]],
    command: UUID,
    on_behalf_of: Person | None = None,
    file: int | None = None,
    reason: str = "",
    then: str = "run",
    grant: Mapping[str, Any] | None = None,
    digest: str = "",
    key: str = "",
    present: Mapping[str, Any] | None = None,
    copies: Receivers = None,
    sink: list[Event] | None = None,
) -> Request:
    """Freeze a command and open its route (`steps` from `route.prepare`). Events are appended to `sink`."""
    _need_transaction()
    state = machine.start(requester.pk, tuple(steps), on_behalf_of=on_behalf_of.pk if on_behalf_of else None)
    now = clock.now()
    request = Request(
        action=action,
        args=dict(args),
        requester=requester,
        on_behalf_of=on_behalf_of,
        file=file,
        title=title[:200],
        norms=[dict(norm) for norm in norms],
        then=then,
        grant=dict(grant) if grant is not None else None,
        reason=reason,
        digest=digest,
        route=[step.to_json() for step in steps],
        command=command,
        key=key,
        present=dict(present or {}),
        asked_at=now,
        version=0,
    )
    request.save()
    rows.write(request, None, state, now)
    events = announce.asked(request, requester, command)
    if sink is not None:
        sink.extend(events)
    if _ids(copies):
        copy_to(request.pk, copies, by=requester, command=command, sink=sink)
    return request


def move(
    request_id: int,
    *,
    by: Person,
    kind: str,
    command: UUID,
    opinion: str = "",
    to: Receivers = None,
    step: int | None = None,
    then: str = "",
    form: Mapping[str, Any] | None = None,
    promise: bool = False,
    sink: list[Event] | None = None,
) -> Outcome:
    """Make one move. `to` names people (转交, 加签 …), `step` the earlier step of a 退回 (None: the requester);
    `promise`: what the step asks for before it passes is not there yet, so an agreement is given on condition.

    MoveRefused (an Invalid) in Chinese when it is not possible now, NotFound when `by` may not know of the request.
    """
    if kind not in MOVE_WORDS:
        raise MoveRefused(f"没有“{kind}”这种操作。")
    request = locked(request_id, by)
    wanted = Move(
        kind,
        by.pk,
        to=_ids(to),
        step=step,
        then=then,
        opinion=_opinion(opinion),
        form=dict(form) if form is not None else None,
        principals=frozenset(person.pk for person in org.principals_of(by)),
        promise=promise,
    )
    _check_receivers(wanted)
    before = rows.state_of(request)
    _check_in_time(before, wanted)
    after = machine.apply(before, wanted)
    if kind == "remind":
        _check_reminded(request)
    return carry_out(request, before, after, wanted, by, command, sink)


def resubmit(
    request_id: int,
    *,
    by: Person,
    command: UUID,
    args: Mapping[str, Any],
    steps: Sequence[StepSpec],
    norms: Sequence[Mapping[str, str]],
    title: str = "",
    reason: str = "",
    then: str | None = None,
    grant: Mapping[str, Any] | None = None,
    digest: str = "",
    present: Mapping[str, Any] | None = None,
    sink: list[Event] | None = None,
) -> Outcome:
    """再次提交 after a 退回: freezes anew on a newly computed route.

    It goes straight back to the step that asked for it only when the digest is unchanged; what earlier approvers have
    not seen they have not agreed to.
    """
    request = locked(request_id, by)
    before = rows.state_of(request)
    changed = not digest or digest != request.digest
    wanted = Move("resubmit", by.pk, steps=tuple(steps), changed=changed)
    after = machine.apply(before, wanted)
    request.args, request.digest = dict(args), digest
    request.present = dict(present) if present is not None else request.present
    request.norms = [dict(norm) for norm in norms]
    request.route = [spec.to_json() for spec in steps] if after.round != before.round else request.route
    request.title, request.reason = title[:200] or request.title, reason or request.reason
    request.then = then or request.then
    request.grant = dict(grant) if grant is not None else request.grant
    return carry_out(request, before, after, wanted, by, command, sink)


def mark_executed(request: Request, *, command: UUID | None = None, by: Person | None = None) -> Event:
    """The frozen command ran (or its grant was given)."""
    return _close(request, RequestStatus.EXECUTED, "", command, by)


def mark_failed(request: Request, cause: str, *, command: UUID | None = None, by: Person | None = None) -> Event:
    """批准未执行: approved, but the frozen command could not run any more; `cause` is shown."""
    return _close(request, RequestStatus.FAILED, cause, command, by)


def copy_to(
    request_id: int, people: Receivers, *, by: Person, command: UUID, sink: list[Event] | None = None
) -> list[Watcher]:
    """抄送: let people read the request; those who were sent a copy before are left alone.

    Only who asked or decides passes it on: a copy gives no right to spread it further.
    """
    request = locked(request_id, by)
    if not selectors.may_copy(by, request):
        raise MoveRefused("只有提交人和审批人可以抄送。")
    ids = tuple(dict.fromkeys(_ids(people)))
    if not ids:
        raise MoveRefused("请选择抄送给谁。", "to")
    if len(ids) > COPIES_MAX:
        raise MoveRefused(f"一次最多抄送 {COPIES_MAX} 人。", "to")
    _check_receivers(Move("copy", by.pk, to=ids))
    there = set(Watcher.objects.filter(request=request, person_id__in=ids).values_list("person_id", flat=True))
    now = clock.now()
    new = [
        Watcher(request=request, person_id=person, added_by=by, added_at=now) for person in ids if person not in there
    ]
    Watcher.objects.bulk_create(new)
    if new:
        event = announce.copied(request, by, tuple(watcher.person_id for watcher in new), command)
        if sink is not None:
            sink.append(event)
    return new


def mark_seen(request: Request, person: Person) -> None:
    """Note the first reading by somebody who was asked or sent a copy; what is read cannot be 拿回."""
    now = clock.now()
    waiting = Ballot.objects.filter(step__request=request, person=person, status__in=("pending", "consulted"))
    waiting.filter(seen_at=None).update(seen_at=now)
    Watcher.objects.filter(request=request, person=person, seen_at=None).update(seen_at=now)


def locked(request_id: int, by: Person) -> Request:
    """The request with its row locked for the rest of the transaction; NotFound when `by` may not know of it."""
    _need_transaction()
    request = Request.objects.select_for_update().filter(pk=request_id).first()
    if request is None or not selectors.can_see(by, request):
        raise NotFound
    return request


# --- parts ------------------------------------------------------------------


def carry_out(
    request: Request,
    before: State,
    after: State,
    wanted: Move,
    by: Person | None,
    command: UUID,
    sink: list[Event] | None,
) -> Outcome:
    """Write what a move changed, with its events; the caller holds the lock on the request's row."""
    status_before = request.status
    rows.write(request, before, after, clock.now())
    events = announce.moved(request, before, after, wanted, by, command)
    if sink is not None:
        sink.extend(events)
    asked = tuple(ballot.person for step in after.steps for ballot in step.pending if ballot.id is None)
    return Outcome(request, status_before, request.status, events, asked)


def _close(request: Request, status: RequestStatus, cause: str, command: UUID | None, by: Person | None) -> Event:
    _need_transaction()
    # A conditional update: two workers that both ran the approved command cannot both claim it.
    allowed = (RequestStatus.APPROVED, RequestStatus.FAILED)
    changed = Request.objects.filter(pk=request.pk, status__in=allowed).update(
        status=status, cause=cause, version=request.version + 1
    )
    if not changed:
        raise MoveRefused("只有已批准的申请才能执行。")
    request.refresh_from_db()
    return announce.closed(request, by, command)


def _check_in_time(state: State, wanted: Move) -> None:
    step = state.steps[state.active] if state.active is not None else None
    if step is None or step.due is None or step.spec.timeout not in ENDING or wanted.by in state.barred:
        return
    if clock.now() > step.due:
        raise MoveRefused(f"审批期限已过，按规定{TIMEOUTS[step.spec.timeout]}，请刷新后查看。")


def _check_receivers(wanted: Move) -> None:
    """Nobody who has left or is suspended is asked to decide."""
    if wanted.to and org.active_people().filter(pk__in=wanted.to).count() != len(set(wanted.to)):
        raise MoveRefused("所选人员不存在或已停用。", "to")


def _check_reminded(request: Request) -> None:
    last = announce.last_reminded(request)
    if last is not None and clock.now() - last < REMIND_AGAIN:
        raise MoveRefused("一小时内已经催办过，请稍后再催。")


def _opinion(text: str) -> str:
    text = text.strip()
    if len(text) > OPINION_MAX:
        raise MoveRefused(f"意见不能超过 {OPINION_MAX} 字，现有 {len(text)} 字。", "opinion")
    return text


def _ids(to: Receivers) -> tuple[int, ...]:
    people = [] if to is None else [to] if isinstance(to, (Person, int)) else list(to)
    return tuple(person if isinstance(person, int) else person.pk for person in people)


def _need_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("approvals move inside the caller's transaction")


__all__ = [
    "MOVE_WORDS",
    "Outcome",
    "carry_out",
    "copy_to",
    "locked",
    "mark_executed",
    "mark_failed",
    "mark_seen",
    "move",
    "open_request",
    "resubmit",
]
