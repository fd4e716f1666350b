"""`stricter:` between regulations that both act on one matter: of two deadlines only one is set, of two routes one asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.matters import same_matter
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.schema import DutyNorm
from kedang.kernel.norms.store import Version

if TYPE_CHECKING:
    from kedang.kernel.actions.reacting import Generation


@dataclass(frozen=True)
class Opening:
    """A duty about to be opened, and the norm that opens it."""

    duty: Duty
    version: Version
    norm: CompiledNorm


def keep(generation: Generation, openings: Sequence[Opening]) -> list[Duty]:
    """The duties to open: of two that different packs set for one matter, the one that `stricter` prefers."""
    if not any(each.norm.norm.stricter for each in openings):
        return [each.duty for each in openings]
    left_out: dict[int, Opening] = {}
    for index, one in enumerate(openings):
        for place, other in enumerate(openings[:index]):
            if index in left_out or place in left_out or not _meet(one, other):
                continue
            loses = place if _first_wins(one, other) else index
            left_out[loses] = one if loses == place else other
    for index, winner in left_out.items():
        _note(generation, openings[index], winner)
    return [each.duty for index, each in enumerate(openings) if index not in left_out]


def _meet(one: Opening, other: Opening) -> bool:
    """Two packs' duties from one event, about one subject, done by the same deed, one of which says `stricter`."""
    a, b = one.norm.norm, other.norm.norm
    if one.version.pack == other.version.pack or not (a.stricter or b.stricter):
        return False
    if (one.duty.opened_by, one.duty.file, one.duty.subject) != (
        other.duty.opened_by,
        other.duty.file,
        other.duty.subject,
    ):
        return False
    assert isinstance(a, DutyNorm)
    assert isinstance(b, DutyNorm)
    return same_matter(a, one.version.pack, b, other.version.pack)


def _first_wins(one: Opening, other: Opening) -> bool:
    """Whether the first deadline holds. A duty without a due time is the longest of all; equal ones: the one that says so."""
    mine, theirs = one.duty.due_at, other.duty.due_at
    wanted = one.norm.norm.stricter or other.norm.norm.stricter
    if mine == theirs:
        return one.norm.norm.stricter is not None
    if mine is None or theirs is None:
        return (theirs is None) is (wanted == "shorter")
    return (mine < theirs) is (wanted == "shorter")


def _note(generation: Generation, loser: Opening, winner: Opening) -> None:
    """The one left out is on record with what holds in its place."""
    held = winner.version
    generation.deed.record(
        "norm.yielded",
        file=loser.duty.file,
        subject=loser.duty.subject,
        norm=loser.norm.qid,
        clause=loser.norm.clauses[0],
        pack=loser.version.pack,
        data={
            "title": loser.duty.title,
            "holds": f"《{held.title}》第{winner.norm.clauses[0]}条",
            "norm": winner.norm.qid,
        },
    )
