"""Jinja2 for the rows of long lists: fifty rows take it a sixth of the time that Django's templates take. Pages and forms
stay with Django's; `{% rows "customers/rows.html" %}` draws such a part with the variables that the page has."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from django.template import defaultfilters, defaulttags
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.runtime import Context

from kedang.web.templatetags import kit

PLACE = 1_000_000_007
"""A number that stands in an address where the row's own comes."""


def environment(**options: Any) -> Environment:
    """What TEMPLATES names: the tags and filters of the kit under the same names."""
    found = Environment(**{**options, "undefined": StrictUndefined, "trim_blocks": True})  # noqa: S701 (Django turns autoescape on)
    found.globals |= {
        "icon": kit.icon, "due": kit.due, "state": kit.state, "clause": kit.clause, "url": url, "link": link,
        "part": part, "querystring": querystring,
    }  # fmt: skip
    found.filters |= {
        "ago": kit.ago, "moment": kit.moment, "day": kit.day, "date": defaultfilters.date,
        "linebreaksbr": defaultfilters.linebreaksbr,
    }  # fmt: skip
    return found


def url(name: str, *args: Any) -> str:
    """The address of a named route."""
    return reverse(name, args=args)


def link(name: str, number: int) -> str:
    """The address of a row. Django is asked for the route's form once; a list would ask it two hundred times."""
    return _form_of(name).replace(str(PLACE), str(number))


@lru_cache(maxsize=64)
def _form_of(name: str) -> str:
    return reverse(name, args=[PLACE])


@pass_context
def part(context: Context, name: str, **also: Any) -> SafeString:
    """One of Django's templates, with the variables at hand and some more."""
    return render_to_string(name, {**context.get_all(), **also}, request=context.get("request"))


@pass_context
def querystring(context: Context, **changes: Any) -> str:
    """The address at hand with some of its parameters changed."""
    return str(defaulttags.querystring(SimpleNamespace(request=context["request"]), **changes))
