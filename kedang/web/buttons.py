"""A deed as a button: on, off with its clause, or on with somebody who must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from kedang.kernel.norms import explain
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.web.outcomes import Outcome, of_decision


@dataclass(frozen=True)
class Button:
    """One deed as a button: on, off with its clause, or on with somebody who must agree."""

    label: str
    url: str
    verdict: str
    why: str = ""
    outcome: Outcome | None = None
    key: str = ""

    @property
    def off(self) -> bool:
        """Whether it is refused now."""
        return self.verdict in ("refuse", "not_found")


def as_button(request: HttpRequest, action: str, url: str, decision: Any) -> Button:
    """The button of an action under a decision that was made for it."""
    label, key = vocabulary.actions[action].label, action.replace(".", "-")
    outcome = of_decision(decision, request.user) if decision.verdict == "refuse" else None
    return Button(label, url, decision.verdict, explain.short(decision), outcome, key)
