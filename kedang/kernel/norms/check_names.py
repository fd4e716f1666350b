"""Names that a pack uses outside of expressions: every one must exist, with a suggestion when it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kedang.kernel import fieldtypes
from kedang.kernel.norms.binding import as_list
from kedang.kernel.norms.loader import LoadedPack
from kedang.kernel.norms.marks import KeyPath
from kedang.kernel.norms.problems import Problem, problem, suggest
from kedang.kernel.norms.schema import (
    ApprovalNorm,
    ArchiveRules,
    Confidential,
    ConsequenceNorm,
    DutyNorm,
    Form,
    FormField,
    Norm,
    Pack,
    ProhibitionNorm,
    RouteStep,
    RowDeed,
    ScheduleNorm,
    Trigger,
)
from kedang.kernel.norms.vocabulary import Vocabulary

GROUPS = frozenset({"base", "contact", "credit", "id_number", "deal"})
"""Field groups that every company has."""
SIGNERS = frozenset({"bearer", "actor", "owner"})


class Names:
    """One pack's names against the pack itself, its neighbours and the product."""

    def __init__(
        self, loaded: LoadedPack, vocabulary: Vocabulary, others: Mapping[str, Pack], events: Mapping[str, Any]
    ) -> None:
        self.loaded, self.pack, self.vocabulary = loaded, loaded.pack, vocabulary
        self.others, self.events = others, events
        self.problems: list[Problem] = []

    def check(self) -> list[Problem]:
        """Every name that does not exist."""
        self._one_of("角色", self.pack.owner, self.pack.roles, ("owner",))
        self._roles()
        self._access()
        self._terms()
        for name, route in self.pack.routes.items():
            self._route(route, ("routes", name))
        for name, form in self.pack.forms.items():
            self._form(form, ("forms", name))
        self._flows()
        self._records()
        for index, norm in enumerate(self.pack.norms):
            self._norm(norm, ("norms", index))
        return self.problems

    def _one_of(self, what: str, name: str | None, known: Iterable[str], path: KeyPath) -> None:
        if name and name not in known:
            self._fault(path, f"没有{what}“{name}”", suggest(name, known))

    def _fault(self, path: KeyPath, message: str, suggestion: str = "") -> None:
        self.problems.append(problem(self.loaded.mark(*path), message, suggestion))

    # ---- header -------------------------------------------------------------------------------------------

    def _roles(self) -> None:
        for name, role in self.pack.roles.items():
            if not role.post and not role.is_:
                self._fault(("roles", name), f"角色“{name}”没有写由谁担任", "写 post: 岗位，或 is: 表达式")
            if role.of and role.unit:
                self._fault(("roles", name, "of"), "of 与 unit 只能写一个")

    def _access(self) -> None:
        groups = GROUPS | {fact.group for fact in self.vocabulary.facts.values()}
        groups |= {each.group for form in self.pack.forms.values() for each in form.fields}
        groups |= {binding.group for binding in self.vocabulary.bindings.values()}
        for name, row in self.pack.access.items():
            if name not in self.pack.roles:
                self._fault(("access", name), f"没有角色“{name}”", suggest(name, self.pack.roles))
            for key, rights in (("fields", row.fields), ("granted", row.granted)):
                for group in rights:
                    self._one_of("资料分组", group, groups - {""}, ("access", name, key, group))

    def _terms(self) -> None:
        for name, term in self.pack.terms.items():
            self._one_of(f"{term.name}的值", term.default, term.values, ("terms", name, "default"))

    def _records(self) -> None:
        for name, kind in self.pack.record_types.items():
            for term, values in kind.required.items() if isinstance(kind.required, dict) else ():
                path: KeyPath = ("record_types", name, "required", term)
                self._one_of("分类", term, self.pack.terms, path)
                for value in values if term in self.pack.terms else ():
                    self._one_of(f"{self.pack.terms[term].name}的值", value, self.pack.terms[term].values, path)
        if self.pack.archive is not None:
            self._archive(self.pack.archive)

    def _archive(self, rules: ArchiveRules) -> None:
        self._one_of("分类", rules.by, self.pack.terms, ("archive", "class"))
        periods = {key: p for key, p in self.pack.parameters.items() if p.type == "duration"}
        self._one_of("时限参数", rules.loan, periods, ("archive", "loan"))
        if not isinstance(rules.keep, dict):
            self._one_of("时限参数", rules.keep, periods, ("archive", "keep"))
            return
        values = self.pack.terms[rules.by].values if rules.by in self.pack.terms else {}
        for value, period in rules.keep.items():
            self._one_of("归档类别的值", value, values, ("archive", "keep", value))
            self._one_of("时限参数", period, periods, ("archive", "keep", value))

    # ---- routes, forms, flows -----------------------------------------------------------------------------

    def _route(self, route: list[RouteStep], path: KeyPath) -> None:
        for index, step in enumerate(route):
            at: KeyPath = (*path, index)
            ratio = step.ratio or {}
            groups = [step.all, step.any, step.sequence, ratio.get("of") or ratio.get("roles") if step.ratio else None]
            if sum(each is not None for each in (step.role, *groups)) != 1:
                self._fault(at, "每一步要且只要写 role、all、any、sequence、ratio 之一")
            self._one_of("角色", step.role, self.pack.roles, (*at, "role"))
            for key, group in zip(("all", "any", "sequence", "ratio"), groups, strict=True):
                for number, role in enumerate(group or ()):
                    self._one_of("角色", role, self.pack.roles, (*at, key, number))
            self._one_of("表单", step.form, self.pack.forms, (*at, "form"))

    def _form(self, form: Form, path: KeyPath) -> None:
        self._one_of("角色", form.filed_by, self.pack.roles, (*path, "filed_by"))
        dates = [each.id for each in form.fields if each.type == "date"]
        self._one_of("日期栏目", form.day, dates, (*path, "day"))
        if isinstance(form.confidential, Confidential):
            self._one_of("角色", form.confidential.keeper, self.pack.roles, (*path, "confidential", "keeper"))
        self._one_of("分类", form.covers, self.pack.terms, (*path, "covers"))
        for index, signer in enumerate(form.signers):
            self._one_of("角色", signer, {*SIGNERS, *self.pack.roles}, (*path, "signers", index))
        if form.attach:
            self._one_of("动作", form.attach.action, self.vocabulary.actions, (*path, "attach", "action"))
        for index, each in enumerate(form.fields):
            self._field(each, (*path, "fields", index))
        for index, each in enumerate(form.rows.fields if form.rows else ()):
            self._field(each, (*path, "rows", "fields", index))
        if form.rows and form.rows.customer:
            self._one_of("栏目", form.rows.customer, [f.id for f in form.rows.fields], (*path, "rows", "customer"))
        if form.rows and form.rows.each:
            self._row_deed(form, form.rows.each, (*path, "rows", "each"))

    def _row_deed(self, form: Form, each: RowDeed, path: KeyPath) -> None:
        offered = {name: action for name, action in self.vocabulary.actions.items() if action.system}
        self._one_of("每行可办的动作", each.do, offered, (*path, "do"))
        fields = [spec.id for spec in (*form.fields, *(form.rows.fields if form.rows else ()))]
        for name, source in each.with_.items():
            known = [spec.id for spec in offered[each.do].args] if each.do in offered else [name]
            self._one_of("参数", name, known, (*path, "with", name))
            for one in [source] if isinstance(source, str) else source.values():
                self._one_of("栏目", one, fields, (*path, "with", name))

    def _field(self, field: FormField, path: KeyPath) -> None:
        self._one_of("栏目类型", field.type, fieldtypes.TYPES, (*path, "type"))
        if field.personal and not field.purpose:
            self._fault(path, f"个人信息“{field.name}”没有写用途", "写 purpose: 例如 业务联络")
        bound_term = (field.binds or "").startswith("term.")
        if bound_term:
            self._one_of("分类", (field.binds or "")[5:], self.pack.terms, (*path, "binds"))
        else:
            self._one_of("档案资料", field.binds, self.vocabulary.bindings, (*path, "binds"))
        if field.type in ("choice", "choices") and not field.values and not bound_term:
            self._fault(path, f"“{field.name}”是选择，却没有写可选的值", "写 values: […]")

    def _flows(self) -> None:
        for name, flow in self.pack.flows.items():
            for index, stage in enumerate(flow.stages):
                at: KeyPath = ("flows", name, "stages", index)
                self._one_of("表单", stage.form, self.pack.forms, (*at, "form"))
                self._one_of("角色", stage.by, self.pack.roles, (*at, "by"))
                self._one_of("动作", stage.action, self.vocabulary.actions, (*at, "action"))
                self._one_of("事件", stage.emits, self.events, (*at, "emits"))

    # ---- norms --------------------------------------------------------------------------------------------

    def _norm(self, norm: Norm, path: KeyPath) -> None:
        for index, name in enumerate(norm.overrides):
            self._norm_named(name, (*path, "overrides", index))
        if isinstance(norm, DutyNorm):
            self._trigger(norm.opens, (*path, "opens"))
        if isinstance(norm, DutyNorm | ScheduleNorm):
            self._trigger(norm.done, (*path, "done"))
            self._events(norm.due.pause, (*path, "due", "pause"))
            self._events(norm.due.resume, (*path, "due", "resume"))
        elif isinstance(norm, ProhibitionNorm):
            self._one_of("审批路线", norm.lifted_by, self.pack.routes, (*path, "lifted_by"))
        elif isinstance(norm, ApprovalNorm):
            if isinstance(norm.route, str):
                self._one_of("审批路线", norm.route, self.pack.routes, (*path, "route"))
            else:
                self._route(norm.route, (*path, "route"))
        elif isinstance(norm, ConsequenceNorm):
            self._consequence(norm, path)
        elif norm.kind == "assignment":
            self._one_of("事件", norm.event, self.events, (*path, "event"))

    def _norm_named(self, name: str, path: KeyPath) -> None:
        home, _, bare = name.rpartition(".")
        pack = self.pack if home in ("", self.pack.pack) else self.others.get(home)
        if pack is None:
            self._fault(path, f"没有制度包“{home}”", "用 --with 带上它，或检查名字")
        else:
            self._one_of("规则", bare, [norm.id for norm in pack.norms], path)

    def _trigger(self, trigger: Trigger, path: KeyPath) -> None:
        self._events(trigger.event, (*path, "event"))
        self._one_of("表单", trigger.form, self.pack.forms, (*path, "form"))

    def _events(self, names: str | list[str] | None, path: KeyPath) -> None:
        for index, name in enumerate(as_list(names)):
            self._one_of("事件", name, self.events, (*path, index) if isinstance(names, list) else path)

    def _consequence(self, norm: ConsequenceNorm, path: KeyPath) -> None:
        for name in as_list(norm.breach):
            self._norm_named(name, (*path, "breach"))
            self._breachable(name, path)
        self._events(norm.event, (*path, "event"))
        self._one_of("表单", norm.form, self.pack.forms, (*path, "form"))
        if norm.absent:
            self._events(norm.absent.event, (*path, "absent", "event"))

    def _breachable(self, name: str, path: KeyPath) -> None:
        found = next((norm for norm in self.pack.norms if norm.id == name), None)
        if isinstance(found, ProhibitionNorm):
            self._outside(found, (*path, "breach"))
        elif found is not None and found.kind not in ("duty", "schedule"):
            self._fault((*path, "breach"), f"“{name}”不是义务或定期事项，不会逾期")

    def _outside(self, norm: ProhibitionNorm, path: KeyPath) -> None:
        """A prohibition is broken only by what happens outside; what is done inside is refused."""
        names = norm.action if isinstance(norm.action, list) else [norm.action]
        known = [self.vocabulary.actions.get(name) for name in names if isinstance(name, str)]
        if norm.effect != "refuse" or not any(action and action.place == "outside" for action in known):
            self._fault(
                path, f"“{norm.id}”会被系统拒绝，不会违反", "只有对外部行为（如 contact.record）的禁止才会被违反"
            )


def unfilled(loaded: LoadedPack) -> Iterator[Problem]:
    """What loads and does not act yet: parameters without a value."""
    for name, parameter in loaded.pack.parameters.items():
        if not parameter.values:
            mark = loaded.mark("parameters", name)
            yield problem(mark, f"参数“{parameter.name or name}”还没有值", "施行前须填上", "warning")
