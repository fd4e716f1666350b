"""A decision before the deed, as JSON: what a button shows, from the same dry run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kedang.api.problems import route
from kedang.kernel.actions import answers
from kedang.kernel.norms.engine import Decision
from kedang.kernel.org.models import Person

LABELS = {"allow": "允许", "needs": "须审批", "refuse": "拒绝", "reason": "须说明理由", "confirm": "须确认"}


def check_of(
    decision: Decision, reader: Person, *, missing: Sequence[str] = (), steps: Any = (), problem: str = ""
) -> dict[str, Any]:
    """允许, 须审批 with its route, 拒绝 with clause and reason."""
    told = answers.told(decision, reader.pk)
    return {
        **told, "verdict": decision.verdict, "label": LABELS.get(decision.verdict, ""), "missing": list(missing),
        "route": route(list(steps)), "problem": problem,
    }  # fmt: skip
