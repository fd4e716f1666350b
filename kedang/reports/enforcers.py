"""What enforces a clause, in words: each norm, form, class, parameter, access row or built-in that names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kedang.kernel import clock
from kedang.kernel.norms.schema import ConsequenceNorm, ProhibitionNorm
from kedang.kernel.norms.store import Version
from kedang.kernel.norms.vocabulary import vocabulary

KINDS = {
    "duty": "义务", "schedule": "定期", "prohibition": "禁止", "approval": "审批", "assignment": "指派", "consequence": "后果",
    "computation": "计算", "form": "表单", "field": "栏目", "flow": "流程", "stage": "流程", "term": "分类", "parameter": "参数",
    "access": "权限", "route": "审批路线", "role": "角色", "builtin": "系统功能",
}  # fmt: skip
EFFECTS = {"refuse": "禁止", "reason": "须说明", "confirm": "须确认", "warn": "提醒"}


@dataclass(frozen=True)
class Enforcer:
    """One thing that enforces a clause. `kind` is a Chinese label, `rule` the key of the norm kind ('' for others)."""

    kind: str
    text: str
    rule: str = ""


def enforcers_of(version: Version, names: tuple[str, ...]) -> list[Enforcer]:
    """The enforcers of one clause; the fields of one form stand together."""
    fields: dict[str, list[str]] = {}
    found = []
    for what in names:
        kind, _, name = what.partition(" ")
        if kind == "field":
            form, _, field = name.partition(".")
            fields.setdefault(form, []).append(_field_name(version, form, field))
            continue
        if one := _enforcer(version, kind, name):
            found.append(one)
    for form, labels in fields.items():
        title = version.regulation.pack.forms[form].name
        found.append(Enforcer("栏目", f"《{title}》的{'、'.join(dict.fromkeys(labels))}"))
    return found


def _field_name(version: Version, form: str, field: str) -> str:
    spec = version.regulation.pack.forms[form]
    known = [*spec.fields, *(spec.rows.fields if spec.rows else [])]
    return next((one.name for one in known if one.id == field.removeprefix("rows.")), field)


def _enforcer(version: Version, kind: str, name: str) -> Enforcer | None:
    pack = version.regulation.pack
    if kind == "norm":
        norm = version.regulation.by_id.get(name)
        return _norm(version, norm.norm) if norm else None
    if kind == "form":
        return Enforcer("表单", f"《{pack.forms[name].name}》")
    if kind in ("flow", "stage"):
        flow = pack.flows[name.partition(".")[0]]
        return Enforcer("流程", f"{flow.name or name}：{' → '.join(stage.name for stage in flow.stages)}")
    if kind == "term":
        return Enforcer("分类", f"{pack.terms[name].name}：{'、'.join(pack.terms[name].values.values())}")
    if kind == "parameter":
        return Enforcer("参数", f"{pack.parameters[name].name or name}：{value_of(version, name)}")
    if kind == "access":
        row = pack.access[name]
        return Enforcer("权限", f"{pack.roles[name].name}：可知{row.list}，可打开{row.open}")
    if kind == "builtin":
        word = vocabulary.builtins.get(name)
        return Enforcer("系统功能", word.label if word else name)
    if kind == "role":
        return Enforcer("角色", pack.roles[name].name)
    return Enforcer(KINDS.get(kind, kind), name) if kind != "route" else None


def value_of(version: Version, name: str) -> str:
    """A parameter's value in force today, in words."""
    value = version.params(clock.today()).get(name)
    if value is None:
        return "未填"
    return str(value.label()) if hasattr(value, "label") else str(value)


def _norm(version: Version, norm: Any) -> Enforcer:
    kind = EFFECTS[norm.effect] if isinstance(norm, ProhibitionNorm) else KINDS[norm.kind]
    return Enforcer(kind, _norm_text(version, norm), norm.kind)


def _norm_text(version: Version, norm: Any) -> str:
    if norm.kind in ("duty", "schedule"):
        return f"{norm.name or norm.id}{_due(version, norm)}"
    if norm.kind == "approval":
        return f"{_deeds(version, norm)}须由{_route(version, norm.route)}批准"
    if isinstance(norm, ConsequenceNorm):
        return norm.name or norm.message or _steps(version, norm)
    if norm.kind == "computation":
        return norm.name or norm.gives
    return norm.message or norm.name or f"{_deeds(version, norm)}受限"


def _due(version: Version, norm: Any) -> str:
    within = norm.due.within
    if not within:
        return {"month_end": "，月末前", "quarter_end": "，季末前"}.get(norm.due.on or "", "")
    known = version.regulation.pack.parameters
    shown = value_of(version, within) if within in known else _duration(within)
    return f"，{shown}内"


def _duration(text: str) -> str:
    from kedang.kernel.workdays.durations import Duration

    return Duration.parse(text).label()


def _deeds(version: Version, norm: Any) -> str:
    refs = norm.action if isinstance(norm.action, list) else [norm.action]
    names = []
    for ref in refs:
        if isinstance(ref, dict):
            form = version.regulation.pack.forms.get(str(ref.get("form", "")))
            names.append(f"提交《{form.name}》" if form else "流转")
        else:
            word = vocabulary.actions.get(ref)
            names.append(word.label if word else ref)
    return "、".join(dict.fromkeys(names))


def _route(version: Version, route: Any) -> str:
    steps = version.regulation.pack.routes.get(route, []) if isinstance(route, str) else route
    roles = version.regulation.pack.roles
    names = [roles[role].name for step in steps for role in ([step.role] if step.role else step.all or step.any or step.sequence or []) if role in roles]
    return "、".join(names) or "审批人"


def _steps(version: Version, norm: ConsequenceNorm) -> str:
    words = []
    for step in norm.do:
        for verb, value in step.items():
            effect = vocabulary.effects.get(verb)
            role = version.regulation.pack.roles.get(str(value))
            if effect or verb == "notify":
                words.append(f"{effect.label if effect else '通知'}{role.name if role else ''}")
    return "逾期" * bool(norm.breach) + "，".join(words) if words else norm.id
