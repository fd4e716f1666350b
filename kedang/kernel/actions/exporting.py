"""list.export: a list leaves the system. The deed is what is recorded; what is written is held to its digest."""

from __future__ import annotations

from typing import Any

from kedang.kernel import clock, listings
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field as F
from kedang.kernel.jobs import enqueue

AT_ONCE = 20_000
"""Rows of one file that is written while the person waits; more are written by a job."""
FORMATS = {"xlsx": "Excel 工作簿", "csv": "CSV（逗号分隔）"}
KIND = "list.export"


@action(
    "list.export",
    "导出列表",
    about="",
    needs="none",
    events=("list.exported",),
    args=[
        F("list", "列表", "text", required=True, max=40),
        F("asked", "条件", "json"),
        F("purpose", "用途", "text", required=True, min=2, max=200),
        F("format", "格式", "choice", values=FORMATS, default="xlsx"),
        F("large", "后台导出", "bool"),
    ],
)
def export_list(
    *,
    deed: Deed,
    list: str,
    asked: Any = None,
    purpose: str = "",
    format: str | None = "xlsx",
    large: bool | None = None,
) -> dict[str, Any]:
    """Record an export of a list as the person sees it: code, rows, headings, digest. Invalid for an empty one, and for
    one of more than AT_ONCE rows unless a job writes it."""
    if deed.by is None:
        raise NotFound()
    if deed.on_behalf_of is not None:
        raise Invalid("导出的是本人能看到的内容，不能代他人办理。")
    found = listings.listing_of(list)
    told = found.understood(asked if isinstance(asked, dict) else {})
    ids = found.ids(deed.by, told)
    if not ids:
        raise Invalid("这个列表里没有内容，没有可导出的。")
    if len(ids) > AT_ONCE and not large:
        raise Invalid(f"超过 {AT_ONCE:,} 行，请转后台导出。")
    labels = [label for label, _ in found.headings]
    code = code_of(deed)
    data = {
        "what": found.called(deed.by, told), "list": list, "rows": len(ids), "columns": "、".join(labels),
        "filters": told or None, "purpose": purpose, "code": code, "digest": listings.digest_of(ids, labels),
        "format": FORMATS[format or "xlsx"],
    }  # fmt: skip
    deed.record("list.exported", subject=f"export:{code}", data=data)
    return {"code": code, "rows": len(ids), "columns": labels, "digest": data["digest"], "at": deed.now.isoformat()}


def code_of(deed: Deed) -> str:
    """The number on every sheet; the ledger's index finds the event by it (subject `export:<code>`)."""
    return f"DC{clock.local(deed.now):%Y%m%d}-{deed.command.hex[:8].upper()}"


@action(
    "list.export_later",
    "后台导出",
    about="",
    needs="none",
    public=False,
    args=[
        F("action", "事项", "choice", required=True, values={KIND: "列表", "customer.export": "客户列表"}),
        F("title", "名称", "text", required=True, max=150),
        F("given", "内容", "json", required=True),
    ],
)
def export_later(*, deed: Deed, action: str, title: str, given: Any) -> int:
    """Queue an export that takes longer than anybody waits; the job does the deed itself, so that what is recorded is what
    is written. The job's id."""
    if deed.by is None or deed.on_behalf_of is not None:
        raise NotFound()
    return int(enqueue(KIND, by=deed.by, title=f"导出：{title}", params={"action": action, "given": dict(given)}).pk)
