"""费用: the claims that wait for finance, and one's own; each with the deeds that are open about it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from kedang.kernel import files
from kedang.kernel.actions import access, dry_run, flows
from kedang.kernel.errors import NotFound
from kedang.kernel.norms import explain
from kedang.kernel.norms.store import fact_store, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person
from kedang.trade import selectors as trade
from kedang.trade.models import PENDING, REVIEWED, ExpenseClaim
from kedang.web.outcomes import Outcome, of_decision
from kedang.web.paging import page_of
from kedang.web.views.file import Button

TABS = {"pending": "待审", "reviewed": "已审核待报销", "mine": "我提交的", "all": "全部"}
DEEDS = {PENDING: ("expense.review", "expense.pay"), REVIEWED: ("expense.pay",)}
LABELS = {"expense.review": "审核", "expense.pay": "报销"}
OWN = "自己的报销单由其他财务人员审核"
BEFORE = "审核通过后才能报销"


@dataclass(frozen=True)
class Claim:
    """A claim on the page: whether its customer can be opened, where that customer stands, what can be done."""

    row: ExpenseClaim
    known: bool
    buttons: tuple[Button, ...] = ()
    stages: tuple[tuple[str, str], ...] = ()
    """(flow, stage) of the customer, by the regulations over it."""


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The lists; who reviews nothing has one, her own."""
    reviews = trade.reviews_expenses(request.user)
    tabs = TABS if reviews else {"mine": TABS["mine"]}
    tab = request.GET.get("tab", "")
    tab = tab if tab in tabs else next(iter(tabs))
    page = page_of(trade.expenses_in(request.user, tab), request.GET.get("page"))
    context = {
        "tabs": [(key, label, key == tab) for key, label in tabs.items()], "tab": tab, "page": page, "reviews": reviews,
        "rows": _claims(request.user, page.rows, reviews), "submit": reverse("deed_alone", args=["expense.submit"]),
    }  # fmt: skip
    return render(request, "expenses/list.html", context)


def claim_of(person: Person, number: str) -> Claim:
    """One claim with the standing of its customer, for the form of a deed about it."""
    if not number.isdecimal() or len(number) > 15:
        raise NotFound
    row = trade.expense_for(person, int(number))
    view = files.view(row.customer_id) if row.customer_id else None
    known = view is not None and access.reach(person.pk, "list").holds(view)
    return Claim(row, known, stages=tuple(_stages(view)) if view else ())


def _stages(view: files.FileView) -> list[tuple[str, str]]:
    found = []
    for _, qid, flow in regulations().flows_for(view):
        names = {stage.id: stage.name for stage in flow.stages}
        found.append((flow.name or qid, names.get(flows.stage_now(view.id, qid, flow), "")))
    return found


def _claims(person: Person, rows: list[ExpenseClaim], reviews: bool) -> list[Claim]:
    """The rows of a page; all that the buttons look at is loaded for all of them at once."""
    views = files.views(row.customer_id for row in rows if row.customer_id)
    who, facts = access.standing(person.pk), fact_store()
    reach = who.reach("list")
    trade.know(rows)
    for row in rows:
        facts.put("expense_status", (row.pk,), row.state)
        facts.put("expense_customer", (row.pk,), row.customer_id)

    def button(row: ExpenseClaim, action: str) -> Button:
        url, key = f"{reverse('deed_alone', args=[action])}?expense={row.pk}", f"{action.replace('.', '-')}-{row.pk}"
        decision = dry_run(action, by=person, facts=facts, who=who, expense=row.pk)
        if decision.verdict == "refuse":
            why, outcome = explain.short(decision), of_decision(decision, person)
            return Button(LABELS[action], url, decision.verdict, why, outcome, key)
        if why := _objection(row, action, person):
            return Button(LABELS[action], url, "refuse", why, Outcome("invalid", "", text=why), key)
        return Button(LABELS[action], url, decision.verdict, explain.short(decision), None, key)

    return [
        Claim(
            row,
            row.customer_id in views and reach.holds(views[row.customer_id]),
            tuple(
                button(row, action)
                for action in (DEEDS.get(row.state, ()) if reviews else ())
                if action in vocabulary.actions
            ),
        )
        for row in rows
    ]


def _objection(row: ExpenseClaim, action: str, person: Person) -> str:
    """What the product itself refuses where no regulation does: the order of the steps, and judging oneself."""
    if action == "expense.pay":
        return "" if row.state == REVIEWED else BEFORE
    return OWN if row.claimant_id == person.pk else ""
