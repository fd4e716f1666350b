"""Compiles a loaded pack: what its parts say, with every expression typed at its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kedang.kernel.ledger import kinds
from kedang.kernel.norms import clauses
from kedang.kernel.norms.binding import ACTOR, FILE, Vars, Words, as_list, common, union
from kedang.kernel.norms.compiled import CompiledNorm, Index, Regulation, typed_value
from kedang.kernel.norms.compiling_norms import NormCompiler
from kedang.kernel.norms.expressions import Expression, Scope, Var, compile_expr
from kedang.kernel.norms.loader import LoadedPack
from kedang.kernel.norms.marks import KeyPath
from kedang.kernel.norms.problems import PackError, Problem, problem
from kedang.kernel.norms.schema import ApprovalNorm, Due, DutyNorm, FormField, Pack, RouteStep, ScheduleNorm
from kedang.kernel.norms.vocabulary import Type, Vocabulary


class PackCompiler:
    """One pack's way from shape to a runnable regulation; collects all problems before it gives up."""

    def __init__(
        self,
        loaded: LoadedPack,
        vocabulary: Vocabulary,
        others: Mapping[str, Pack],
        events: Mapping[str, Any] | None = None,
    ) -> None:
        self.loaded = loaded
        self.pack = loaded.pack
        known = {kind.name: kind for kind in kinds.all_kinds()} if events is None else events
        self.words = Words(self.pack, vocabulary, others, known)
        self.problems: list[Problem] = []

    def compile(self) -> Regulation:
        """The regulation, or PackError with every problem in the order of the files."""
        self._parameters()
        self._unique_ids()
        norms = tuple(NormCompiler(self, index, norm).compile() for index, norm in enumerate(self.pack.norms))
        parts = {
            "role_exprs": self._roles(),
            "field_exprs": self._forms(),
            "route_exprs": self._routes(norms),
            "scope_expr": self._scope(),
        }
        if self.problems:
            raise PackError(sorted(set(self.problems)))
        return _indexed(self.loaded, norms, parts)

    # ---- tools --------------------------------------------------------------------------------------------

    def fault(self, path: KeyPath, message: str, suggestion: str = "") -> None:
        """Note a problem at a path of keys."""
        self.problems.append(problem(self.loaded.mark(*path), message, suggestion))

    def expr(self, text: str, scope: Scope, expects: Type | None, path: KeyPath) -> Expression | None:
        """The expression at a path; None (and a problem noted) when it does not hold."""
        try:
            return compile_expr(text, scope, expects, self.loaded.mark(*path))
        except PackError as fault:
            self.problems += fault.problems
            return None

    def _parameters(self) -> None:
        for name, parameter in self.pack.parameters.items():
            for day, value in parameter.values.items():
                try:
                    typed_value(parameter.type, value)
                except ValueError as fault:
                    self.fault(("parameters", name, "values", day.isoformat()), str(fault))

    def _unique_ids(self) -> None:
        self._unique([norm.id for norm in self.pack.norms], ("norms",), "规则")
        for name, form in self.pack.forms.items():
            self._unique([each.id for each in form.fields], ("forms", name, "fields"), "栏目")
            if form.rows:
                self._unique([each.id for each in form.rows.fields], ("forms", name, "rows", "fields"), "栏目")
        for name, flow in self.pack.flows.items():
            self._unique([each.id for each in flow.stages], ("flows", name, "stages"), "阶段")

    def _unique(self, ids: list[str], listed_at: KeyPath, what: str) -> None:
        for index, each in enumerate(ids):
            if each in ids[:index]:
                self.fault((*listed_at, index, "id"), f"{what}“{each}”写了两次", "id 各不相同，一经使用不改")

    # ---- parts --------------------------------------------------------------------------------------------

    def _roles(self) -> dict[str, dict[str, Expression]]:
        variables: Vars = {"actor": ACTOR, "person": Var("person", "人员"), **FILE}
        scope = self.words.scope(variables, gaps=True)
        found: dict[str, dict[str, Expression]] = {}
        for name, role in self.pack.roles.items():
            wanted = (("of", role.of, "unit"), ("is", role.is_, "person|set[person]"))
            exprs = {key: self.expr(text, scope, kind, ("roles", name, key)) for key, text, kind in wanted if text}
            found[name] = {key: expr for key, expr in exprs.items() if expr}
        return found

    def _scope(self) -> Expression | None:
        where = self.pack.applies_to.where
        return self.expr(where, self.words.scope(FILE, gaps=True), "bool", ("applies_to", "where")) if where else None

    def _forms(self) -> dict[str, dict[str, dict[str, Expression]]]:
        found: dict[str, dict[str, dict[str, Expression]]] = {}
        for name, form in self.pack.forms.items():
            variables, rows = self.words.form(form), self.words.rows(form)
            fields = found[name] = {}
            for index, each in enumerate(form.fields):
                fields[each.id] = self._field(
                    each, self.words.scope(variables, rows=rows), ("forms", name, "fields", index)
                )
            for index, each in enumerate(form.rows.fields if form.rows else ()):
                scope = self.words.scope({**variables, **(rows or {})}, rows=rows)
                fields[f"rows.{each.id}"] = self._field(each, scope, ("forms", name, "rows", "fields", index))
            if form.rows and form.rows.each and form.rows.each.when:
                scope = self.words.scope({**variables, **(rows or {})}, rows=rows)
                expr = self.expr(form.rows.each.when, scope, "bool", ("forms", name, "rows", "each", "when"))
                fields["rows"] = {"each": expr} if expr else {}
            if form.attach and form.attach.when:
                action = self.words.vocabulary.actions.get(form.attach.action)
                scope = self.words.scope(self.words.action(action) if action else variables)
                expr = self.expr(form.attach.when, scope, "bool", ("forms", name, "attach", "when"))
                fields[""] = {"attach": expr} if expr else {}
        return found

    def _field(self, spec: FormField, scope: Scope, path: KeyPath) -> dict[str, Expression]:
        wanted = (("required_when", spec.required_when), ("must", spec.must))
        exprs = {key: self.expr(text, scope, "bool", (*path, key)) for key, text in wanted if text}
        if spec.suggest:
            exprs["suggest"] = self.expr(spec.suggest, scope, None, (*path, "suggest"))
        return {key: expr for key, expr in exprs.items() if expr}

    def _routes(self, norms: tuple[CompiledNorm, ...]) -> dict[str, tuple[dict[str, Expression], ...]]:
        found = {}
        for name, route in self.pack.routes.items():
            taking = [self._action_vars(norm) for norm in norms if _takes(norm, name)]
            variables = union(taking) if taking else {"actor": ACTOR, **FILE}
            found[name] = self._steps(route, variables, ("routes", name))
        for index, norm in enumerate(norms):
            rule = norm.norm
            if isinstance(rule, ApprovalNorm) and not isinstance(rule.route, str):
                found[rule.id] = self._steps(rule.route, self._action_vars(norm), ("norms", index, "route"))
        return found

    def _steps(self, route: list[RouteStep], variables: Vars, path: KeyPath) -> tuple[dict[str, Expression], ...]:
        steps = []
        for index, step in enumerate(route):
            self._time_limit(step, (*path, index))
            wanted = (("when", step.when), ("agree_if", step.agree_if))
            scope = self.words.scope(variables, gaps=True)
            exprs = {key: self.expr(text, scope, "bool", (*path, index, key)) for key, text in wanted if text}
            steps.append({key: expr for key, expr in exprs.items() if expr})
        return tuple(steps)

    def _time_limit(self, step: RouteStep, path: KeyPath) -> None:
        """`within` is a duration or names a parameter that is one; `timeout` and `first` say what follows from others."""
        if step.within is None and step.timeout != "remind":
            self.fault((*path, "timeout"), "写了 timeout 而没有写期限", "加上 within: 2 working_days")
        if step.first and not step.agree_if:
            self.fault((*path, "first"), "写了 first 而没有写 agree_if", "first 是 agree_if 的说明")
        named = self.pack.parameters.get(step.within or "")
        if named is not None and named.type != "duration":
            self.fault((*path, "within"), f"参数“{step.within}”的类型是 {named.type}，这里要 duration")
        elif step.within and named is None:
            try:
                typed_value("duration", step.within)
            except ValueError as fault:
                self.fault((*path, "within"), str(fault))

    def _action_vars(self, norm: CompiledNorm) -> Vars:
        return self.guarded_vars(norm.actions)

    def guarded_vars(self, actions: tuple[Any, ...]) -> Vars:
        """Variables of a norm that guards these actions, forms and stages."""
        parts = []
        for key in actions:
            action, form = self.words.vocabulary.actions.get(key.name), self.pack.forms.get(key.name)
            if key.kind == "stage":
                parts.append(self.words.stage())
            elif key.kind == "form" and form:
                parts.append(self.words.form(form))
            elif key.kind == "action" and action:
                parts.append(self.words.action(action))
        return common(parts) if parts else {"actor": ACTOR, **FILE}


def _takes(norm: CompiledNorm, route: str) -> bool:
    rule = norm.norm
    return getattr(rule, "route", None) == route or getattr(rule, "lifted_by", None) == route


def _index(norms: tuple[CompiledNorm, ...], keys: Callable[[CompiledNorm], Any]) -> Index:
    found: dict[str, list[CompiledNorm]] = {}
    for norm in norms:
        for key in dict.fromkeys(keys(norm)):
            found.setdefault(key, []).append(norm)
    return {key: tuple(each) for key, each in found.items()}


def _indexed(loaded: LoadedPack, norms: tuple[CompiledNorm, ...], parts: dict[str, Any]) -> Regulation:
    """The regulation with the indexes that the engine asks."""

    def of(*wanted: str) -> tuple[CompiledNorm, ...]:
        return tuple(norm for norm in norms if norm.norm.kind in wanted)

    def guards(kind: str) -> Index:
        return _index(norms, lambda norm: [key.name for key in norm.actions if key.kind == kind])

    own = loaded.pack.pack
    consequences = of("consequence")
    return Regulation(
        pack=loaded.pack,
        digest=loaded.digest,
        norms=norms,
        by_id={norm.norm.id: norm for norm in norms},
        by_action=guards("action"),
        by_form_action=guards("form"),
        by_stage=guards("stage"),
        opens_on=_index(of("duty"), lambda norm: norm.opens_events),
        done_on=_index(of("duty", "schedule"), lambda norm: norm.done_events),
        paused_on=_index(of("duty", "schedule"), lambda norm: as_list(_due(norm).pause)),
        resumed_on=_index(of("duty", "schedule"), lambda norm: as_list(_due(norm).resume)),
        drafts=frozenset(form for norm in consequences for form in drafted(norm.norm, own)),
        reacts_on=_index(consequences, lambda norm: norm.opens_events),
        breach_of=_index(consequences, lambda norm: breaches(norm, own)),
        assigns_on=_index(of("assignment"), lambda norm: norm.opens_events),
        timed=tuple(norm for norm in norms if _is_timed(norm)),
        computations={norm.norm.gives: norm for norm in norms if norm.norm.kind == "computation"},
        clause_enforcers=clauses.enforcers(loaded.pack),
        **parts,
    )


def breaches(norm: CompiledNorm, own: str) -> list[str]:
    """Full ids of the duties whose breach sets a consequence off."""
    named = getattr(norm.norm, "breach", None) or []
    return [each if "." in each else f"{own}.{each}" for each in ([named] if isinstance(named, str) else named)]


def _due(norm: CompiledNorm) -> Due:
    return norm.norm.due if isinstance(norm.norm, DutyNorm | ScheduleNorm) else Due()


def drafted(rule: Any, own: str) -> list[str]:
    """Full ids of the forms that a consequence gives somebody to draft."""
    steps = [*rule.do]
    for rung in rule.ladder.steps if rule.ladder else ():
        steps += rung.do if isinstance(rung.do, list) else [rung.do]
    named = [str(step["draft"]) for step in steps if "draft" in step]  # titles of free texts match no filed form
    return [name if "." in name else f"{own}.{name}" for name in named]


def _is_timed(norm: CompiledNorm) -> bool:
    rule = norm.norm
    if rule.kind == "schedule":
        return True
    return rule.kind == "consequence" and bool(rule.absent or rule.every or rule.ladder)
