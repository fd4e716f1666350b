"""A regulation's machinery in words: what enforces a clause, and its parameters with their dated values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from kedang.kernel import clock
from kedang.kernel.norms.clauses import numbers
from kedang.kernel.norms.compiled import typed_value
from kedang.kernel.norms.schema import (
    ApprovalNorm,
    ConsequenceNorm,
    DutyNorm,
    ExprEvery,
    Norm,
    OutsideBearer,
    ProhibitionNorm,
    Route,
    ScheduleNorm,
    TableEvery,
)
from kedang.kernel.norms.store import Version
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.workdays.durations import Duration

KINDS = {
    "duty": "义务",
    "schedule": "定期义务",
    "prohibition": "禁止",
    "approval": "审批",
    "assignment": "指派",
    "consequence": "后果",
    "computation": "计算",
}
EFFECTS = {"refuse": "禁止", "reason": "须说明", "confirm": "须确认", "warn": "提示"}
PERIODS = {
    "workday": "每个工作日",
    "day": "每天",
    "week": "每周",
    "month": "每月",
    "quarter": "每季度",
    "half_year": "每半年",
    "year": "每年",
}
CAPABILITIES = {
    "reception desk": "接待台",
    "surveys": "回访与满意度调查",
    "campaigns": "客户活动",
    "leaving with successors": "离职交接",
    "handover": "离职交接",
}
"""What `deferred` names, in words; a pack may as well write Chinese."""
ON_DAYS = {"month_end": "月末", "quarter_end": "季末", "year_end": "年末"}


@dataclass(frozen=True)
class Enforcer:
    """One thing that enforces a clause: 义务“备案”（5个工作日内）. `rule` is the kind of norm, '' for what is no norm."""

    kind: str
    text: str
    detail: str = ""
    rule: str = ""


def enforcers_of(version: Version, names: Iterable[str]) -> list[Enforcer]:
    """The enforcers of one clause, norms first; the fields of one form stand together."""
    fields: dict[str, list[str]] = {}
    found = []
    for what in names:
        kind, _, name = what.partition(" ")
        if kind == "field":
            form, _, one = name.partition(".")
            fields.setdefault(form, []).append(_field_name(version, form, one))
        elif (enforcer := _enforcer(version, kind, name)) and enforcer not in found:
            found.append(enforcer)
    for form, labels in fields.items():
        title = f"《{version.regulation.pack.forms[form].name}》"
        found = [one for one in found if (one.kind, one.text) != ("表单", title)]
        found.append(Enforcer("表单", title, "、".join(dict.fromkeys(labels))))
    return sorted(found, key=lambda one: not one.rule)


def _field_name(version: Version, form: str, name: str) -> str:
    spec = version.regulation.pack.forms[form]
    known = [*spec.fields, *(spec.rows.fields if spec.rows else [])]
    return next((one.name for one in known if one.id == name.removeprefix("rows.")), name)


def _enforcer(version: Version, kind: str, name: str) -> Enforcer | None:
    pack = version.regulation.pack
    if kind == "norm":
        norm = version.regulation.by_id.get(name)
        return _norm(version, norm.norm) if norm else None
    if kind == "form":
        return Enforcer("表单", f"《{pack.forms[name].name}》", f"{len(pack.forms[name].fields)} 栏")
    if kind in ("flow", "stage"):
        flow = pack.flows[name.partition(".")[0]]
        return Enforcer("流程", flow.name or name, " → ".join(stage.name for stage in flow.stages))
    if kind == "term":
        return Enforcer("分类", pack.terms[name].name, "、".join(pack.terms[name].values.values()))
    if kind == "parameter":
        return Enforcer("参数", pack.parameters[name].name or name, value_of(version, name))
    if kind == "access":
        row = pack.access[name]
        return Enforcer("数据权限", pack.roles[name].name, f"可知{row.list}，可打开{row.open}")
    if kind == "builtin":
        word = vocabulary.builtins.get(name)
        return Enforcer("产品功能", word.label if word else name)
    if kind == "role":
        return Enforcer("角色", pack.roles[name].name)
    if kind == "route":
        return Enforcer("审批路线", route_words(version, pack.routes[name]))
    return None


# ---- norms ---------------------------------------------------------------------------------------------------------


def _norm(version: Version, norm: Norm) -> Enforcer:
    kind = EFFECTS[norm.effect] if isinstance(norm, ProhibitionNorm) else KINDS[norm.kind]
    if isinstance(norm, (DutyNorm, ScheduleNorm)):
        return Enforcer(kind, f"“{_name(version, norm)}”", _due(version, norm), norm.kind)
    if isinstance(norm, ApprovalNorm):
        route = version.regulation.pack.routes.get(norm.route, []) if isinstance(norm.route, str) else norm.route
        return Enforcer(kind, f"“{_deeds(version, norm)}”", f"须由{route_words(version, route)}批准", norm.kind)
    if isinstance(norm, ProhibitionNorm):
        return Enforcer(kind, f"“{_deeds(version, norm)}”", norm.message or norm.name, norm.kind)
    if isinstance(norm, ConsequenceNorm):
        return Enforcer(kind, _consequence(version, norm), norm.name or norm.message, norm.kind)
    return Enforcer(kind, norm.name or norm.message or norm.id, "", norm.kind)


def _name(version: Version, norm: DutyNorm | ScheduleNorm) -> str:
    """As `duties.title_of` calls it: the norm's name, else the form to be filed, else the clause's own words."""
    if isinstance(norm.bearer, OutsideBearer):
        party = "客户" if norm.bearer.outside == "customer" else norm.bearer.outside
        return f"{party}应办：{_own_name(version, norm)}"
    return _own_name(version, norm)


def _own_name(version: Version, norm: DutyNorm | ScheduleNorm) -> str:
    if norm.name:
        return norm.name
    form = version.regulation.pack.forms.get((norm.done.form or "").removeprefix(f"{version.pack}."))
    if form:
        return f"填报《{form.name}》"
    return version.clause_text(next(iter(numbers(norm.clause)), ""))[:40] or norm.id


def _due(version: Version, norm: DutyNorm | ScheduleNorm) -> str:
    parts = [_every(version, norm)] if isinstance(norm, ScheduleNorm) else []
    due = norm.due
    if due.within:
        parts.append(f"{_span(version, due.within)}内")
    elif due.before:
        parts.append(f"{due.before.event.removeprefix('event.')} 之前{_span(version, due.before.n)}")
    elif due.window:
        parts.append(f"{_day(due.window.from_)}至{_day(due.window.to)}{f' {due.window.at}' if due.window.at else ''}")
    elif due.on:
        parts.append(f"{ON_DAYS.get(due.on, due.on)}前")
    if due.at:
        parts.append(f"{'次日 ' if due.day == 'next' else ''}{_span(version, due.at)}前")
    if due.grace:
        parts.append(f"宽限到 {due.grace.until}")
    if due.extend:
        times = value_of(version, due.extend.times) if isinstance(due.extend.times, str) else due.extend.times
        parts.append(
            f"可延期 {times} 次，每次{_span(version, due.extend.each)}{'（上级也可办理）' if due.extend.superior else ''}"
        )
    if due.pause:
        parts.append("可暂停计时")
    return "，".join(part for part in parts if part)


_NTH = re.compile(r"(day|workday) (\d+) of (?:(next|this|the) )?(month|quarter|year)")


def _day(spec: str) -> str:
    """A day of a deadline in words: 'day 3 of next month' as 下月3日."""
    match = _NTH.fullmatch(spec)
    if match is None:
        return ON_DAYS.get(spec, spec)
    unit = {"month": "月", "quarter": "季", "year": "年"}[match[4]]
    return f"{'下' if match[3] == 'next' else '当'}{unit}{f'{match[2]}日' if match[1] == 'day' else f'第{match[2]}个工作日'}"


def _every(version: Version, norm: ScheduleNorm) -> str:
    if isinstance(norm.every, ExprEvery):
        return "按方案的频次"
    if isinstance(norm.every, TableEvery):
        term = version.regulation.pack.terms.get(norm.every.table)
        labels = term.values if term else {}
        return "、".join(f"{labels.get(key, key)}{PERIODS.get(per, per)}" for key, per in norm.every.values.items())
    return PERIODS.get(norm.every) or _span(version, norm.every)


def _span(version: Version, text: str) -> str:
    """A parameter's value or a literal, in words."""
    if text in version.regulation.pack.parameters:
        return value_of(version, text)
    try:
        return Duration.parse(text).label()
    except ValueError:
        return text


def _deeds(version: Version, norm: ProhibitionNorm | ApprovalNorm) -> str:
    refs = norm.action if isinstance(norm.action, list) else [norm.action]
    return "、".join(dict.fromkeys(_deed(version, ref) for ref in refs))


def _deed(version: Version, ref: str | dict[str, str]) -> str:
    if isinstance(ref, str):
        word = vocabulary.actions.get(ref)
        return word.label if word else ref
    pack = version.regulation.pack
    form = pack.forms.get(str(ref.get("form", "")).removeprefix(f"{version.pack}."))
    if form:
        return f"提交《{form.name}》"
    flow_id, _, stage_id = str(ref.get("stage", "")).removeprefix(f"{version.pack}.").partition(".")
    flow = pack.flows.get(flow_id)
    stage = next((one.name for one in flow.stages if one.id == stage_id), stage_id) if flow else stage_id
    return f"转为“{stage}”"


def route_words(version: Version, route: Route) -> str:
    """'部门经理，再总经理'; steps that need several name them with their mode."""
    roles = version.regulation.pack.roles
    steps = []
    for step in route:
        joint = {"会签": step.all, "或签": step.any, "依次": step.sequence}
        several = next(((mode, who) for mode, who in joint.items() if who), None)
        who = several[1] if several else [step.role] if step.role else list((step.ratio or {}).get("roles", []))
        names = "、".join(roles[role].name for role in who if role in roles)
        steps.append(f"{names}（{several[0]}）" if several else names)
    return "，再".join(step for step in steps if step) or "审批人"


def _consequence(version: Version, norm: ConsequenceNorm) -> str:
    steps = list(norm.do)
    for rung in norm.ladder.steps if norm.ladder else ():
        steps += rung.do if isinstance(rung.do, list) else [rung.do]
    words = list(dict.fromkeys(_step(version, step) for step in steps))
    return f"{_trigger(norm)}{'，'.join(words)}" if words else _trigger(norm)


def _trigger(norm: ConsequenceNorm) -> str:
    if norm.breach:
        return "逾期后"
    if norm.absent:
        return f"{_plain_span(norm.absent.for_)}没有发生就"
    if norm.every:
        return f"{ON_DAYS.get(norm.every) or PERIODS.get(norm.every, '定期')}"
    return ""


def _plain_span(text: str) -> str:
    try:
        return Duration.parse(text).label()
    except ValueError:
        return ""


def _step(version: Version, step: dict[str, Any]) -> str:
    verb = next(iter(step))
    word = vocabulary.effects.get(verb)
    if verb == "propose":
        return "提出扣分建议" if step[verb] == "points" else "提出处理建议"
    return f"{word.label if word else verb}{whom(version, step[verb])}"


RELATIONS = {
    "owner": "负责人", "file.owner": "负责人", "actor": "经办人", "bearer": "责任人", "superior": "其上级",
}  # fmt: skip


def whom(version: Version, who: Any) -> str:
    """People as a norm names them, in words: roles by their names, others by what they are to the file or the deed; '' for
    what names nobody."""
    if isinstance(who, list):
        return "、".join(dict.fromkeys(filter(None, (whom(version, one) for one in who))))
    role, fact = version.regulation.pack.roles.get(str(who)), vocabulary.facts.get(str(who))
    if role is not None:
        return role.name
    return RELATIONS.get(str(who)) or (fact.label if fact is not None else "")


# ---- parameters ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """One parameter: its value today, and every value with the day it starts."""

    id: str
    name: str
    type: str
    value: str
    clauses: tuple[str, ...]
    reading: str
    values: tuple[tuple[date, str, bool], ...]
    """(from, value, in force today), newest first."""
    own: bool
    """Whether the company filled it in itself when it adopted the regulation."""


def parameters_of(version: Version) -> list[Parameter]:
    """Every parameter in the pack's order."""
    return [_parameter(version, name) for name in version.regulation.pack.parameters]


def _parameter(version: Version, name: str) -> Parameter:
    spec = version.regulation.pack.parameters[name]
    today = clock.today()
    current = max((day for day in spec.values if day <= today), default=None)
    dated = [
        (day, words(typed_value(spec.type, spec.values[day])), day == current and name not in version.overrides)
        for day in sorted(spec.values, reverse=True)
    ]
    return Parameter(
        name,
        spec.name or name,
        spec.type,
        value_of(version, name),
        tuple(numbers(spec.clause)),
        spec.reading,
        tuple(dated),
        name in version.overrides,
    )


def value_of(version: Version, name: str) -> str:
    """A parameter's value in force today, in words."""
    value = version.params(clock.today()).get(name)
    return "未填定" if value is None else words(value)


def words(value: Any) -> str:
    """A typed value as people read it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if hasattr(value, "label"):
        return str(value.label())
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return PERIODS.get(value, value) if isinstance(value, str) else str(value)
