"""The lists that can be exported, each from the selectors that its page uses: 待办, 审批, 费用, 建议, 制度 cases, 查阅记录, 登记表."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from kedang.customers.selectors.page import LOGS, access_events, openings
from kedang.kernel import clock, files, inbox, proposals
from kedang.kernel.actions import access, dry_run
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.approvals.models import Request
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.listings import Asked, Listing, register
from kedang.kernel.norms.models import Duty, Proposal, ProposalState
from kedang.kernel.norms.store import regulations
from kedang.kernel.org.models import Person
from kedang.kernel.register import FIGURES, Month, version_for
from kedang.kernel.register.cases import UNSEEN, case_lines, case_rows
from kedang.trade import selectors as trade
from kedang.trade.models import ExpenseClaim

Query = Callable[[Person, Asked], QuerySet[Any]]
Draw = Callable[[Person, Asked, Sequence[Any]], Sequence[Sequence[Any]]]
APPROVALS: Mapping[str, tuple[str, Callable[[Person], QuerySet[Request]]]] = {
    "pending": ("待我审批", approvals.pending_for), "decided": ("我已审批", approvals.decided_by),
    "asked": ("我发起的", approvals.asked_by), "watching": ("抄送我的", approvals.watching),
}  # fmt: skip
EXPENSES = {"pending": "待审", "reviewed": "已审核待报销", "mine": "我提交的", "all": "全部"}
PROPOSALS = {"open": "待我裁定", "mine": "涉及我的", "waiting": "全部待裁定", "done": "已裁定"}


def from_query(
    name: str, label: str, headings: tuple[tuple[str, int], ...], query: Query, draw: Draw, **more: Any
) -> Listing:
    """A listing over one query: its ids, and its rows again by id, drawn set-wise."""

    def ids(person: Person, asked: Asked) -> list[int]:
        # distinct, for some of these queries lead over rows of which one has several.
        return list(dict.fromkeys(query(person, asked).values_list("pk", flat=True)))

    def lines(person: Person, asked: Asked, part: Sequence[int]) -> Sequence[Sequence[Any]]:
        rows = query(person, asked).order_by().filter(pk__in=part)
        found = {row.pk: row for row in rows}
        return draw(person, asked, [found[pk] for pk in part if pk in found])

    return Listing(name, label, headings, ids, lines, **more)


def _names(person: Person, ids: set[int]) -> dict[int | None, str]:
    """Names of the files that the person may know of; the others are said to be unseen, '' for none."""
    known = proposals.known_names(person, ids)
    return {None: "", **{pk: known.get(pk, UNSEEN) for pk in ids}}


def _titles() -> dict[str, str]:
    return {version.pack: version.title for version in regulations().versions}


def _tab(asked: Asked, tabs: Mapping[str, Any], default: str) -> str:
    return asked.get("tab", "") if asked.get("tab") in tabs else default


# ---- 待办, 审批 --------------------------------------------------------------------------------------------------------


def _duties(person: Person, asked: Asked, rows: Sequence[Duty]) -> list[Sequence[Any]]:
    names, titles, now = _names(person, {row.file for row in rows if row.file}), _titles(), clock.now()
    return [
        (
            row.title, names[row.file], titles.get(row.pack, row.pack), row.clause,
            row.taken_by.name if row.taken_by else row.bearer.name if row.bearer else row.unit.name if row.unit else "",
            clock.local(row.opened_at), row.due_at and clock.local(row.due_at),
            "暂停计时" if row.paused_at else "逾期" if row.due_at and row.due_at < now else row.get_state_display(),
        )
        for row in rows
    ]  # fmt: skip


def _requests(person: Person, asked: Asked, rows: Sequence[Request]) -> list[Sequence[Any]]:
    names = _names(person, {row.file for row in rows if row.file})
    return [
        (
            row.title, row.get_status_display(), names[row.file], row.requester.name, row.asked_at,
            "、".join(norm["clause"] for norm in row.norms), row.reason,
        )
        for row in rows
    ]  # fmt: skip


ABOUT = (("事项", 30), ("客户", 30), ("制度", 24), ("条款", 10))
INBOX = from_query(
    "inbox",
    "我的待办",
    (*ABOUT, ("责任人", 12), ("开始", 18), ("期限", 18), ("状态", 10)),
    lambda person, asked: inbox.duties_for(person),
    _duties,
)
ASKED = from_query(
    "approvals",
    "审批",
    (("申请", 34), ("状态", 10), ("客户", 30), ("申请人", 12), ("提交时间", 18), ("条款", 12), ("事由", 40)),
    lambda person, asked: APPROVALS[_tab(asked, APPROVALS, "pending")][1](person),
    _requests,
    keys=("tab",),
    title=lambda person, asked: f"审批“{APPROVALS[_tab(asked, APPROVALS, 'pending')][0]}”",
)


# ---- 费用, 建议 --------------------------------------------------------------------------------------------------------


def _expense_query(person: Person, asked: Asked) -> QuerySet[ExpenseClaim]:
    tab = _expense_tab(person, asked)
    return trade.expenses_in(person, tab)


def _expense_tab(person: Person, asked: Asked) -> str:
    """Who reviews nothing has one list, his own, as on the page."""
    return _tab(asked, EXPENSES, "pending") if trade.reviews_expenses(person) else "mine"


def _expenses(person: Person, asked: Asked, rows: Sequence[ExpenseClaim]) -> list[Sequence[Any]]:
    names = _names(person, {row.customer_id for row in rows if row.customer_id})
    return [
        (
            row.claimant.name, names[row.customer_id], row.kind, row.amount_fen / 100, row.occurred_on, row.state,
            row.submitted_at, row.reviewed_by.name if row.reviewed_by else "", row.opinion, row.note,
        )
        for row in rows
    ]  # fmt: skip


def proposals_in(person: Person, tab: str) -> QuerySet[Proposal]:
    """One tab of 建议与裁定."""
    if tab == "open":
        return inbox.proposals_for(person)
    seen = proposals.visible(person)
    if tab == "mine":
        return seen.filter(proposals.concerns(person)).order_by("-opened_at", "-id")
    if tab == "waiting":
        return seen.filter(state=ProposalState.OPEN).order_by("opened_at", "id")
    return seen.exclude(state=ProposalState.OPEN).order_by("-decided_at", "-id")


def _proposals(person: Person, asked: Asked, rows: Sequence[Proposal]) -> list[Sequence[Any]]:
    names, titles = _names(person, {row.file for row in rows if row.file}), _titles()
    return [
        (
            row.title, proposals.concerned(row), names[row.file], titles.get(row.pack, row.pack), row.clause,
            row.points if row.points is None else float(row.points), row.amount_fen and row.amount_fen / 100,
            row.get_state_display(), row.opened_at, row.reason,
        )
        for row in rows
    ]  # fmt: skip


CLAIMS = from_query(
    "expenses",
    "费用",
    (
        ("报销人", 12), ("客户", 30), ("类型", 10), ("金额（元）", 12), ("发生日期", 12), ("状态", 10), ("提交时间", 18),
        ("审核人", 12), ("审核意见", 30), ("说明", 40),
    ),
    _expense_query,
    _expenses,
    keys=("tab",),
    title=lambda person, asked: f"费用“{EXPENSES[_expense_tab(person, asked)]}”",
)  # fmt: skip
PROPOSED = from_query(
    "proposals",
    "建议与裁定",
    (
        ("建议", 34), ("涉及", 14), ("客户", 30), ("制度", 24), ("条款", 10), ("分值", 8), ("金额（元）", 12), ("状态", 10),
        ("提出时间", 18), ("裁定理由", 40),
    ),
    lambda person, asked: proposals_in(person, _tab(asked, PROPOSALS, "open")),
    _proposals,
    keys=("tab",),
    title=lambda person, asked: f"建议与裁定“{PROPOSALS[_tab(asked, PROPOSALS, 'open')]}”",
)  # fmt: skip


# ---- 制度, 查阅记录, 登记表 ------------------------------------------------------------------------------------------------


def _case_query(person: Person, asked: Asked) -> QuerySet[Any]:
    month = Month.of(asked.get("month"))
    return case_rows(asked.get("pack", ""), asked.get("clause", ""), asked.get("figure", ""), month, person)


def _cases(person: Person, asked: Asked, rows: Sequence[Any]) -> list[Sequence[Any]]:
    found = case_lines(rows, asked["figure"], person)
    return [(case.at, case.what, case.who, case.file_name, case.due, case.state) for case in found]


def _case_title(person: Person, asked: Asked) -> str:
    figure = FIGURES.get(asked.get("figure", ""))
    title = version_for(asked.get("pack", "")).title
    return f"《{title}》第{asked.get('clause', '')}条“{figure.label if figure else ''}”的明细"


def _reading_query(person: Person, asked: Asked) -> QuerySet[Event]:
    """查阅记录 belongs to a file's content: only for who may open it, and by a grant only one's own lines, as on the page."""
    text = asked.get("customer", "")
    file = int(text) if text.isdecimal() and len(text) < 19 else 0
    view = files.view(file) if file else None
    if view is None or dry_run("file.open", by=person, customer=file).verdict != "allow":
        raise NotFound
    own = access.own_right(access.standing(person.pk), view)
    only = asked.get("only", "")
    return access_events(file, only=only if only in LOGS else "", of=None if own else person.pk)


def _readings(person: Person, asked: Asked, rows: Sequence[Event]) -> list[Sequence[Any]]:
    return [(one.at, one.person, one.sentence, one.purpose, one.number, one.code) for one in openings(rows)]


def _reading_title(person: Person, asked: Asked) -> str:
    view = files.view(int(asked.get("customer", "0")))
    return f"{view.number if view else ''} 的查阅记录"


CASES = from_query(
    "cases",
    "制度明细",
    (("时间", 18), ("事项", 44), ("人员", 12), ("客户", 30), ("期限", 18), ("状态", 12)),
    _case_query,
    _cases,
    keys=("pack", "clause", "figure", "month"),
    title=_case_title,
)
READINGS = from_query(
    "readings",
    "查阅记录",
    (("时间", 18), ("人员", 12), ("事项", 60), ("用途", 30)),
    _reading_query,
    _readings,
    keys=("customer",),
    title=_reading_title,
)


def register_lists() -> None:
    """Make the lists known."""
    for each in (INBOX, ASKED, CLAIMS, PROPOSED, CASES, READINGS):
        register(each)
