"""The regulations with their figures, the organisation, and the stream of events."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from kedang.api import auth, feed, shapes, workshapes
from kedang.api.auth import Bearer
from kedang.api.reads.common import After, Limit, Word, counted, reader
from kedang.kernel import register
from kedang.kernel.actions import forms as kernel_forms
from kedang.kernel.fields import Field
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Unit
from kedang.kernel.register import Month

rules = Router(auth=Bearer("rules"), tags=["制度"])
organisation = Router(auth=Bearer("organisation"), tags=["组织"])
events = Router(auth=Bearer("events"), tags=["事件"])
me = Router(auth=Bearer("me"), tags=["令牌"])
MonthKey = Annotated[str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$", description="如 2026-11，默认本月")]
Pack = Annotated[str, "制度"]


@me.get("/me", response=shapes.Me, url_name="api_me", summary="令牌代表谁")
def who(request: HttpRequest) -> dict[str, Any]:
    """本人、任职、令牌的权限和期限。"""
    person, token = reader(request), auth.held(request)
    held = org.held_by(person)
    return {
        "id": person.pk, "name": person.name, "username": person.username, "units": list(dict.fromkeys(one.unit_name for one in held)),
        "posts": [one.post_name for one in held], "token": token.name, "scopes": token.scopes, "expires_at": token.expires_at,
    }  # fmt: skip


@rules.get("/rules", response=list[workshapes.Regulation], url_name="api_rules", summary="生效的制度")
def regulations_in_force(request: HttpRequest, month: MonthKey = "") -> list[dict[str, Any]]:
    """附当月按期、逾期完成、逾期未办的件数（您能看到的范围内）。"""
    versions = regulations().in_force()
    kept = register.keeping(versions, reader(request), Month.of(month))
    return [
        {**_brief(version), "effective": version.since, "clauses": len(version.regulation.pack.clauses),
         "duties_met": kept[version.pack].met, "duties_late": kept[version.pack].late, "duties_overdue": kept[version.pack].overdue}
        for version in versions
    ]  # fmt: skip


def _brief(version: Version) -> dict[str, Any]:
    return {"pack": version.pack, "title": version.title, "version": version.number}


@rules.get("/rules/{pack}", response=workshapes.RegulationText, url_name="api_rule", summary="制度逐条")
def regulation(request: HttpRequest, pack: str, month: MonthKey = "") -> dict[str, Any]:
    """每条的原文、执行情况和当月数字；数字的口径与“制度”页相同。"""
    view = register.regulation_view(pack, reader(request), Month.of(month))
    return {**_brief(view.version), "month": view.month.key, "clauses": [_clause(one) for one in view.clauses]}


def _clause(one: register.ClauseView) -> dict[str, Any]:
    figures = [{"figure": each.figure.key, "label": each.figure.label, "count": each.count} for each in one.figures]
    return {"number": one.number, "title": one.title, "text": one.text, "state": one.state, "figures": figures}


@rules.get(
    "/rules/{pack}/forms", response=list[workshapes.FormSheet], url_name="api_rule_forms", summary="制度里的表单"
)
def sheets(request: HttpRequest, pack: str) -> list[dict[str, Any]]:
    """填报时用 form.file：`form` 取这里的编号，`data` 按这里的栏目。"""
    version = register.version_for(pack)
    return [
        {"form": f"{version.pack}.{sheet.id}", "name": sheet.form.name, "about": sheet.form.about or "",
         "fields": [_field(each) for each in kernel_forms.fields_of(version, sheet.form)],
         "rows": [_field(each) for each in kernel_forms.row_fields_of(version, sheet.form)]}
        for sheet in register.forms_of(pack) if not sheet.retired
    ]  # fmt: skip


def _field(one: Field) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "type": one.type, "required": one.required, "values": one.choices}


@organisation.get("/organisation/units", response=list[shapes.Unit], url_name="api_units", summary="部门")
def units(request: HttpRequest) -> list[dict[str, Any]]:
    """全部部门，上级在前，附负责人。"""
    rows: list[Unit] = org.unit_tree()
    heads = org.heads_of_many([row.pk for row in rows])
    return [
        {"id": row.pk, "name": row.name, "parent": row.parent_id, "head": heads[row.pk].name if row.pk in heads else ""}
        for row in rows
    ]


@organisation.get(
    "/organisation/people", response=shapes.page_of(shapes.Person), url_name="api_people", summary="在职人员"
)
def people(request: HttpRequest, q: Word = "", limit: Limit = 50, cursor: After = "") -> dict[str, Any]:
    """按姓名拼音；q 是姓名的一部分。不含电话等个人信息。"""
    rows = org.active_people()
    if q.strip():
        rows = rows.filter(name__contains=q.strip())

    def shown(found: list[Any]) -> list[dict[str, Any]]:
        held = org.held_by_many([one.pk for one in found])
        return [
            {"id": one.pk, "name": one.name, "active": one.is_active, "posts": [
                {"unit": post.unit, "unit_name": post.unit_name, "post": post.post, "post_name": post.post_name, "head": post.is_head}
                for post in held[one.pk]]}
            for one in found
        ]  # fmt: skip

    return counted(rows, shown, cursor, limit)


class Stream(shapes.Schema):
    """一段事件流：下次从 after 接着读"""

    items: list[workshapes.Happening]
    after: int
    more: bool


@events.get("/events", response=Stream, url_name="api_events", summary="事件流")
def stream(
    request: HttpRequest,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="上次的 after；从头读起为 0")] = 0,
    kind: Annotated[list[str], Query(max_length=60, description="只要这些事件，可重复")] = [],  # noqa: B006
    limit: Limit = 100,
) -> dict[str, Any]:
    """您可以打开的档案上发生的事，按编号先后，不漏不重；内容（个人信息、跟进正文等）在该档案的动态里读。"""
    found, last, more = feed.stream(reader(request), after, kind, limit)
    return {"items": feed.happenings(found), "after": last, "more": more}
