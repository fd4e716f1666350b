"""A command that needs approval is frozen and asked for: route resolved to people, previewed by the same code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kedang.kernel import clock, fields
from kedang.kernel.actions import attaching, closing, forms, keys, permits, reacting, voting
from kedang.kernel.approvals import service
from kedang.kernel.approvals.models import Request, RequestStatus
from kedang.kernel.approvals.route import prepare as prepare_route
from kedang.kernel.approvals.values import Seat, StepSpec
from kedang.kernel.errors import NeedsApproval
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.people import holders_of
from kedang.kernel.norms.schema import ApprovalNorm, ProhibitionNorm, RouteStep
from kedang.kernel.norms.store import env_of
from kedang.kernel.norms.vocabulary import vocabulary

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order


def steps_for(order: Order, findings: Sequence[Finding]) -> list[StepSpec]:
    """The steps of all the norms' routes, in pack order, roles resolved to the people who hold them now."""
    steps: list[StepSpec] = []
    for found in findings:
        for index, step in enumerate(_route(found)):
            if _step_applies(order, found, index, step):
                steps.append(_step(order, found, index, step))
    return steps


def _route_name(found: Finding) -> str | list[RouteStep] | None:
    assert found.norm is not None
    rule = found.norm.norm
    if isinstance(rule, ApprovalNorm):
        return rule.route
    return rule.lifted_by if isinstance(rule, ProhibitionNorm) else None


def _route_key(found: Finding) -> str:
    """Under what the compiled expressions of its route stand."""
    assert found.norm is not None
    name = _route_name(found)
    return name if isinstance(name, str) else found.norm.norm.id


def _route(found: Finding) -> list[RouteStep]:
    assert found.version is not None
    name = _route_name(found)
    if isinstance(name, str):
        routes = found.version.regulation.pack.routes
        return list(routes[name]) if name in routes else [RouteStep(role=name)]
    return list(name or [])


def _step_applies(order: Order, found: Finding, index: int, step: RouteStep) -> bool:
    if not step.when:
        return True
    assert found.version is not None
    exprs = found.version.regulation.route_exprs.get(_route_key(found), ())
    when = exprs[index].get("when") if index < len(exprs) else None
    return when is None or when.evaluate(env_of(found.version, order.variables(), order.facts)).truth is not False


def _step(order: Order, found: Finding, index: int, step: RouteStep) -> StepSpec:
    """One step with its seats: a plain role is one seat of all who hold it; 会签 has a seat a role."""
    more: dict[str, Any] = {
        "pack": found.pack,
        "clause": found.clause,
        "norm": found.qid,
        "form": step.form or "",
        "negative": step.negative,
        **_limits(found, step),
        **_condition(found, index, step),
    }
    if step.role:
        return StepSpec.of_role(step.role, _role_name(found, step.role), _people(order, found, step.role), **more)
    modes: list[tuple[str, list[str] | None]] = [("all", step.all), ("any", step.any), ("sequence", step.sequence)]
    mode, roles = next(((m, r) for m, r in modes if r), ("ratio", list((step.ratio or {}).get("of", []))))
    ratio = int((step.ratio or {}).get("percent", 0)) or None
    seats = tuple(Seat(_people(order, found, role), role, _role_name(found, role)) for role in roles or [])
    name = "、".join(seat.role_name for seat in seats)
    return StepSpec(mode, seats, "", name, ratio=ratio, **more)


def _limits(found: Finding, step: RouteStep) -> dict[str, Any]:
    """The step's time limit, frozen with the parameters of today; and whether it may be agreed to with others at once."""
    assert found.version is not None
    assert found.norm is not None
    # A form is filled in and a condition looked at request by request.
    batch = bool(getattr(found.norm.norm, "batch", False)) and not step.form and not step.agree_if
    if not step.within:
        return {"batch": batch}
    span = found.version.params(clock.today()).get(step.within, step.within)
    closing = found.version.closing()
    return {
        "batch": batch,
        "within": str(span),
        "timeout": step.timeout,
        "holiday": found.version.regulation.pack.holiday,
        "closing": closing.isoformat() if closing else "",
    }


def _condition(found: Finding, index: int, step: RouteStep) -> dict[str, Any]:
    if not step.agree_if:
        return {}
    return {"agree_if": f"{_route_key(found)}:{index}", "first": step.first or f"符合第{found.clause}条的审批条件"}


def _role_name(found: Finding, role: str) -> str:
    assert found.version is not None
    return found.version.regulation.pack.roles[role].name


def _people(order: Order, found: Finding, role: str) -> tuple[int, ...]:
    assert found.version is not None
    return tuple(holders_of(found.version, role, order.variables(), order.facts))


def route_of(order: Order, findings: Sequence[Finding]) -> list[StepSpec]:
    """The route as it will be asked, with the safe defaults (nobody decides on his own request; no empty post)."""
    assert order.by is not None
    about = [order.view.name] if order.view else []
    return prepare_route(steps_for(order, findings), order.by, about, on_behalf_of=order.on_behalf_of)


def frozen_args(order: Order) -> dict[str, Any]:
    """The command's arguments as plain JSON, ready to run again."""
    found = {f.id: fields.to_json(f, order.args[f.id]) for f in order.action.args if order.args.get(f.id) is not None}
    for made in order.attached:
        found[made.id] = {f.id: _plain(f.id, made.data) for f in made.form.fields if made.data.get(f.id) is not None}
    return found


def _plain(name: str, data: dict[str, Any]) -> Any:
    value = data[name]
    return value if isinstance(value, (str, int, float, bool, list, dict)) else str(value)


def norms_of(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """What the request keeps of the clauses that asked for it."""
    return [
        {
            "pack": f.pack,
            "norm": f.qid,
            "clause": f.clause,
            "text": f.clause_text,
            "title": f.pack_title,
            "version": str(f.version.number) if f.version else "",
        }
        for f in findings
    ]


def ask(order: Order, findings: Sequence[Finding], *, exception: bool = False) -> NeedsApproval:
    """Freeze the command and open the request; the same command pending from the same person is not asked twice."""
    assert order.by is not None
    assert order.deed is not None
    permits.check_span(order, findings)
    args = frozen_args(order)
    digest = keys.digest_of(order.action.name, args)
    pending = Request.objects.filter(
        requester=order.by, action=order.action.name, digest=digest, status=RequestStatus.PENDING
    ).first()
    if pending is not None:
        return NeedsApproval(pending)
    voting.check_copies(order.view.id if order.view else None, order.copies)
    then, grant = _outcome_of(findings)
    about = f"“{order.view.name}”" if order.view else ""
    sink: list[Event] = []
    request = service.open_request(
        action=order.action.name,
        args=args,
        requester=order.by,
        on_behalf_of=order.on_behalf_of,
        file=order.view.id if order.view else None,
        title=f"{'例外：' if exception else ''}{permits.title_of(order) or _title(order)}{about}",
        reason=order.reason or str(order.args.get("purpose") or ""),
        steps=route_of(order, findings),
        norms=norms_of(findings),
        then=then,
        grant={**grant, "exception": exception, "until_day": _until_day(order)},
        digest=digest,
        present=present_of(order),
        copies=order.copies,
        command=order.deed.command,
        sink=sink,
    )
    order.deed.events += sink
    attaching.keep(order, order.deed.now)
    closing.asked(order, request)
    if not order.deferred:
        reacting.react(order.deed, order.regs)
    return NeedsApproval(request)


def present_of(order: Order) -> dict[str, Any]:
    """What stands on the file now for each argument that would change it, as plain JSON: {argument or field: value}."""
    if order.view is None:
        return {}
    if order.filing is not None:
        now = forms.prefill(order.filing.version, order.filing.form, order.view.id)
        known = forms.fields_of(order.filing.version, order.filing.form)
        return {f.id: fields.to_json(f, now[f.id]) for f in known if now.get(f.id) is not None}
    found = {}
    for each in order.action.args:
        binding = vocabulary.bindings.get(f"customer.{each.id}")
        if binding is None or not order.action.events or order.args.get(each.id) is None:
            continue
        value = binding.read(order.view.id)
        if value not in (None, ""):
            found[each.id] = fields.to_json(each, value)
    return found


def _title(order: Order) -> str:
    return order.filing.form.name if order.filing else order.action.label


def _until_day(order: Order) -> str | None:
    """A return day that the requester asked for bounds the grant (借阅应还日)."""
    day = order.args.get("until")
    return day.isoformat() if day is not None else None


def _outcome_of(findings: Sequence[Finding]) -> tuple[str, dict[str, Any]]:
    """`grant` only when every norm grants; the verbs are those all of them give, the shortest time wins."""
    rules = [f.norm.norm for f in findings if f.norm]
    grants = [rule.grant for rule in rules if isinstance(rule, ApprovalNorm) and rule.then == "grant" and rule.grant]
    if not grants or len(grants) != len(rules):
        return "run", {}
    named = [set(each.given) for each in grants if each.verbs != "asked"]
    return "grant", {
        "verbs": sorted(set.intersection(*named)) if named else ["asked"],
        "range": "asked" if any(each.range == "asked" for each in grants) else "whole",
        "lasts": [[f.pack, each.lasts] for f, each in zip(findings, grants, strict=True) if each.lasts],
        "max": [[f.pack, each.max] for f, each in zip(findings, grants, strict=True) if each.max],
    }
