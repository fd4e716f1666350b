"""What a form about a file shows and takes of what stands on the file: never more than its reader's rights.

A form's fields may be bound to the file, so a form page is a way of reading it and filing the form a way of changing it.
Who only knows of a file, or reads it by a grant, may still have a form to fill in; what stands there stays hidden, and
stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedang.kernel import fields
from kedang.kernel.actions import access
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.files import FileView
from kedang.kernel.norms.schema import Form, FormField
from kedang.kernel.norms.vocabulary import vocabulary

NOT_HIS = "您不能改这份档案里的这一项，请由负责人填写，或请他添加您为协作人。"


def shown(who: access.Standing, view: FileView, form: Form, known: Mapping[str, Any]) -> dict[str, Any]:
    """Of what the file says for a form's fields, what this reader may see unmasked."""
    hidden = _hidden(who, view, form)
    return {name: value for name, value in known.items() if name not in hidden}


def taken(
    who: access.Standing | None,
    view: FileView | None,
    form: Form,
    typed: list[Field],
    raw: Mapping[str, Any],
    known: Mapping[str, Any],
) -> dict[str, Any]:
    """What was typed, without the blanks of fields that were not shown; Invalid at a bound field that is not his to change.

    A field that was not shown is refused whatever is typed, so that nobody finds a number by trying. Where the regulation
    names who files the form, it has given him the form's fields.
    """
    if who is None or view is None:
        return dict(raw)
    hidden = _hidden(who, view, form)
    kept = {name: value for name, value in raw.items() if name not in hidden or not fields.is_blank(value)}
    if form.filed_by or access.own_right(who, view):
        return kept
    given = {spec.id: kept[spec.id] for spec in form.fields if spec.binds and spec.id in kept}
    said = fields.clean([each for each in typed if each.id in given], given, partial=True)
    wrong = [name for name in given if name in hidden or not _same(said.get(name), known.get(name))]
    if wrong:
        raise Invalid(dict.fromkeys(wrong, NOT_HIS))
    return kept


def _same(one: Any, other: Any) -> bool:
    return one == other or (fields.is_blank(one) and fields.is_blank(other))


def _hidden(who: access.Standing, view: FileView, form: Form) -> set[str]:
    """Ids of the fields whose present content this reader may not see."""
    if not access.own_right(who, view) and view.id not in who.granted:
        return {spec.id for spec in form.fields if spec.binds or spec.suggest}
    groups = {_group(spec) for spec in form.fields}
    rights = access.field_rights(who, view, groups)
    whole = access.whole_file(who, view)
    return {
        spec.id
        for spec in form.fields
        if (spec.binds and access.right_of(rights, spec.binds, _group(spec)) != "show") or (spec.suggest and not whole)
    }


def _group(spec: FormField) -> str:
    """What the product knows to be personal stays so, whatever the form says of it."""
    bound = vocabulary.bindings.get(spec.binds or "")
    named = spec.group or ("contact" if spec.personal else "base")
    return bound.group if bound is not None and bound.group not in ("", "base") else named
