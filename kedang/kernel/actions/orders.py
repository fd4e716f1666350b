"""A command on its way: cleaned, its locks taken, who asks and about which file; and what is decided about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kedang.kernel import clock, fields, files
from kedang.kernel.actions import (
    access,
    admin,
    attaching,
    correcting,
    entrusting,
    flows,
    forms,
    grants,
    leaving,
    locks,
    permits,
    reading,
    releasing,
    speaking,
)
from kedang.kernel.actions.deed import Deed
from kedang.kernel.errors import Gone, Invalid, NotFound
from kedang.kernel.norms import engine
from kedang.kernel.norms.engine import Call, Decision, Finding
from kedang.kernel.norms.expressions import FactStore
from kedang.kernel.norms.store import Regulations, fact_store, regulations
from kedang.kernel.norms.vocabulary import Action, vocabulary
from kedang.kernel.org.models import Person


@dataclass
class Shared:
    """What the commands of one chunk have in common, loaded once and set-wise (`perform_many`)."""

    regs: Regulations
    facts: FactStore
    who: access.Standing | None
    views: Mapping[int, files.FileView] = field(default_factory=dict)
    now: datetime = field(default_factory=clock.now)


@dataclass
class Order:
    """A command on its way: cleaned arguments and everything the decision needs, loaded once."""

    action: Action
    args: dict[str, Any]
    by: Person | None
    on_behalf_of: Person | None
    view: files.FileView | None
    who: access.Standing | None
    facts: FactStore
    regs: Regulations
    reason: str = ""
    behalf_reason: str = ""
    """Why it is typed for another."""
    confirmed: bool = False
    ask_exception: bool = False
    copies: tuple[int, ...] = ()
    """Who is sent a copy (抄送) if this must be asked for."""
    lifted: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    filing: forms.Filing | None = None
    attached: list[forms.Filing] = field(default_factory=list)
    reading: reading.Reading | None = None
    stage: str = ""
    origin: str = ""
    dry: bool = False
    deferred: bool = False
    """True in a chunk: norms react once, to the events of all its commands."""
    deed: Deed | None = None

    @property
    def actor(self) -> int | None:
        """Whose deed it is, as conditions see `actor`."""
        person = self.on_behalf_of or self.by
        return person.pk if person else None

    def variables(self) -> dict[str, Any]:
        """The variables of conditions: arguments by id, form fields by id, `actor`, `file` and `customer`."""
        found = dict(self.args)
        if self.filing is not None:
            found.update(self.filing.variables())
        found["actor"] = self.actor
        if self.view is not None:
            found["file"] = found["customer"] = self.view.id
        if self.reading is not None:
            # Norms say `form == 'info_register'`; `pack` has those of its own regulation act whatever their scope.
            found |= {"form": self.reading.id, "pack": self.reading.version.pack}
        if self.stage and self.view is not None:
            found.update(flows.variables_of(self.stage, self.view.id, self.regs))
        return found


Input = tuple[dict[str, Any], dict[str, Any]]
"""The cleaned arguments of a command, and what was typed into the forms attached to it."""


def read(spec: Action, raw: Mapping[str, Any], regs: Regulations, *, partial: bool = False) -> Input:
    """Clean what was typed; Invalid at the fields that are wrong."""
    own, extra = forms.split_attached(spec, flows.gather_terms(spec, raw, regs), regs)
    return fields.clean(spec.args, own, partial=partial), extra


def prepare(
    spec: Action,
    raw: Mapping[str, Any],
    *,
    by: Person | None,
    on_behalf_of: Person | None = None,
    reason: str = "",
    behalf_reason: str = "",
    confirmed: bool = False,
    ask_exception: bool = False,
    dry: bool = False,
    facts: FactStore | None = None,
    who: access.Standing | None = None,
    shared: Shared | None = None,
    given: Input | None = None,
) -> Order:
    """Clean the input (unless it is `given` as `read` has read it), take the locks, load who asks and about which file. NotFound outside the actor's list scope.

    With `shared` the locks are taken and who and files are loaded already, for a whole chunk.
    """
    regs = shared.regs if shared else regulations()
    if shared is not None:
        facts, who = shared.facts, shared.who
    args, extra = given or read(spec, raw, regs, partial=dry)
    if not dry and shared is None:
        locks.take(lock_names(spec, args))
    order = Order(
        action=spec,
        args=args,
        by=by,
        on_behalf_of=on_behalf_of,
        view=_view_of(spec, args, shared),
        who=who or (access.standing((on_behalf_of or by).pk, regs) if by else None),
        facts=facts or fact_store(),
        regs=regs,
        reason=(reason or "").strip(),
        behalf_reason=(behalf_reason or "").strip(),
        confirmed=confirmed,
        ask_exception=ask_exception,
        dry=dry,
    )
    _check_known(order)
    entrusting.check_known(order)
    _check_named(spec, args)
    if spec.name == "form.file":
        order.filing = forms.filing(order.args, order.view, regs, order.facts, by=order.actor, who=order.who, dry=dry)
    elif spec.name == "flow.move":
        order.stage = flows.stage_of(order.args, regs)
    elif spec.name in reading.VERBS:
        order.reading = reading.reading_of(spec.name, order.args, regs)
        reading.check_known(order)
    order.attached = [forms.attached_filing(form, data, order) for form, data in extra.items()]
    if not dry:
        attaching.check(order)
        permits.check(order)
        releasing.check_fields(order.args.get("fields") or () if spec.name == "file.disclose" else ())
    return order


WHAT = {"form.file": ("form",), "flow.move": ("flow", "to")}


def _check_named(spec: Action, args: Mapping[str, Any]) -> None:
    """What a filing or a step is at all hangs on these: without them there is nothing to decide about, not even dry."""
    missing = [name for name in WHAT.get(spec.name, ()) if not args.get(name)]
    if missing:
        raise Invalid(dict.fromkeys(missing, fields.REQUIRED))


def lock_names(spec: Action, args: Mapping[str, Any]) -> list[str]:
    """The names a command holds until its transaction ends: those it declares, and its file."""
    file = args.get(spec.about) if spec.about else None
    return [*spec.locks(args), *([f"file:{file}"] if file else [])]


def _view_of(spec: Action, args: Mapping[str, Any], shared: Shared | None = None) -> files.FileView | None:
    if spec.file_of is not None:
        row = spec.file_of(args)
        return files.view(row) if row is not None else None
    file = args.get(spec.about) if spec.about else None
    if file is None:
        return None
    view = shared.views.get(int(file)) if shared else files.view(int(file))
    if view is None:
        raise NotFound
    return view


def _check_known(order: Order) -> None:
    """Outside the list scope every path answers alike: not found. Norms acting as 系统 reach every file."""
    if order.view is None or order.who is None:
        return
    known = order.action.needs == "none" and not order.view.gone
    if not known and not order.who.reach("list").holds(order.view):
        raise NotFound
    if order.view.gone:
        raise Gone(order.view.id)


def call_of(order: Order) -> Call:
    """The command as norms see it."""
    return Call(
        action=order.action,
        variables=order.variables(),
        actor=order.actor,
        view=order.view,
        units=order.who.units if order.who else frozenset(),
        facts=order.facts,
        regulations=order.regs,
        form=order.filing.qid if order.filing else "",
        stage=order.stage,
        lifted=order.lifted,
        held=order.held | _granted_norms(order),
    )


def decision_of(order: Order) -> Decision:
    """Norms first, then what the product itself refuses (flows, attached forms), then the access row's default."""
    if order.by is None:
        return Decision(order.action, file=order.view.id if order.view else None)
    call = call_of(order)
    decision = engine.decide(call)
    decision.refusals += flows.objections(order) + forms.filer_objections(order) + forms.missing_attachments(order)
    matched = bool(decision.approvals) or _approval_satisfied(call)
    decision.refusals += _access_objection(order, matched)
    # A norm's own refusal says it better, with its clause.
    for objections in (
        speaking.objections,
        _reading_objections,
        admin.objections,
        correcting.objections,
        leaving.objections,
        entrusting.objections,
    ):
        decision.refusals += [] if decision.refusals else objections(order)
    return engine.settle(decision)


def _granted_norms(order: Order) -> frozenset[str]:
    """Approval norms served by a running grant on what is read: any grant of the verb that covers it serves them all."""
    if order.who is None or not _is_granted(order, order.who):
        return frozenset()
    return frozenset(
        norm.qid
        for version in order.regs.in_force()
        for norm in version.regulation.by_action.get(order.action.name, ())
        if getattr(norm.norm, "then", "") == "grant"
    )


def _is_granted(order: Order, who: access.Standing) -> bool:
    verb = access.READ if order.action.reads else access.COPY if order.action.copies else ""
    if not verb:
        return False
    if order.reading is not None:
        return reading.granting(who, order.reading) is not None
    return order.view is not None and bool(who.grants_on(order.view.id, verb))


def _reading_objections(order: Order) -> list[Finding]:
    """What the product itself says of reading, copying and taking back, where no norm has spoken."""
    decided = any(norm.qid in _granted_norms(order) for _, norm in engine.matching(call_of(order)))
    return reading.objections(order, decided) + _copy_objection(order) + permits.revoking_objections(order)


def _copy_objection(order: Order) -> list[Finding]:
    """Who reads a file by a grant takes along what a grant lets him take along; a number that is named must be good."""
    view, who = order.view, order.who
    if not order.action.copies or view is None or who is None or order.reading is not None:
        return []
    number, fields = str(order.args.get("authorisation") or ""), order.args.get("fields") or ()
    if number:
        said = grants.objection(who, number, lambda grant: releasing.covers_file(grant, view.id, fields))
        return [Finding("", "授权", "", "", "refuse", said, "填写有效的授权编号")] if said else []
    if access.may_copy(who, view):
        return _opening_objections(order)
    held = who.grants_on(view.id)
    first = (held[-1].norms or [{}])[0] if held else {}
    version = order.regs.version(first.get("pack", "")) if first else None
    message = "您获准查阅这份档案，没有获准复制导出。" if held else "您不能打开这份档案，也就不能把它的内容带出系统。"
    lift = "提交复制导出申请；批准后凭授权编号办理"
    if version is None:
        return [Finding("", "数据权限", "", "", "refuse", message, lift)]
    return [engine.clause_finding(version, first.get("clause", ""), "refuse", message, lift)]


def _opening_objections(order: Order) -> list[Finding]:
    """Content leaves the system only while it may be opened: an export is no way around a borrowing rule."""
    if order.action.reads or order.by is None or order.view is None:
        return []
    opening = prepare(vocabulary.actions["file.open"], {"customer": order.view.id}, by=order.by, dry=True)
    decision = decision_of(opening)
    return [] if decision.verdict == "allow" else list(decision.findings)


def _approval_satisfied(call: Call) -> bool:
    """Whether an approval norm that would apply is held: then the access default no longer decides."""
    return any(norm.qid in call.held for _, norm in engine.matching(call))


def _opens_some(order: Order, who: access.Standing) -> bool:
    """A grant of some fields opens the page that shows them."""
    return order.action.name == "file.open" and order.view is not None and order.view.id in who.granted


def _access_objection(order: Order, decided_by_norm: bool) -> list[Finding]:
    """The access row's default: content opens only within `open`, unless an approval norm has taken it over."""
    if order.view is None or order.who is None or order.action.needs != "open" or decided_by_norm:
        return []
    if order.who.reach("open").holds(order.view) or _opens_some(order, order.who):
        return []
    found = access.access_clause(order.who, order.view, "open")
    message = "按数据权限，您只能知道这份客户档案的名称、负责人和部门，不能打开或办理。"
    ask = tuple(filter(None, [order.view.owner]))
    if found is None:
        return [Finding("", "数据权限", "", "", "refuse", message, "由负责人添加您为协作人，或由其办理", ask)]
    version, clause = found
    base = engine.clause_finding(version, clause, "refuse", message, "由负责人添加您为协作人，或由其办理")
    return [Finding(**{**base.__dict__, "ask": ask})]
