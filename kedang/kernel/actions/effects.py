"""The fixed catalogue of what a consequence does: notify, propose, open_duty, set, stage, release, reassign, do, void,
escalate, draft. Each writes rows or runs a registered command as 系统; none changes another table by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from kedang.kernel import clock, files, once
from kedang.kernel.actions import flows, proposing, tasks
from kedang.kernel.actions.deed import Deed
from kedang.kernel.errors import KedangError
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.compiling_effects import flat
from kedang.kernel.norms.expressions import UNKNOWN, FactStore
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.people import people_at, people_of
from kedang.kernel.norms.store import Regulations, Version, env_of
from kedang.kernel.norms.vocabulary import Effect, register, vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.rows import insert


@dataclass
class Case:
    """What a consequence is about: the norm, its variables, and the event, duty or period that triggered it."""

    version: Version
    norm: CompiledNorm
    variables: dict[str, Any]
    facts: FactStore
    event: Event | None = None
    duty: Duty | None = None
    file: int | None = None
    period: str = ""

    def value(self, path: str) -> Any:
        """The value of the expression at a path of the norm; None when there is none or it is unknown."""
        expr = self.norm.expr(path)
        if expr is None:
            return None
        value = expr.value(env_of(self.version, self.variables, self.facts))
        return None if value is UNKNOWN else value

    def people(self, path: str) -> list[int]:
        """Persons at a path."""
        return people_at(self.version, self.norm, path, self.variables, self.facts)

    @property
    def subject(self) -> str:
        """What the case is about, as a stable text."""
        if self.file is not None:
            return f"file:{self.file}"
        if "person" in self.variables:
            return f"person:{self.variables['person']}"
        if "unit" in self.variables:
            return f"unit:{self.variables['unit']}"
        return self.event.subject if self.event else "company"

    def text(self) -> str:
        """What the notice says: the norm's message, else its clause, with the duty and the file by name."""
        rule = self.norm.norm
        said = rule.message or (
            f"{self.duty.title}已逾期" if self.duty else self.version.clause_text(self.norm.clauses[0])
        )
        view = files.view(self.file) if self.file else None
        return f"{said}（{view.name}）" if view else said


Run = Callable[[Case, str, Mapping[str, Any], Deed, Regulations], None]


def run(
    case: Case,
    deed: Deed,
    regs: Regulations,
    entries: list[dict[str, Any]] | None = None,
    root: str = "do",
    verbs: Collection[str] | None = None,
) -> None:
    """Run a consequence's `do`, in order; with `verbs` only those."""
    rule = case.norm.norm
    for index, written in enumerate(entries if entries is not None else rule.do):  # type: ignore[union-attr]
        entry = flat(written)
        verb = next(iter(entry))
        if verbs is not None and verb not in verbs:
            continue
        CATALOGUE[verb](case, f"{root}[{index}]", entry, deed, regs)


def events_of(action_name: str) -> tuple[str, ...]:
    """The kinds of events an action records."""
    action = vocabulary.actions.get(action_name)
    return action.events if action else ()


# ---- telling -----------------------------------------------------------------------------------------------------


def tell(
    people: list[int],
    text: str,
    case: Case | None = None,
    *,
    kind: str = "notice",
    duty: int | None = None,
    request: int | None = None,
    urgent: bool = False,
) -> None:
    """Write notices, one a person, in the deed's own transaction; the worker delivers them (kernel/delivery)."""
    told = {
        "kind": kind,
        "text": text,
        "file": case.file if case else None,
        "duty": duty if duty is not None else (case.duty.pk if case and case.duty else None),
        "request": request,
        "pack": case.version.pack if case else "",
        "norm": case.norm.qid if case else "",
        "clause": told_clause(case) if case else "",
        "event": case.event.pk if case and case.event else None,
        "urgent": urgent,
        "at": clock.now(),
    }
    insert(Notice, [{"person_id": person, **told} for person in dict.fromkeys(people)], keys=False)


def told_clause(case: Case) -> str:
    """A notice about a breach speaks under the clause that was breached; else under the consequence's own."""
    if case.event is not None and case.event.kind == "norm.breached" and case.event.clause:
        return case.event.clause
    return case.duty.clause if case.duty is not None else case.norm.clauses[0]


def _notify(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    targets = entry["notify"] if isinstance(entry["notify"], list) else [entry["notify"]]
    people: list[int] = []
    for index, name in enumerate(targets):
        people += _named(case, f"{path}.notify" if len(targets) == 1 else f"{path}.notify[{index}]", str(name))
    text = str(entry["message"]) if entry.get("message") else case.text()
    tell(people, text, case, urgent=entry.get("urgent") is True)
    note(case, deed, "norm.notified", {"people": "、".join(org.names_of(people).values()), "text": text})


def _named(case: Case, path: str, name: str) -> list[int]:
    """owner, actor, bearer and superior are words of their own; else a role or an expression."""
    view = files.view(case.file) if case.file else None
    if name == "owner":
        return [view.owner] if view and view.owner else []
    if name == "actor":
        return [case.variables["actor"]] if case.variables.get("actor") else []
    if name == "bearer" and case.duty is not None:
        found = [case.duty.taken_by_id or case.duty.bearer_id]
        return [each for each in found if each] or _behind(case)
    if name == "superior" and case.duty is not None:
        above = [org.superior(person) for person in _named(case, path, "bearer")]
        return [person.pk for person in above if person]
    return case.people(path)


def _behind(case: Case) -> list[int]:
    from kedang.kernel.norms.people import Bearer

    assert case.duty is not None
    bearer = Bearer(unit=case.duty.unit_id, role=case.duty.role)
    return people_of(case.version, bearer, case.variables, case.facts)


def note(case: Case, deed: Deed, kind: str, data: Mapping[str, Any]) -> None:
    deed.record(
        kind,
        file=case.file,
        subject=case.subject,
        norm=case.norm.qid,
        clause=case.norm.clauses[0],
        pack=case.version.pack,
        data=dict(data),
    )


# ---- duties, classes, commands -----------------------------------------------------------------------------------


def _open_duty(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    """A task of its own, closed by hand (`duty.finish`): {open_duty: 事项, bearer: …, within: 3 working_days}."""
    people = case.people(f"{path}.bearer") if entry.get("bearer") else _named(case, path, "owner")
    tasks.give(case, entry, str(entry[next(iter(entry))]), people)


def _draft(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    """起草《…》, closed by filing that form, or by hand when it names none: {draft: reminder, by: finance}."""
    title, form = tasks.drafted(case, str(entry["draft"]))
    people = _named(case, f"{path}.by", str(entry["by"])) if entry.get("by") else _named(case, path, "owner")
    tasks.give(case, entry, title, people, form)


def _set(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    assert case.file is not None
    for term, value in dict(entry["set"]).items():
        qid, value_id = flows.term_value(term if "." in term else f"{case.version.pack}.{term}", str(value), regs)
        flows.set_term(case.file, qid, value_id, deed)


def _stage(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    assert case.file is not None
    name, _, stage = str(entry["stage"]).rpartition(".")
    found = regs.flow(name if "." in name else f"{case.version.pack}.{name}")
    assert found is not None
    version, flow_id, flow = found
    flows.move_to(version, flow_id, flow, case.file, flows.stage_named(flow, stage), deed)


def _release(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    command(case, deed, regs, "customer.release", {"customer": case.file, "reason": case.text()})


def _reassign(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    people = case.people(f"{path}.reassign")
    if people:
        command(case, deed, regs, "customer.transfer", {"customer": case.file, "to": people[0], "reason": case.text()})


def _do(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    args = {key: _argument(case, f"{path}.with.{key}", value) for key, value in dict(entry.get("with") or {}).items()}
    if case.file is not None:
        args.setdefault("customer", case.file)
    command(case, deed, regs, str(entry["do"]), args)


def _argument(case: Case, path: str, value: Any) -> Any:
    return case.value(path) if case.norm.expr(path) is not None else value


def command(case: Case, deed: Deed, regs: Regulations, name: str, args: dict[str, Any]) -> None:
    """Run a command as 系统. One that is refused opens a duty 待人工处理 and does not roll the person's deed back."""
    from kedang.kernel.actions.performing import system_command

    before = len(deed.events)
    acting = Deed(
        by=None,
        command=deed.command,
        norm=case.norm.qid,
        clause=case.norm.clauses[0],
        pack=case.version.pack,
        events=deed.events,
    )
    try:
        with transaction.atomic():
            system_command(name, acting, regs, **args)
    except KedangError as error:
        del deed.events[before:]  # rolled back with the command
        once.forget()  # what the command had changed and asked again is rolled back
        _by_hand(case, name, str(error))


def _by_hand(case: Case, name: str, why: str) -> None:
    label = vocabulary.actions[name].label
    view = files.view(case.file) if case.file else None
    above = org.superior(view.owner) if view and view.owner else None
    Duty.objects.create(
        pack=case.version.pack,
        version=case.version.number,
        norm=case.norm.qid,
        clause=case.norm.clauses[0],
        title=f"待人工处理：{label}未能自动完成（{why}）"[:200],
        file=case.file,
        subject=f"{case.subject}/by-hand/{case.event.pk if case.event else ''}",
        bearer=above,
        opened_at=clock.now(),
        counted_from=clock.now(),
    )


def _void(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    """Void the open duties of a norm on this file (or of this person)."""
    name = str(entry["void"])
    qid = name if "." in name else f"{case.version.pack}.{name}"
    rows = Duty.objects.filter(norm=qid, state=DutyState.OPEN)
    rows = rows.filter(file=case.file) if case.file is not None else rows.filter(bearer=case.variables.get("person"))
    rows.update(state=DutyState.VOID, breach_check_at=None, next_remind_at=None, closing_note=case.text()[:200])


def _escalate(case: Case, path: str, entry: Mapping[str, Any], deed: Deed, regs: Regulations) -> None:
    """Tell the superior of whoever bears it, or whom the pack names."""
    name = str(entry["escalate"])
    people = _named(case, f"{path}.escalate", name)
    tell(people, case.text(), case, kind="escalated", urgent=entry.get("urgent") is True)
    note(case, deed, "norm.notified", {"people": "、".join(org.names_of(people).values()), "text": case.text()})


CATALOGUE: dict[str, Run] = {
    "notify": _notify,
    "propose": proposing.propose,
    "open_duty": _open_duty,
    "open_case": _open_duty,
    "draft": _draft,
    "set": _set,
    "stage": _stage,
    "release": _release,
    "reassign": _reassign,
    "do": _do,
    "void": _void,
    "escalate": _escalate,
}
LABELS = {
    "notify": "通知",
    "propose": "提出建议",
    "open_duty": "生成待办",
    "open_case": "立案待办",
    "draft": "起草文书",
    "set": "改分类",
    "stage": "改阶段",
    "release": "放入公海",
    "reassign": "改派",
    "do": "执行动作",
    "void": "事项作废",
    "escalate": "上报",
}
for _verb, _run in CATALOGUE.items():
    register(Effect(_verb, LABELS[_verb], _run))
