"""Compiles one norm."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kedang.kernel.norms import compiling_effects as effects
from kedang.kernel.norms.binding import DUTY, FILE, FILED, PERIOD, Vars, as_list, each_of, kinds_of
from kedang.kernel.norms.clauses import numbers
from kedang.kernel.norms.compiled import ActionKey, CompiledNorm
from kedang.kernel.norms.compiling_due import DueTools
from kedang.kernel.norms.compiling_tools import IDENTIFIER
from kedang.kernel.norms.expressions import Var
from kedang.kernel.norms.expressions.types import element
from kedang.kernel.norms.problems import suggest
from kedang.kernel.norms.schema import (
    ApprovalNorm,
    AssignmentNorm,
    ComputationNorm,
    ConsequenceNorm,
    DutyNorm,
    ExprEvery,
    Norm,
    ProhibitionNorm,
    ScheduleNorm,
    TableEvery,
    Trigger,
)
from kedang.kernel.workdays import periods

_PERCENT = re.compile(r"\d+(\.\d+)?%")


class NormCompiler(DueTools):
    """One norm's way from shape to compiled."""

    def compile(self) -> CompiledNorm:
        """The compiled norm; problems are noted at the owner."""
        handlers: dict[type, Callable[[Any], None]] = {
            DutyNorm: self._duty,
            ScheduleNorm: self._schedule,
            ProhibitionNorm: self._prohibition,
            ApprovalNorm: self._approval,
            AssignmentNorm: self._assignment,
            ConsequenceNorm: self._consequence,
            ComputationNorm: self._computation,
        }
        handlers[type(self.norm)](self.norm)
        qid = f"{self.pack.pack}.{self.norm.id}"
        clauses = tuple(numbers(self.norm.clause))
        return CompiledNorm(self.norm, self.pack.pack, qid, clauses, self.exprs, self.roles, **self.more)

    # ---- duties -------------------------------------------------------------------------------------------

    def _duty(self, norm: DutyNorm) -> None:
        variables = self.words.of_trigger(norm.opens)
        self._check_trigger("opens", norm.opens, opening=True)
        variables |= self._for_each_of_duty(norm.opens, variables)
        self.expr("opens.where", norm.opens.where, variables, gaps=norm.if_missing is not None)
        self.expr("when", norm.when, variables, gaps=norm.if_missing is not None)
        self.bearer(norm.bearer, variables)
        self._done(norm.done, variables)
        self.due(norm.due, variables)
        self.expr("void_when", norm.void_when, {**FILE, "bearer": Var("person", "责任人")}, gaps=True)
        self._remind(norm.remind)
        self._stricter(norm, "duty")
        self.more = {"opens_events": tuple(kinds_of(norm.opens)), "done_events": tuple(kinds_of(norm.done))}

    def _for_each_of_duty(self, opens: Trigger, variables: Vars) -> Vars:
        if opens.for_each is None:
            return {}
        self.expr("opens.for_each", opens.for_each, variables, "set[customer]|set[person]", gaps=True)
        made = self.exprs.get("opens.for_each")
        return each_of({"customer": "file", "person": "person"}[element(made.type)]) if made else dict(FILE)

    def _check_trigger(self, path: str, trigger: Trigger, *, opening: bool = False) -> None:
        named = [trigger.event, trigger.form, trigger.state]
        if sum(each is not None for each in named) != 1:
            options = "event、form" if opening else "event、form、state"
            self.fault(path, f"要且只要写 {options} 之一")
        elif opening and trigger.state is not None:
            self.fault(f"{path}.state", "义务要由事件或表单引起", "写 event 或 form")

    def _done(self, done: Trigger, variables: Vars) -> None:
        self._check_trigger("done", done)
        bearer: Vars = {"bearer": Var("person", "责任人")}
        closing = (
            {**variables, **self.words.of_trigger(done), **bearer} if done.state is None else {**variables, **bearer}
        )
        self.expr("done.where", done.where, closing)
        # A state is looked at whenever the file changes; the opening event is long past then.
        self.expr("done.state", done.state, {**FILE, **bearer})
        if done.by and done.by not in ("bearer", "anyone"):
            if done.by in self.pack.roles:
                self.roles["done.by"] = done.by
            else:
                self.fault("done.by", f"没有角色“{done.by}”", suggest(done.by, ["bearer", "anyone", *self.pack.roles]))
        if done.for_ and done.for_ not in ("case", "subject", *closing):
            self.fault("done.for", f"没有“{done.for_}”可对应", suggest(done.for_, closing))
        if isinstance(done.count, str):
            self.expr("done.count", done.count, {**variables, **bearer}, "number")

    def _stricter(self, norm: Norm, kind: str) -> None:
        """`longer` and `shorter` compare deadlines, `more_approvers` routes."""
        said = {"duty": ("longer", "shorter"), "approval": ("more_approvers",)}.get(kind, ())
        if norm.stricter is not None and norm.stricter not in said:
            needs = "审批" if norm.stricter == "more_approvers" else "义务"
            hint = f"这里可写 {'、'.join(said)}" if said else "改写 overrides，或去掉 stricter"
            self.fault("stricter", f"stricter: {norm.stricter} 只用于{needs}", hint)

    def _remind(self, spans: list[str]) -> None:
        for index, span in enumerate(spans):
            self.literal(f"remind[{index}]", span, "duration")

    # ---- schedules ----------------------------------------------------------------------------------------

    def _schedule(self, norm: ScheduleNorm) -> None:
        each, _, asked_of = norm.for_each.partition(" where ")
        kind, role = self._for_each("for_each", each.strip())
        variables = {**each_of(kind), **PERIOD}
        self._every(norm.every, variables)
        said = {"when": norm.when, "where": norm.where, "for_each": asked_of.strip() or None}
        self._of_whom(said, variables, gaps=kind == "file" or norm.if_missing is not None)
        if norm.bearer == "each":
            if kind not in ("holder", "unit", "person"):
                self.fault("bearer", "这里没有逐个的人或部门", "写责任人，例如 file.owner")
        else:
            self.bearer(norm.bearer, variables)
        self._done(norm.done, variables)
        self.due(norm.due, variables)
        self.expr("void_when", norm.void_when, {**FILE, "bearer": Var("person", "责任人")}, gaps=True)
        self._remind(norm.remind)
        self._stricter(norm, "schedule")
        self.more = {"for_each": (kind, role), "done_events": tuple(kinds_of(norm.done))}

    def _of_whom(self, said: dict[str, str | None], variables: Vars, *, gaps: bool) -> None:
        """`when`, `where` and `for_each: … where` all say of whom it is asked: each is checked, then they are one."""
        texts = []
        for path, text in said.items():
            self.expr(path, text, variables, gaps=gaps)
            made = self.exprs.pop(path, None)
            if text is not None and made is not None:
                texts.append((path, text, made))
        if len(texts) == 1:
            self.exprs["when"] = texts[0][2]
        elif texts:
            self.expr(texts[0][0], " and ".join(f"({text})" for _, text, _ in texts), variables, gaps=gaps)
            self.exprs["when"] = self.exprs.pop(texts[0][0])

    def _for_each(self, path: str, text: str) -> tuple[str, str]:
        """'holder of sales' as ('holder', 'sales')."""
        words = text.split()
        if len(words) == 3 and words[0] in ("holder", "unit") and words[1] == "of":
            if words[2] not in self.pack.roles:
                self.fault(path, f"没有角色“{words[2]}”", suggest(words[2], self.pack.roles))
            return words[0], words[2]
        if text in ("file", "company", "person", "unit"):
            return text, ""
        if text == "customer":
            return "file", ""
        self.fault(path, f"不认识“{text}”", "可用：file、person、unit、company、holder of 角色、unit of 角色")
        return "", ""

    def _every(self, every: str | TableEvery | ExprEvery, variables: Vars) -> None:
        if isinstance(every, ExprEvery):
            self.expr("every.of", every.of, variables, "text", gaps=True)
        elif isinstance(every, TableEvery):
            self._every_table(every)
        else:
            self._period("every", every)

    def _every_table(self, every: TableEvery) -> None:
        term = self.pack.terms.get(every.table)
        if term is None:
            self.fault("every.table", f"没有分类“{every.table}”", suggest(every.table, self.pack.terms))
        for value, period in every.values.items():
            if term is not None and value not in term.values:
                self.fault(f"every.values.{value}", f"“{term.name}”没有“{value}”这个值", suggest(value, term.values))
            self._period(f"every.values.{value}", period)

    def _period(self, path: str, text: str) -> None:
        parameter = self.pack.parameters.get(text)
        if parameter is not None and parameter.type != "period":
            self.fault(path, f"参数“{text}”的类型是 {parameter.type}，这里要 period")
        elif parameter is None and text.removesuffix("_end") not in periods.KINDS:
            self.fault(
                path, f"不认识的周期“{text}”", suggest(text, [*periods.KINDS, "month_end", *self.pack.parameters])
            )

    # ---- guards -------------------------------------------------------------------------------------------

    def _actions(self, refs: Any) -> tuple[ActionKey, ...]:
        return tuple(self._action(ref) for ref in (refs if isinstance(refs, list) else [refs]))

    def _action(self, ref: str | dict[str, str]) -> ActionKey:
        own = self.pack.pack + "."
        if isinstance(ref, str):
            known = self.words.vocabulary.actions
            if ref not in known:
                self.fault("action", f"没有动作“{ref}”", suggest(ref, known))
            return ActionKey("action", ref)
        if list(ref) == ["form"]:
            name = ref["form"].removeprefix(own)
            if "." not in name and name not in self.pack.forms:
                self.fault("action.form", f"没有表单“{name}”", suggest(name, self.pack.forms))
            return ActionKey("form", name)
        if list(ref) == ["stage"]:
            name = ref["stage"].removeprefix(own)
            stages = [f"{flow}.{each.id}" for flow, spec in self.pack.flows.items() for each in spec.stages]
            if name.count(".") < 2 and name not in stages:
                self.fault("action.stage", f"没有阶段“{name}”", suggest(name, stages))
            return ActionKey("stage", name)
        self.fault("action", "动作要写名字，或 {form: 表单}，或 {stage: 流程.阶段}")
        return ActionKey("action", "")

    def _guard(self, norm: ProhibitionNorm | ApprovalNorm) -> Vars:
        actions = self._actions(norm.action)
        self.more = {"actions": actions}
        variables = self.owner.guarded_vars(actions)
        forms = [self.pack.forms[key.name] for key in actions if key.kind == "form" and key.name in self.pack.forms]
        rows = self.words.rows(forms[0]) if len(forms) == 1 else None
        self.expr("when", norm.when, variables, gaps=norm.if_missing is not None, rows=rows)
        return variables

    def _prohibition(self, norm: ProhibitionNorm) -> None:
        variables = self._guard(norm)
        self._stricter(norm, "prohibition")
        self.target("ask", norm.ask, variables)
        if norm.field and norm.field not in variables:
            self.fault("field", f"没有栏目“{norm.field}”", suggest(norm.field, variables))

    def _approval(self, norm: ApprovalNorm) -> None:
        variables = self._guard(norm)
        self._stricter(norm, "approval")
        if norm.grant is not None:
            if norm.grant.lasts != "asked":
                self.literal("grant.lasts", norm.grant.lasts, "duration")
            self.literal("grant.max", norm.grant.max, "duration")
            self.expr("grant.until", norm.grant.until, variables, "date|datetime", gaps=True)
        if (norm.then == "grant") is not (norm.grant is not None):
            self.fault("then", "then: grant 与 grant: 要一起写", "grant: {verbs: [read], lasts: 7 days}")

    # ---- assignments and consequences ---------------------------------------------------------------------

    def _assignment(self, norm: AssignmentNorm) -> None:
        variables = self.words.event([norm.event])
        self.expr("when", norm.when, variables)
        choose = norm.choose
        if IDENTIFIER.fullmatch(choose) and choose not in variables:
            choose = f"customer.{choose}"
        self.expr("choose", choose, variables, None, gaps=True)
        made = self.exprs.get("choose")
        if made is not None and not element(made.type):
            self.fault("choose", "这里要一组候选，例如 claims")
        elif made is not None:
            self._order(norm.by, {**variables, "candidate": Var(element(made.type), "候选")})
        self.target("tie.ask", (norm.tie or {}).get("ask"), variables)
        if norm.do not in self.words.vocabulary.actions:
            self.fault("do", f"没有动作“{norm.do}”", suggest(norm.do, self.words.vocabulary.actions))
        self.more = {"opens_events": (norm.event,)}

    def _order(self, keys: list[str], variables: Vars) -> None:
        """What candidates are ordered by: attributes of theirs (`recorded_at`, `-open_count`) or expressions."""
        for index, key in enumerate(keys):
            text = key.removeprefix("-")
            text = f"candidate.{text}" if IDENTIFIER.fullmatch(text) else text
            self.expr(f"by[{index}]", text, variables, None, gaps=True)

    def _consequence(self, norm: ConsequenceNorm) -> None:
        triggers = [norm.breach, norm.event, norm.form, norm.absent, norm.every, norm.ladder]
        if sum(each is not None for each in triggers) != 1:
            self.fault("", "后果要且只要写一种起因", "breach、event、form、absent、every、ladder 之一")
        variables = self._of_trigger(norm)
        asks = {**variables, **each_of("file")} if norm.absent else variables
        periodic = norm.every is not None or norm.absent is not None
        said = {
            "when": norm.when,
            "where": norm.where,
            "for_each": (norm.for_each or "").partition(" where ")[2].strip() or None,
        }
        self._of_whom(said, asks, gaps=periodic or norm.if_missing is not None)
        self.literal("warn", norm.warn, "duration")
        effects.compile_do(self, "do", norm.do, variables)

    def _of_trigger(self, norm: ConsequenceNorm) -> Vars:
        """Variables of a consequence, and what else its trigger needs compiled."""
        if norm.breach is not None:
            both: Vars = {
                "bearer": Var("person", "责任人", nullable=True),
                "person": Var("person", "责任人", nullable=True),
            }
            return {"duty": DUTY, **both, "unit": Var("unit", "责任部门", nullable=True), **FILE}
        if norm.event is not None or norm.form is not None:
            names = [FILED] if norm.form else as_list(norm.event)
            self.more = {"opens_events": tuple(names)}
            return self.words.event(names, norm.form)
        if norm.absent is not None:
            return self._absent(norm)
        if norm.ladder is not None:
            return self._ladder(norm)
        return self._periodic(norm)

    def _absent(self, norm: ConsequenceNorm) -> Vars:
        assert norm.absent is not None
        names = as_list(norm.absent.event)
        self.literal("absent.for", norm.absent.for_, "duration")
        self.expr("absent.since", norm.absent.since, dict(FILE), "date|datetime", gaps=True)
        self.expr("absent.valid", norm.absent.valid, self.words.event(names), gaps=True)
        self.more = {"opens_events": tuple(names), "for_each": ("file", "")}
        return dict(FILE)

    def _periodic(self, norm: ConsequenceNorm) -> Vars:
        self._period("every", norm.every or "month")
        kind, role = self._for_each("for_each", (norm.for_each or "company").partition(" where ")[0].strip())
        self.more = {"for_each": (kind, role)}
        return {**each_of(kind), **PERIOD, "month": Var("text", "月份")}

    def _ladder(self, norm: ConsequenceNorm) -> Vars:
        assert norm.ladder is not None
        subject = norm.ladder.anchor.partition(".")[0]
        variables = dict(FILE)
        if any(name.startswith(f"{subject}.") for name in self.words.vocabulary.facts):
            variables.setdefault(subject, Var(subject, subject))
        self.expr("ladder.anchor", norm.ladder.anchor, variables, "date|datetime", gaps=True)
        self.expr("ladder.stop_when", norm.ladder.stop_when, variables, gaps=True)
        for index, step in enumerate(norm.ladder.steps):
            steps = step.do if isinstance(step.do, list) else [step.do]
            path = f"ladder.steps[{index}].do"
            effects.compile_do(self, path, steps, variables, single=not isinstance(step.do, list))
        return variables

    # ---- computations -------------------------------------------------------------------------------------

    def _computation(self, norm: ComputationNorm) -> None:
        variables: Vars = {name: Var(kind, name) for name, kind in norm.args.items()}
        self.expr("when", norm.when, variables, gaps=True)
        self.expr("formula", norm.formula, variables, None, gaps=True)
        if bool(norm.table) is bool(norm.formula):
            self.fault("", "计算要且只要写 table、formula 之一")
        for index, row in enumerate(norm.table):
            self.expr(f"table[{index}].when", row.when, variables, gaps=True)
            if row.otherwise is (row.when is not None):
                self.fault(f"table[{index}]", "每行要写 when 或 otherwise: true")
            gives = row.give.items() if isinstance(row.give, dict) else [("", row.give)]
            for key, value in gives:
                if isinstance(value, str) and not _PERCENT.fullmatch(value):
                    self.expr(f"table[{index}].give{'.' if key else ''}{key}", value, variables, None, gaps=True)
