"""Checks beyond shape and types: clauses, names, cycles, and packs that act on one subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kedang.kernel.ledger import kinds
from kedang.kernel.norms import check_across, clauses
from kedang.kernel.norms.check_cycles import cycles
from kedang.kernel.norms.check_names import Names, unfilled
from kedang.kernel.norms.compiled import Regulation, compile_pack
from kedang.kernel.norms.loader import LoadedPack
from kedang.kernel.norms.problems import PackError, Problem, problem, suggest
from kedang.kernel.norms.schema import AssignmentNorm, ComputationNorm
from kedang.kernel.norms.vocabulary import Vocabulary

MOST_DECLINED = 0.08
_LEAST_REASON = 6


def check(
    packs: Sequence[LoadedPack],
    vocabulary: Vocabulary,
    *,
    context: Sequence[LoadedPack] = (),
    events: Mapping[str, Any] | None = None,
) -> list[Problem]:
    """Every problem of these packs, alone and together with `context` (packs already in force)."""
    known = {kind.name: kind for kind in kinds.all_kinds()} if events is None else events
    everyone = {each.pack.pack: each.pack for each in (*context, *packs)}
    problems: list[Problem] = []
    compiled: dict[str, Regulation] = {}
    for loaded in packs:
        others = {name: pack for name, pack in everyone.items() if name != loaded.pack.pack}
        problems += Names(loaded, vocabulary, others, known).check()
        try:
            compiled[loaded.pack.pack] = compile_pack(loaded, vocabulary, others, known)
        except PackError as fault:
            problems += fault.problems
        problems += [*_clauses(loaded, vocabulary), *_overlaps(loaded), *unfilled(loaded)]
    reach = [(loaded, compiled[loaded.pack.pack]) for loaded in packs if loaded.pack.pack in compiled]
    problems += cycles(reach, vocabulary)
    problems += check_across.conflicts(packs, context)
    return sorted(set(problems))


# ---- clauses ------------------------------------------------------------------------------------------------


def _clauses(loaded: LoadedPack, vocabulary: Vocabulary) -> Iterator[Problem]:
    pack = loaded.pack
    if not pack.clauses:
        yield problem(loaded.mark(), "没有条款", "在 clauses.yaml 里逐条写上")
    for number, what, path in clauses.references(pack):
        if number not in pack.clauses:
            yield problem(loaded.mark(*path), f"没有条款“{number}”（{what}）", suggest(number, pack.clauses))
    named = clauses.enforcers(pack)
    for number in pack.clauses:
        yield from _clause(loaded, number, [each for each in named[number] if not each.startswith("parameter ")])
        yield from _builtins(loaded, number, vocabulary)
    declined = [number for number, entry in pack.clauses.items() if entry.declined is not None]
    if len(declined) > len(pack.clauses) * MOST_DECLINED:
        share = len(declined) / len(pack.clauses)
        message = f"不执行的条款占 {share:.0%}（{'、'.join(declined)}），最多 {MOST_DECLINED:.0%}"
        yield problem(loaded.mark("clauses", declined[-1], "declined"), message)


def _clause(loaded: LoadedPack, number: str, named: list[str]) -> Iterator[Problem]:
    entry = loaded.pack.clauses[number]
    place = loaded.mark("clauses", number)
    said = [key for key in ("declined", "deferred") if getattr(entry, key) is not None]
    if not named and not said:
        hint = "让规则、表单、流程、权限或路线写 clause，或写 builtin、declined、deferred"
        yield problem(place, f"条款“{number}”没有任何内容执行它", hint)
    if "declined" in said and named:
        yield problem(place, f"条款“{number}”写了不执行，却有 {'、'.join(named)} 执行它", "去掉 declined 或去掉引用")
    if len(said) == 2:
        yield problem(place, f"条款“{number}”不能既不执行又缓行")
    if entry.declined is not None and len(entry.declined.strip()) < _LEAST_REASON:
        yield problem(
            loaded.mark("clauses", number, "declined"), f"条款“{number}”不执行的理由太短", "写成负责人能接受的一句话"
        )
    if entry.deferred is not None and not entry.deferred.strip():
        yield problem(loaded.mark("clauses", number, "deferred"), f"条款“{number}”缓行要写明等哪项能力")


def _builtins(loaded: LoadedPack, number: str, vocabulary: Vocabulary) -> Iterator[Problem]:
    builtin = loaded.pack.clauses[number].builtin
    listed = isinstance(builtin, list)
    for index, name in enumerate(builtin if isinstance(builtin, list) else [builtin] if builtin else []):
        if name not in vocabulary.builtins:
            path = ("clauses", number, "builtin", *((index,) if listed else ()))
            yield problem(loaded.mark(*path), f"产品没有内置行为“{name}”", suggest(name, vocabulary.builtins))


# ---- two things that both apply -----------------------------------------------------------------------------


def _overlaps(loaded: LoadedPack) -> Iterator[Problem]:
    assignments = [(i, norm) for i, norm in enumerate(loaded.pack.norms) if isinstance(norm, AssignmentNorm)]
    for position, (index, norm) in enumerate(assignments):
        for _, earlier in assignments[:position]:
            if earlier.event == norm.event and _may_both_hold(earlier.when, norm.when):
                message = f"“{earlier.id}”与“{norm.id}”会同时为事件 {norm.event} 指定，只能有一个"
                yield problem(loaded.mark("norms", index, "id"), message, "各写互不重叠的 when")
    given: dict[str, str] = {}
    for index, rule in enumerate(loaded.pack.norms):
        if isinstance(rule, ComputationNorm):
            if rule.gives in given:
                message = f"“{given[rule.gives]}”与“{rule.id}”都给出 {rule.gives}，只能有一个"
                yield problem(loaded.mark("norms", index, "gives"), message)
            given.setdefault(rule.gives, rule.id)
            yield from _rows(loaded, index, rule)


def _may_both_hold(first: str | None, second: str | None) -> bool:
    """Conditions that surely overlap: one is always true, or they are the same."""
    return first is None or second is None or first.split() == second.split()


def _rows(loaded: LoadedPack, index: int, norm: ComputationNorm) -> Iterator[Problem]:
    seen: list[str] = []
    closed = False
    for number, row in enumerate(norm.table):
        place = loaded.mark("norms", index, "table", number)
        if closed:
            yield problem(place, "otherwise 之后的行永远用不到", "把 otherwise 放在最后")
        if row.when is not None:
            text = " ".join(row.when.split())
            if text in seen:
                yield problem(place, f"第 {seen.index(text) + 1} 行与第 {number + 1} 行的条件相同，会同时适用")
            seen.append(text)
        closed = closed or row.otherwise
