"""The API put together: reads, deeds, one shape of problems. Its document and its page stand in `documents`."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.renderers import BaseRenderer
from ninja.responses import NinjaJSONEncoder

from kedang.api import deeds, middleware, problems, shapes
from kedang.api.reads import company, customers, work

ABOUT = """客户档案的程序接口：同网页一样的动作和查询，同样的制度、权限和留痕。

- 令牌在“个人设置 → API 令牌”新建，放在 `Authorization: Bearer kd_…` 头中；它以您本人的身份办事，权限不会多于您。
- 每次办理都要带 `Idempotency-Key` 头：网络断了照原样再发一次，不会办两次。
- 答复：200/201 办成；202 已提交审批；403 制度不允许（附条款和原因）；404 没有或无权知道；409 须说明理由、须确认或有冲突；422 填写不对；429 请求过多；503 稍后再试。
"""


class Chinese(BaseRenderer):
    """JSON with Chinese as it is."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> Any:
        """The body."""
        return json.dumps(data, cls=NinjaJSONEncoder, ensure_ascii=False)


class Api(NinjaAPI):
    """Whatever is raised is answered by the one place that knows how."""

    def on_exception(self, request: HttpRequest, exc: Any) -> Any:
        """JSON for an error."""
        if isinstance(exc, ValidationError):
            return problems.of_validation(exc.errors)
        if isinstance(exc, HttpError):
            return problems.said(exc.status_code, "bad", "请求不合格式。")
        return middleware.answer(request, exc)


api = Api(
    title="客档 API", version="1", description=ABOUT, openapi_url=None, docs_url=None, urls_namespace="kedang-api", renderer=Chinese()
)  # fmt: skip
for router in (
    company.me,
    customers.router,
    work.desk,
    work.router,
    company.rules,
    company.organisation,
    company.events,
    deeds.router,
):
    api.add_router("", router)

PROBLEM = shapes.Problem
"""Named by every operation of the document."""
