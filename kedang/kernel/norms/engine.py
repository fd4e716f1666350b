"""Deciding: which norms of the packs in force speak about a command, and what they say. No writes.

Order, fixed: prohibition, then approval, then the action's own default (the access rows). All matching prohibitions
are reported. Buttons come from the same function in a dry run, so what is shown and what is enforced cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from kedang.kernel import files, once
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.expressions import Env, Expression, FactStore, Leaf, Outcome, evaluate_many
from kedang.kernel.norms.expressions import prefetch as load_facts
from kedang.kernel.norms.schema import ApprovalNorm, ProhibitionNorm
from kedang.kernel.norms.store import Regulations, Version, env_of
from kedang.kernel.norms.vocabulary import Action

Verdict = Literal["allow", "refuse", "needs", "reason", "confirm", "not_found"]


@dataclass(frozen=True)
class Finding:
    """One clause's say in a decision. `norm` is None for a clause of an access row or a flow."""

    pack: str
    pack_title: str
    clause: str
    clause_text: str
    effect: str
    message: str = ""
    lift: str = ""
    ask: tuple[int, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    norm: CompiledNorm | None = None
    version: Version | None = None
    field: str = ""
    lifted_by: str = ""

    @property
    def qid(self) -> str:
        """Full id of the norm, '' for access rows and flows."""
        return self.norm.qid if self.norm else ""


@dataclass
class Decision:
    """What was asked, what the packs say, and why."""

    action: Action
    verdict: Verdict = "allow"
    refusals: list[Finding] = field(default_factory=list)
    questions: list[Finding] = field(default_factory=list)
    confirms: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    approvals: list[Finding] = field(default_factory=list)
    depends: list[Finding] = field(default_factory=list)
    gaps: list[Leaf] = field(default_factory=list)
    undecided: list[Finding] = field(default_factory=list)
    """Norms that lacked a fact; their leaves are what was missing."""
    left_out: list[Finding] = field(default_factory=list)
    """Approvals not asked because another regulation's stricter route holds."""
    file: int | None = None
    form: str = ""

    @property
    def findings(self) -> list[Finding]:
        """The findings that made the verdict."""
        chosen = {
            "refuse": self.refusals,
            "needs": self.approvals,
            "reason": self.questions,
            "confirm": self.confirms,
        }.get(self.verdict, [])
        return list(chosen)

    @property
    def clauses(self) -> list[str]:
        """Clause numbers behind the verdict."""
        return list(dict.fromkeys(finding.clause for finding in self.findings))


@dataclass
class Call:
    """A command as norms see it. `variables` lacks what a dry run does not know yet."""

    action: Action
    variables: dict[str, Any]
    actor: int | None
    view: files.FileView | None
    units: frozenset[int]
    facts: FactStore
    regulations: Regulations
    form: str = ""
    stage: str = ""
    lifted: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    """Approval norms whose grant the actor holds, or whose agreement the frozen command carries."""
    matched: list[tuple[Version, CompiledNorm]] | None = None
    """The norms that speak about it, once they were looked for."""


def matching(call: Call) -> list[tuple[Version, CompiledNorm]]:
    """Prohibitions and approvals in force that name this command and lie in scope, overridden ones left out."""
    if call.matched is None:
        pack, now = call.variables.get("pack"), call.facts.world.now
        if call.view is None and isinstance(pack, str | None):
            # About no file yet: the same for every such command of a deed or chunk.
            key = ("matching", id(call.regulations), call.action.name, call.form, call.stage, call.units, pack, now)
            call.matched = once.remember(key, lambda: _matching(call))
        else:
            call.matched = _matching(call)
    return call.matched


def _matching(call: Call) -> list[tuple[Version, CompiledNorm]]:
    found: list[tuple[Version, CompiledNorm]] = []
    pack_of_form = call.form.partition(".")[0]
    for version in call.regulations.in_force(call.facts.world.now):
        own = version.pack in (pack_of_form, call.stage.partition(".")[0], call.variables.get("pack"))
        if not version.covers(call.view, call.units, own) or not _scope_holds(version, call):
            continue
        found += [
            (version, norm) for norm in _norms_named(version, call) if norm.norm.kind in ("prohibition", "approval")
        ]
    return found


def _scope_holds(version: Version, call: Call) -> bool:
    """`applies_to.where`, when the pack has one and the command concerns a file."""
    scope = version.regulation.scope_expr
    if scope is None or call.view is None:
        return True
    env = env_of(version, {"file": call.view.id, "customer": call.view.id}, call.facts)
    return scope.evaluate(env).truth is True


def _norms_named(version: Version, call: Call) -> list[CompiledNorm]:
    """Norms of one version that name the action, the form filed or the stage moved to; each once."""
    regulation = version.regulation
    named = list(regulation.by_action.get(call.action.name, ()))
    if call.form:
        named += regulation.by_form_action.get(call.form, ())
        named += regulation.by_form_action.get(call.form.removeprefix(version.pack + "."), ())
    if call.stage:
        named += regulation.by_stage.get(call.stage, ())
        named += regulation.by_stage.get(call.stage.removeprefix(version.pack + "."), ())
    return list({norm.qid: norm for norm in named}.values())


def decide(call: Call) -> Decision:
    """What the norms say of the command; the access default is added by the caller (`actions.access`)."""
    decision = Decision(call.action, file=call.view.id if call.view else None, form=call.form)
    hits: list[tuple[Version, CompiledNorm, Outcome]] = []
    for version, norm in matching(call):
        if norm.qid in call.lifted:
            continue
        outcome = _outcome(version, norm, call)
        if outcome.truth is None:
            _unknown(decision, version, norm, outcome, hits)
        elif outcome.truth:
            hits.append((version, norm, outcome))
    overridden = {_qualified(o, norm) for _, norm, _ in hits for o in norm.norm.overrides}
    standing = [hit for hit in hits if hit[1].qid not in overridden]
    if any(getattr(norm.norm, "fallback", None) is False for _, norm, _ in standing):
        standing = [hit for hit in standing if not getattr(hit[1].norm, "fallback", False)]
    for version, norm, outcome in standing:
        if any(_yields(version, norm, other, theirs) for other, theirs, _ in standing):
            decision.left_out.append(finding(version, norm, outcome, "approval"))
        else:
            _place(decision, version, norm, outcome, call)
    return settle(decision)


def truths(norm: CompiledNorm, envs: Sequence[Env]) -> list[bool | None]:
    """Whether a norm's `when` and `where` hold for each of these, both of them, facts loaded set-wise."""
    found: list[bool | None] = [True] * len(envs)
    for path in ("when", "where"):
        expr = norm.expr(path)
        if expr is not None:
            said = [outcome.truth for outcome in evaluate_many(expr, envs)]
            found = [_both(one, other) for one, other in zip(found, said, strict=True)]
    return found


def truth(norm: CompiledNorm, env: Env) -> bool | None:
    """The same for one."""
    return truths(norm, [env])[0]


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def prefetch(calls: Sequence[Call]) -> None:
    """Load what the norms of these commands will ask, each fact once for all of them."""
    asked: dict[int, tuple[Expression, list[Env]]] = {}
    for call in calls:
        for version, norm in matching(call):
            when = norm.expr("when")
            if when is not None:
                envs = asked.setdefault(id(when), (when, []))[1]
                envs.append(env_of(version, call.variables, call.facts))
    for when, envs in asked.values():
        load_facts(when, envs)


def settle(decision: Decision) -> Decision:
    """Put the verdict on a decision by the fixed order."""
    if decision.refusals:
        decision.verdict = "refuse"
    elif decision.questions:
        decision.verdict = "reason"
    elif decision.confirms:
        decision.verdict = "confirm"
    elif decision.approvals:
        decision.verdict = "needs"
    else:
        decision.verdict = "allow"
    return decision


def _outcome(version: Version, norm: CompiledNorm, call: Call) -> Outcome:
    when = norm.expr("when")
    if when is None:
        return Outcome(True)
    env = env_of(version, call.variables, call.facts)
    # Most norms do not apply, and nobody is told why not: only what does is gone through again for its trace.
    outcome = when.evaluate(env, told=False)
    return when.evaluate(env) if outcome.truth else outcome


def _unknown(
    decision: Decision,
    version: Version,
    norm: CompiledNorm,
    outcome: Outcome,
    hits: list[tuple[Version, CompiledNorm, Outcome]],
) -> None:
    """A missing argument makes it "depends"; a data gap is settled by if_missing, and reported either way."""
    if outcome.missing:
        decision.depends.append(finding(version, norm, outcome))
        return
    decision.gaps += outcome.gaps
    decision.undecided.append(replace(finding(version, norm, outcome, "gap"), leaves=outcome.gaps))
    rule = getattr(norm.norm, "if_missing", None) or "pass"
    if rule == "refuse":
        hits.append((version, norm, outcome))


def _yields(version: Version, norm: CompiledNorm, other: Version, theirs: CompiledNorm) -> bool:
    """`stricter: more_approvers` between two packs' approvals: the shorter route is not asked beside the longer."""
    mine, yours = norm.norm, theirs.norm
    if version.pack == other.pack or not (isinstance(mine, ApprovalNorm) and isinstance(yours, ApprovalNorm)):
        return False
    if "more_approvers" not in (mine.stricter, yours.stricter):
        return False
    # Of two equally long routes the one that says `stricter` holds, else the first by name.
    own = (*_approvers(version, mine), mine.stricter is not None, other.pack)
    return own < (*_approvers(other, yours), yours.stricter is not None, version.pack)


def _approvers(version: Version, rule: ApprovalNorm) -> tuple[int, int]:
    """(steps, seats) of an approval's route."""
    named = rule.route if not isinstance(rule.route, str) else version.regulation.pack.routes.get(rule.route, [])
    groups = [step.all or step.any or step.sequence or (step.ratio or {}).get("of") or [step.role] for step in named]
    return max(1, len(named)), max(1, sum(len(group) for group in groups))


def _qualified(norm_id: str, by: CompiledNorm) -> str:
    return norm_id if "." in norm_id else f"{by.pack_id}.{norm_id}"


def _place(decision: Decision, version: Version, norm: CompiledNorm, outcome: Outcome, call: Call) -> None:
    """Put a matching norm where its effect belongs."""
    rule = norm.norm
    if isinstance(rule, ApprovalNorm):
        if norm.qid not in call.held:
            decision.approvals.append(finding(version, norm, outcome, "approval"))
        return
    assert isinstance(rule, ProhibitionNorm)
    effect: str = rule.effect
    # An outside act has happened: refusing its report would falsify the file. What it broke is on record.
    if call.action.place == "outside" and effect in ("refuse", "confirm"):
        effect = "breach" if effect == "refuse" else "warn"
    shelf = {
        "breach": decision.warnings,
        "refuse": decision.refusals,
        "reason": decision.questions,
        "confirm": decision.confirms,
        "warn": decision.warnings,
    }[effect]
    shelf.append(finding(version, norm, outcome, effect, call))


def finding(
    version: Version, norm: CompiledNorm, outcome: Outcome, effect: str = "depends", call: Call | None = None
) -> Finding:
    """A norm's say, with its clause and the values that decided it."""
    from kedang.kernel.norms.people import people_at

    clause = norm.clauses[0]
    rule = norm.norm
    ask: list[int] = []
    if call is not None and isinstance(rule, ProhibitionNorm) and rule.ask:
        ask = people_at(version, norm, "ask", call.variables, call.facts)
    return Finding(
        pack=version.pack,
        pack_title=version.title,
        clause=clause,
        clause_text=version.clause_text(clause),
        effect=effect,
        message=rule.message,
        lift=getattr(rule, "lift", ""),
        ask=tuple(ask),
        leaves=outcome.leaves,
        norm=norm,
        version=version,
        field=getattr(rule, "field", None) or "",
        lifted_by=getattr(rule, "lifted_by", None) or "",
    )


def clause_finding(version: Version, clause: str, effect: str, message: str, lift: str = "") -> Finding:
    """A say of an access row or a flow, which are not norms but name a clause all the same."""
    return Finding(
        version.pack, version.title, clause, version.clause_text(clause), effect, message, lift, version=version
    )


def first_clause(value: str | list[str], default: str = "") -> str:
    """The clause a thing names, the first when it names several."""
    if isinstance(value, list):
        return value[0] if value else default
    return value or default


Variables = Mapping[str, Any]
