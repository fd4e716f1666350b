"""report.freeze: the figures of a day, week or month become a report that nobody changes any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from kedang.kernel import clock
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.briefs.models import KINDS, FrozenReport, digest_of
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.kinds import EventKind
from kedang.kernel.org.models import Person

SCOPES = {"mine": "本人", "below": "下属", "unit": "本部门", "all": "全公司"}

kinds.register(
    EventKind(
        "report.frozen",
        "冻结报告",
        "{actor}冻结{title}",
        {"report": "integer", "title": "text", "scope": "text", "digest": "text"},
    )
)


@dataclass(frozen=True)
class Content:
    """What is frozen: the days, the scope in words, the figures."""

    first: date
    last: date
    scope_name: str
    figures: dict[str, Any]


Make = Callable[[Person, str, str, date], Content]
_make: list[Make] = []


def register(make: Make) -> None:
    """Who counts: (person, scope, kind, a day of the period) → content; NotFound for a scope that is not his."""
    _make[:] = [make]


@action(
    "report.freeze",
    "冻结报告",
    args=[
        Field("kind", "种类", "choice", required=True, values=KINDS),
        Field("scope", "范围", "choice", required=True, values=SCOPES),
        Field("day", "期间内的一天", "date", required=True),
        Field("note", "说明", "text", max=200),
    ],
    about="",
    needs="none",
    events=("report.frozen",),
)
def freeze_report(*, deed: Deed, kind: str, scope: str, day: date, note: str | None = None) -> int:
    """Count and keep; the report's id. Invalid for a period that has not begun."""
    if deed.by is None:
        raise NotFound
    if deed.on_behalf_of is not None:
        raise Invalid("报告按本人能看到的内容统计，不能代他人冻结。")
    if day > clock.today():
        raise Invalid({"day": "这一天还没有到，不能冻结。"})
    if day.year < 2000:
        raise Invalid({"day": "请填写 2000 年以后的日期。"})
    found = _make[0](deed.by, scope, kind, day)
    row = FrozenReport(
        kind=kind, first=found.first, last=found.last, scope=scope, scope_name=found.scope_name[:60], cut_off=deed.now,
        by=deed.by, note=note or "", content=found.figures,
    )  # fmt: skip
    row.digest = digest_of(row)
    row.save(force_insert=True)
    deed.record(
        "report.frozen",
        subject=f"report:{row.pk}",
        data={"report": row.pk, "title": str(row)[:200], "scope": scope, "digest": row.digest},
    )
    return row.pk
