"""缺资料: a norm could not be decided because the file lacks a fact. On record once a file and norm, and told where
the norm asks for a review, so that the data are mended and the rule does not stay silent unnoticed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kedang.kernel import files
from kedang.kernel.actions import effects
from kedang.kernel.actions.deed import Deed
from kedang.kernel.ledger import kinds
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.compiled import CompiledNorm
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.expressions import Leaf, Outcome
from kedang.kernel.norms.people import holders_of
from kedang.kernel.norms.store import Version

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order
    from kedang.kernel.actions.reacting import Generation


def note(order: Order, deed: Deed, findings: Sequence[Finding]) -> None:
    """Record what was lacking in this decision, the first time it is about this file (or this action without one)."""
    file = order.view.id if order.view else None
    for finding in findings:
        if finding.norm is None or finding.version is None:
            continue
        case = effects.Case(finding.version, finding.norm, order.variables(), order.facts, file=file)
        _note(deed, case, finding.leaves, order.action.label, order.action.name)


def note_openings(
    generation: Generation,
    version: Version,
    norm: CompiledNorm,
    pairs: Sequence[tuple[Event, dict[str, Any]]],
    outcomes: Sequence[Outcome],
) -> None:
    """The same for norms that events set off and that ask for a review."""
    if getattr(norm.norm, "if_missing", None) != "review":
        return
    for (event, variables), outcome in zip(pairs, outcomes, strict=True):
        if outcome.truth is None and outcome.gaps:
            case = effects.Case(version, norm, variables, generation.facts, file=event.file)
            _note(generation.deed, case, outcome.gaps, kinds.get(event.kind).label, event.kind)


def _note(deed: Deed, case: effects.Case, leaves: Sequence[Leaf], label: str, name: str) -> None:
    subject = f"file:{case.file}" if case.file else name
    qid, clause = case.norm.qid, case.norm.clauses[0]
    if Event.objects.filter(kind="norm.gap", norm=qid, file=case.file, subject=subject).exists():
        return
    facts = "、".join(dict.fromkeys(leaf.label for leaf in leaves)) or "资料"
    rule = getattr(case.norm.norm, "if_missing", None) or "pass"
    names = ",".join(dict.fromkeys(leaf.text for leaf in leaves))
    case.event = deed.record(
        "norm.gap",
        file=case.file,
        subject=subject,
        norm=qid,
        clause=clause,
        pack=case.version.pack,
        data={"norm": qid, "label": label, "facts": facts, "names": names, "rule": rule},
    )
    owner = case.version.regulation.pack.owner
    if rule == "review" and owner:
        view = files.view(case.file) if case.file else None
        about = f"（{view.name}）" if view else ""
        text = f"缺资料：第{clause}条无法判断“{label}”，缺{facts}{about}，请补齐"
        effects.tell(holders_of(case.version, owner, case.variables, case.facts), text, case)
