"""Doing something: every offered action at its own address, the decision before it, and uploads."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from kedang.api import auth, scopes, shapes, workshapes
from kedang.api.bodies import asked_in, key_of
from kedang.api.deciding import check_of
from kedang.api.offered import actions
from kedang.api.problems import Problem
from kedang.api.reads import customers
from kedang.api.reads.common import Id, reader
from kedang.kernel import blobs, fields
from kedang.kernel.actions import answers, perform
from kedang.kernel.actions.performing import Result
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.norms.vocabulary import Action
from kedang.web.forms.deeds import foretell

ANY = auth.Bearer()
"""A token; which scope a deed needs hangs on the action."""
router = Router(auth=ANY, tags=["办理"])
ORIGIN = "api"


def spec_of(name: str) -> Action:
    """An offered action; NotFound for everything else."""
    spec = actions().get(name)
    if spec is None:
        raise NotFound
    return spec


@router.post(
    "/actions/{name}", response={200: shapes.Done, 202: shapes.Approval}, url_name="api_action", summary="办理"
)
def act(request: HttpRequest, name: str) -> Any:
    """Do it by the very `perform` that the pages call."""
    return Status(200, done(request, spec_of(name)))


def done(request: HttpRequest, spec: Action, /, **fixed: Any) -> dict[str, Any]:
    """Scope, key, body, deed; whatever the kernel raises is answered by `problems`."""
    auth.allow(request, spec.name)
    key = key_of(request)
    asked = asked_in(request)
    args = {**asked.args, **fixed}
    clash = [one for one in args if one in RESERVED or (one == "reason" and not _has_reason(spec))]
    if clash:
        raise Invalid(dict.fromkeys(clash, "没有这一栏"))
    if "reason" in args:
        # The same word says why it is done and is an argument of some actions: `perform` hands it on to these.
        asked.options["reason"] = fields.clean([REASON], {"reason": args.pop("reason")})["reason"] or ""
    made: Result = perform(spec.name, by=request.user, key=key, origin=ORIGIN, **asked.options, **args)
    return {"command": made.command, "events": list(made.events), "value": made.value, "warnings": _clauses(made)}


def _has_reason(spec: Action) -> bool:
    return any(one.id == "reason" for one in spec.args)


RESERVED = frozenset({"by", "key", "on_behalf_of", "behalf_reason", "confirmed", "ask_exception", "origin", "copies"})
"""Words of `perform` itself: no argument of an action may be called so."""
REASON = fields.Field("reason", "理由", "long_text")


def _clauses(made: Result) -> list[dict[str, Any]]:
    return [
        {"pack": each["pack"], "title": each["title"], "number": each["clause"], "text": each["text"], "message": each["message"]}
        for each in answers.warned(made.warnings)
    ]  # fmt: skip


@router.post("/actions/{name}/check", response=shapes.Check, url_name="api_check", summary="试问")
def check(request: HttpRequest, name: str) -> dict[str, Any]:
    """Decide without doing: nothing is changed and nothing is recorded."""
    spec = spec_of(name)
    given, person = auth.held(request).scopes, reader(request)
    if not scopes.may_act(given, spec.name) and not scopes.may_read(given, "rules"):
        raise auth.lacking(f"write:{spec.name}")
    asked = asked_in(request)
    ahead = foretell(person, spec, **asked.args)
    if ahead.decision.verdict == "not_found":
        raise NotFound
    needed = [one.id for one in spec.args if one.required and fields.is_blank(asked.args.get(one.id))]
    return check_of(ahead.decision, person, missing=needed, steps=ahead.steps, problem=ahead.problem)


# ---- shortcuts -------------------------------------------------------------------------------------------------------


@customers.router.post(
    "/customers",
    response={201: shapes.Done, 202: shapes.Approval},
    auth=ANY,
    url_name="api_customers",
    summary="登记客户",
    tags=["客户"],
)
def register(request: HttpRequest) -> Any:
    """同 customer.register。"""
    return Status(201, done(request, spec_of("customer.register")))


@customers.router.post(
    "/customers/{pk}/contacts",
    response={201: shapes.Done, 202: shapes.Approval},
    auth=ANY,
    url_name="api_contacts",
    summary="添加联系人",
    tags=["客户"],
)
def add_contact(request: HttpRequest, pk: Id) -> Any:
    """同 customer.add_contact，客户在地址里。"""
    return Status(201, done(request, spec_of("customer.add_contact"), customer=pk))


@customers.router.patch(
    "/customers/{pk}",
    response={200: shapes.Done, 202: shapes.Approval},
    auth=ANY,
    url_name="api_customer",
    summary="修改资料",
    tags=["客户"],
)
def update(request: HttpRequest, pk: Id) -> Any:
    """同 customer.update，客户在地址里；带 version 可防止覆盖别人的修改。"""
    return Status(200, done(request, spec_of("customer.update"), customer=pk))


@router.post(
    "/approvals/{pk}/moves",
    response={200: shapes.Done, 202: shapes.Approval},
    url_name="api_move",
    summary="审批操作",
    tags=["审批"],
)
def move(request: HttpRequest, pk: Id) -> Any:
    """同 approval.move，申请在地址里。"""
    return Status(200, done(request, spec_of("approval.move"), request=pk))


# ---- uploads ---------------------------------------------------------------------------------------------------------


@router.post("/files", response={201: workshapes.Upload}, url_name="api_upload", summary="上传附件", tags=["附件"])
def upload(request: HttpRequest) -> Any:
    """One file of a form (multipart, field `upload`). It is a draft of the person until a deed names it."""
    if not {"write", "write:files"} & set(auth.held(request).scopes):
        raise auth.lacking("write:files")
    given = request.FILES.getlist("upload")
    refused = getattr(request, "upload_errors", None) or {}
    if refused:
        raise Invalid({"upload": next(iter(refused.values()))})
    if len(given) != 1:
        raise Problem(
            422, "invalid", "请用 multipart/form-data 的 upload 一栏上传一个文件。", {"upload": "请上传一个文件"}
        )
    [received] = given
    made = blobs.draft(received.incoming, received.raw_name, request.user)
    return Status(201, {"blob": made.pk, "name": made.name, "size": made.size, "type": made.type})
