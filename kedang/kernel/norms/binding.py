"""Which variables each part of a pack may use.

| where | variables |
| --- | --- |
| prohibition, approval on an action | `actor` (你); the action's arguments by id; `file` and `customer`: the file the deed is about |
| … on `{form: x}` | `actor`; the form's fields by id; `customer`/`file`, `person` or `unit` by the form's `about`; row fields inside `rows(…)` |
| … on `{stage: flow.stage}` | `actor`, `customer`/`file`, `flow`, `from`, `to`, `opinion` |
| several actions | what all of them have |
| duty (`opens`), consequence on an event | `event`, `actor` (= `event.actor`), `customer`/`file` (= `event.file`) |
| duty with `for_each` | also `customer`/`file` or `person`: each of the set |
| duty `done.where` | `event`: the event that would close it; `opening`: the one that opened it; `bearer`, `customer`/`file` |
| duty `done.state`, `void_when`, `due.from`, `due.on` | `event`: the one that opened it; `bearer`, `customer`/`file` |
| schedule | `customer`/`file`, `person` or `unit` by `for_each`; `day` (date), `period` (text) |
| consequence `breach` | `duty` (bearer, unit, customer, due, opened), `bearer`, `person` (= the bearer), `unit`, `customer`/`file` |
| consequence `absent`, `ladder` | `customer`/`file`; in `valid` also `event` |
| consequence `every` | `customer`/`file`, `person` or `unit` by `for_each`; `month`, `period` (text), `day` (date) |
| assignment | `event`, `actor`, `customer`/`file`; in `by` also `candidate` |
| computation | its `args` |
| role `of`, `is` | `actor`, `person`, `customer`/`file`, `event` |
| form field `required_when`, `must` | `actor`; the form's fields; `customer`/`file`, `person` or `unit`; in a row its fields by their bare ids |
| route step `when` | the variables of every approval that takes the route |

Parameters stand everywhere under their own names. An event filed with a form carries the form's fields: `event.amount`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kedang.kernel.norms.expressions import Scope, Var
from kedang.kernel.norms.schema import Form, FormField, Pack, Trigger
from kedang.kernel.norms.vocabulary import Action, Vocabulary

Vars = dict[str, Var]

FILED = "form.filed"
ACTOR = Var("person", "您")
AGENT = Var("person", "经办人")
FILE: Vars = {"customer": Var("customer", "客户"), "file": Var("customer", "客户")}
PERIOD: Vars = {"period": Var("text", "周期"), "day": Var("date", "日期")}
EVENT_BASE: Vars = {
    "kind": Var("text", "事件种类"),
    "actor": AGENT,
    "file": FILE["file"],
    "occurred_at": Var("datetime", "发生时间"),
    "recorded_at": Var("datetime", "记录时间"),
    "first": Var("bool", "是首次"),
    "subject": Var("text", "对象"),
}
DUTY = Var(
    "duty",
    "逾期事项",
    attributes={
        "bearer": Var("person", "责任人", nullable=True),
        "unit": Var("unit", "责任部门", nullable=True),
        "customer": replace(FILE["customer"], nullable=True),
        "due": Var("datetime", "到期时间"),
        "opened": Var("datetime", "开始时间"),
    },
)


@dataclass(frozen=True)
class Words:
    """The pack and everything it may name; makes the scopes of its parts."""

    pack: Pack
    vocabulary: Vocabulary
    others: Mapping[str, Pack] = field(default_factory=dict)
    events: Mapping[str, Any] = field(default_factory=dict)

    def scope(
        self, variables: Mapping[str, Var], *, rows: Mapping[str, Var] | None = None, gaps: bool = False
    ) -> Scope:
        """A scope with these variables."""
        return Scope(variables, self.vocabulary, self.pack, rows, self.others, self.events, gaps)

    # ---- actions and forms --------------------------------------------------------------------------------

    def action(self, action: Action) -> Vars:
        """Variables of a norm on an action."""
        found = {each.id: arg_var(each) for each in action.args} | {"actor": ACTOR}
        if action.name.startswith("form.") and "form" in found:
            # A form is told by its name, and a misspelt one does not load.
            found["form"] = replace(found["form"], values=self._forms())
        if action.about:
            about = found.get(action.about, FILE["file"])
            found |= {"file": replace(about, type="customer"), "customer": replace(about, type="customer")}
        return found

    def form(self, form: Form) -> Vars:
        """Variables of a norm on the filing of a form, and of conditions on its fields."""
        found: Vars = {"actor": ACTOR, "occurred_at": Var("datetime", "发生时间", nullable=True)}
        found |= self._about(form)
        return found | {each.id: self.form_field(each) for each in form.fields}

    def rows(self, form: Form) -> Vars | None:
        """Fields of the repeated part."""
        return {each.id: self.form_field(each) for each in form.rows.fields} if form.rows else None

    def _about(self, form: Form) -> Vars:
        if form.about in ("customer", "contact", "case"):
            return dict(FILE)
        if form.about == "person":
            return {"person": Var("person", "当事人")}
        return {"unit": Var("unit", "部门")} if form.about == "unit" else {}

    def form_field(self, spec: FormField) -> Var:
        """A form field as a variable; a class field has the term's values."""
        values: Any = spec.values
        term = self.pack.terms.get((spec.binds or "").removeprefix("term."))
        if values is None and spec.binds and spec.binds.startswith("term.") and term:
            values = term.values
        if isinstance(values, list):
            values = {each: each for each in values}
        return Var(spec.type, spec.name, not spec.required, values, spec.group)

    def stage(self) -> Vars:
        """Variables of a norm on the move into a stage."""
        found: Vars = {
            "actor": ACTOR,
            "flow": Var("text", "流程", values=self._flows()),
            "opinion": Var("text", "意见", nullable=True),
        }
        stages = self._stages()
        return found | FILE | {"from": Var("text", "原状态", values=stages), "to": Var("text", "新状态", values=stages)}

    # ---- events -------------------------------------------------------------------------------------------

    def event(self, trigger: Sequence[str], form: str | None = None) -> Vars:
        """Variables of what an event (or the filing of a form) sets off."""
        attributes = self._event_attributes(trigger)
        if form and form in self.pack.forms:
            fields = {each.id: self.form_field(each) for each in self.pack.forms[form].fields}
            attributes = {**attributes, **{name: replace(var, nullable=True) for name, var in fields.items()}}
        event = Var("event", "事件", attributes=attributes)
        return {"event": event, "actor": AGENT, **FILE}

    def of_trigger(self, trigger: Trigger) -> Vars:
        """Variables of what a trigger sets off."""
        return self.event(kinds_of(trigger), trigger.form)

    def _event_attributes(self, names: Sequence[str]) -> Vars:
        kinds = [self.events[name] for name in names if name in self.events]
        merged: Vars = dict(EVENT_BASE)
        for key in dict.fromkeys(key for kind in kinds for key in kind.data):
            declared = [kind.data[key] for kind in kinds if key in kind.data]
            nullable = len(declared) < len(kinds) or any(each.endswith("?") for each in declared)
            merged[key] = Var(declared[0].rstrip("?"), self._key_label(key), nullable, self._key_values(key, names))
        return merged

    def _key_label(self, key: str) -> str:
        return {"flow": "流程", "from": "原状态", "to": "新状态", "term": "分类", "form": "表单"}.get(key, key)

    def _key_values(self, key: str, names: Sequence[str]) -> Mapping[str, str] | None:
        """Keys of kernel events that hold full ids may be compared with bare ones."""
        shelves: dict[str, Iterable[str]] = {"flow": self.pack.flows, "form": self.pack.forms, "term": self.pack.terms}
        if key in shelves and names == [{"flow": "flow.moved", "form": FILED, "term": "customer.classified"}[key]]:
            return {f"{self.pack.pack}.{name}": name for name in shelves[key]}
        return self._stages() if key in ("from", "to") and names == ["flow.moved"] else None

    def _flows(self) -> dict[str, str]:
        return {f"{self.pack.pack}.{name}": name for name in self.pack.flows}

    def _forms(self) -> dict[str, str]:
        known = {name: form.name for name, form in self.pack.forms.items()}
        return known | {f"{self.pack.pack}.{name}": label for name, label in known.items()}

    def _stages(self) -> dict[str, str]:
        return {stage.id: stage.name for flow in self.pack.flows.values() for stage in flow.stages}


def kinds_of(trigger: Trigger) -> list[str]:
    """Event kinds a trigger names; the filing of a form is 'form.filed'."""
    if trigger.form:
        return [FILED]
    return as_list(trigger.event)


def as_list(value: str | list[str] | None) -> list[str]:
    """One, several or none, as a list."""
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else list(value)


def arg_var(spec: Any) -> Var:
    """An action's argument as a variable."""
    return Var(spec.type, spec.name, not spec.required, spec.choices or None, spec.group)


def common(parts: Sequence[Vars]) -> Vars:
    """Variables that all parts have with one type."""
    first, *rest = parts
    return {
        name: replace(var, nullable=var.nullable or any(part[name].nullable for part in rest))
        for name, var in first.items()
        if all(name in part and part[name].type == var.type for part in rest)
    }


def union(parts: Sequence[Vars]) -> Vars:
    """Variables that any part has; where types differ the name is left out."""
    found: Vars = {}
    clashing = set()
    for part in parts:
        for name, var in part.items():
            if name in found and found[name].type != var.type:
                clashing.add(name)
            found.setdefault(name, var)
    return {name: var for name, var in found.items() if name not in clashing}


def each_of(kind: str) -> Vars:
    """Variables of one case of a `for_each`."""
    if kind == "file":
        return dict(FILE)
    if kind in ("person", "holder"):
        return {"person": Var("person", "人员")}
    return {"unit": Var("unit", "部门")} if kind == "unit" else {}
