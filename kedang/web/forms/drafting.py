"""The form that drafts the next version of a regulation: one clause's reading, and new values of parameters."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from kedang.kernel import fields
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms.store import Version
from kedang.kernel.norms.wording import PERIODS, Parameter, parameters_of
from kedang.kernel.workdays.durations import Duration
from kedang.web.forms.bound import Form

PREFIX = "p_"
SPAN = "“{}”不是期限，请写成 5个工作日、3天、1个月这样"
TYPES = {"percent": "number", "period": "choice"}


def draft_form(request: HttpRequest, version: Version) -> Form:
    """Clause, explanation, and a blank a parameter; blank means that the value stays."""
    clauses = {number: f"第{number}条　{entry.text[:30]}" for number, entry in version.regulation.pack.clauses.items()}
    known = parameters_of(version)
    return Form.of(
        request,
        [
            Field("clause", "补充或解释的条款", "choice", values=clauses),
            Field("text", "补充说明", "long_text", required=True),
            *(_blank(one) for one in known),
        ],
        initial={"clause": request.GET.get("clause", "")},
        hints={
            "text": "写清改什么、为什么；会写入起草记录和新版的条款说明",
            **{f"{PREFIX}{one.id}": f"现在：{one.value}；不改就留空" for one in known},
        },
    )


def _blank(one: Parameter) -> Field:
    values = PERIODS if one.type == "period" else None
    return Field(
        f"{PREFIX}{one.id}", one.name, TYPES.get(one.type, one.type), values=values, clause=next(iter(one.clauses), "")
    )


def changes_of(form: Form) -> dict[str, dict[str, Any]]:
    """What pack.draft takes as `changes`; Invalid with the message at its field."""
    typed = fields.clean(
        [one for one in form.fields if one.id.startswith(PREFIX)],
        {k: v for k, v in form.raw.items() if k.startswith(PREFIX)},
    )
    values = {key.removeprefix(PREFIX): scalar(value) for key, value in typed.items() if value is not None}
    return {"parameters": values} if values else {}


def scalar(value: Any) -> Any:
    """A typed value as YAML writes it in a pack."""
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, date) else value


def check(form: Form) -> dict[str, Any] | None:
    """The changes, or None with the errors put into the form."""
    try:
        return changes_of(form)
    except Invalid as error:
        spans = {one.id for one in form.fields if one.type == "duration"}
        form.errors = {
            key: SPAN.format(form.raw.get(key)) if key in spans else text for key, text in error.errors.items()
        }
        return None
