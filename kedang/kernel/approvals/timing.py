"""What time does to a request: a step's limit that has passed, a condition that holds at last. By no person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kedang.kernel import clock
from kedang.kernel.approvals import machine, rows, service
from kedang.kernel.approvals.models import Request, RequestStatus, Step, StepStatus
from kedang.kernel.approvals.values import SYSTEM, Move, MoveRefused, State
from kedang.kernel.ledger.models import Event
from kedang.kernel.org import selectors as org


def overdue(now: datetime) -> list[int]:
    """Requests with an active step whose limit has passed, the longest ago first."""
    due = Step.objects.filter(status=StepStatus.ACTIVE, due_at__lt=now).order_by("due_at")
    return list(due.values_list("request_id", flat=True))


def next_due(after: datetime) -> datetime | None:
    """The next instant at which a step's limit ends."""
    due = Step.objects.filter(status=StepStatus.ACTIVE, due_at__gte=after).order_by("due_at")
    return due.values_list("due_at", flat=True).first()


def promised() -> list[int]:
    """Requests that were agreed to on a condition."""
    waiting = Step.objects.filter(ballots__status="pending", ballots__promised_by__isnull=False, status="active")
    return list(waiting.order_by("request_id").values_list("request_id", flat=True).distinct())


def time_out(request_id: int, *, command: UUID, sink: list[Event] | None = None) -> service.Outcome | None:
    """Do what the active step's limit says, once for each time it passes; None when it has not passed (any more)."""
    now = clock.now()
    request = _locked(request_id)
    step = Step.objects.filter(request=request, round=request.round, status=StepStatus.ACTIVE).first()
    if step is None or step.due_at is None or step.due_at >= now:
        return None
    before = rows.state_of(request)
    wanted = Move("time_out", SYSTEM, above=_above(before))
    after = machine.apply(before, wanted)
    outcome = service.carry_out(request, before, after, wanted, None, command, sink)
    index = before.active
    assert index is not None
    # Escalated once is enough; a reminder comes again after the same time.
    again = after == before and after.steps[index].spec.timeout in ("remind", "escalate")
    due = rows.due_of(after.steps[index].spec, now) if again else None
    Step.objects.filter(pk=step.pk).update(due_at=due, overdue_since=step.overdue_since or step.due_at)
    return outcome


def fulfil(request_id: int, *, command: UUID, sink: list[Event] | None = None) -> service.Outcome | None:
    """What was agreed on condition is agreed; None when nothing waits for it (any more)."""
    request = _locked(request_id)
    before = rows.state_of(request)
    wanted = Move("fulfil", SYSTEM)
    try:
        after = machine.apply(before, wanted)
    except MoveRefused:
        return None
    return service.carry_out(request, before, after, wanted, None, command, sink)


def _locked(request_id: int) -> Request:
    return Request.objects.select_for_update().get(pk=request_id)


def _above(state: State) -> tuple[tuple[int, int], ...]:
    """(voter, superior) of everybody the active step waits for."""
    if state.status != RequestStatus.PENDING or state.active is None:
        return ()
    voices = sorted({ballot.voice for ballot in state.steps[state.active].pending})
    found = ((voice, org.superior(voice)) for voice in voices)
    return tuple((voice, above.pk) for voice, above in found if above is not None)
