"""customer.export: files leave the system as a workbook. The deed is what is recorded; the workbook is written from what
it answers (`kedang.reports.export`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedang.customers.selectors import exporting
from kedang.customers.selectors.listing import ALL, SCOPES
from kedang.kernel import clock, files
from kedang.kernel.actions import Deed, access, action
from kedang.kernel.actions.exporting import FORMATS
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.org.models import Person

FILTERS = {"status", "kind", "term", "stage", "overdue", "next_past", "adv", "ids"}
TOO_MANY = f"超过 {exporting.LIMIT:,} 行，没有导出。请转后台导出，或者用范围、搜索、筛选缩小后再导出。"


@action(
    "customer.export",
    "导出",
    copies=True,
    events=("customer.exported",),
    args=[
        F("customer", "客户", "customer"),
        F("scope", "范围", "choice", values=SCOPES, default=ALL),
        F("search", "检索词", "text", max=60),
        F("filters", "筛选条件", "json"),
        F("sort", "排序", "text", max=30),
        F("purpose", "用途", "text", required=True, min=2, max=200),
        F("format", "格式", "choice", values=FORMATS, default="xlsx"),
        F("large", "后台导出", "bool"),
    ],
)
def export_customers(
    *,
    deed: Deed,
    customer: int | None = None,
    scope: str = ALL,
    search: str | None = None,
    filters: Any = None,
    sort: str | None = None,
    purpose: str = "",
    format: str | None = "xlsx",
    large: bool | None = None,
) -> dict[str, Any]:
    """Record an export of one file, or of the list as the person sees it; code, rows, headings and digest of what may be
    written. Invalid for an empty list, and for one of more than LIMIT files unless a job writes it (`large`)."""
    if deed.by is None:
        raise NotFound()
    if deed.on_behalf_of is not None:
        raise Invalid("导出的是本人能看到的内容，不能代他人办理。")
    if customer is not None:
        ids, labels, what = [customer], exporting.file_labels(customer), "客户档案"
    else:
        found = _listing(deed.by, scope, search or "", _filters(filters), sort or "-updated", bool(large))
        ids, labels, what = found.ids, found.labels, f"客户列表“{SCOPES[scope]}”"
    code = code_of(deed)
    data = {
        "what": what, "rows": len(ids), "columns": "、".join(labels), "scope": None if customer else scope,
        "filters": filters or None, "purpose": purpose, "code": code, "digest": exporting.digest_of(ids, labels),
        "number": _number(deed.by, customer) or None,
    }  # fmt: skip
    typed = [ValueDraft("q", new=search, person=deed.by.pk)] if search and not customer else []
    deed.record("customer.exported", file=customer, subject=f"export:{code}", data=data, values=typed)
    return {
        "code": code, "rows": len(ids), "columns": labels, "digest": data["digest"], "at": deed.now.isoformat(),
        "number": data["number"] or "",
    }  # fmt: skip


def _number(person: Person, customer: int | None) -> str:
    """The number of the grant by which one copies a file that is not his to copy."""
    view = files.view(customer) if customer is not None else None
    who = access.standing(person.pk)
    if view is None or access.own_right(who, view):
        return ""
    held = who.grants_on(view.id, access.COPY)
    return held[-1].number if held else ""


def code_of(deed: Deed) -> str:
    """The number on every sheet; the ledger's index finds the event by it (subject `export:<code>`)."""
    return f"DC{clock.local(deed.now):%Y%m%d}-{deed.command.hex[:8].upper()}"


def _listing(
    person: Person, scope: str, search: str, filters: Mapping[str, Any], sort: str, large: bool
) -> exporting.Listing:
    most = None if large else exporting.LIMIT + 1
    found = exporting.listing(person, scope=scope, search=search, filters=filters, sort=sort, most=most)
    if len(found.ids) > exporting.LIMIT and not large:
        raise Invalid(TOO_MANY)
    if not found.ids:
        raise Invalid("这个范围里没有客户，没有可导出的内容。")
    return found


def _filters(given: Any) -> dict[str, Any]:
    if not given:
        return {}
    known = isinstance(given, Mapping) and set(given) <= FILTERS
    if not known or not all(isinstance(given.get(key, {}), Mapping) for key in ("term", "stage")):
        raise Invalid({"filters": "筛选条件不对，请回到客户列表重新导出"})
    return dict(given)
