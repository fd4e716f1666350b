"""The document for machines and the page for people; for whoever is signed in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render

from kedang.api import shapes
from kedang.api.api import api
from kedang.api.auth import unsigned
from kedang.api.openapi import document
from kedang.api.pages import sections


def whole() -> dict[str, Any]:
    """The document with the shape of problems, which no operation of ninja's names by itself."""
    made = document(api)
    schemas = made["components"].setdefault("schemas", {})
    for shape in (shapes.Problem, shapes.Clause):
        found = shape.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        found.pop("$defs", None)
        schemas.setdefault(shape.__name__, found)
    return made


@login_not_required
def openapi(request: HttpRequest) -> HttpResponse:
    """openapi.json"""
    if not request.user.is_authenticated:
        return unsigned().answer()
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    return JsonResponse(whole(), json_dumps_params={"ensure_ascii": False})


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    """接口说明: every operation with its parameters, answers and an example."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    context = {"sections": sections(whole()), "host": f"{request.scheme}://{request.get_host()}"}
    return render(request, "account/api_docs.html", context)


def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Everything else below /api/."""
    raise Http404
