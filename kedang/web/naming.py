"""Names behind the ids that values of persons, units and customers hold, looked up at most once a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kedang.kernel import fields, files
from kedang.kernel.blobs import service as blobs
from kedang.kernel.fields import Field
from kedang.kernel.org import selectors as org

UNITS = {"money": " 元"}


class Names:
    """`names(type, id)` for `fields.display`, filled with one query a type."""

    def __init__(self, pairs: Iterable[tuple[Field, Any]] = ()) -> None:
        wanted: dict[str, set[int]] = {}
        for one, value in pairs:
            if one.type in fields.REFERENCES and str(value or "").isdigit():
                wanted.setdefault(one.type, set()).add(int(value))
            if one.type == "file" and isinstance(value, list):
                wanted.setdefault("file", set()).update(int(each) for each in value)
        found = wanted.get("customer", set())
        named = {key: view.name for key, view in files.views(found).items()} if found else {}
        self.known: dict[str, Mapping[int, str]] = {
            "person": org.names_of(wanted["person"]) if "person" in wanted else {},
            "unit": org.unit_names_of(wanted["unit"]) if "unit" in wanted else {},
            "customer": named,
            "file": {pk: blob.name for pk, blob in blobs.shown(wanted["file"]).items()} if "file" in wanted else {},
        }

    def __call__(self, kind: str, key: int) -> str | None:
        return self.known.get(kind, {}).get(key)


def shown(known: Iterable[Field], values: Mapping[str, Any]) -> list[tuple[Field, str]]:
    """(field, text) of every value that is there; `values` as JSON keeps them."""
    typed = [(one, fields.from_json(one, values[one.id])) for one in known if values.get(one.id) not in (None, "", [])]
    names = Names(typed)
    return [(one, fields.display(one, value, names=names) + UNITS.get(one.type, "")) for one, value in typed]
