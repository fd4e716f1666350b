"""What happens to a request by itself: a condition that an agreement waits for, a time limit that has passed."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from kedang.kernel.actions import closing, duties, effects
from kedang.kernel.actions.deed import Deed
from kedang.kernel.approvals import rows, timing
from kedang.kernel.approvals.models import Ballot, Request, RequestStatus
from kedang.kernel.approvals.values import TIMEOUTS, StepSpec
from kedang.kernel.errors import KedangError
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.store import Regulations, env_of, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.once import once
from kedang.kernel.org.models import Person

# ---- a condition (`agree_if`) ------------------------------------------------------------------------------------


def holds(request: Request, spec: StepSpec) -> bool:
    """Whether what a step asks for before it passes is there now. What cannot be decided is not there."""
    if not spec.agree_if:
        return True
    from kedang.kernel.actions import executing, orders

    name, _, index = spec.agree_if.rpartition(":")
    number = next((each.get("version") for each in request.norms if each.get("norm") == spec.norm), None)
    version = regulations().version(spec.pack, int(number) if number else None)
    steps = version.regulation.route_exprs.get(name, ()) if version else ()
    condition = steps[int(index)].get("agree_if") if int(index) < len(steps) else None
    action = vocabulary.actions.get(request.action)
    if version is None or condition is None or action is None:
        return False
    args = executing.thaw(action.args, request.args)
    try:
        order = orders.prepare(action, args, by=request.requester, on_behalf_of=request.on_behalf_of, dry=True)
    except KedangError:
        return False
    return condition.evaluate(env_of(version, order.variables(), order.facts)).truth is True


def active_spec(request: Request) -> StepSpec | None:
    """What the active step says."""
    state = rows.state_of(request)
    return state.steps[state.active].spec if state.active is not None else None


def ask_for(request: Request, spec: StepSpec, deed: Deed) -> None:
    """A duty of the requester to do what an agreement on condition waits for; one, however many agree."""
    subject = duty_subject(request.pk)
    if Duty.objects.filter(norm=spec.norm, subject=subject, state=DutyState.OPEN).exists():
        return
    number = next((each.get("version") for each in request.norms if each.get("norm") == spec.norm), "")
    Duty.objects.create(
        pack=spec.pack,
        version=int(number or 1),
        norm=spec.norm,
        clause=spec.clause,
        title=f"{spec.first}（{request.title}获批的条件）"[:200],
        file=request.file,
        subject=subject,
        bearer_id=request.on_behalf_of_id or request.requester_id,
        opened_at=deed.now,
        counted_from=deed.now,
    )
    text = f"“{request.title}”已附条件同意，办好“{spec.first}”后生效。"
    effects.tell([request.requester_id], text, kind="approval", request=request.pk)


def duty_subject(request: int) -> str:
    """How the duty that a condition opened names its request."""
    return f"approval:{request}"


def settle_duty(request: Request, deed: Deed) -> None:
    """The duty that a condition opened: done when the agreement counts, void when nobody waits for it any more."""
    for duty in Duty.objects.filter(subject=duty_subject(request.pk), state=DutyState.OPEN):
        if Ballot.objects.filter(step__request=request, status="pending", promised_by__isnull=False).exists():
            return
        if any(event.kind == "approval.fulfilled" for event in deed.events):
            duties.close(duty, deed.now, deed.events[-1].pk)
        else:
            duty.state, duty.closing_note = DutyState.VOID, f"申请{request.get_status_display()}"
            duty.breach_check_at = duty.next_remind_at = None
        duty.save(update_fields=[*duties.CLOSING_FIELDS, "closing_note"])


def look_again(deed: Deed, regs: Regulations) -> None:
    """After a deed: what was agreed to on condition, about the files it changed, may count now."""
    touched = {event.file for event in deed.events if event.file}
    if not touched or not any(version.regulation.conditional for version in regs.versions):
        return
    waiting = Request.objects.filter(
        file__in=touched,
        status=RequestStatus.PENDING,
        steps__ballots__promised_by__isnull=False,
        steps__ballots__status="pending",
    )
    for pk in sorted(set(waiting.values_list("pk", flat=True))):
        deed.after.append(partial(_fulfil, pk))


def _fulfil(pk: int) -> None:
    fulfil(pk)


def fulfil(pk: int) -> bool:
    """Count the agreements of a request whose condition holds by now; whether it did."""
    with once(), transaction.atomic():
        request = Request.objects.select_for_update(of=("self",)).select_related("requester", "on_behalf_of").get(pk=pk)
        spec = active_spec(request)
        if spec is None or not holds(request, spec):
            return False
        deed = Deed(by=None)
        outcome = timing.fulfil(pk, command=deed.command, sink=deed.events)
        if outcome is None:
            return False
        _after(outcome.request, deed)
    if outcome.approved:
        _execute(pk)
    return True


# ---- a time limit ------------------------------------------------------------------------------------------------


def time_out(pk: int) -> bool:
    """Do what the limit of a request's active step says; whether it had passed. Twice does it once."""
    deed = Deed(by=None)
    with once(), transaction.atomic():
        outcome = timing.time_out(pk, command=deed.command, sink=deed.events)
        if outcome is None:
            return False
        _tell_late(outcome.request, str(deed.events[0].data["how"]))
        if outcome.status_after == RequestStatus.REJECTED:
            closing.asked_in_vain(outcome.request)
        _after(outcome.request, deed)
    return True


def _tell_late(request: Request, how: str) -> None:
    """Who is to decide hears it each time; the requester what follows for him."""
    text = f"审批超过期限，请尽快处理：{request.title}"
    if request.status == RequestStatus.PENDING:
        effects.tell(waiting_for(request), text, kind="reminder", request=request.pk)
    if how != TIMEOUTS["remind"]:
        said = f"您的申请超过审批期限，按规定{how}：{request.title}"
        effects.tell([request.requester_id], said, kind="approval", request=request.pk)


def waiting_for(request: Request) -> list[int]:
    """Whose vote the active step waits for."""
    open_now = Ballot.objects.filter(step__request=request, status="pending", promised_by=None)
    return list(open_now.order_by("order", "id").values_list("person_id", flat=True))


def asked_by(request: Request, person: Person) -> list[int]:
    """Who wanted this person's opinion on the request."""
    answered = Ballot.objects.filter(step__request=request, person=person, status="advised", asked_by__isnull=False)
    return [asker for asker in answered.order_by("-closed_at").values_list("asked_by_id", flat=True)[:1] if asker]


def _after(request: Request, deed: Deed) -> None:
    from kedang.kernel.actions import reacting

    settle_duty(request, deed)
    reacting.react(deed, regulations())


def _execute(pk: int) -> Any:
    from kedang.kernel.actions.executing import execute

    return execute(pk)


__all__ = ["active_spec", "ask_for", "fulfil", "holds", "look_again", "settle_duty", "time_out", "waiting_for"]
