"""使用手册: the page of one's role first, all pages beside it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kedang.kernel.errors import NotFound
from kedang.web import handbook


@require_GET
def page(request: HttpRequest, page: str = "") -> HttpResponse:
    """One page of the handbook; without a name that of the reader's role."""
    shown = page or handbook.page_for(request.user)
    if shown not in handbook.PAGES and not (shown == handbook.OPERATIONS and request.user.is_admin):
        raise NotFound
    pages = [(key, name, key == shown) for key, name in handbook.PAGES.items()]
    return render(request, "handbook/page.html", {"pages": pages, "drawn": handbook.drawn(shown)})
