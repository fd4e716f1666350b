"""What of the dashboard can be exported: overdue duties as they are listed, and a frozen report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from kedang.kernel import clock
from kedang.kernel.briefs.selectors import frozen_report
from kedang.kernel.errors import NotFound
from kedang.kernel.listings import Asked, Listing, register
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import regulations
from kedang.kernel.org.models import Person
from kedang.reports.home.keeping import late_of
from kedang.reports.home.lens import Lens
from kedang.reports.home.rows import bearer_of, duty_lines
from kedang.reports.lists import from_query


def _late_query(person: Person, asked: Asked) -> QuerySet[Duty]:
    lens = Lens.of(person, asked.get("scope", ""))
    rows = late_of(lens, asked.get("person", ""), asked.get("unit", ""))
    return rows.select_related("bearer", "taken_by", "unit").order_by("due_at", "id")


def _late_lines(person: Person, asked: Asked, rows: Sequence[Any]) -> list[Sequence[Any]]:
    titles = {version.pack: version.title for version in regulations().versions}
    lines = duty_lines(Lens.of(person, asked.get("scope", "")), rows)
    return [
        (row.title, line.name, bearer_of(row), titles.get(row.pack, row.pack), row.clause, clock.local(row.due_at), row.extensions)
        for row, line in zip(rows, lines, strict=True)
    ]  # fmt: skip


def _report_lines(person: Person, asked: Asked) -> list[tuple[Any, ...]]:
    text = asked.get("report", "")
    if not text.isdecimal() or len(text) > 18:
        raise NotFound
    row = frozen_report(person, int(text))
    figures = [
        (each["label"], each["text"], each["word"], each["change"], each["definition"])
        for each in row.content["figures"]
    ]
    clauses = [
        (f"《{each['title']}》第{each['clause']}条按时办结率", f"{each['rate']}%", "", f"到期 {each['due']} 件，按时 {each['met']} 件", "")
        for each in row.content["clauses"]
    ]  # fmt: skip
    return [*figures, *clauses]


def _report_title(person: Person, asked: Asked) -> str:
    return str(frozen_report(person, int(asked.get("report", "0"))))


def register_listings() -> None:
    """Make the lists known."""
    register(
        from_query(
            "overdue",
            "逾期待办",
            (("事项", 34), ("客户", 30), ("责任人", 14), ("制度", 24), ("条款", 10), ("期限", 18), ("延期次数", 10)),
            _late_query,
            _late_lines,
            keys=("scope", "person", "unit"),
        )
    )
    register(
        Listing(
            "frozen",
            "冻结的报告",
            (("指标", 34), ("数值", 16), ("单位", 8), ("变化", 24), ("口径", 60)),
            lambda person, asked: list(range(len(_report_lines(person, asked)))),
            lambda person, asked, part: list(map(_report_lines(person, asked).__getitem__, part)),
            keys=("report",),
            title=_report_title,
        )
    )
