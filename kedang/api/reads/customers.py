"""Customers: the list as it stands on the page, one file by the reader's rights, its timeline, contacts, duties, items."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponseBase, QueryDict
from ninja import Query, Router

from kedang.api import cursors, shapes, workshapes
from kedang.api.auth import Bearer
from kedang.api.deciding import check_of
from kedang.api.problems import Problem
from kedang.api.reads.common import After, Id, Limit, Word, named, opened, page, reader
from kedang.customers import selectors
from kedang.customers.selectors.slicing import PLACED, Place, customer_slice
from kedang.customers.selectors.timeline import FILTERS
from kedang.kernel import clock, files
from kedang.kernel.actions import access, perform_read
from kedang.kernel.errors import NotFound, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.store import regulations
from kedang.records import selectors as records
from kedang.records.actions.items import content_of, item_of
from kedang.reports import filepage
from kedang.web import downloads, listing

router = Router(auth=Bearer("customers"), tags=["客户"])
Scope = Literal["mine", "shared", "below", "unit", "all", "pool", "starred"]
Sort = Literal[
    "updated", "-updated", "name", "-name", "number", "-number", "registered", "-registered", "owner", "-owner", "unit", "-unit",
    "last_contact", "-last_contact", "next_contact", "-next_contact", "complete", "-complete", "pool", "-pool",
]  # fmt: skip
Many = Annotated[list[str], Query(max_length=20)]


@router.get("/customers", response=shapes.page_of(shapes.CustomerRow), url_name="api_customers", summary="客户列表")
def customers(
    request: HttpRequest,
    scope: Scope = "all",
    q: Word = "",
    status: Word = "",
    kind: Word = "",
    term: Many = [],  # noqa: B006 (ninja reads the default, nobody changes it)
    stage: Many = [],  # noqa: B006
    overdue: bool = False,
    next_past: bool = False,
    adv: Annotated[str, Query(max_length=4000, description="高级筛选，同列表地址栏中的 adv")] = "",
    sort: Sort = "-updated",
    limit: Limit = 50,
    cursor: After = "",
) -> dict[str, Any]:
    """与“客户”页相同的范围、搜索、筛选和排序。`term`、`stage` 形如 `制度.类别:取值`，可重复。"""
    asked = listing.asked_in(_address(request))
    found = customer_slice(
        reader(request), scope=scope, search=asked["search"], filters=asked["filters"], sort=sort, after=_place(cursor, sort), limit=limit
    )  # fmt: skip
    after = found.next and cursors.write(sort, found.next.value, found.next.id, found.next.skip)
    return {"items": [_row(row) for row in found.rows], "next": after}


def _address(request: HttpRequest) -> QueryDict:
    """The query as the list reads its address: what is false there is simply not there."""
    query = request.GET.copy()
    for key in ("overdue", "next_past"):
        if query.get(key, "").lower() in ("false", "0", "off", "no", "n", "f"):
            query.pop(key)
    return query


def _place(cursor: str, sort: str) -> Place | None:
    parts = cursors.read(cursor, str, str, int, int)
    if parts is None:
        return None
    given, value, pk, skip = parts
    kind = PLACED.get(sort.lstrip("-"))
    try:
        if given != sort or not 0 <= skip <= 10_000_000 or pk < 0:
            raise ValueError
        if kind not in (None, str):
            kind.fromisoformat(value)
    except ValueError:
        raise Problem(422, "invalid", "cursor：不是本列表给出的游标", {"cursor": "不是本列表给出的游标"}) from None
    return Place(value, pk, skip)


def _row(row: selectors.Row) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in shapes.CustomerRow.model_fields if name not in ("tags", "stages")}
    return plain | {"tags": named(row.tags), "stages": named(row.stages)}


@router.get("/customers/{pk}", response=shapes.CustomerFile, url_name="api_customer", summary="一份客户档案")
def customer(request: HttpRequest, pk: Id) -> dict[str, Any]:
    """按您的字段权限。不能打开时只有 head，why 写明条款和要怎样才能看；查阅留痕。"""
    person = reader(request)
    who = access.standing(person.pk)
    decision = perform_read("file.open", by=person, customer=pk)
    if decision.verdict != "allow":
        head = selectors.customer_head(person, pk, who=who)
        return {"head": _head(head), "opened": False, "why": check_of(decision, person)}
    page = selectors.customer_page(person, pk, who=who)
    figures = {name: getattr(page.figures, name) for name in shapes.Figures.model_fields}
    return {
        "head": _head(page.head), "opened": True, "former_names": page.former_names, "fields": [vars(each) for each in page.fields],
        "contacts": [vars(each) for each in page.contacts], "figures": figures,
    }  # fmt: skip


def _head(head: selectors.FileHead) -> dict[str, Any]:
    plain = {name: getattr(head, name) for name in shapes.Head.model_fields if name not in ("tags", "stages")}
    return plain | {"tags": named(head.tags), "stages": named(head.stages)}


@router.get(
    "/customers/{pk}/timeline", response=shapes.page_of(shapes.Entry), url_name="api_timeline", summary="一份档案的动态"
)
def timeline(
    request: HttpRequest,
    pk: Id,
    only: Literal["", "engagement", "change", "approval", "form", "trade", "record"] = "",
    limit: Limit = 30,
    cursor: After = "",
) -> dict[str, Any]:
    """最新的在前。`only` 只看一类：跟进、变更、审批、表单、合同费用、档案。"""
    head = opened(request, pk)
    after = cursors.read(cursor, int)
    assert only == "" or only in FILTERS
    found = selectors.timeline_page(pk, head.rights, only=only, before_id=after[0] if after else None, limit=limit + 1)
    more = len(found) > limit
    return {"items": [vars(each) | {"details": [vars(one) for one in each.details]} for each in found[:limit]],
            "next": cursors.write(found[limit - 1].id) if more else None}  # fmt: skip


@router.get("/customers/{pk}/contacts", response=list[shapes.Contact], url_name="api_contacts", summary="联系人")
def contacts(request: HttpRequest, pk: Id) -> list[dict[str, Any]]:
    """按您的字段权限掩码；无权看时为空。"""
    opened(request, pk)
    return [vars(each) for each in selectors.customer_page(reader(request), pk).contacts]


@router.get(
    "/customers/{pk}/duties", response=list[shapes.Duty], url_name="api_file_duties", summary="一份档案上的待办"
)
def duties(request: HttpRequest, pk: Id) -> list[dict[str, Any]]:
    """尚未办结的义务，按期限，最多五十条。"""
    head = opened(request, pk)
    return [duty_json(each, {pk: head.name}) for each in filepage.open_duties(pk)]


def duty_json(one: Any, names: dict[int, str]) -> dict[str, Any]:
    """A duty with its clause."""
    version = regulations().version(one.pack, one.version)
    return {
        "id": one.pk, "title": one.title, "state": one.get_state_display(), "bearer": one.bearer.name if one.bearer else "",
        "unit": one.unit.name if one.unit else "", "file": one.file, "file_name": names.get(one.file, ""), "due_at": one.due_at,
        "overdue": bool(one.due_at and one.due_at < clock.now() and not one.paused_at), "pack": one.pack,
        "pack_title": version.title if version else "", "clause": one.clause,
        "clause_text": version.clause_text(one.clause) if version else "",
    }  # fmt: skip


@router.get("/customers/{pk}/items", response=list[shapes.Item], url_name="api_items", summary="档案件目录")
def items(request: HttpRequest, pk: Id) -> list[dict[str, Any]]:
    """按成文日期；内容另行下载。"""
    opened(request, pk)
    found = records.catalogue(pk).rows
    plain = [name for name in shapes.Item.model_fields if name != "files"]
    return [
        {name: getattr(row, name) for name in plain} | {"files": [vars(each) for each in row.contents]} for row in found
    ]


@router.get(
    "/customers/{pk}/items/{item}/files/{blob}",
    url_name="api_item_file",
    summary="下载档案件的文件",
    openapi_extra={"responses": {200: {"description": "文件内容", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}},
)  # fmt: skip
def item_file(request: HttpRequest, pk: Id, item: Id, blob: Id) -> HttpResponseBase:
    """与网页下载同一道许可（record.copy_item），每次留痕。"""
    opened(request, pk)
    row = item_of(pk, item)
    found = content_of(row, blob)
    decision = perform_read("record.copy_item", by=reader(request), every=True, customer=pk, item=item, blob=blob)
    if decision.verdict != "allow":
        raise Refused(decision)
    return downloads.send(found)


@router.get("/customers/{pk}/forms", response=list[shapes.FiledForm], url_name="api_forms", summary="填报的表单")
def forms(request: HttpRequest, pk: Id) -> list[dict[str, Any]]:
    """最新的在前，按您的字段权限，最多二百张。"""
    head = opened(request, pk)
    found = [row for rows in filepage.filed_forms(pk, head.rights).values() for row in rows]
    return [row | {"lines": named(row["lines"])} for row in sorted(found, key=lambda row: row["id"], reverse=True)]


@router.get(
    "/customers/{pk}/events",
    response=shapes.page_of(workshapes.Happening),
    url_name="api_file_events",
    summary="一份档案的事件",
)
def events(request: HttpRequest, pk: Id, limit: Limit = 50, cursor: After = "") -> dict[str, Any]:
    """动态之外还包括拒绝、逾期等执行记录，最新的在前。"""
    from kedang.api.feed import happenings

    opened(request, pk)
    if files.view(pk) is None:
        raise NotFound
    rows = Event.objects.filter(file=pk).select_related("actor", "on_behalf_of").order_by("-pk")
    return page(rows, happenings, cursor, limit)
