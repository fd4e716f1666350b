"""Packs in force together: where two act on one subject, one of them must say which holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kedang.kernel.norms.clauses import numbers
from kedang.kernel.norms.loader import LoadedPack
from kedang.kernel.norms.matters import same_matter
from kedang.kernel.norms.problems import Problem, problem
from kedang.kernel.norms.schema import (
    AccessRow,
    ApprovalNorm,
    AssignmentNorm,
    ComputationNorm,
    DutyNorm,
    Norm,
    Pack,
    ProhibitionNorm,
)

_HINT = "写 overrides: [{other}] 或 stricter，或把两个制度的适用范围分开"


def conflicts(packs: Sequence[LoadedPack], context: Sequence[LoadedPack]) -> list[Problem]:
    """Contradictions with packs in force whose scopes may meet, reported at the checked one."""
    found: list[Problem] = []
    for loaded in packs:
        for other in context:
            if other.pack.pack != loaded.pack.pack and _scopes_meet(loaded.pack, other.pack):
                found += [*_norms(loaded, other.pack), *_access(loaded, other.pack)]
    return found


def _scopes_meet(a: Pack, b: Pack) -> bool:
    """Different named units keep packs apart; a unit's place below another is not known here."""
    first, second = set(a.applies_to.units), set(b.applies_to.units)
    if first and second:
        return bool(first & second)
    return a.applies_to.where is None or a.applies_to.where != b.applies_to.where


def _norms(loaded: LoadedPack, other: Pack) -> Iterator[Problem]:
    for index, norm in enumerate(loaded.pack.norms):
        for theirs in other.norms:
            what = _clash(norm, loaded.pack, theirs, other)
            if what and not _settled(norm, loaded.pack, theirs, other):
                yield _problem(loaded, ("norms", index, "id"), numbers(norm.clause), other, theirs, what)


def _problem(
    loaded: LoadedPack, path: tuple[str | int, ...], own: list[str], other: Pack, theirs: Norm, what: str
) -> Problem:
    message = (
        f"第{'、'.join(own)}条与《{other.title}》第{'、'.join(numbers(theirs.clause))}条冲突："
        f"{what}（{other.pack}.{theirs.id}）"
    )
    return problem(loaded.mark(*path), message, _HINT.format(other=f"{other.pack}.{theirs.id}"))


def _settled(a: Norm, pack_a: Pack, b: Norm, pack_b: Pack) -> bool:
    if a.stricter and b.stricter and isinstance(a, DutyNorm) and isinstance(b, DutyNorm):
        return a.stricter == b.stricter
    if a.stricter or b.stricter:
        return True
    return f"{pack_b.pack}.{b.id}" in a.overrides or f"{pack_a.pack}.{a.id}" in b.overrides


def _clash(a: Norm, pack_a: Pack, b: Norm, pack_b: Pack) -> str:
    """In what two norms contradict each other; '' when they do not."""
    if isinstance(a, AssignmentNorm) and isinstance(b, AssignmentNorm) and a.event == b.event:
        return f"都为事件 {a.event} 指定"
    if isinstance(a, ComputationNorm) and isinstance(b, ComputationNorm) and a.gives == b.gives:
        return f"都给出 {a.gives}"
    if isinstance(a, DutyNorm) and isinstance(b, DutyNorm):
        return _two_deadlines(a, pack_a, b, pack_b)
    if {type(a), type(b)} == {ProhibitionNorm, ApprovalNorm}:
        return _forbidden_and_approvable(a, pack_a, b, pack_b)
    return ""


def _two_deadlines(a: DutyNorm, pack_a: Pack, b: DutyNorm, pack_b: Pack) -> str:
    """One event opens both and one deed closes both; `where` may keep them apart, unless one says `stricter`."""
    if a.due == b.due or not same_matter(a, pack_a.pack, b, pack_b.pack):
        return ""
    if a.stricter and b.stricter and a.stricter != b.stricter:
        return f"同一件事有两个期限，一条要 {a.stricter}，一条要 {b.stricter}"
    apart = any(trigger.where is not None for trigger in (a.opens, a.done, b.opens, b.done))
    return "" if apart else "同一件事有两个期限"


def _forbidden_and_approvable(a: Norm, pack_a: Pack, b: Norm, pack_b: Pack) -> str:
    """One pack forbids without exception what another lets pass by approval."""
    forbids = a if isinstance(a, ProhibitionNorm) else b
    assert isinstance(forbids, ProhibitionNorm)
    if forbids.effect != "refuse" or forbids.when is not None or forbids.lifted_by:
        return ""
    both = _guarded(a, pack_a) & _guarded(b, pack_b)
    return f"一个禁止、一个经批准可以：{'、'.join(sorted(both))}" if both else ""


def _guarded(norm: Any, pack: Pack) -> set[str]:
    refs = norm.action if isinstance(norm.action, list) else [norm.action]
    return {ref if isinstance(ref, str) else f"{pack.pack}.{next(iter(ref.values()), '')}" for ref in refs}


def _access(loaded: LoadedPack, other: Pack) -> Iterator[Problem]:
    """The same post may see different things by two packs, both of which name a clause for it."""
    for name, row in loaded.pack.access.items():
        post = _post(loaded.pack, name)
        for theirs, their_row in other.access.items():
            if not (post and post == _post(other, theirs) and row.clause and their_row.clause):
                continue
            meant = f"{other.pack}.{theirs}" in row.widens or f"{loaded.pack.pack}.{name}" in their_row.widens
            if _rights(row) != _rights(their_row) and not meant:
                message = (
                    f"第{'、'.join(numbers(row.clause))}条与《{other.title}》第{'、'.join(numbers(their_row.clause))}条冲突："
                    f"同一岗位（{post}）能看到的档案不同（{other.pack}.{theirs}）"
                )
                yield problem(
                    loaded.mark("access", name),
                    message,
                    f"写 widens: [{other.pack}.{theirs}]（两行并用，取宽的），或把适用范围分开",
                )


def _post(pack: Pack, role: str) -> str:
    found = pack.roles.get(role)
    return found.post or "" if found and not found.is_ and not found.unit else ""


def _rights(row: AccessRow) -> tuple[str, str]:
    return row.list, row.open
