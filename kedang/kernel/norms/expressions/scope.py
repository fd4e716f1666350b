"""Which names an expression may use, and of what type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kedang.kernel.norms.schema import Pack
from kedang.kernel.norms.vocabulary import Type, Vocabulary


@dataclass(frozen=True, slots=True)
class Var:
    """A variable: its type, its Chinese label, and (for a choice) its values id -> label."""

    type: Type
    label: str = ""
    nullable: bool = False
    values: Mapping[str, str] | None = None
    group: str = ""
    attributes: Mapping[str, Var] = field(default_factory=dict)
    """For `event` and `duty`: what stands behind the dot."""


@dataclass(frozen=True)
class Scope:
    """Variables, the pack with its terms, flows, parameters, forms and norms, and the words of the product."""

    variables: Mapping[str, Var | Type]
    vocabulary: Vocabulary
    pack: Pack | None = None
    rows: Mapping[str, Var | Type] | None = None
    """Fields of a form's repeated part, usable inside rows(), sum_rows() and any_row()."""
    others: Mapping[str, Pack] = field(default_factory=dict)
    """Other packs by id, for names written out in full ('pack.norm')."""
    events: Mapping[str, Any] = field(default_factory=dict)
    """Kinds of events by name, for literal arguments of type event_kind."""
    allow_gaps: bool = False
    """The norm says `if_missing`, so nullable facts need no guard."""
