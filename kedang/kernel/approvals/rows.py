"""Between rows and values: the state a request's rows mean, and writing what a move changed. Calls no rule."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from kedang.kernel.approvals import values
from kedang.kernel.approvals.models import Ballot, Request, Step
from kedang.kernel.approvals.values import State, StepSpec, StepState
from kedang.kernel.models import Notice
from kedang.kernel.org import selectors as org
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration

CLOSED_STEPS = ("passed", "rejected", "returned", "skipped", "closed")


def state_of(request: Request) -> State:
    """The machine's state of a request, from the rows of its present round (two queries)."""
    steps = list(Step.objects.filter(request=request, round=request.round).order_by("index"))
    return build(request, steps, list(Ballot.objects.filter(step__in=steps).order_by("order", "id")))


def build(request: Request, steps: list[Step], ballots: list[Ballot]) -> State:
    """The same from rows already read."""
    barred = frozenset(person for person in (request.requester_id, request.on_behalf_of_id) if person)
    return State(
        requester=request.requester_id,
        barred=barred,
        steps=tuple(_step_state(step, ballots) for step in steps),
        status=request.status,
        resume=request.resume,
        round=request.round,
    )


def write(request: Request, before: State | None, after: State, at: datetime) -> None:
    """Write what changed between two states; the caller holds the lock on the request's row.

    Order matters to the partial unique constraints: what closes is written before what opens.
    """
    if before is not None and after.round != before.round:
        Step.objects.filter(request=request, round=before.round, status="waiting").update(status="closed", closed_at=at)
        before = None
    request.status, request.resume, request.round = after.status, after.resume, after.round
    old = {step.id: step for step in before.steps} if before else {}
    _shift(before, after)
    for closing in (True, False):
        for index, step in enumerate(after.steps):
            if (step.status != "active") == closing:
                _write_step(request, index, old.get(step.id) if step.id else None, step, at)
    request.version += 1
    if after.status not in values.OPEN_REQUEST and request.decided_at is None:
        request.decided_at = at
    request.save()


def _step_state(step: Step, ballots: list[Ballot]) -> StepState:
    return StepState(
        spec=StepSpec.from_json(step.spec),
        status=step.status,
        ballots=tuple(_ballot_value(ballot) for ballot in ballots if ballot.step_id == step.pk),
        run=step.run,
        carried=tuple(step.spec.get("carried", ())),
        id=step.pk,
        due=step.due_at,
    )


def _ballot_value(row: Ballot) -> values.Ballot:
    return values.Ballot(
        row.person_id,
        row.status,
        row.acting_for_id,
        row.opinion,
        row.form,
        row.run,
        row.seen_at is not None,
        row.pk,
        row.asked_by_id,
        row.question,
        row.promised_by_id,
    )


def _shift(before: State | None, after: State) -> None:
    """Move rows whose index grew (加签 put a step before them), the last first, so that no two ever share one."""
    if before is None:
        return
    old = {step.id: index for index, step in enumerate(before.steps)}
    for index in range(len(after.steps) - 1, -1, -1):
        step = after.steps[index]
        if step.id is not None and old[step.id] != index:
            Step.objects.filter(pk=step.id).update(index=index)


def _write_step(request: Request, index: int, old: StepState | None, new: StepState, at: datetime) -> None:
    if old == new:
        return
    fields = _step_fields(new)
    if old is None or old.status != new.status:
        if new.status == "active":
            due = due_of(new.spec, at)
            fields |= {"opened_at": at, "closed_at": None, "due_at": due, "overdue_since": None}
        elif new.status in CLOSED_STEPS:
            fields |= {"closed_at": at}
    if new.id is None:
        step_id = Step.objects.create(request=request, round=request.round, index=index, **fields).pk
    else:
        step_id = new.id
        Step.objects.filter(pk=step_id).update(**fields)
    _write_ballots(step_id, old.ballots if old else (), new.ballots, at)
    if new.status == "active":
        _ask(request, old.ballots if old and old.status == "active" else (), new.ballots, at)


def _step_fields(step: StepState) -> dict[str, Any]:
    spec = step.spec
    return {
        "mode": spec.mode,
        "role": spec.role,
        "role_name": spec.role_name,
        "pack": spec.pack,
        "clause": spec.clause,
        "status": step.status,
        "run": step.run,
        "spec": {**spec.to_json(), "carried": list(step.carried)},
    }


def _write_ballots(
    step_id: int, before: tuple[values.Ballot, ...], after: tuple[values.Ballot, ...], at: datetime
) -> None:
    old = {ballot.id: ballot for ballot in before}
    for ballot in after:
        if ballot.id is not None and ballot != old[ballot.id]:
            Ballot.objects.filter(pk=ballot.id).update(**_changed(ballot, old[ballot.id], at))
    Ballot.objects.bulk_create(
        Ballot(step_id=step_id, order=order, run=ballot.run, opened_at=at, **_ballot_fields(ballot))
        for order, ballot in enumerate(after)
        if ballot.id is None
    )


def _ask(request: Request, before: tuple[values.Ballot, ...], after: tuple[values.Ballot, ...], at: datetime) -> None:
    """A message to whoever is newly asked, and to who stands in for him. In the inbox the ballot stands by itself, so the notice counts as read."""
    old = {ballot.person for ballot in before if ballot.pending}
    asked = dict.fromkeys(ballot.person for ballot in after if ballot.pending and ballot.person not in old)
    if asked:
        Notice.objects.bulk_create(
            Notice(
                person_id=person,
                kind="ballot",
                text=f"请审批：{request.title}",
                file=request.file,
                request=request.pk,
                at=at,
                read_at=at,
            )
            for person in {**asked, **dict.fromkeys(sorted(org.standing_in(asked)))}
        )


def due_of(spec: StepSpec, since: datetime) -> datetime | None:
    """The last instant of a step's time limit when it begins at `since`; None without one."""
    if not spec.within:
        return None
    closing = time.fromisoformat(spec.closing) if spec.closing else None
    cal = calendar.load()
    return deadlines.due_at(since, Duration.parse(spec.within), cal, holiday=spec.holiday, closing=closing)


def _changed(ballot: values.Ballot, old: values.Ballot, at: datetime) -> dict[str, Any]:
    """A promise leaves the ballot open: it is not closed by it, and remembers when it was given."""
    fields = _ballot_fields(ballot)
    if not ballot.pending:
        fields["closed_at"] = at
    if ballot.promised is None:
        fields["promised_at"] = None
    elif ballot.pending and ballot != old:
        fields["promised_at"] = at
    return fields


def _ballot_fields(ballot: values.Ballot) -> dict[str, Any]:
    return {
        "person_id": ballot.person,
        "acting_for_id": ballot.acting_for,
        "status": ballot.status,
        "opinion": ballot.opinion,
        "form": ballot.form,
        "asked_by_id": ballot.asked_by,
        "question": ballot.question,
        "promised_by_id": ballot.promised,
    }
