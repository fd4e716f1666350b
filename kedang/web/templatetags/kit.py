"""Template tags for the parts of a page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template import engines
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from kedang.kernel.blobs.store import megabytes
from kedang.kernel.workdays import calendar
from kedang.web import words

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)  # a list of fifty rows draws a hundred of them
def icon(name: str, label: str = "") -> SafeString:
    """One icon of the sprite; silent to screen readers unless it is given a label."""
    href = f"{static('vendor/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.simple_tag
@lru_cache(maxsize=1024)  # the rows of a page name few clauses many times
def clause(number: str, *, pack: str = "", title: str = "", text: str = "") -> SafeString:
    """The chip of a clause: 制度 · 第1.4.1条, linking to it in 制度, with its text for the pointer."""
    url = f"{reverse('rules_pack', args=[pack])}#c-{number}" if pack else ""
    drawn: SafeString = get_template("parts/clause.html").render(
        {"number": number, "title": title, "text": text, "url": url}
    )
    return drawn


@register.simple_tag
def upload_limit() -> str:
    """How large one file may be: '50 MB'."""
    return megabytes(settings.UPLOAD_LIMIT)


DUE_MARKS = {"late": "alert-circle", "today": "clock"}


@register.simple_tag(takes_context=True)
def rows(context: template.Context, name: str) -> SafeString:
    """A part that is drawn by Jinja2 (`web/jinja.py`), with the variables of the page."""
    drawn = engines["jinja2"].get_template(name).render(context.flatten(), context.get("request"))
    return mark_safe(drawn)  # noqa: S308 (escaped there)


@register.simple_tag
def due(at: datetime | None, done: bool = False, natural: bool = False) -> SafeString:
    """The chip of a deadline. Put together here: as a template of its own it was a third of a list's time."""
    found = words.due_words(at, calendar.load(), done=done, natural=natural)
    title = format_html(' title="期限 {}"', found.full) if found.full else ""
    mark = icon(DUE_MARKS[found.level]) if found.level in DUE_MARKS else ""
    return format_html('<span class="due {}"{}>{}{}</span>', found.level, title, mark, found.text)


@register.filter
def ago(at: datetime | None) -> str:
    """A past instant in short words."""
    return words.ago(at)


@register.filter
def moment(at: datetime | None) -> str:
    """An instant in full."""
    return words.moment(at)


@register.filter
def day(at: datetime | date | None) -> str:
    """A day in words."""
    return words.day_words(at) if at else ""


@register.filter
def yuan(fen: int | None) -> str:
    """Integer 分 as 元 with separators."""
    return "" if fen is None else f"{fen / 100:,.2f}"


@register.filter
def money(amount: Decimal | None) -> str:
    """An amount in 元 with separators."""
    return "" if amount is None else f"{amount:,.2f}"


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """mapping[key], or nothing."""
    try:
        return mapping.get(key, "")
    except AttributeError:
        return ""


@register.filter
def initial(name: str) -> str:
    """The sign in a person's circle: the last character of a Chinese given name says more than a common surname."""
    return (name or "？").strip()[-1:]


@register.simple_tag(takes_context=True)
def field(context: template.Context, bound: Any, wide: bool = False) -> SafeString:
    """One form field with label, control, error and hint."""
    return bound.render(wide=wide)


STATE_COLOURS = {
    "open": "", "done": "green", "late": "amber", "late_excused": "amber", "waived": "line", "void": "line",
    "pending": "blue", "returned": "amber", "approved": "green", "rejected": "red", "withdrawn": "line",
    "executed": "green", "failed": "red", "agreed": "green", "transferred": "", "cancelled": "line",
    "active": "blue", "passed": "green", "waiting": "", "skipped": "line", "closed": "line",
    "draft": "", "checked": "blue", "effective": "green", "superseded": "line", "adopted": "green",
    "待审": "blue", "已审核": "", "退回": "amber", "已报销": "green", "正常": "green", "公海": "amber", "作废": "line",
}  # fmt: skip


@register.simple_tag
def state(key: str, label: str = "") -> SafeString:
    """The tag of a state, always with its word: colour alone says nothing to many people."""
    return format_html('<span class="tag {}">{}</span>', STATE_COLOURS.get(key, ""), label or key)


ENTRY_LOOKS = [
    ("contact.", "phone-outgoing", "blue"), ("visit.", "map-pin", "blue"), ("norm.refused", "hand-stop", "red"),
    ("norm.breached", "clock-exclamation", "red"), ("norm.", "gavel", "amber"), ("approval.rejected", "circle-x", "red"),
    ("approval.", "rubber-stamp", ""), ("form.", "file-check", "green"), ("flow.", "arrow-right", "green"),
    ("contract.", "file-certificate", ""), ("expense.", "receipt", ""), ("record.", "archive", ""), ("inventory.", "checklist", ""),
    ("access.", "key", "amber"), ("customer.registered", "folder-plus", "green"), ("customer.transferred", "transfer", "amber"),
    ("event.corrected", "eraser", "amber"), ("deed.typed", "keyboard", ""), ("customer.", "edit", ""), ("duty.", "checkbox", ""), ("proposal.", "gavel", ""),
]  # fmt: skip


def _look(entry: Any) -> tuple[str, str]:
    return next(((icon, colour) for start, icon, colour in ENTRY_LOOKS if entry.kind.startswith(start)), ("point", ""))


@register.filter
def entry_icon(entry: Any) -> str:
    """The icon of a kind of event."""
    return _look(entry)[0]


@register.filter
def entry_colour(entry: Any) -> str:
    """Its colour class."""
    return _look(entry)[1]


@register.filter
def last_id(entries: list[Any]) -> int:
    """Id of the last entry, from which the next page goes on."""
    return int(entries[-1].id)
