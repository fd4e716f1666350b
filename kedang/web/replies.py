"""Small answers that every view gives: go elsewhere, say something, is this a fragment."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page (a boosted or restored page is a whole one)."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def go(request: HttpRequest, url: str, say: str = "") -> HttpResponse:
    """Send the browser to a page; `say` is shown there."""
    if say:
        messages.success(request, say)
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def trigger(response: HttpResponse, say: str = "", level: str = "", **events: object) -> HttpResponse:
    """Have the browser raise events after the swap: a toast, `done` (badges and lists refresh themselves)."""
    raised: dict[str, object] = {**events}
    if say:
        raised["toast"] = {"text": say, "level": level}
    # Header values are Latin-1: JSON's \u escapes carry the Chinese.
    response["HX-Trigger"] = json.dumps(raised)
    return response
