"""The floor's one address and its view."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from bench.floor.models import Plain


def rows(request: HttpRequest) -> HttpResponse:
    """Fifty rows of one unit, the latest first."""
    found = Plain.objects.filter(unit=request.GET["unit"]).order_by("-updated_at")[:50]
    return render(request, "list.html", {"rows": found})


urlpatterns = [path("", rows)]
