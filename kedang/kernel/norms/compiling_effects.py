"""Compiles what a consequence does: {notify: owner}, {propose: points, per: 2, with: late_duties} …

| verb | says |
| --- | --- |
| `notify`, `escalate` | whom: owner, actor, bearer, superior, a role, an expression; notify also a list of these; `urgent: true` goes out in quiet hours too |
| `propose` | points, amount or measure; `per`, `points`, `amount` numbers; `about` a person or unit; `decided_by` a role |
| `open_duty`, `open_case` | what is to be done; `bearer`, `within`; also written `{open_case: {title, bearer, within}}` |
| `draft` | a form of the pack, or a text's title; `by` whom (else the owner), `within` |
| `release` | pool |
| `reassign` | to whom |
| `set` | {term: value} |
| `stage` | flow.stage |
| `void` | a norm whose open duties end |
| `do` | an action, with its arguments `with: {…}` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kedang.kernel.norms.binding import ACTOR, Vars
from kedang.kernel.norms.compiling_tools import IDENTIFIER, NormTools
from kedang.kernel.norms.expressions.types import BadLiteral, choice
from kedang.kernel.norms.problems import suggest
from kedang.kernel.norms.vocabulary import Type

WORDS = frozenset({"owner", "actor", "bearer", "superior"})
TARGETS = frozenset({"notify", "escalate", "reassign", "bearer", "decided_by", "by"})
TASKS = frozenset({"open_duty", "open_case"})
KEYS = {
    "draft": frozenset({"draft", "by", "within"}),
    "open_duty": frozenset({"open_duty", "bearer", "within"}),
    "open_case": frozenset({"open_case", "bearer", "within"}),
}
"""What may stand beside a verb that gives somebody a task."""
EXPRESSIONS: Mapping[str, Type] = {
    "when": "bool",
    "about": "person|unit|customer",
    "person": "person|set[person]",
    "unit": "unit",
    "per": "number",
    "points": "number",
    "amount": "number",
}
"""Keys that are expressions; everything else is handed to the effect as written."""
REFERENCES = frozenset({"person", "unit", "customer", "contact", "number", "money", "date", "datetime"})


def flat(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """`{open_case: {title: 核实, bearer: head}}` as `{open_case: 核实, bearer: head}`."""
    verb = next(iter(entry), "")
    if verb not in TASKS or not isinstance(entry[verb], Mapping):
        return entry
    inner = dict(entry[verb])
    return {verb: inner.pop("title", ""), **inner}


def compile_do(
    norm: NormTools, path: str, steps: list[dict[str, Any]], variables: Vars, *, single: bool = False
) -> None:
    """Compile every entry; `single`: the file says one entry where others say a list."""
    known = variables if "actor" in variables else {**variables, "actor": ACTOR}
    for index, entry in enumerate(steps):
        _Entry(norm, f"{path}[{index}]", path if single else f"{path}[{index}]", known).compile(entry)


class _Entry:
    """One verb with what belongs to it. `path` is where it is kept, `place` where it stands in the file."""

    def __init__(self, norm: NormTools, path: str, place: str, variables: Vars) -> None:
        self.norm, self.path, self.place, self.variables = norm, path, place, variables

    def compile(self, entry: Mapping[str, Any]) -> None:
        """Check the verb and compile what it says."""
        verb = next(iter(entry), "")
        if flat(entry) is not entry:
            entry, self.place = flat(entry), f"{self.place}.{verb}"
            if not entry[verb]:
                self.norm.fault(self.place, "没有写要办什么", "写 title: 核实情况")
        self._keys(verb, entry)
        effects = self.norm.words.vocabulary.effects
        if verb not in effects:
            self.norm.fault(f"{self.place}.{verb}", f"没有后果“{verb}”", suggest(verb, effects))
        for key, value in entry.items():
            self._value(key, value)
        special: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "do": self._action,
            "void": self._void,
            "set": self._terms,
            "stage": self._stage,
            "draft": self._draft,
            "propose": self._evidence,
        }
        if verb in special:
            special[verb](entry)
        if "urgent" in entry and (verb not in ("notify", "escalate") or not isinstance(entry["urgent"], bool)):
            self.norm.fault(
                f"{self.place}.urgent", "“urgent”只用在 notify、escalate 旁，写 true 或 false", "urgent: true"
            )
        if "within" in entry:
            self.norm.literal(f"{self.place}.within", str(entry["within"]), "duration")

    def _keys(self, verb: str, entry: Mapping[str, Any]) -> None:
        known = KEYS.get(verb)
        for key in entry if known else ():
            if key not in known:  # type: ignore[operator]
                self.norm.fault(f"{self.place}.{key}", f"“{verb}”没有“{key}”这个键", suggest(key, known or ()))

    def _draft(self, entry: Mapping[str, Any]) -> None:
        """A word in Latin letters must be a form; anything else is the title of what is to be written."""
        name, forms = str(entry["draft"]), self.norm.pack.forms
        if IDENTIFIER.fullmatch(name) and name not in forms:
            self.norm.fault(
                f"{self.place}.draft", f"没有表单“{name}”", suggest(name, forms) or "或写中文题目，例如 催款函"
            )

    def _evidence(self, entry: Mapping[str, Any]) -> None:
        """`with: {late_duties: [norm, …]}` names duties and schedules of this regulation."""
        wanted = entry.get("with")
        known = [each.id for each in self.norm.pack.norms if each.kind in ("duty", "schedule")]
        for name in wanted.get("late_duties") or () if isinstance(wanted, Mapping) else ():
            if name not in known:
                self.norm.fault(f"{self.place}.with", f"没有义务“{name}”", suggest(name, known))

    def _value(self, key: str, value: Any) -> None:
        if key in TARGETS:
            names = value if isinstance(value, list) else [value]
            for index, name in enumerate(names):
                tail = f"{key}[{index}]" if len(names) > 1 else key
                place = f"{key}[{index}]" if isinstance(value, list) else key
                self._target(tail, place, str(name))
        elif key == "about" and value in self.norm.pack.roles:
            self.norm.roles[f"{self.path}.about"] = value
        elif key in EXPRESSIONS and isinstance(value, str):
            self._kept(key, key, lambda at: self.norm.expr(at, value, self.variables, EXPRESSIONS[key], gaps=True))

    def _target(self, tail: str, place: str, name: str) -> None:
        if name not in WORDS or (name not in ("owner", "superior") and name in self.variables):
            self._kept(tail, place, lambda at: self.norm.target(at, name, self.variables))

    def _kept(self, tail: str, place: str, compile_at: Callable[[str], None]) -> None:
        """Compile at the place where it stands in the file, keep under the regular path."""
        made, kept = f"{self.place}.{place}", f"{self.path}.{tail}"
        compile_at(made)
        if made in self.norm.exprs:
            self.norm.exprs[kept] = self.norm.exprs.pop(made)
        if made in self.norm.roles:
            self.norm.roles[kept] = self.norm.roles.pop(made)

    def _action(self, entry: Mapping[str, Any]) -> None:
        known = self.norm.words.vocabulary.actions
        action = known.get(str(entry["do"]))
        if action is None:
            self.norm.fault(f"{self.place}.do", f"没有动作“{entry['do']}”", suggest(str(entry["do"]), known))
            return
        args = {each.id: each for each in action.args}
        for key, value in dict(entry.get("with") or {}).items():
            if key not in args:
                self.norm.fault(f"{self.place}.with.{key}", f"动作没有参数“{key}”", suggest(key, args))
            elif isinstance(value, str) and args[key].type in REFERENCES:
                self._argument(key, value, args[key].type)

    def _argument(self, key: str, value: str, kind: str) -> None:
        self._kept(f"with.{key}", f"with.{key}", lambda at: self.norm.expr(at, value, self.variables, kind, gaps=True))

    def _void(self, entry: Mapping[str, Any]) -> None:
        name, known = str(entry["void"]), [each.id for each in self.norm.pack.norms]
        if "." not in name and name not in known:
            self.norm.fault(f"{self.place}.void", f"没有规则“{name}”", suggest(name, known))

    def _terms(self, entry: Mapping[str, Any]) -> None:
        for name, value in dict(entry["set"]).items():
            term = self.norm.pack.terms.get(name)
            if term is None:
                self.norm.fault(f"{self.place}.set.{name}", f"没有分类“{name}”", suggest(name, self.norm.pack.terms))
                continue
            try:
                choice(str(value), term.values, term.name)
            except BadLiteral as bad:
                self.norm.fault(f"{self.place}.set.{name}", str(bad), bad.suggestion)

    def _stage(self, entry: Mapping[str, Any]) -> None:
        flow_id, _, stage = str(entry["stage"]).rpartition(".")
        flow = self.norm.pack.flows.get(flow_id)
        stages = [f"{name}.{each.id}" for name, spec in self.norm.pack.flows.items() for each in spec.stages]
        if flow is None or stage not in {word for each in flow.stages for word in (each.id, each.name)}:
            self.norm.fault(f"{self.place}.stage", f"没有阶段“{entry['stage']}”", suggest(str(entry["stage"]), stages))
