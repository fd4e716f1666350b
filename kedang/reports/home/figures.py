"""简报: eight figures. Each is counted from the very query whose rows its link shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Sum

from kedang.customers.selectors.listing import found_files
from kedang.engagement.models import ContactRecord
from kedang.kernel import clock, kept
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.norms.models import Duty
from kedang.reports.home.due import ON_TIME, fell_due_by_clause, late_count
from kedang.reports.home.lens import Lens, along, due_within, overdue
from kedang.reports.home.spans import Span
from kedang.trade.models import VOIDED, Contract

MOST = 100_000
"""Counted no further than this: past it the exact number says no more, and counting takes longer than anybody waits."""
Unit = Literal["count", "money", "rate"]


@dataclass(frozen=True)
class Spec:
    """One figure: what it counts, in words and as a function of reader, scope and span."""

    key: str
    label: str
    meaning: str
    value: Callable[[Lens, Span], int | None]
    unit: Unit = "count"
    word: str = "件"
    place: str = "rows"
    """Where its rows are: `rows` (a page of them), `overdue`, `customers` or `approvals`."""
    compares: bool = True
    """Whether the period before has such a figure: what stands open now has none."""
    scoped: bool = True
    icon: str = "chart-bar"
    held: bool = False
    """Whether it may be some minutes old when it is large (`kept`)."""


@dataclass(frozen=True)
class Figure:
    """One figure as a card shows it."""

    spec: Spec
    value: int | None
    before: int | None
    compared: str
    at: datetime
    query: str

    @property
    def capped(self) -> bool:
        """Whether there are more than were counted."""
        return self.spec.unit == "count" and self.value is not None and self.value > MOST

    @property
    def text(self) -> str:
        """The number as it is read."""
        return shown(self.spec.unit, self.value)

    @property
    def change(self) -> int | None:
        """Against the period before: per cent, or percentage points for a rate; None where nothing can be compared."""
        if not self.spec.compares or self.value is None or self.before is None or self.capped:
            return None
        if self.spec.unit == "rate":
            return self.value - self.before
        return round(100 * (self.value - self.before) / self.before) if self.before else None

    @property
    def way(self) -> str:
        """up, down or level; '' where nothing can be compared. Red is up and green is down, as everywhere in China."""
        if not self.spec.compares or self.value is None or self.before is None or self.capped:
            return ""
        return "up" if self.value > self.before else "down" if self.value < self.before else "level"

    @property
    def change_text(self) -> str:
        """'较上月同期 +12%'."""
        if not self.spec.compares:
            return "当前数，不比较"
        if self.way == "":
            return (
                "超过计数上限，不比较"
                if self.capped
                else f"{self.compared if self.value is not None else '期间内'}没有到期事项"
            )
        if self.way == "level":
            return f"与{self.compared}持平"
        if self.change is None:
            return f"{self.compared}为 0"
        sign = "+" if self.change > 0 else "−" if self.change < 0 else "±"
        unit = " 个百分点" if self.spec.unit == "rate" else "%"
        return f"较{self.compared} {sign}{abs(self.change)}{unit}"

    @property
    def definition(self) -> str:
        """What it counts and until when, for the pointer and for frozen reports."""
        return f"{self.spec.meaning}统计截止 {clock.local(self.at):%Y-%m-%d %H:%M}。"


def shown(unit: str, value: int | None) -> str:
    """A figure in words: '1,204', '12,000.00', '92%', '—' for none."""
    if value is None:
        return "—"
    if unit == "money":
        return f"{value / 100:,.2f}"
    if unit == "rate":
        return f"{value}%"
    return f"{MOST:,}+" if value > MOST else f"{value:,}"


# ---- what each counts -------------------------------------------------------------------------------------------------


def registered_filter(span: Span) -> str:
    """The advanced filter of 客户列表 that finds what was registered in a span."""
    lines = [["registered", "from", span.first.isoformat()], ["registered", "to", span.last.isoformat()]]
    return json.dumps({"m": "all", "g": [{"m": "all", "c": lines}]}, separators=(",", ":"))


def _registered(lens: Lens, span: Span) -> int:
    files = found_files(
        lens.person, scope=lens.scope, search="", filters={"adv": registered_filter(span)}, who=lens.who
    )
    return files.order_by()[: MOST + 1].count()


def follow_ups(lens: Lens, span: Span) -> QuerySet[ContactRecord]:
    """Contacts by the people of the scope that happened in a span, on files whose dealings the reader sees."""
    happened = Q(occurred_at__gte=span.start, occurred_at__lt=span.end, corrected_at=None)
    if lens.people is not None:
        happened &= Q(by_id__in=lens.people)
    return ContactRecord.objects.filter(happened, lens.dealings()).order_by("-occurred_at", "-id")


def _follow_ups(lens: Lens, span: Span) -> int:
    return follow_ups(lens, span).order_by()[: MOST + 1].count()


def _followed(lens: Lens, span: Span) -> int:
    return follow_ups(lens, span).order_by().values("customer_id").distinct()[: MOST + 1].count()


def contracts(lens: Lens, span: Span) -> QuerySet[Contract]:
    """Contracts signed in a span with customers of the scope, whose dealings the reader sees; void ones left out."""
    signed = Q(signed_on__gte=span.first, signed_on__lte=span.last) & ~Q(state=VOIDED)
    rows = Contract.objects.filter(signed, along(lens.scoped_files(), "customer"), lens.dealings())
    return rows.order_by("-signed_on", "-id")


def _signed(lens: Lens, span: Span) -> int:
    return int(contracts(lens, span).order_by().aggregate(n=Sum("amount_fen"))["n"] or 0)


def late_now(lens: Lens) -> QuerySet[Duty]:
    """Duties of the scope that are open past their deadline, the oldest deadline first."""
    return lens.duties(*overdue()).order_by("due_at", "id")


def fell_due(lens: Lens, span: Span) -> QuerySet[Duty]:
    """Duties of the scope whose deadline passed in a span, the newest first."""
    return lens.duties(*due_within(span)).order_by("-due_at", "-id")


def missed(rows: QuerySet[Duty]) -> QuerySet[Duty]:
    """Those of them that were not done in time."""
    return rows.exclude(state__in=ON_TIME)


def _late(lens: Lens, span: Span) -> int:
    return late_count(lens, MOST)


def _missed(lens: Lens, span: Span) -> int:
    return sum(each.n for each in fell_due_by_clause(lens, span) if not each.met)


def _rate(lens: Lens, span: Span) -> int | None:
    return percentage(*met_of_due(lens, span))


def met_of_due(lens: Lens, span: Span) -> tuple[int, int]:
    """(done in time, fell due) in two queries."""
    found = fell_due_by_clause(lens, span)
    return sum(each.n for each in found if each.met), sum(each.n for each in found)


def percentage(part: int, whole: int) -> int | None:
    """Whole per cent; never 100 while something is missing."""
    if not whole:
        return None
    rate = round(100 * part / whole)
    return 99 if rate == 100 and part < whole else rate


def _ballots(lens: Lens, span: Span) -> int:
    return approvals.pending_count(lens.person)


SEEN = "只计您有权查看往来的客户。"
KEPT = "只计您有权查看的事项（本人、下属，或您主管的制度）。"
SPECS: dict[str, Spec] = {
    each.key: each
    for each in (
        Spec("registered", "新增建档", "登记日期在期间内、属于所选范围的客户档案，作废和已销毁的不计。", _registered,
             word="份", place="customers", icon="folder-plus", held=True),
        Spec("follow_ups", "跟进次数", f"所选范围的人在期间内跟进客户的次数，按跟进发生的时间，已更正作废的不计。{SEEN}", _follow_ups,
             word="次", icon="phone-call", held=True),
        Spec("followed", "跟进客户数", f"期间内至少跟进过一次的客户，每户只计一次。{SEEN}", _followed, word="户", icon="users", held=True),
        Spec("signed", "合同额", f"签订日期在期间内、客户属于所选范围的合同金额合计，作废的不计。{SEEN}", _signed, unit="money", word="元",
             icon="coin-yuan"),
        Spec("late", "逾期待办", f"到现在期限已过、仍未办结的事项，不分期间，暂停计时的不计。{KEPT}", _late, place="overdue",
             compares=False, icon="alert-circle"),
        Spec("missed", "新发生逾期", f"期限落在期间内、没有按时办结的事项，后来补办的也计。{KEPT}", _missed, icon="clock-exclamation"),
        Spec("rate", "合规率", f"期限落在期间内的事项中按时办结的比例（含宽限内办结），作废、豁免、暂停计时的不计。{KEPT}", _rate, unit="rate",
             word="", icon="shield-check"),
        Spec("ballots", "待我审批", "等您表决的审批，与所选范围和期间无关。", _ballots, place="approvals", compares=False, scoped=False,
             icon="rubber-stamp"),
    )
}  # fmt: skip


def figure(lens: Lens, key: str, *, fresh: bool = False) -> Figure:
    """One figure with the one before it; large ones may be some minutes old (`at`), unless they must be fresh."""
    spec, period = SPECS[key], lens.period
    before = _value(lens, spec, period.previous, fresh)[0] if spec.compares else None
    value, at = _value(lens, spec, period.span, fresh)
    return Figure(spec, value, before, period.compared, at, query_of(lens, spec))


def _value(lens: Lens, spec: Spec, span: Span, fresh: bool) -> tuple[int | None, datetime]:
    if not spec.held:
        return spec.value(lens, span), clock.now()
    key = (lens.person.pk, lens.scope, spec.key, span.first, span.last)
    return kept.large(key, lambda: spec.value(lens, span), lambda value: value or 0, fresh=fresh)


def brief(lens: Lens, *, fresh: bool = False) -> list[Figure]:
    """All eight, in a number of queries that does not depend on what they count."""
    return [figure(lens, key, fresh=fresh) for key in SPECS]


def query_of(lens: Lens, spec: Spec) -> str:
    """What the address of a figure's rows asks for."""
    if spec.place == "customers":
        return urlencode({"scope": lens.scope, "adv": registered_filter(lens.period.span)})
    if spec.place == "approvals":
        return urlencode({"tab": "pending"})
    return urlencode(lens.query)


def frozen_values(lens: Lens) -> list[dict[str, Any]]:
    """The figures as a frozen report keeps them; what is only one's own and of the moment is left out."""
    return [
        {
            "key": one.spec.key, "label": one.spec.label, "unit": one.spec.unit, "word": one.spec.word, "value": one.value,
            "text": one.text, "before": one.before, "compared": one.compared, "change": one.change_text, "way": one.way,
            "definition": one.definition.replace("您", "冻结人"),
        }
        for one in brief(lens, fresh=True)
        if one.spec.scoped
    ]  # fmt: skip
