"""The named pages of the vocabulary: what a scenario's `sees` looks at, from the selectors the screens use."""

from __future__ import annotations

from typing import Any

from kedang.customers import selectors as customers
from kedang.kernel import clock, files, gaps, inbox
from kedang.kernel import register as enforcement
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.norms import coverage
from kedang.kernel.norms.models import Duty, FileTerm
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import Page, register
from kedang.kernel.org.models import Person
from kedang.kernel.workdays import calendar
from kedang.kernel.workdays.durations import Duration
from kedang.kernel.workdays.words import grace_words, late_words
from kedang.records import selectors as records
from kedang.records.models import InventoryCount
from kedang.reports import deskpages, filepage, formregister, grants
from kedang.reports.export import export_page
from kedang.trade import selectors as trade


def customers_page(person: Person, *, q: str = "", scope: str = "all") -> dict[str, Any]:
    """客户列表: the first rows of a scope or a search."""
    page = customers.customer_list(person, scope=scope, search=q, page_size=100)
    return {"rows": page.rows, "more": page.more}


def expenses_page(person: Person, *, customer: int | None = None) -> dict[str, Any]:
    """费用: the claims the person may see, of one customer or all."""
    rows = trade.expenses_in(person)
    if customer is not None:
        rows = rows.filter(customer=customer)
    found = rows[:200]
    return {
        "rows": [
            {
                "id": row.pk,
                "customer": row.customer.name if row.customer else "",
                "kind": row.kind,
                "amount": row.amount_fen,
                "claimant": row.claimant.name,
                "state": row.state,
            }
            for row in found
        ]
    }


def catalogue_page(person: Person, *, term: str) -> dict[str, Any]:
    """目录: the files the person may know of, grouped by the values of a class, and those that have none yet."""
    found = regulations().term(term)
    if found is None:
        return {"groups": {}, "labels": [], "unclassified": []}
    _, qid, spec = found
    rows = list(customers.scope_files(person, "all").order_by("number").values_list("pk", "number", "name")[:5000])
    values = dict(FileTerm.objects.filter(term=qid).values_list("file", "value"))
    groups: dict[str, list[str]] = {label: [] for label in spec.values.values()}
    unclassified = []
    for pk, number, name in rows:
        shelf = groups.get(spec.values.get(values.get(pk, spec.default or ""), ""))
        (unclassified if shelf is None else shelf).append(f"{number} {name}")
    return {"groups": groups, "labels": list(groups), "unclassified": unclassified}


def inventory_page(person: Person) -> dict[str, Any]:
    """盘点: a person's counts with day and counter, and what is still missing."""
    counts = InventoryCount.objects.filter(by=person).select_related("by")[:50]
    return {
        "rows": [{"day": row.counted_on, "by": row.by.name} for row in counts],
        "missing": [f"{line.customer.number} {line.customer.name}" for line in records.missing_lines(person)],
    }


def inbox_page(person: Person) -> dict[str, Any]:
    """我的待办: open duties by due time, ballots and notices, as the screen shows them."""
    rows = list(inbox.duties_for(person)[:500])
    names = files.views({row.file for row in rows if row.file})
    now, cal = clock.now(), calendar.load()
    shown = [
        {
            "title": row.title,
            "customer": names[row.file].name if row.file in names else "",
            "clause": row.clause,
            "due": clock.local(row.due_at).strftime("%Y-%m-%d %H:%M") if row.due_at else "",
            "paused": "暂停计时" if row.paused_at else "",
            "extensions": f"已延期 {row.extensions} 次" if row.extensions else "",
            "grace": grace_of(row),
            "late": late_words(clock.local(row.due_at), now, cal, natural=not in_working_days(row))
            if row.due_at and row.due_at < now and row.paused_at is None
            else "",
        }
        for row in rows
    ]
    return {
        "rows": shown,
        "late": [row for row in shown if row["late"]],
        "ballots": [request.title for request in approvals.pending_for(person)],
        "notices": [{"text": note.text, "clause": note.clause} for note in inbox.notices_for(person)[:100]],
    }


def grace_of(row: Duty) -> str:
    """How long a duty past its deadline may still be made good."""
    if row.grace_until is None or row.due_at is None:
        return ""
    found = regulations().norm(row.norm, row.version)
    done = getattr(found[1].norm, "done", None) if found else None
    form = bool(done is not None and done.form)
    return grace_words(clock.local(row.due_at), clock.local(row.grace_until), clock.now(), form=form)


def in_working_days(row: Duty) -> bool:
    """Whether the regulation gave the time in working days, so lateness is told in them too."""
    found = regulations().norm(row.norm, row.version)
    due = getattr(found[1].norm, "due", None) if found else None
    if found is None or due is None or not due.within:
        return True
    span = found[0].params(clock.local(row.counted_from).date()).get(due.within) or Duration.parse(due.within)
    return bool(span.unit == "working_day")


def gaps_page(person: Person) -> dict[str, Any]:
    """缺资料清单: what the regulations this person looks after could not decide, and lack still."""
    found = gaps.open_gaps(person)
    return {"rows": [{"customer": each.name, "clause": each.clause, "facts": each.facts} for each in found]}


def regulation_page(person: Person, *, pack: str) -> dict[str, Any]:
    """制度: the clauses in their own order with what enforces them and the month's figures, parameters and versions."""
    view = enforcement.regulation_view(pack, person)
    return {
        "version": f"第{view.version.number}版",
        "effective": view.version.since.isoformat(),
        "rows": [
            {
                "clause": clause.number,
                "text": clause.text,
                "state": clause.state,
                "why": clause.declined or clause.deferred,
                "enforcers": [f"{one.kind}{one.text} {one.detail}".strip() for one in clause.enforcers],
                "interpretations": [each.text for each in clause.interpretations],
                **{one.figure.key: one.count for one in clause.figures},
            }
            for clause in view.clauses
        ],
        "parameters": [{"name": one.name, "value": one.value} for one in view.parameters],
        "versions": [
            {"version": f"第{row.version}版", "state": row.get_state_display(), "in_force": row.interval}
            for row in view.versions
        ],
    }


PAGES = (
    Page("file", "客户档案", filepage.file_page),
    Page("inbox", "我的待办", inbox_page),
    Page("customers", "客户列表", customers_page),
    Page("expenses", "费用", expenses_page),
    Page("catalogue", "档案目录", catalogue_page),
    Page("inventory", "盘点", inventory_page),
    Page("regulation", "制度", regulation_page),
    Page("export", "导出", export_page),
    Page("coverage", "方案覆盖", coverage.page),
    Page("gaps", "缺资料清单", gaps_page),
    Page("form_register", "表单登记", formregister.forms_page),
    Page("grants", "授权登记", grants.grants_page),
)


def register_pages() -> None:
    """Called once when the app is ready."""
    for page in (*PAGES, *deskpages.PAGES):
        register(page)
