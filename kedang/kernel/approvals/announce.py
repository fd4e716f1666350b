"""Which ledger events a move leaves. The clause is the step's, else that of the first norm that asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from kedang.kernel import ledger
from kedang.kernel.approvals.events import WRITTEN
from kedang.kernel.approvals.models import Request
from kedang.kernel.approvals.values import TIMEOUTS, Ballot, Move, State, StepSpec
from kedang.kernel.ledger.models import Event
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

_WHERE = {"add_before": "前加签", "add_after": "后加签", "add_beside": "并加签"}
_KINDS = {
    "agree": "approval.agreed",
    "reject": "approval.rejected",
    "return": "approval.returned",
    "resubmit": "approval.resubmitted",
    "withdraw": "approval.withdrawn",
    "void": "approval.voided",
    "remind": "approval.reminded",
    "transfer": "approval.transferred",
    "delegate": "approval.delegated",
    "add_before": "approval.signer_added",
    "add_after": "approval.signer_added",
    "add_beside": "approval.signer_added",
    "remove_signer": "approval.signer_removed",
    "take_back": "approval.taken_back",
    "consult": "approval.consulted",
    "advise": "approval.advised",
    "fulfil": "approval.fulfilled",
    "time_out": "approval.timed_out",
    "retry": "approval.retried",
}


def subject_of(request: Request) -> str:
    """How the ledger names a request."""
    return f"approval:{request.pk}"


def asked(request: Request, by: Person, command: UUID) -> list[Event]:
    """One event a norm that asks for approval, so that each clause's register counts it."""
    norms = request.norms or [{}]
    data = {**_basis(request), "reason": request.reason}
    return [_record("approval.asked", request, by, command, data, norm=norm) for norm in norms]


def moved(request: Request, before: State, after: State, move: Move, by: Person | None, command: UUID) -> list[Event]:
    """The events of one move; the last agreement adds approval.approved. `by` is None when time moves."""
    index = before.active
    spec = before.steps[index].spec if index is not None else None
    said = [(_KINDS[move.kind], _data(request, before, after, move))]
    if move.kind == "add_after":
        said.append(("approval.agreed", _vote(request, before, after, move)))
    if move.promise and spec is not None:
        said[-1] = ("approval.agreed_if", {**_vote(request, before, after, move), "first": spec.first})
    if move.kind == "time_out" and after.status in _ENDS:
        said.append(_ENDS[after.status](_vote(request, before, after, move)))
    if after.status == "approved" and before.status == "pending":
        said.append(("approval.approved", _basis(request)))
    return [
        _record(kind, request, by, command, data, spec=None if kind == "approval.approved" else spec)
        for kind, data in said
    ]


_LATE = "超过审批期限"
_ENDS: dict[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    "rejected": lambda vote: ("approval.rejected", {**vote, "opinion": _LATE, "final": True}),
    "returned": lambda vote: ("approval.returned", {**vote, "opinion": _LATE, "straight": False}),
}


def copied(request: Request, by: Person, people: tuple[int, ...], command: UUID) -> Event:
    """抄送."""
    return _record("approval.copied", request, by, command, {**_basis(request), "people": _names(people)})


def printed(request: Request, by: Person, command: UUID) -> Event:
    """打印审批单."""
    return _record("approval.printed", request, by, command, _basis(request))


def closed(request: Request, by: Person | None, command: UUID | None) -> Event:
    """The approved command ran, or could not."""
    data = _basis(request)
    if request.status == "failed":
        data["cause"] = request.cause
    return _record(f"approval.{request.status}", request, by, command or request.command, data)


def last_reminded(request: Request) -> datetime | None:
    """When the requester last pressed 催办."""
    events = Event.objects.filter(subject=subject_of(request), kind="approval.reminded")
    return events.order_by("-id").values_list("recorded_at", flat=True).first()


def _data(request: Request, before: State, after: State, move: Move) -> dict[str, Any]:
    basis = _basis(request)
    index = before.active
    if move.kind in ("withdraw", "void"):
        return {**basis, "opinion": move.opinion}
    if move.kind == "retry":
        return basis
    if move.kind == "time_out":
        return {**basis, "step": index, "how": TIMEOUTS[_spec(before).timeout], "people": _names(_new(before, after))}
    if move.kind == "fulfil":
        return {**basis, "step": index}
    if move.kind == "resubmit":
        return {**basis, "reason": request.reason, "straight": after.round == before.round}
    if move.kind == "remind":
        assert index is not None
        waiting = tuple(ballot.person for ballot in before.steps[index].pending)
        return {**basis, "people": _names(waiting), "step": index}
    vote = _vote(request, before, after, move)
    if move.kind == "reject":
        return {**vote, "final": after.status == "rejected"}
    if move.kind == "return":
        return {**vote, "to_step": move.step, "straight": move.then == "straight"}
    if move.kind in _WHERE:
        return {**vote, "people": _names(move.to), "where": _WHERE[move.kind]}
    if move.kind in ("transfer", "delegate", "remove_signer", "consult"):
        return {**vote, "people": _names(move.to)}
    return vote


def _spec(state: State) -> StepSpec:
    assert state.active is not None
    return state.steps[state.active].spec


def _new(before: State, after: State) -> tuple[int, ...]:
    """Who is asked now and was not before; who was asked all along when nobody is new."""
    old = {ballot.person for step in before.steps for ballot in step.pending}
    now = [ballot.person for step in after.steps for ballot in step.pending]
    return tuple(person for person in now if person not in old) or tuple(now)


def _vote(request: Request, before: State, after: State, move: Move) -> dict[str, Any]:
    index = before.active
    assert index is not None
    return {
        **_basis(request),
        "step": index,
        "role": before.steps[index].spec.role_name,
        "opinion": move.opinion,
        "acting_for": _acting_for(before.steps[index].ballots, after, move),
    }


def _acting_for(old: tuple[Ballot, ...], after: State, move: Move) -> int | None:
    """For whom the mover spoke: found on the ballot that this move closed."""
    open_ids = {ballot.id for ballot in old if ballot.pending}
    ballots = [b for step in after.steps for b in step.ballots if b.id in open_ids and not b.pending]
    return next((b.acting_for for b in ballots if b.person == move.by and b.status != "cancelled"), None)


def _basis(request: Request) -> dict[str, Any]:
    # The file is named by its number alone: a name in the ledger would outlive the file itself.
    title = request.title.partition("“")[0] if request.file else request.title
    return {"request": request.pk, "action": request.action, "title": title or request.title}


def _names(people: tuple[int, ...]) -> str:
    names = org.names_of(people)
    return "、".join(names.get(person, "") for person in people)


def _record(
    kind: str,
    request: Request,
    by: Person | None,
    command: UUID | None,
    data: dict[str, Any],
    *,
    spec: StepSpec | None = None,
    norm: dict[str, str] | None = None,
) -> Event:
    named = norm or next((n for n in request.norms if _same_source(n, spec)), None)
    named = named or next(iter(request.norms), {})
    requester_speaks = by is not None and by.pk == request.requester_id
    assert command is not None
    return ledger.record(
        kind,
        command=command,
        file=request.file,
        subject=subject_of(request),
        actor=by,
        on_behalf_of=request.on_behalf_of if requester_speaks else None,
        norm=(spec.norm if spec else "") or named.get("norm", ""),
        clause=(spec.clause if spec else "") or named.get("clause", ""),
        pack=(spec.pack if spec else "") or named.get("pack", ""),
        data={key: value for key, value in data.items() if value not in (None, "") and key not in WRITTEN},
        values=[ledger.ValueDraft(key, new=str(data[key])) for key in WRITTEN if data.get(key)],
    )


def _same_source(norm: dict[str, str], spec: StepSpec | None) -> bool:
    return spec is not None and norm.get("pack") == spec.pack and norm.get("clause") == spec.clause
