"""What waits for a person and what was asked: inbox and approvals, by the selectors of their pages."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router

from kedang.api import shapes, workshapes
from kedang.api.auth import Bearer
from kedang.api.reads.common import After, Id, Limit, counted, reader
from kedang.api.reads.customers import duty_json
from kedang.kernel import files, inbox
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.approvals.models import Request
from kedang.web import approving

desk = Router(auth=Bearer("inbox"), tags=["待办"])
router = Router(auth=Bearer("approvals"), tags=["审批"])
TABS = {
    "pending": approvals.pending_for,
    "decided": approvals.decided_by,
    "asked": approvals.asked_by,
    "watching": approvals.watching,
}


@desk.get("/inbox", response=workshapes.Inbox, url_name="api_inbox", summary="待办数")
def waiting(request: HttpRequest) -> dict[str, Any]:
    """与网页左侧的数字相同。"""
    return vars(inbox.counts(reader(request)))


@desk.get("/inbox/duties", response=shapes.page_of(shapes.Duty), url_name="api_duties", summary="我的待办")
def duties(request: HttpRequest, limit: Limit = 50, cursor: After = "") -> dict[str, Any]:
    """您承担、领办或可以领办的义务，期限近的在前。"""

    def shown(rows: list[Any]) -> list[dict[str, Any]]:
        known = files.views([one.file for one in rows if one.file])
        names = {pk: view.name for pk, view in known.items()}
        return [duty_json(one, names) for one in rows]

    return counted(inbox.duties_for(reader(request)), shown, cursor, limit)


@desk.get("/inbox/ballots", response=shapes.page_of(workshapes.Ballot), url_name="api_ballots", summary="等我审批的")
def ballots(request: HttpRequest, limit: Limit = 50, cursor: After = "") -> dict[str, Any]:
    """等您表决或征询您意见的申请，等得最久的在前。"""

    def shown(rows: list[Any]) -> list[dict[str, Any]]:
        return [
            {**_brief(row.step.request), "request": row.step.request_id, "waiting_since": row.opened_at, "due_at": row.step.due_at,
             "consulted": row.status == "consulted"}
            for row in rows
        ]  # fmt: skip

    return counted(approvals.pending_ballots(reader(request)), shown, cursor, limit)


@desk.get("/inbox/notices", response=shapes.page_of(workshapes.Notice), url_name="api_notices", summary="未读通知")
def notices(request: HttpRequest, limit: Limit = 50, cursor: After = "") -> dict[str, Any]:
    """最新的在前。"""
    keys = ("text", "at", "file", "request", "duty")
    rows = inbox.notices_for(reader(request))
    return counted(
        rows, lambda found: [{"id": one.pk} | {key: getattr(one, key) for key in keys} for one in found], cursor, limit
    )


def _brief(one: Request) -> dict[str, Any]:
    return {
        "id": one.pk, "number": one.number, "title": one.title, "action": one.action, "status": one.status,
        "status_label": one.get_status_display(), "requester": one.requester.name, "asked_at": one.asked_at, "decided_at": one.decided_at,
    }  # fmt: skip


@router.get("/approvals", response=shapes.page_of(workshapes.RequestRow), url_name="api_approvals", summary="审批申请")
def requests(
    request: HttpRequest,
    tab: Literal["pending", "decided", "asked", "watching"] = "pending",
    limit: Limit = 50,
    cursor: After = "",
) -> dict[str, Any]:
    """pending 待我审批、decided 我已审批、asked 我发起的、watching 抄送我的。"""
    return counted(TABS[tab](reader(request)), lambda rows: [_brief(one) for one in rows], cursor, limit)


@router.get("/approvals/{pk}", response=workshapes.RequestDetail, url_name="api_approval", summary="一份申请")
def approval(request: HttpRequest, pk: Id) -> dict[str, Any]:
    """内容按您的字段权限，附审批链和您现在可以做的操作（用 approval.move 办理）。"""
    one = approvals.get_request(reader(request), pk)
    view = approving.Reader.of(reader(request), one)
    lines = approving.rows_of(one, view)
    return {
        **_brief(one), "reason": one.reason,
        "lines": [{"name": row.name, "new": row.new, "old": row.old, "now": row.now} for row in lines],
        "steps": [_step(step) for step in approving.steps_of(one, view)],
        "moves": [dict(zip(("move", "label", "consequence"), each, strict=True)) for each in approvals.allowed_moves(reader(request), one)],
    }  # fmt: skip


def _step(step: Any) -> dict[str, Any]:
    people = [{name: getattr(one, name) for name in workshapes.ChainPerson.model_fields} for one in step.people]
    plain = ("number", "round", "status", "status_label", "pack", "clause", "notes")
    return {name: getattr(step, name) for name in plain} | {
        "role": step.role_name,
        "mode": step.mode_label,
        "people": people,
    }
