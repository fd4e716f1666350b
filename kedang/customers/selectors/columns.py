"""What customer lists can be filtered and sorted by: each column's type, path, field group and choices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from kedang.customers.models import Customer
from kedang.kernel import clock
from kedang.kernel.norms.models import Clock, FileStage, FileTerm
from kedang.kernel.norms.schema import ConsequenceNorm
from kedang.kernel.norms.store import Regulations, regulations

Choice = tuple[str, str]
OPENED = "opened"
"""The group of what only those see who may open the file; no access row speaks of it."""


@dataclass(frozen=True)
class Column:
    """One thing a filter may ask. `path` leads from the customer; classes and stages have `term` or `flow` instead."""

    key: str
    label: str
    kind: str
    path: str = ""
    group: str = "base"
    moment: bool = False
    """A date column that holds instants."""
    term: str = ""
    flow: str = ""
    values: tuple[Choice, ...] = field(default=())

    def choices(self) -> list[Choice]:
        """(value, label) of what it may be compared with."""
        if self.key == "source":
            held = Customer.objects.exclude(source="").order_by("source").values_list("source", flat=True)
            return [(one, one) for one in held.distinct()[:50]]
        return list(self.values)

    def rows(self) -> QuerySet[Clock]:
        """Of 距进入公海: the running clocks of a file that end with its release."""
        return Clock.objects.filter(file=OuterRef("pk"), fired_at=None, norm__in=dropping())


FIXED = (
    Column("name", "客户名称", "text", "name"),
    Column("number", "编号", "text", "number"),
    Column("kind", "性质", "choice", "kind", values=tuple(Customer.KINDS)),
    Column("status", "状态", "choice", "status", values=tuple(Customer.STATUSES)),
    Column("owner", "负责人", "person", "owner_id"),
    Column("unit", "部门", "unit", "unit_id"),
    Column("helpers", "协作人", "people"),
    Column("registered_by", "登记人", "person", "registered_by_id"),
    Column("source", "来源", "choice", "source"),
    Column("nature", "企业性质", "text", "nature"),
    Column("address", "地址", "text", "address"),
    Column("parent_unit", "主管单位", "text", "parent_unit"),
    Column("registered", "登记日期", "date", "registered_on"),
    Column("owner_since", "负责起始", "date", "owner_since", moment=True),
    Column("updated", "最近更新", "date", "updated_at", moment=True),
    Column("last_contact", "最后跟进", "date", "summary__last_contact_at", group="deal", moment=True),
    Column("next_contact", "下次联系", "date", "summary__next_contact_on", group="deal"),
    Column("contacts", "跟进次数", "number", "summary__contact_count", group="deal"),
    Column("contract", "合同额", "money", "summary__contract_fen", group="deal"),
    Column("expense", "已报费用", "money", "summary__expense_fen", group="deal"),
    Column("complete", "完整度（%）", "number", "summary__completeness", group=OPENED),
    Column("duties", "有待办", "bool"),
    Column("overdue", "有逾期待办", "bool"),
    Column("starred", "我关注的", "bool"),
)
"""The columns that every company has."""


def columns(regs: Regulations | None = None) -> dict[str, Column]:
    """All columns by key: the fixed ones, 距进入公海 where a rule releases, the classes and stages of packs in force."""
    regs = regs or regulations()
    found = {column.key: column for column in FIXED}
    if dropping(regs):
        found["pool"] = Column("pool", "距进入公海（天）", "number")
    return found | {column.key: column for column in _of_packs(regs)}


def _of_packs(regs: Regulations) -> Iterator[Column]:
    for version in regs.in_force():
        pack = version.regulation.pack
        for key, term in pack.terms.items():
            qid = f"{version.pack}.{key}"
            yield Column(f"term:{qid}", term.name, "choice", term=qid, values=tuple(term.values.items()))
        for key, flow in pack.flows.items():
            qid = f"{version.pack}.{key}"
            stages = tuple((stage.id, stage.name) for stage in flow.stages)
            yield Column(f"stage:{qid}", flow.name or key, "choice", flow=qid, values=stages)


def dropping(regs: Regulations | None = None) -> list[str]:
    """The norms in force that put a file into the pool when nothing has happened for a time."""
    return [
        norm.qid
        for version in (regs or regulations()).in_force()
        for norm in version.regulation.timed
        if isinstance(norm.norm, ConsequenceNorm) and norm.norm.absent and any(map(_releases, norm.norm.do))
    ]


def _releases(entry: dict[str, Any]) -> bool:
    return "release" in entry or entry.get("do") == "customer.release"


FEW = 1000


def holding(rows: QuerySet[Any]) -> Q:
    """The files that some of these rows (with a `file`) are about. Few are named by number, which costs one query more:
    asked of file after file, what is rare would be looked for in all of them."""
    few = list(rows.order_by().values_list("file", flat=True)[: FEW + 1])
    return Q(pk__in=few) if len(few) <= FEW else Q(Exists(rows.filter(file=OuterRef("pk"))))


def with_value(term: str, value: str) -> Q:
    """Files of a class; of none at all for ''."""
    if not value:
        return ~Q(Exists(FileTerm.objects.filter(file=OuterRef("pk"), term=term)))
    return holding(FileTerm.objects.filter(term=term, value=value))


def in_stage(qid: str, stage: str) -> Q:
    """Files that stand in a stage; the first is also where every file under the flow stands that has no row."""
    rows = FileStage.objects.filter(flow=qid)
    found = regulations().flow(qid)
    if found is None or found[2].stages[0].id != stage:
        return holding(rows.filter(stage=stage))
    units = found[0].units
    inside = Q() if units is None else Q(unit_id__among=units)
    moved = Exists(rows.filter(file=OuterRef("pk")))
    return Q(Exists(rows.filter(file=OuterRef("pk"), stage=stage))) | (inside & ~moved)


def days_left(due: Any) -> int:
    """Whole days until an instant; 0 on its last day and after it."""
    return max(0, (due - clock.now()).days)
