"""我的待办."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def inbox_page(request: HttpRequest) -> HttpResponse:
    """我的待办, by deadline."""
    return render(request, "inbox/inbox.html", {})
