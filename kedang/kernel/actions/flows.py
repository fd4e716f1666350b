"""Classes and stages of files: terms and flows come from packs, their values stand in two indexed tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kedang.kernel import files
from kedang.kernel.actions.deed import Deed, Happening
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms import engine
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.models import Duty, DutyState, FileStage, FileTerm
from kedang.kernel.norms.people import holders_of
from kedang.kernel.norms.schema import Flow, Stage, Term
from kedang.kernel.norms.store import Regulations, Version, regulations
from kedang.kernel.norms.vocabulary import Action

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order


def term_value(term: str, given: str, regs: Regulations | None = None) -> tuple[str, str]:
    """(full term id, value id) from an id or a Chinese label; Invalid lists the values there are."""
    found = (regs or regulations()).term(term)
    if found is None:
        raise Invalid({"term": f"现行制度中没有分类“{term}”。"})
    _, qid, spec = found
    for value, label in spec.values.items():
        if given in (value, label):
            return qid, value
    raise Invalid({"value": f"“{given}”不是{spec.name}的可选值，可选：{'、'.join(spec.values.values())}。"})


def set_term(file: int, term: str, value: str, deed: Deed) -> None:
    """Put a file into a class of a term (pack.term); the old value stays in the ledger."""
    row = FileTerm.objects.filter(file=file, term=term).first()
    if row and row.value == value:
        return
    FileTerm.objects.update_or_create(file=file, term=term, defaults={"value": value, "since": deed.now})
    found = regulations().term(term)
    deed.record_all([_classified(file, term, found[2] if found else None, row.value if row else None, value)])


def terms_over(view: files.FileView, regs: Regulations | None = None) -> Iterator[tuple[str, str, Term]]:
    """(bare id, full id, term) of every class that the regulations over a file know."""
    for version in (regs or regulations()).in_force():
        if version.covers(view, ()):
            for name, term in version.regulation.pack.terms.items():
                yield name, f"{version.pack}.{name}", term


Class = tuple[str, Term, str]
"""(full term id, term, value id)"""


def choose_classes(
    view: files.FileView, given: Mapping[str, str], regs: Regulations | None = None
) -> tuple[list[Class], dict[str, str]]:
    """The classes that a new file gets of what is given, and what is wrong with it by term."""
    return _choose(list(terms_over(view, regs)), given)


def classes_for(known: Sequence[tuple[str, str, Term]], given: Mapping[str, str]) -> list[Class]:
    """The classes of a file about to be opened, of those that the regulations over it know (`terms_over`); Invalid, by the
    term's id, for one that is missing or unknown."""
    chosen, errors = _choose(known, given)
    if errors:
        raise Invalid(errors)
    return chosen


def _choose(known: Sequence[tuple[str, str, Term]], given: Mapping[str, str]) -> tuple[list[Class], dict[str, str]]:
    if not isinstance(given, Mapping):
        raise Invalid({"terms": "应写为 {分类: 取值}"})
    errors: dict[str, str] = {}
    chosen: list[Class] = []
    for name in set(given) - {key for bare, full, _ in known for key in (bare, full)}:
        errors[name] = f"现行制度中没有分类“{name}”。"
    for name, full, term in known:
        wanted = given.get(name) or given.get(full) or term.default
        value = next((each for each, label in term.values.items() if wanted in (each, label)), None)
        choices = "" if value is not None else "、".join(term.values.values())
        if value is not None:
            chosen.append((full, term, value))
        elif wanted:
            errors[name] = f"“{wanted}”不是{term.name}的可选值，可选：{choices}。"
        elif term.required:
            errors[name] = f"请选择{term.name}：{choices}。"
    return chosen, errors


def classes_of_new(
    opened: Sequence[tuple[int, Deed, Sequence[Class]]],
) -> tuple[list[dict[str, Any]], list[list[Happening]]]:
    """The rows of `FileTerm` that put files just opened into their classes, and each one's events: for the deed that opens
    them to write with its own."""
    rows = [
        {"file": file, "term": full, "value": value, "since": deed.now}
        for file, deed, classes in opened
        for full, _, value in classes
    ]
    return rows, [
        [_classified(file, full, term, None, value) for full, term, value in classes] for file, _, classes in opened
    ]


def _classified(file: int, term: str, spec: Term | None, old: str | None, new: str) -> Happening:
    """A file got a class, or another one."""
    names = spec.values if spec else {}
    return Happening(
        "customer.classified",
        file=file,
        subject=f"term:{term}",
        data={
            "term": term,
            "name": spec.name if spec else term,
            "old": old,
            "new": new,
            "old_label": names.get(old, old) if old else None,
            "new_label": names.get(new, new),
        },
        clause=engine.first_clause(spec.clause) if spec else "",
        pack=term.partition(".")[0],
    )


def gather_terms(spec: Action, raw: Mapping[str, Any], regs: Regulations) -> dict[str, Any]:
    """Classes may be given beside the other arguments (`category: potential`) where an action takes `terms`."""
    if not any(each.id == "terms" for each in spec.args):
        return dict(raw)
    own = {each.id for each in spec.args}
    names = {name for version in regs.in_force() for name in version.regulation.pack.terms} - own
    beside = {key: value for key, value in raw.items() if key in names and value not in (None, "")}
    rest = {key: value for key, value in raw.items() if key not in names}
    given = raw.get("terms") or {}
    if not beside or not isinstance(given, Mapping):
        return rest  # what is no object is refused at its field
    return {**rest, "terms": {**given, **beside}}


def stage_now(file: int, flow_id: str, flow: Flow) -> str:
    """The stage a file stands in; the first when it has not moved."""
    row = FileStage.objects.filter(file=file, flow=flow_id).values_list("stage", flat=True).first()
    return row or flow.stages[0].id


def stage_of(args: Mapping[str, Any], regs: Regulations) -> str:
    """'pack.flow.stage' of a flow.move, by ids or labels; Invalid names the stages."""
    found = regs.flow(args.get("flow") or "")
    if found is None:
        raise Invalid({"flow": f"现行制度中没有流程“{args.get('flow')}”。"})
    _, qid, flow = found
    stage = stage_named(flow, args.get("to") or "")
    return f"{qid}.{stage.id}"


def variables_of(stage: str, file: int, regs: Regulations) -> dict[str, str]:
    """What conditions on a move see: the flow's full id, and the stages it leaves and reaches."""
    flow_id, _, to = stage.rpartition(".")
    found = regs.flow(flow_id)
    assert found is not None
    return {"flow": flow_id, "from": stage_now(file, flow_id, found[2]), "to": to}


def stage_named(flow: Flow, name: str) -> Stage:
    """A stage by id or label; Invalid names the stages there are."""
    for stage in flow.stages:
        if name in (stage.id, stage.name):
            return stage
    raise Invalid({"to": f"没有“{name}”这一步，可选：{'、'.join(stage.name for stage in flow.stages)}。"})


def move_to(version: Version, flow_id: str, flow: Flow, file: int, stage: Stage, deed: Deed, opinion: str = "") -> None:
    """Move a file into a stage; going back reopens the duties that the undone step had closed."""
    before = stage_now(file, flow_id, flow)
    if before == stage.id:
        return
    order = [each.id for each in flow.stages]
    back = order.index(stage.id) < order.index(before)
    FileStage.objects.update_or_create(file=file, flow=flow_id, defaults={"stage": stage.id, "since": deed.now})
    names = {each.id: each.name for each in flow.stages}
    clause = engine.first_clause(stage.clause) or engine.first_clause(flow.clause)
    deed.record(
        "flow.moved",
        file=file,
        subject=f"flow:{flow_id}",
        data={
            "flow": flow_id,
            "name": flow.name or flow_id,
            "from": before,
            "to": stage.id,
            "from_label": names[before],
            "to_label": stage.name,
            "direction": "退回" if back else "前进",
            "opinion": opinion or None,
        },
        clause=clause,
        pack=version.pack,
    )
    if stage.emits:
        deed.record(stage.emits, file=file, clause=clause, pack=version.pack)
    if back:
        undone = order[order.index(stage.id) + 1 :]
        reopen(version, [each for each in flow.stages if each.id in undone], file)


def reopen(version: Version, stages: list[Stage], file: int) -> None:
    """退回: the duties that the returned form had closed are open again, with the old due time."""
    forms = {f"{version.pack}.{stage.form}" for stage in stages if stage.form}
    closed = Duty.objects.filter(
        file=file, pack=version.pack, state__in=[DutyState.DONE, DutyState.LATE, DutyState.LATE_EXCUSED]
    ).exclude(done_by=None)
    filed = Event.objects.filter(file=file, kind="form.filed", id__in=[duty.done_by for duty in closed])
    returned = {event.pk for event in filed if event.data.get("form") in forms}
    for duty in closed:
        if duty.done_by in returned:
            duty.state = DutyState.OPEN
            duty.done_by = duty.done_at = None
            duty.breach_check_at = None if duty.breached_at else duty.grace_until or duty.due_at
            duty.save(update_fields=["state", "done_by", "done_at", "breach_check_at"])


def after_form(version: Version, form_id: str, file: int, deed: Deed) -> None:
    """Filing a form moves its subject into the stage that names the form, if it stands before it."""
    _advance(version, file, deed, lambda stage: stage.form == form_id)


def after_action(version: Version, action_name: str, file: int, deed: Deed) -> None:
    """Performing an action moves its file into the stage that names the action."""
    _advance(version, file, deed, lambda stage: stage.action == action_name)


def _advance(version: Version, file: int, deed: Deed, chosen: Any) -> None:
    for name, flow in version.regulation.pack.flows.items():
        flow_id = f"{version.pack}.{name}"
        for index, stage in enumerate(flow.stages):
            if not chosen(stage):
                continue
            order = [each.id for each in flow.stages]
            if order.index(stage_now(file, flow_id, flow)) < index:
                move_to(version, flow_id, flow, file, stage, deed)


def objections(order: Order) -> list[Finding]:
    """What a flow itself refuses: skipping a step, entering by hand a step that a form opens, and who may do it."""
    if order.action.name != "flow.move" or order.view is None:
        return []
    found = order.regs.flow(order.args["flow"])
    assert found is not None
    version, flow_id, flow = found
    stage = stage_named(flow, order.args["to"])
    ids = [each.id for each in flow.stages]
    here, there = ids.index(stage_now(order.view.id, flow_id, flow)), ids.index(stage.id)
    clause = engine.first_clause(stage.clause) or engine.first_clause(flow.clause)
    message = _order_objection(flow, here, there) or _holder_objection(version, flow, here, there, order)
    return [engine.clause_finding(version, clause, "refuse", message, "按流程的先后办理")] if message else []


def _order_objection(flow: Flow, here: int, there: int) -> str:
    now, wanted = flow.stages[here], flow.stages[there]
    if here == there:
        return f"已经处于“{now.name}”。"
    if there > here + 1:
        return f"不能从“{now.name}”直接到“{wanted.name}”，须先经过“{flow.stages[here + 1].name}”。"
    if there > here and wanted.form:
        return f"须提交相应的表单才能进入“{wanted.name}”。"
    if there > here and wanted.action:
        return f"须办理相应的事项才能进入“{wanted.name}”。"
    return ""


def _holder_objection(version: Version, flow: Flow, here: int, there: int, order: Order) -> str:
    """Who may move forward into a stage may also send back from the stage before it; where a form or an action opens
    that stage, whoever passed the file on last. Without this anyone who may open a file could undo its filing."""
    ahead = flow.stages[there] if there > here else flow.stages[min(here + 1, len(flow.stages) - 1)]
    behind = reversed(flow.stages[: here + 1]) if there < here else ()
    guard = next((stage for stage in (ahead, *behind) if stage.by), None)
    if guard is None or not guard.by:
        return ""
    holders = holders_of(version, guard.by, order.variables(), order.facts)
    if order.actor in holders:
        return ""
    role = version.regulation.pack.roles[guard.by].name
    return f"这一步由{role}办理。"


@action(
    "flow.move",
    "流转",
    args=[
        Field("customer", "客户", "customer", required=True),
        Field("flow", "流程", "text", required=True),
        Field("to", "到", "text", required=True),
        Field("opinion", "意见", "long_text"),
    ],
    needs="list",
    events=("flow.moved",),
    public=False,
)
def move_flow(*, deed: Deed, customer: int, flow: str, to: str, opinion: str | None = None) -> str:
    """Move a file one step on, or back with an opinion; the stage reached."""
    found = regulations().flow(flow)
    assert found is not None
    version, flow_id, spec = found
    stage = stage_named(spec, to)
    ids = [each.id for each in spec.stages]
    if ids.index(stage.id) < ids.index(stage_now(customer, flow_id, spec)) and not opinion:
        raise Invalid({"opinion": "退回须写明意见，例如缺哪一项。"})
    move_to(version, flow_id, spec, customer, stage, deed, opinion or "")
    return stage.id
