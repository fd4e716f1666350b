"""Norms that would answer one another for ever: an event sets off a norm, whose effect records an event, which …"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kedang.kernel.norms.compiled import CompiledNorm, Regulation
from kedang.kernel.norms.loader import LoadedPack
from kedang.kernel.norms.problems import Problem, problem
from kedang.kernel.norms.schema import AssignmentNorm, ConsequenceNorm
from kedang.kernel.norms.vocabulary import Vocabulary

_VERBS: Mapping[str, tuple[str, ...]] = {
    "notify": ("norm.notified",),
    "escalate": ("norm.notified",),
    "propose": ("proposal.opened",),
    "set": ("customer.classified",),
    "stage": ("flow.moved",),
}
_COMMANDS = {"release": "customer.release", "reassign": "customer.transfer"}


def cycles(packs: Sequence[tuple[LoadedPack, Regulation]], vocabulary: Vocabulary) -> list[Problem]:
    """Each cycle once: an error when nothing conditions it, else a warning."""
    norms = {norm.qid: norm for _, regulation in packs for norm in regulation.norms if norm.norm.kind != "duty"}
    places = {norm.qid: loaded for loaded, regulation in packs for norm in regulation.norms}
    heard = {qid: set(norm.opens_events) for qid, norm in norms.items() if _reacts(norm)}
    answers = {
        qid: [other for other, kinds in heard.items() if kinds & set(events_of(norms[qid], regulation, vocabulary))]
        for _, regulation in packs
        for qid in heard
        if norms[qid].pack_id == regulation.id
    }
    return [_problem(ring, norms, places) for ring in _rings(answers)]


def _reacts(norm: CompiledNorm) -> bool:
    rule = norm.norm
    if isinstance(rule, AssignmentNorm):
        return True
    return isinstance(rule, ConsequenceNorm) and (rule.event is not None or rule.form is not None)


def events_of(norm: CompiledNorm, regulation: Regulation, vocabulary: Vocabulary) -> Iterator[str]:
    """Kinds of events that a norm's effects record."""
    rule = norm.norm
    if isinstance(rule, AssignmentNorm):
        yield from _of_action(rule.do, vocabulary)
    elif isinstance(rule, ConsequenceNorm):
        for entry in rule.do:
            yield from _of_entry(entry, regulation, vocabulary)


def _of_entry(entry: Mapping[str, Any], regulation: Regulation, vocabulary: Vocabulary) -> Iterator[str]:
    verb = next(iter(entry), "")
    yield from _VERBS.get(verb, ())
    yield from _of_action(_COMMANDS.get(verb, str(entry.get("do", ""))), vocabulary)
    if verb == "stage":
        flow_id, _, stage_id = str(entry["stage"]).rpartition(".")
        flow = regulation.pack.flows.get(flow_id)
        yield from (each.emits for each in (flow.stages if flow else ()) if each.id == stage_id and each.emits)


def _of_action(name: str, vocabulary: Vocabulary) -> Sequence[str]:
    action = vocabulary.actions.get(name)
    return action.events if action else ()


def _rings(answers: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Elementary cycles, each starting at its first norm; packs are small, so a plain search will do."""
    found: dict[frozenset[str], list[str]] = {}
    order = {qid: place for place, qid in enumerate(answers)}

    def walk(path: list[str]) -> None:
        for following in answers.get(path[-1], ()):
            if following == path[0]:
                found.setdefault(frozenset(path), list(path))
            elif following not in path and order[following] > order[path[0]]:
                walk([*path, following])

    for start in answers:
        walk([start])
    return list(found.values())


def _problem(ring: list[str], norms: Mapping[str, CompiledNorm], places: Mapping[str, LoadedPack]) -> Problem:
    first = norms[ring[0]]
    loaded = places[ring[0]]
    index = loaded.pack.norms.index(first.norm)
    conditioned = any(norms[qid].norm.when or getattr(norms[qid].norm, "where", None) for qid in ring)
    chain = " → ".join([*(qid.partition(".")[2] for qid in ring), first.norm.id])
    return problem(
        loaded.mark("norms", index, "id"),
        f"规则互相触发成环：{chain}",
        "请确认条件会使它停下" if conditioned else "加上使它停下的 when",
        "warning" if conditioned else "error",
    )
