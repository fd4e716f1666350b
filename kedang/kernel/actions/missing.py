"""缺资料: a norm could not be decided because the file lacks a fact. On record once a file and norm, and told where
the norm asks for a review, so that the data are mended and the rule does not stay silent unnoticed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kedang.kernel.actions import effects
from kedang.kernel.actions.deed import Deed
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.people import holders_of

if TYPE_CHECKING:
    from kedang.kernel.actions.performing import Order


def note(order: Order, deed: Deed, findings: Sequence[Finding]) -> None:
    """Record what was lacking in this decision, the first time it is about this file (or this action without one)."""
    file = order.view.id if order.view else None
    for finding in findings:
        subject = f"file:{file}" if file else order.action.name
        if not Event.objects.filter(kind="norm.gap", norm=finding.qid, file=file, subject=subject).exists():
            _record(order, deed, finding, file, subject)


def _record(order: Order, deed: Deed, finding: Finding, file: int | None, subject: str) -> None:
    assert finding.norm is not None
    facts = "、".join(dict.fromkeys(leaf.label for leaf in finding.leaves)) or "资料"
    rule = getattr(finding.norm.norm, "if_missing", None) or "pass"
    event = deed.record(
        "norm.gap",
        file=file,
        subject=subject,
        norm=finding.qid,
        clause=finding.clause,
        pack=finding.pack,
        data={
            "norm": finding.qid,
            "label": order.action.label,
            "facts": facts,
            "names": ",".join(dict.fromkeys(leaf.text for leaf in finding.leaves)),
            "rule": rule,
        },
    )
    if rule == "review":
        _tell(order, finding, facts, event)


def _tell(order: Order, finding: Finding, facts: str, event: Event) -> None:
    """The role that owns the regulation is asked to look; the deed itself passes."""
    version, norm = finding.version, finding.norm
    owner = version.regulation.pack.owner if version else None
    if version is None or norm is None or not owner:
        return
    case = effects.Case(version, norm, order.variables(), order.facts, event=event, file=event.file)
    about = f"（{order.view.name}）" if order.view else ""
    text = f"缺资料：第{finding.clause}条无法判断“{order.action.label}”，缺{facts}{about}，请补齐"
    effects.tell(holders_of(version, owner, order.variables(), order.facts), text, case)
