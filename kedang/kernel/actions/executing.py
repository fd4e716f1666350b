"""What an approval gives: the frozen command runs once as its requester, or a grant for a time. Its own transaction."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from kedang.kernel import fields
from kedang.kernel.actions import asking, effects, grants, keys, orders, performing, reacting
from kedang.kernel.actions.deed import Deed
from kedang.kernel.approvals import chain, service
from kedang.kernel.approvals.chain import ChainStep
from kedang.kernel.approvals.models import Request, RequestStatus
from kedang.kernel.errors import Invalid, KedangError, Refused
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.explain import text_of
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.once import forget, once


def execute(pk: int) -> str:
    """Carry out an approved request, once; the status it ends in. 批准未执行 keeps the cause."""
    with once(), transaction.atomic():
        request = Request.objects.select_for_update().get(pk=pk)
        if request.status != RequestStatus.APPROVED:
            return str(request.status)
        deed = Deed(by=request.requester, on_behalf_of=request.on_behalf_of)
        cause = _carry_out(request, deed)
        if cause:
            service.mark_failed(request, cause, command=deed.command)
            effects.tell(
                [request.requester_id], f"“{request.title}”已批准但未能执行：{cause}", kind="approval", request=pk
            )
        else:
            service.mark_executed(request, command=deed.command)
        request.refresh_from_db()
        return str(request.status)


def _carry_out(request: Request, deed: Deed) -> str:
    """Run or grant inside a savepoint; the reason why not, '' when it was done."""
    try:
        with transaction.atomic():
            if request.then == "grant":
                _grant(request, deed)
            else:
                _run(request, deed)
            return ""
    except Refused as error:
        forget()
        return "；".join(text_of(f) for f in error.decision.refusals)
    except KedangError as error:
        forget()
        return str(error)


def _grant(request: Request, deed: Deed) -> None:
    grants.of_request(request, deed)
    reacting.react(deed, regulations())


def _run(request: Request, deed: Deed) -> None:
    """The frozen command again, its approvals held; other guards speak anew."""
    spec = vocabulary.actions[request.action]
    order = orders.prepare(spec, thaw(spec.args, request.args), by=request.requester, on_behalf_of=request.on_behalf_of)
    named = frozenset(each["norm"] for each in request.norms if each.get("norm"))
    if (request.grant or {}).get("exception"):
        order.lifted = named
    else:
        order.held = named
    order.reason = request.reason or "已获批准"
    order.deed = deed
    answer = performing.act(order)
    if isinstance(answer, KedangError):
        raise answer


def thaw(known: tuple[fields.Field, ...], args: dict[str, Any]) -> dict[str, Any]:
    """Frozen JSON arguments as typed values; attached forms stay as they are."""
    by_id = {f.id: f for f in known}
    return {key: fields.from_json(by_id[key], value) if key in by_id else value for key, value in args.items()}


def again(row: Request, changed: dict[str, Any] | None = None) -> orders.Order:
    """The command of a returned request as it would be asked for now, with what its requester has changed in it."""
    spec = vocabulary.actions[row.action]
    given = {**thaw(spec.args, row.args), **_changes(row, changed or {})}
    return orders.prepare(spec, given, by=row.requester, on_behalf_of=row.on_behalf_of)


def preview_again(row: Request) -> list[ChainStep]:
    """The route that 再次提交 would take as things stand now, with names. Raises as `findings_again` does."""
    spec = vocabulary.actions[row.action]
    order = orders.prepare(spec, thaw(spec.args, row.args), by=row.requester, on_behalf_of=row.on_behalf_of, dry=True)
    steps = asking.steps_for(order, findings_again(order, row))
    about = [order.view.name] if order.view else []
    return chain.preview(steps, row.requester, about, on_behalf_of=row.on_behalf_of)


def _changes(row: Request, changed: dict[str, Any]) -> dict[str, Any]:
    """What it is about stays: another customer, form or regulation is another request."""
    fixed = {"customer", "form", "person", "unit", "pack", "version"}
    kept = {key: value for key, value in changed.items() if key not in fixed}
    if row.action == "form.file" and isinstance(kept.get("data"), dict):
        kept["data"] = {**(row.args.get("data") or {}), **kept["data"]}
    return kept


def findings_again(order: orders.Order, row: Request) -> list[Finding]:
    """Which norms ask for the approval now; Refused when a guard refuses, Invalid when nothing asks any more."""
    decision = orders.decision_of(order)
    exception = bool((row.grant or {}).get("exception"))
    if decision.refusals and not exception:
        raise Refused(decision)
    findings = decision.refusals if exception else decision.approvals
    if not findings:
        raise Invalid("这件事现在不需要审批了，请撤回申请后直接办理。")
    return findings


def resubmit(pk: int, deed: Deed, changed: dict[str, Any] | None = None) -> dict[str, Any]:
    """再次提交 after a 退回: the command is looked at anew, guards and route included, and asked for again."""
    assert deed.by is not None
    row = service.locked(pk, deed.by)
    order = again(row, changed)
    order.deed, order.reason = deed, str(order.args.get("purpose") or "") or row.reason
    findings = findings_again(order, row)
    args = asking.frozen_args(order)
    outcome = service.resubmit(
        pk,
        by=deed.by,
        command=deed.command,
        args=args,
        steps=asking.route_of(order, findings),
        norms=asking.norms_of(findings),
        reason=order.reason,
        present=asking.present_of(order),
        digest=keys.digest_of(row.action, args),
        sink=deed.events,
    )
    return {"request": pk, "status": str(outcome.status_after)}
