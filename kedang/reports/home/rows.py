"""The rows behind a figure that has no list of its own: follow-ups, customers followed up, contracts, duties, loans, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, QuerySet

from kedang.kernel import clock
from kedang.kernel.errors import NotFound
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import regulations
from kedang.kernel.register.cases import UNSEEN
from kedang.reports.home import watching
from kedang.reports.home.figures import ON_TIME, SPECS, contracts, fell_due, follow_ups, missed
from kedang.reports.home.lens import Lens

Given = dict[str, str]


@dataclass(frozen=True)
class Line:
    """One row: about which customer, the cells beside it, and a word in colour."""

    file: int | None
    name: str
    known: bool
    cells: tuple[str, ...]
    state: str = ""
    tone: str = ""
    pack: str = ""
    clause: str = ""


@dataclass(frozen=True)
class Sort:
    """One kind of rows: its headings, its query and how a page of it is drawn, set-wise."""

    label: str
    headings: tuple[str, ...]
    query: Callable[[Lens, Given], QuerySet[Any]]
    draw: Callable[[Lens, Sequence[Any]], list[Line]]
    meaning: str = ""


def sort_of(key: str) -> Sort:
    """A kind of rows by name; NotFound for any other."""
    if key not in SORTS:
        raise NotFound
    return SORTS[key]


def asked_duties(rows: QuerySet[Duty], given: Given) -> QuerySet[Duty]:
    """Those of one clause, and either what was done in time or what was not, as the address asks."""
    if given.get("pack"):
        rows = rows.filter(pack=given["pack"])
    if given.get("clause"):
        rows = rows.filter(clause=given["clause"])
    if given.get("kept") == "yes":
        return rows.filter(state__in=ON_TIME)
    return missed(rows) if given.get("kept") == "no" else rows


def _follow_up_query(lens: Lens, given: Given) -> QuerySet[Any]:
    return follow_ups(lens, lens.period.span).select_related("customer", "by")


def _follow_up_lines(lens: Lens, rows: Sequence[Any]) -> list[Line]:
    return [
        Line(row.customer_id, row.customer.name, True, (f"{clock.local(row.occurred_at):%Y-%m-%d %H:%M}", row.kind, row.by.name, row.content[:80]))
        for row in rows
    ]  # fmt: skip


def _followed_query(lens: Lens, given: Given) -> QuerySet[Any]:
    rows = (
        follow_ups(lens, lens.period.span).order_by().values("customer_id", "customer__name", "customer__owner__name")
    )
    return rows.annotate(n=Count("pk"), last=Max("occurred_at")).order_by("-last", "customer_id")


def _followed_lines(lens: Lens, rows: Sequence[Any]) -> list[Line]:
    return [
        Line(row["customer_id"], row["customer__name"], True,
             (row["customer__owner__name"] or "公海", str(row["n"]), f"{clock.local(row['last']):%Y-%m-%d %H:%M}"))
        for row in rows
    ]  # fmt: skip


def _contract_query(lens: Lens, given: Given) -> QuerySet[Any]:
    return contracts(lens, lens.period.span).select_related("customer__owner")


def _contract_lines(lens: Lens, rows: Sequence[Any]) -> list[Line]:
    return [
        Line(row.customer_id, row.customer.name, True,
             (row.name, row.signed_on.isoformat(), "未填" if row.amount is None else f"{row.amount:,.2f}",
              row.customer.owner.name if row.customer.owner else "公海"), row.state)
        for row in rows
    ]  # fmt: skip


def duty_lines(lens: Lens, rows: Sequence[Duty]) -> list[Line]:
    """Duties; the customer's name only for who may know of the file. One query."""
    names = watching.may_know(lens, {row.file for row in rows if row.file})
    return [_duty_line(row, names) for row in rows]


def _duty_line(row: Duty, names: dict[int, str]) -> Line:
    name = names.get(row.file, UNSEEN) if row.file else ""
    met = row.state in ON_TIME
    word = row.get_state_display() if row.state != "open" else "逾期未办"
    due = f"{clock.local(row.due_at):%Y-%m-%d %H:%M}" if row.due_at else ""
    return Line(
        row.file, name, row.file in names, (row.title, bearer_of(row), due), word, "green" if met else "red", row.pack,
        row.clause,
    )  # fmt: skip


def bearer_of(row: Duty) -> str:
    """Who must do it: a person, a department, or whoever holds a role."""
    who = row.taken_by or row.bearer
    if who:
        return who.name
    if row.unit:
        return row.unit.name
    pack, _, role = row.role.partition(".")
    version = regulations().version(pack) if pack else None
    known = version.regulation.pack.roles.get(role) if version else None
    return known.name if known else ""


def _due_query(lens: Lens, given: Given) -> QuerySet[Any]:
    rows = asked_duties(fell_due(lens, lens.period.span), given)
    return rows.select_related("bearer", "taken_by", "unit")


def _missed_query(lens: Lens, given: Given) -> QuerySet[Any]:
    return missed(_due_query(lens, given))


def _loan_query(lens: Lens, given: Given) -> QuerySet[Any]:
    return watching.loans_out(lens).select_related("customer", "borrower")


def _loan_lines(lens: Lens, rows: Sequence[Any]) -> list[Line]:
    return [
        Line(row.customer_id, row.customer.name, True,
             (row.borrower.name, row.medium, f"{clock.local(row.registered_at):%Y-%m-%d}",
              f"{clock.local(row.due_at):%Y-%m-%d}" if row.due_at else "未定"),
             *row.standing)
        for row in rows
    ]  # fmt: skip


def _expiring_query(lens: Lens, given: Given) -> QuerySet[Any]:
    return watching.files_due(lens).select_related("customer", "custodian")


def _expiring_lines(lens: Lens, rows: Sequence[Any]) -> list[Line]:
    today = clock.today()
    return [
        Line(row.customer_id, row.customer.name, True,
             (row.custodian.name, f"{clock.local(row.archived_at):%Y-%m-%d}", row.expires_on.isoformat()),
             *(("已到期", "red") if row.expires_on <= today else ("本月到期", "amber")))
        for row in rows
    ]  # fmt: skip


DUTIES = ("事项", "责任人", "期限")
SORTS: dict[str, Sort] = {
    "follow_ups": Sort("跟进次数", ("时间", "方式", "经办", "内容"), _follow_up_query, _follow_up_lines, SPECS["follow_ups"].meaning),
    "followed": Sort("跟进客户数", ("负责人", "次数", "最后跟进"), _followed_query, _followed_lines, SPECS["followed"].meaning),
    "signed": Sort("合同额", ("合同", "签订日期", "金额（元）", "负责人"), _contract_query, _contract_lines, SPECS["signed"].meaning),
    "missed": Sort("新发生逾期", DUTIES, _missed_query, duty_lines, SPECS["missed"].meaning),
    "rate": Sort("合规率", DUTIES, _due_query, duty_lines, SPECS["rate"].meaning),
    "loans": Sort("借出未还", ("借阅人", "方式", "借出", "应还"), _loan_query, _loan_lines, "已登记借出、还没有归还的档案。"),
    "files_due": Sort("本月到期档案", ("保管人", "归档", "保管期满"), _expiring_query, _expiring_lines, "保管期限到本月底为止届满、还没有销毁的档案。"),
}  # fmt: skip
