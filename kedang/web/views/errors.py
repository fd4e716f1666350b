"""What is shown when no view answers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kedang.web import middleware


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, in the frame for those signed in."""
    signed_in = getattr(request, "user", None) is not None and request.user.is_authenticated
    return render(request, "errors/404.html" if signed_in else "errors/404_bare.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """500 outside any view."""
    return middleware.broken(request)
