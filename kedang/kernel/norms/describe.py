"""The vocabulary and the pack language as JSON, for authors, editors and tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kedang.kernel.fields import Field
from kedang.kernel.ledger.kinds import EventKind
from kedang.kernel.norms.expressions.calls import BUILTINS
from kedang.kernel.norms.schema import Form, FormField, Pack
from kedang.kernel.norms.vocabulary import Action, Vocabulary


def vocabulary_json(words: Vocabulary, events: Iterable[EventKind], packs: Iterable[Pack] = ()) -> dict[str, Any]:
    """Every word with its type and Chinese label; forms, roles, routes, terms and flows of the given packs."""
    packs = list(packs)
    return {
        "actions": [_action(each) for _, each in sorted(words.actions.items())],
        "events": [
            {"name": each.name, "label": each.label, "data": dict(each.data), "personal": dict(each.personal)}
            for each in sorted(events, key=lambda kind: kind.name)
        ],
        "facts": [
            {
                "name": each.name,
                "label": each.label,
                "args": list(each.args),
                "optional": each.optional,
                "returns": each.returns,
                "total": each.total,
                "group": each.group,
                "column": bool(each.column),
            }
            for _, each in sorted(words.facts.items())
        ],
        "functions": [{"name": name, "label": label} for name, label in BUILTINS.items()],
        "figures": [
            {"name": each.name, "label": each.label, "args": list(each.args), "rows": each.rows is not None}
            for _, each in sorted(words.figures.items())
        ],
        "pages": _labelled(words.pages),
        "effects": _labelled(words.effects),
        "builtins": [
            {"name": each.name, "label": each.label, "shown_by": each.shown_by}
            for _, each in sorted(words.builtins.items())
        ],
        "bindings": [
            {"name": each.name, "label": each.label, "type": each.type, "group": each.group}
            for _, each in sorted(words.bindings.items())
        ],
        "forms": [_form(pack.pack, name, form) for pack in packs for name, form in pack.forms.items()],
        "roles": [
            {
                "pack": pack.pack,
                "id": name,
                "label": role.name,
                "post": role.post,
                "unit": role.unit,
                "of": role.of,
                "is": role.is_,
            }
            for pack in packs
            for name, role in pack.roles.items()
        ],
        "terms": [
            {"pack": pack.pack, "id": name, "label": term.name, "values": term.values}
            for pack in packs
            for name, term in pack.terms.items()
        ],
        "flows": [
            {"pack": pack.pack, "id": name, "label": flow.name, "stages": {each.id: each.name for each in flow.stages}}
            for pack in packs
            for name, flow in pack.flows.items()
        ],
        "routes": [
            {"pack": pack.pack, "id": name, "steps": [step.model_dump(exclude_defaults=True) for step in route]}
            for pack in packs
            for name, route in pack.routes.items()
        ],
    }


def schema_json() -> dict[str, Any]:
    """JSON Schema of a pack, for editors."""
    schema = Pack.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _labelled(shelf: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"name": name, "label": each.label} for name, each in sorted(shelf.items())]


def _action(action: Action) -> dict[str, Any]:
    return {
        "name": action.name,
        "label": action.label,
        "about": action.about,
        "place": action.place,
        "reads": action.reads,
        "public": action.public,
        "system": action.system,
        "events": list(action.events),
        "args": [_field(each) for each in action.args],
    }


def _field(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"id": field.id, "label": field.name, "type": field.type, "required": field.required}
    if field.choices:
        described["values"] = field.choices
    return described


def _form(pack: str, name: str, form: Form) -> dict[str, Any]:
    return {
        "pack": pack,
        "id": name,
        "label": form.name,
        "about": form.about,
        "fields": [_form_field(each) for each in form.fields],
        "rows": [_form_field(each) for each in form.rows.fields] if form.rows else [],
    }


def _form_field(field: FormField) -> dict[str, Any]:
    described: dict[str, Any] = {"id": field.id, "label": field.name, "type": field.type, "required": field.required}
    if field.values:
        described["values"] = field.values if isinstance(field.values, dict) else {each: each for each in field.values}
    if field.binds:
        described["binds"] = field.binds
    return described
