"""The registry of event kinds: what an event may say and how it reads in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kedang.kernel import fields

ANY = "*"
RESERVED = "_values"  # where an event keeps the ids and digests of its personal values


@dataclass(frozen=True)
class EventKind:
    """A kind of event. `data` maps a key to a field type, with '?' behind it when the key may be missing.

    `personal` names what may only stand in Value rows (`'*'`: any field, for forms from packs). A key of both is free
    text (a reason, an opinion): it is given as data, and of an event about a file it is kept as a value, so that
    destroying the file takes it along. `sentence` is a str.format template over the data keys, `actor` and
    `on_behalf_of`.
    """

    name: str
    label: str
    sentence: str
    data: Mapping[str, str] = field(default_factory=dict)
    personal: Mapping[str, str] = field(default_factory=dict)

    def field_of(self, key: str) -> fields.Field | None:
        """The declared key as a field; None when it is not declared."""
        return self._fields.get(key)

    @cached_property
    def free(self) -> frozenset[str]:
        """The keys whose text a person writes."""
        return frozenset(self.data.keys() & self.personal.keys())

    @cached_property
    def shows(self) -> frozenset[str]:
        """The free texts that the sentence says already."""
        return frozenset(name for name in self.free if f"{{{name}}}" in self.sentence)

    @cached_property
    def _fields(self) -> dict[str, fields.Field]:
        return {
            key: fields.Field(key, key, declared.rstrip("?"), required=not declared.endswith("?"))
            for key, declared in self.data.items()
        }

    def clean(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The data as plain JSON; ValueError on an unknown, missing, personal or wrongly typed key (a bug, not input)."""
        self._check_keys(data)
        cleaned = {}
        for key, declared in self._fields.items():
            value = data.get(key)
            if value is not None:
                cleaned[key] = fields.to_json(declared, value)
        return cleaned

    def _check_keys(self, data: Mapping[str, Any]) -> None:
        if not data.keys() <= self.data.keys():
            unknown = set(data) - set(self.data)
            if personal := unknown & set(self.personal):
                raise ValueError(f"{self.name}: {sorted(personal)} are personal; pass them in values=, not in data=")
            raise ValueError(f"{self.name}: unknown data {sorted(unknown)}")
        missing = [key for key, field in self._fields.items() if field.required and data.get(key) is None]
        if missing:
            raise ValueError(f"{self.name}: missing data {missing}")

    def allows_value(self, name: str) -> bool:
        """Whether a personal value of that field belongs to this kind."""
        return ANY in self.personal or name in self.personal


_kinds: dict[str, EventKind] = {}


def register(*kinds: EventKind) -> None:
    """Make kinds known; registering the very same kind again is harmless, a different one of that name is a bug."""
    for kind in kinds:
        known = _kinds.get(kind.name)
        if known is not None and known != kind:
            raise ValueError(f"event kind {kind.name} is registered twice")
        _check(kind)
        _kinds[kind.name] = kind


def _check(kind: EventKind) -> None:
    for key, declared in kind.data.items():
        if declared.rstrip("?") not in fields.TYPES:
            raise ValueError(f"{kind.name}: {key} has unknown type {declared}")
    if RESERVED in kind.data:
        raise ValueError(f"{kind.name}: {RESERVED} is reserved")


def get(name: str) -> EventKind:
    """The kind of that name; KeyError with a plain text when nobody registered it."""
    try:
        return _kinds[name]
    except KeyError:
        raise KeyError(f"event kind {name} is not registered") from None


def known(name: str) -> bool:
    """Whether the kind is registered."""
    return name in _kinds


def all_kinds() -> list[EventKind]:
    """Every registered kind by name."""
    return [_kinds[name] for name in sorted(_kinds)]
