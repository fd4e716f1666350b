"""perform(): guard → change + event in one transaction → norms react → duties. The only way to change anything."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from kedang.kernel import files
from kedang.kernel.actions import (
    access,
    answers,
    approving,
    asking,
    attaching,
    forms,
    keys,
    missing,
    reacting,
    speaking,
)
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.orders import Order, decision_of, prepare
from kedang.kernel.errors import AsksReason, Invalid, KedangError, NeedsApproval, NotFound, Refused, RefusedBefore
from kedang.kernel.faults import fault_of
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Chip, CommandKey
from kedang.kernel.norms.engine import Decision, Finding
from kedang.kernel.norms.explain import text_of
from kedang.kernel.norms.expressions import FactStore
from kedang.kernel.norms.store import Regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.once import once
from kedang.kernel.org.models import Person

log = logging.getLogger("kedang.actions")


@dataclass(frozen=True)
class Result:
    """What a deed answered: the action's value, the ids of its events, the warnings it passed with."""

    value: Any = None
    events: tuple[int, ...] = ()
    warnings: tuple[Finding, ...] = ()
    command: str = ""


def perform(
    name: str,
    /,
    *,
    by: Person | None,
    key: str | None = None,
    on_behalf_of: Person | None = None,
    behalf_reason: str = "",
    reason: str = "",
    confirmed: bool = False,
    ask_exception: bool = False,
    origin: str = "",
    copies: tuple[int, ...] = (),
    **args: Any,
) -> Result:
    """Do it, or raise Refused, NeedsApproval, AsksReason, Invalid, NotFound or Conflict.

    A refusal is on record when it is raised. `key` makes it one deed however often it is sent. `ask_exception` asks for
    the approval that the refusing norm names in `lifted_by`. `copies`: who is sent a copy (抄送) if it must be asked for.
    """
    spec = vocabulary.actions[name]
    if reason and any(f.id == "reason" for f in spec.args):
        args.setdefault("reason", reason)
    with once(), transaction.atomic():
        row: CommandKey | None = None
        if key:
            said: dict[str, Any] = {"for": on_behalf_of and on_behalf_of.pk, "behalf": behalf_reason, "reason": reason}
            said |= {"confirmed": confirmed, "exception": ask_exception, "copies": copies}
            row, ours = keys.claim(key, by, keys.digest_of(name, args, said))
            if not ours:
                if not (spec.tells and row.outcome == "done"):
                    return _replay(row)
                row = None  # its answer was not kept: it looks again
        deed = Deed(by=by, on_behalf_of=on_behalf_of, origin=origin)
        order = prepare(
            spec,
            args,
            by=by,
            on_behalf_of=on_behalf_of,
            behalf_reason=behalf_reason or (reason if on_behalf_of else ""),
            reason=reason,
            confirmed=confirmed,
            ask_exception=ask_exception,
        )
        speaking.check(order)
        order.deed, order.origin, order.copies = deed, origin, copies
        answer = act(order)
        if isinstance(answer, AsksReason):
            keys.drop(row)
        else:
            keys.settle(row, *kept(answer, by, tells=spec.tells))
        approving.look_again(deed, order.regs)
    afterwards(deed)
    if isinstance(answer, KedangError):
        raise answer
    return answer


def afterwards(deed: Deed) -> None:
    """What runs in transactions of its own after the deed. The deed has committed and is not answered as failed when the
    machine fails now: the tick does what is left."""
    for after in deed.after:
        try:
            after()
        except Exception as error:
            if fault_of(error) is None:
                raise
            log.exception("left to the tick after command %s", deed.command)


def act(order: Order) -> Result | KedangError:
    """Decide and do. Answers that must stay on record are returned, not raised, so that the caller commits first."""
    decision = decision_of(order)
    answer = withheld(order, decision)
    if answer is not None:
        return answer
    _note_passed(order, decision)
    assert order.deed is not None
    value = order.action.run(deed=order.deed, **_run_args(order))
    return done(order, decision, value)


def withheld(order: Order, decision: Decision) -> KedangError | None:
    """What is answered instead of doing it: refused, a reason or confirmation is asked, an approval is needed."""
    if decision.verdict == "refuse":
        if order.ask_exception and all(finding.lifted_by for finding in decision.refusals):
            return asking.ask(order, decision.refusals, exception=True)
        return refuse(order, decision)
    if decision.verdict == "reason" and not order.reason:
        return AsksReason(decision)
    if decision.verdict in ("reason", "confirm") and not (order.confirmed or order.reason):
        return AsksReason(decision)
    if decision.approvals:
        speaking.note(order)
        _note_left_out(order, decision)
        return asking.ask(order, decision.approvals)
    return None


def plain(order: Order, decision: Decision) -> bool:
    """Whether nothing need be noted or filed beside the deed itself, so that it may be done together with others."""
    said = decision.questions or decision.confirms or decision.warnings or decision.undecided
    return decision.verdict == "allow" and not said and not order.attached and order.filing is None


def done(order: Order, decision: Decision, value: Any) -> Result:
    """What follows on the deed: attached forms, chips, the reaction of norms (a chunk's comes later)."""
    deed = order.deed
    assert deed is not None
    for filing in order.attached:
        forms.file(filing, deed)
    attaching.keep(order, deed.now)
    speaking.note(order)
    _keep_chips(order, decision)
    react_to(order)
    return Result(value, tuple(e.pk for e in deed.events), tuple(decision.warnings), str(deed.command))


def react_to(order: Order) -> None:
    """Norms answer the deed's events; those of a chunk wait for its end."""
    assert order.deed is not None
    if not order.deferred:
        reacting.react(order.deed, order.regs)
        files.told((event.kind, event.file) for event in order.deed.events)


def _run_args(order: Order) -> dict[str, Any]:
    if order.filing is not None:
        return {"filing": order.filing}
    return order.args


def refuse(order: Order, decision: Decision) -> Refused:
    """Record the refusal with its clause and let the packs hear of it; nothing else of the deed happens."""
    deed = order.deed
    assert deed is not None
    for finding in decision.refusals:
        deed.record(
            "norm.refused",
            file=order.view.id if order.view else None,
            subject=order.action.name,
            norm=finding.qid,
            clause=finding.clause,
            pack=finding.pack,
            data={
                "action": order.action.name,
                "label": order.action.label,
                "why": text_of(finding),
                "about": order.reading.qid if order.reading else None,
            },
        )
    missing.note(order, deed, decision.undecided)
    react_to(order)
    return Refused(decision)


def _note_passed(order: Order, decision: Decision) -> None:
    """What passed with a reason, a confirmation or a warning is on record under its clause."""
    deed = order.deed
    assert deed is not None
    passed = [("norm.reasoned", f) for f in decision.questions] + [("norm.confirmed", f) for f in decision.confirms]
    broken = [f for f in decision.warnings if f.effect == "breach"]
    for finding in broken:
        _note_broken(order, finding)
    missing.note(order, deed, decision.undecided)
    for kind, finding in passed + [("norm.warned", f) for f in decision.warnings if f not in broken]:
        deed.record(
            kind,
            file=order.view.id if order.view else None,
            subject=order.action.name,
            norm=finding.qid,
            clause=finding.clause,
            pack=finding.pack,
            data={
                "action": order.action.name,
                "label": order.action.label,
                "why": text_of(finding),
                "reason": order.reason,
            },
        )


def _note_left_out(order: Order, decision: Decision) -> None:
    """An approval that a stricter regulation's takes the place of is on record with what holds instead."""
    assert order.deed is not None
    for finding in decision.left_out:
        holds = next((each for each in decision.approvals if each.pack != finding.pack), decision.approvals[0])
        order.deed.record(
            "norm.yielded",
            file=order.view.id if order.view else None,
            subject=order.action.name,
            norm=finding.qid,
            clause=finding.clause,
            pack=finding.pack,
            data={"title": order.action.label, "holds": f"《{holds.pack_title}》第{holds.clause}条", "norm": holds.qid},
        )


def _note_broken(order: Order, finding: Finding) -> None:
    """What happened outside against a prohibition is on record as a breach, for regulations to answer."""
    assert order.deed is not None
    order.deed.record(
        "norm.breached",
        file=order.view.id if order.view else None,
        subject=order.action.name,
        norm=finding.qid,
        clause=finding.clause,
        pack=finding.pack,
        data={"norm": finding.qid, "title": (finding.message or finding.clause_text)[:200], "how": "（已登记为违反）"},
    )


def _keep_chips(order: Order, decision: Decision) -> None:
    """A warning stays on the file as a chip until its norm no longer holds (`reacting` looks again)."""
    assert order.deed is not None
    file = order.view.id if order.view else next((e.file for e in order.deed.events if e.file), None)
    if file is None:
        return
    for finding in decision.warnings:
        Chip.objects.get_or_create(
            file=file,
            norm=finding.qid,
            defaults={
                "pack": finding.pack,
                "clause": finding.clause,
                "text": finding.message or finding.clause_text,
                "since": order.deed.now,
            },
        )


def kept(answer: Result | KedangError, by: Person | None = None, *, tells: bool = False) -> tuple[str, Any]:
    """Outcome and result as the key keeps them; of a refusal what `by` is told, for the second post. No content of files."""
    if isinstance(answer, Result) and tells:
        return "done", None
    if isinstance(answer, Result):
        passed = {"warnings": answers.warned(answer.warnings)} if answer.warnings else {}
        return "done", {"value": answer.value, "events": list(answer.events), "command": answer.command, **passed}
    if isinstance(answer, NeedsApproval):
        return "needs", {"request": answer.request.pk}
    if isinstance(answer, Refused):
        told = {} if by is None else {"told": answers.told(answer.decision, by.pk)}
        named = {"files": answers.named_files(answer.decision)} if told else {}
        return "refused", {"clauses": answer.decision.clauses, **told, **named}
    return "asked", None


def _replay(row: CommandKey) -> Result:
    """The second post of a key gets the first's answer."""
    from kedang.kernel.approvals.models import Request

    told = row.result or {}
    if row.outcome == "done":
        passed = answers.warnings_from(told.get("warnings", []))
        return Result(told["value"], tuple(told["events"]), passed, told["command"])
    if row.outcome == "needs":
        raise NeedsApproval(Request.objects.get(pk=told["request"]))
    if row.outcome == "refused":
        raise RefusedBefore(told["clauses"], told.get("told"))
    raise Invalid("这次提交没有完成，请刷新页面后重新提交。")


def dry_run(
    name: str,
    /,
    *,
    by: Person,
    facts: FactStore | None = None,
    who: access.Standing | None = None,
    **args: Any,
) -> Decision:
    """What would be said if it were done now: for buttons. Arguments not given yet make a norm "depends"."""
    spec = vocabulary.actions[name]
    try:
        order = prepare(spec, args, by=by, dry=True, facts=facts, who=who)
    except NotFound:
        return Decision(spec, verdict="not_found")
    return decision_of(order)


def system_command(name: str, deed: Deed, regs: Regulations, /, **args: Any) -> list[Event]:
    """Run a command as 系统 within a deed's transaction; returns the events it recorded. Raises as perform does."""
    spec = vocabulary.actions[name]
    order = prepare(spec, args, by=None)
    order.deed = deed
    before = len(deed.events)
    order.action.run(deed=deed, **_run_args(order))
    return deed.events[before:]
