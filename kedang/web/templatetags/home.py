"""The chart of a card: its figures as data beside it; the picture is drawn in the browser, the table stands below."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def chart(figures: Mapping[str, Any], about: str) -> SafeString:
    """A place for a chart; `about` is what a screen reader hears instead."""
    told = mark_safe(json.dumps(figures, ensure_ascii=False).translate(ESCAPES))  # noqa: S308  (no tag can stand in it)
    return format_html(
        '<div class="chart" role="img" aria-label="{}"><script type="application/json">{}</script></div>', about, told
    )
