"""Before and after every request to /api/: who asks by token, and JSON whatever happens."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError

from kedang.api import auth, problems
from kedang.api.problems import Problem, said
from kedang.kernel.errors import KedangError

Next = Callable[[HttpRequest], HttpResponse]
FOR_PEOPLE = ("/api/v1/docs", "/api/v1/openapi.json")
"""Opened by signing in: reading about the API changes nothing."""
AWAY = (OperationalError, InterfaceError)


class Machines:
    """The token's person is the request's user; a session never is, so that no other site can have a browser act."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        try:
            if refused := self._known(request):
                return refused
            return _as_json(request, self.get_response(request))
        except AWAY:
            return said(503, "busy", problems.UNAVAILABLE)

    def _known(self, request: HttpRequest) -> HttpResponse | None:
        token = auth.token_of(request)
        request.token = token  # type: ignore[attr-defined]
        if token is not None:
            request.user = token.person
        elif not request.path.startswith(FOR_PEOPLE):
            request.user = AnonymousUser()
            # Before anything else is said: who has no token learns not even which addresses there are.
            return auth.unsigned().answer()
        if "\x00" in request.path:
            return said(404, "not_found", str(problems.HIDDEN))
        wrong = {key: "含有看不见的控制字符" for key, values in request.GET.lists() if "\x00" in key + "".join(values)}
        if wrong:
            return said(422, "invalid", "查询参数含有看不见的控制字符。", errors=wrong)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """What a view raised."""
        return answer(request, error) if request.path.startswith("/api/") else None


def answer(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The JSON for whatever was raised."""
    if isinstance(error, Problem):
        return error.answer()
    if isinstance(error, KedangError):
        return problems.of_error(error, request.user.pk or 0)
    if isinstance(error, Http404):
        return said(404, "not_found", str(problems.HIDDEN))
    if isinstance(error, RequestDataTooBig):
        return said(413, "too_large", "内容过大，一次最多 10 MB。")
    if isinstance(error, (SuspiciousOperation, MultiPartParserError)):
        return said(400, "bad", "请求不完整或不合格式。")
    if isinstance(error, AWAY):
        return said(503, "busy", problems.UNAVAILABLE)
    if isinstance(error, DatabaseError) and "could not serialize" in str(error):
        return said(503, "busy", problems.UNAVAILABLE)
    return problems.broken(request, error)


def _as_json(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Django's own pages for a wrong method or a bad host, in the shape of the rest."""
    if response.status_code == 405 and not isinstance(response, JsonResponse):
        made = said(405, "method", f"这个地址不支持 {request.method}。")
        made["Allow"] = response.get("Allow", "")
        return made
    response["Cache-Control"] = response.get("Cache-Control") or "private, no-store"
    return response
