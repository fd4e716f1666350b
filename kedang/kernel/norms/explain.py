"""A decision in words: what was refused, clause and text, the facts compared, what would lift it and whom to ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kedang.kernel import clock, files
from kedang.kernel.norms.engine import Decision, Finding
from kedang.kernel.norms.expressions import UNKNOWN, Leaf
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org

OPS = {"==": "＝", "!=": "≠", "<": "＜", "<=": "≤", ">": "＞", ">=": "≥", "in": "属于", "not in": "不属于"}
HIDDEN = "（您无权查看）"


@dataclass(frozen=True)
class Explanation:
    """The four lines of a refusal; lists so that several clauses stand together."""

    what: str
    clauses: tuple[ClauseLine, ...]
    facts: tuple[str, ...]
    lift: tuple[str, ...]
    ask: tuple[str, ...]
    verdict: str = "refuse"
    exception: bool = False
    """True when an exception can be asked for (every refusing norm names `lifted_by`)."""


@dataclass(frozen=True)
class ClauseLine:
    """One clause behind a decision."""

    pack: str
    title: str
    number: str
    text: str
    message: str = ""


@dataclass
class Names:
    """Names of the persons, units and files that leaves mention, loaded in one query a type."""

    people: Mapping[int, str] = field(default_factory=dict)
    units: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, leaves: Iterable[Leaf], people: Iterable[int] = ()) -> Names:
        """Load the names that these leaves need."""
        wanted: dict[str, set[int]] = {"person": set(people), "unit": set(), "customer": set()}
        for leaf in leaves:
            kind = base_type(leaf.type)
            if kind in wanted:
                wanted[kind].update(_ids(leaf.value))
                wanted[kind].update(_ids(leaf.other))
        return cls(
            people=org.names_of(wanted["person"]) if wanted["person"] else {},
            units=org.unit_names_of(wanted["unit"]) if wanted["unit"] else {},
            files={i: v.name for i, v in files.views(wanted["customer"]).items()} if wanted["customer"] else {},
        )

    def show(self, value: Any, kind: str) -> str:
        """One value in words."""
        if isinstance(value, (set, frozenset, list, tuple)):
            return "、".join(self.show(each, kind) for each in sorted(value, key=str)) or "无"
        if value is None or value is UNKNOWN:
            return "无"
        if isinstance(value, bool):
            return "是" if value else "否"
        table = {"person": self.people, "unit": self.units, "customer": self.files}.get(base_type(kind))
        if table is not None and isinstance(value, int):
            return table.get(value, f"（编号{value}）")
        return plain(value)


def base_type(kind: str) -> str:
    """The element type of a set, or the type itself."""
    return kind[4:-1] if kind.startswith("set[") else kind


def plain(value: Any) -> str:
    """A date, number or text as a person reads it."""
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if hasattr(value, "label"):
        return str(value.label())
    return str(value)


def _ids(value: Any) -> set[int]:
    if isinstance(value, bool):
        return set()
    if isinstance(value, int):
        return {value}
    if isinstance(value, (set, frozenset, list, tuple)):
        return {each for each in value if isinstance(each, int)}
    return set()


def fact_line(leaf: Leaf, names: Names, rights: Mapping[str, str] | None = None) -> str:
    """「档案部门＝销售一部（比对：销售二部）」; a value the reader has no right to is not shown."""
    label = leaf.label or leaf.text
    if leaf.group and rights is not None and rights.get(leaf.group, "show") != "show":
        return f"{label}{HIDDEN}"
    fact = vocabulary.facts.get(leaf.fact)
    if fact is not None and fact.told is not None and UNKNOWN not in leaf.args:
        return fact.told(leaf.args, leaf.value)
    shown = leaf.shown or names.show(leaf.value, leaf.type)
    if not leaf.op:
        return f"{label}：{shown}"
    if leaf.named:
        return f"{label}＝{shown}" if leaf.named == shown else f"{label}＝{shown}（比对：{leaf.named}）"
    if leaf.other_label:
        return f"{label}＝{shown}，{leaf.other_label}＝{names.show(leaf.other, leaf.type)}"
    return f"{label}＝{shown}"


def fact_lines(leaves: Iterable[Leaf], names: Names, rights: Mapping[str, str] | None) -> tuple[str, ...]:
    """The values that decided, each once; one that also stands in a comparison is not said alone."""
    lines = list(dict.fromkeys(fact_line(leaf, names, rights) for leaf in leaves))
    compared = [line for line in lines if "＝" in line]
    return tuple(
        line for line in lines if "＝" in line or not any(f"{line.partition('：')[0]}＝" in each for each in compared)
    )


def text_of(finding: Finding) -> str:
    """One line about a finding for the ledger: its message, else the clause's wording."""
    return finding.message or finding.clause_text or finding.clause


def explain(decision: Decision, *, reader: int | None = None, rights: Mapping[str, str] | None = None) -> Explanation:
    """The four lines, every traced value passed through the reader's field rights."""
    findings = decision.findings or decision.depends
    leaves = [leaf for finding in findings for leaf in finding.leaves]
    asked = [person for finding in findings for person in finding.ask]
    names = Names.of(leaves, asked)
    view = files.view(decision.file) if decision.file else None
    about = f"“{view.name}”" if view else ""
    return Explanation(
        what=f"{decision.action.label}{about}",
        clauses=tuple(
            ClauseLine(f.pack, f.pack_title, f.clause, f.clause_text, f.message) for f in _by_clause(findings)
        ),
        facts=fact_lines(leaves, names, rights),
        lift=tuple(dict.fromkeys(_lift(f) for f in findings if _lift(f))),
        ask=tuple(dict.fromkeys(names.people.get(person, "") for person in asked)),
        verdict=decision.verdict,
        exception=bool(decision.refusals) and all(f.lifted_by for f in decision.refusals),
    )


def _by_clause(findings: Iterable[Finding]) -> list[Finding]:
    return list({(f.pack, f.clause, f.message): f for f in findings}.values())


def _lift(finding: Finding) -> str:
    """What would lift it: the norm's own words, else what its effect means."""
    if finding.lift:
        return finding.lift
    if finding.lifted_by and finding.version:
        route = finding.version.regulation.pack.routes.get(finding.lifted_by, [])
        roles = finding.version.regulation.pack.roles
        names = [roles[step.role].name for step in route if step.role in roles]
        return f"可申请例外，由{'、'.join(names)}批准后办理" if names else "可申请例外批准"
    return {
        "refuse": "使上面比对的事实不再成立后再办理",
        "reason": "填写原因后可以继续",
        "confirm": "确认后可以继续",
        "approval": "提交审批，批准后办理",
    }.get(finding.effect, "")


def short(decision: Decision) -> str:
    """One line for a disabled button's hint: clause and reason."""
    findings = decision.findings
    if not findings:
        return ""
    first = findings[0]
    number = f"第{first.clause}条：" if first.clause else ""
    return f"{number}{first.message or first.clause_text}"
