"""A pack made ready to run: every expression compiled, every trigger indexed. Pure.

Which variables each part may use stands in `binding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from kedang.kernel.norms.expressions import Expression
from kedang.kernel.norms.expressions import types as literals
from kedang.kernel.norms.loader import LoadedPack
from kedang.kernel.norms.problems import suggest
from kedang.kernel.norms.schema import Form, Norm, Pack
from kedang.kernel.norms.vocabulary import Vocabulary
from kedang.kernel.workdays import periods


@dataclass(frozen=True, slots=True)
class ActionKey:
    """What a prohibition or approval guards: an action, the filing of one form, or the move into one stage."""

    kind: Literal["action", "form", "stage"]
    name: str
    """Action name, form id, or 'flow.stage'; forms and stages are of the norm's own pack unless written 'pack.form'."""


@dataclass(frozen=True)
class CompiledNorm:
    """A norm with its expressions. `exprs` is keyed by path: 'when', 'opens.where', 'bearer', 'done.where',
    'done.state', 'opens.for_each', 'due.from', 'due.on', 'every.of', 'void_when', 'absent.valid', 'absent.since',
    'grant.until', 'choose', 'by[0]', 'ladder.anchor', 'ladder.stop_when', 'do[0].per', 'ladder.steps[0].do[0].notify',
    'table[1].when', 'table[1].give.A', 'formula' …"""

    norm: Norm
    pack_id: str
    qid: str
    """'pack.norm': the name under which everything refers to it."""
    clauses: tuple[str, ...]
    exprs: Mapping[str, Expression] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    """Where a role's id stands in place of an expression: {'bearer': 'dept_manager', 'done.by': 'market', 'ask': …}."""
    actions: tuple[ActionKey, ...] = ()
    for_each: tuple[str, str] = ("", "")
    """Of a schedule or a periodic consequence: ('holder', role), ('unit', role), ('file', ''), ('person', ''), ('company', '')."""
    opens_events: tuple[str, ...] = ()
    done_events: tuple[str, ...] = ()
    """Kinds of events that open / close; the filing of a form stands as 'form.filed' (see `norm.done.form`)."""

    @property
    def overridden(self) -> list[str]:
        """Full ids of the norms that this one puts aside where both apply."""
        return [each if "." in each else f"{self.pack_id}.{each}" for each in self.norm.overrides]

    def expr(self, path: str) -> Expression | None:
        """The expression at a path, if the norm has one."""
        return self.exprs.get(path)


Index = Mapping[str, tuple[CompiledNorm, ...]]


@dataclass
class Regulation:
    """One pack, compiled."""

    pack: Pack
    digest: str
    norms: tuple[CompiledNorm, ...]
    by_id: Mapping[str, CompiledNorm] = field(default_factory=dict)
    """By bare id."""
    role_exprs: Mapping[str, Mapping[str, Expression]] = field(default_factory=dict)
    """{role: {'of': …, 'is': …}}; variables actor, file/customer, person, event."""
    field_exprs: Mapping[str, Mapping[str, Mapping[str, Expression]]] = field(default_factory=dict)
    """{form: {field: {'required_when': …, 'must': …}}}; a row field stands as 'rows.field'; form's attach as ''→'attach'."""
    route_exprs: Mapping[str, tuple[Mapping[str, Expression], ...]] = field(default_factory=dict)
    """{route: per step {'when': …, 'agree_if': …}}; a norm's inline route stands under the norm's bare id."""
    scope_expr: Expression | None = None
    """applies_to.where, over `file`."""
    by_action: Index = field(default_factory=dict)
    by_form_action: Index = field(default_factory=dict)
    by_stage: Index = field(default_factory=dict)
    opens_on: Index = field(default_factory=dict)
    """Duties by the kind of event that opens them ('form.filed' for forms)."""
    done_on: Index = field(default_factory=dict)
    """Duties and schedules by the kind of event that closes them."""
    paused_on: Index = field(default_factory=dict)
    """Duties and schedules by the kind of event that stops their clock …"""
    resumed_on: Index = field(default_factory=dict)
    """… and that lets it go on."""
    drafts: frozenset[str] = frozenset()
    """Forms (full ids) that consequences give somebody to draft."""
    reacts_on: Index = field(default_factory=dict)
    """Consequences by event kind; those of `absent` stand here too (their clock restarts)."""
    breach_of: Index = field(default_factory=dict)
    """Consequences by the qid of the duty or schedule whose breach triggers them."""
    assigns_on: Index = field(default_factory=dict)
    timed: tuple[CompiledNorm, ...] = ()
    """Schedules, and consequences that are absent, every or ladder: what a tick must look at."""
    computations: Mapping[str, CompiledNorm] = field(default_factory=dict)
    """By what they give."""
    clause_enforcers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """{clause: what names it, as 'norm file-in-time', 'form basic', 'field basic.name', 'builtin numbering.unique' …}."""

    _params: dict[date, dict[str, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def conditional(self) -> bool:
        """Whether a step of some route asks for something before it passes (`agree_if`)."""
        return any("agree_if" in step for steps in self.route_exprs.values() for step in steps)

    @property
    def id(self) -> str:
        """The pack's id."""
        return self.pack.pack

    @cached_property
    def stage_actions(self) -> tuple[str, ...]:
        """Actions that move a file on in some flow, in the order in which stages name them."""
        stages = (stage for flow in self.pack.flows.values() for stage in flow.stages)
        return tuple(stage.action for stage in stages if stage.action)

    def form(self, name: str) -> Form:
        """A form by bare or full id."""
        return self.pack.forms[name.removeprefix(self.id + ".")]

    def param(self, name: str, on: date) -> Any:
        """The parameter's typed value in force on a day (Duration, Decimal, time, date, str, bool); None before its first."""
        parameter = self.pack.parameters[name]
        since = max((day for day in parameter.values if day <= on), default=None)
        return None if since is None else typed_value(parameter.type, parameter.values[since])

    def params(self, on: date) -> dict[str, Any]:
        """All parameters with a value on that day, to be merged into `Env.vars`."""
        if on not in self._params:
            found = {name: self.param(name, on) for name in self.pack.parameters}
            self._params[on] = {name: value for name, value in found.items() if value is not None}
        return dict(self._params[on])

    def clause_text(self, number: str) -> str:
        """The clause's wording ('' when the pack has no such clause)."""
        entry = self.pack.clauses.get(number)
        return entry.text if entry else ""


def typed_value(kind: str, value: Any) -> Any:
    """A parameter's value as its type wants it; ValueError (Chinese) when it is something else."""
    text = value.isoformat() if isinstance(value, date) else str(value)
    if kind == "bool":
        if not isinstance(value, bool):
            raise ValueError(f"“{text}”不是 true 或 false")
        return value
    if kind == "period" and text.removesuffix("_end") not in periods.KINDS:
        raise literals.BadLiteral(f"不认识的周期“{text}”", suggest(text, periods.KINDS))
    if kind in ("text", "period"):
        return text
    if isinstance(value, bool):
        raise ValueError(f"“{text}”写法不对，这里要{literals.name_of(literals.base(kind))}")
    if kind == "duration":
        return literals.read_duration(text)
    if kind in ("number", "money", "percent"):
        number = literals.read_number(text)
        return int(number) if isinstance(value, int) else number
    return literals.read_literal(text, kind)


def resolve(text: str, kind: str, params: Mapping[str, Any]) -> Any:
    """What `within: filing_period` or `within: 5 working_days` says: a parameter's value or the literal itself."""
    named = params.get(text)
    return typed_value(kind, text) if named is None else named


def compile_pack(
    loaded: LoadedPack,
    vocabulary: Vocabulary,
    others: Mapping[str, Pack] | None = None,
    events: Mapping[str, Any] | None = None,
) -> Regulation:
    """Compile; PackError lists every expression that does not hold. `events`: kinds by name (default: the ledger's)."""
    from kedang.kernel.norms.compiling import PackCompiler

    return PackCompiler(loaded, vocabulary, others or {}, events).compile()
