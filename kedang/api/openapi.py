"""OpenAPI 3.1: what ninja knows of the reads, and one operation an action with the schema of its declared arguments.

Actions, their labels and the forms that regulations attach to them come from the registries, so the document cannot say
anything else than what is checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from ninja import NinjaAPI

from kedang.api.bodies import KEY_HEADER, OPTIONS
from kedang.api.fieldschemas import object_of
from kedang.api.offered import actions
from kedang.kernel.actions import forms
from kedang.kernel.fields import Field
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.norms.vocabulary import Action

ACT, CHECK = "/api/v1/actions/{name}", "/api/v1/actions/{name}/check"
SHORT = {
    ("/api/v1/customers", "post"): ("customer.register", ""),
    ("/api/v1/customers/{pk}", "patch"): ("customer.update", "customer"),
    ("/api/v1/customers/{pk}/contacts", "post"): ("customer.add_contact", "customer"),
    ("/api/v1/approvals/{pk}/moves", "post"): ("approval.move", "request"),
}
COMMON = {
    "400": "请求不合格式", "401": "没有令牌，或令牌无效、已过期、已停用", "403": "制度不允许（附条款和原因），或令牌没有这项权限", "404": "没有，或您无权知道", "410": "档案已销毁",
    "422": "填写不对，errors 指出栏目", "429": "请求过多，见 Retry-After", "500": "系统出错，附故障编号", "503": "系统正忙，稍后再试",
}  # fmt: skip
WRITING = {"409": "须说明理由或确认；别人先改了；幂等键已用于另一次提交", "413": "内容过大"}
KEY = {
    "name": KEY_HEADER, "in": "header", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
    "description": "每次提交一个不重复的键（如 UUID）。同一个键再次提交得到同样的答复，不会办两次；内容不同则 409。",
}  # fmt: skip
Doc = dict[str, Any]


def document(api: NinjaAPI) -> Doc:
    """The whole document."""
    made: Doc = dict(api.get_openapi_schema(path_prefix="api/v1"))
    regs = regulations()
    paths: Doc = made["paths"]
    act, check = paths.pop(ACT)["post"], paths.pop(CHECK)["post"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            short = SHORT.get((path, method))
            _finish(operation, writes=method != "get", key=short is not None)
            if short:
                operation["requestBody"] = _body(actions()[short[0]], regs, short[1])
    _upload(paths["/api/v1/files"]["post"])
    for name, spec in actions().items():
        paths[f"/api/v1/actions/{name}"] = {"post": _operation(act, spec, regs, key=True)}
        paths[f"/api/v1/actions/{name}/check"] = {"post": _operation(check, spec, regs, key=False)}
    made["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "个人设置 → API 令牌"}
    }
    made["security"] = [{"token": []}]
    made["openapi"] = "3.1.0"
    return made


def _operation(template: Doc, spec: Action, regs: Regulations, *, key: bool) -> Doc:
    made = deepcopy(template)
    made["operationId"] = f"{'' if key else 'check '}{spec.name}".replace(" ", "_").replace(".", "_")
    made["summary"] = spec.label if key else f"{spec.label}：试问"
    made["description"] = "" if key else "只问现在办会怎样，什么都不改，也不留痕。"
    made["parameters"] = []
    made["requestBody"] = _body(spec, regs, "", complete=key)
    _finish(made, writes=True, key=key)
    return made


def _finish(operation: Doc, *, writes: bool, key: bool) -> None:
    """The answers that every operation may give, and the key of a deed."""
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    known = {str(code): answer for code, answer in operation.get("responses", {}).items()}
    for code, words in {**COMMON, **(WRITING if writes else {})}.items():
        known.setdefault(code, {"description": words, "content": problem})
    operation["responses"] = dict(sorted(known.items()))
    operation["security"] = [{"token": []}]
    if key:
        operation["parameters"] = [*operation.get("parameters", []), KEY]


def _body(spec: Action, regs: Regulations, fixed: str, *, complete: bool = True) -> Doc:
    args = object_of(field for field in spec.args if field.id != fixed)
    for form_id, schema in _attached(spec, regs):
        args["properties"].setdefault(form_id, schema)
    if not complete:
        args.pop("required", None)
    options = object_of(OPTIONS)
    copies = {
        "type": ["array", "null"],
        "items": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
        "maxItems": 50,
    }
    options["properties"]["copies"] = {**copies, "title": "抄送", "description": "须审批时抄送给谁"}
    schema = {
        "type": "object",
        "properties": {"args": args, **options["properties"]},
        "additionalProperties": False,
        **({"required": ["args"]} if args.get("required") else {}),
    }
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _attached(spec: Action, regs: Regulations) -> Iterable[tuple[str, Doc]]:
    """The forms that regulations in force have filled in together with this action."""
    for version in regs.in_force():
        for form_id, form in version.regulation.pack.forms.items():
            if form.attach and form.attach.action == spec.name:
                known: list[Field] = forms.fields_of(version, form)
                yield form_id, {**object_of(known), "title": form.name, "type": ["object", "null"]}


def _upload(operation: Doc) -> None:
    content = {
        "type": "object",
        "properties": {"upload": {"type": "string", "format": "binary"}},
        "required": ["upload"],
    }
    operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": content}}}
