"""What a person can do with a file, from the same decision that will be enforced: on, off with its reason, or hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kedang.kernel import files
from kedang.kernel.actions import access
from kedang.kernel.actions.performing import dry_run
from kedang.kernel.errors import Invalid
from kedang.kernel.norms.engine import Decision
from kedang.kernel.norms.explain import short
from kedang.kernel.norms.store import Regulations, fact_store, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person

ON, OFF = "on", "off"


@dataclass(frozen=True)
class Button:
    """`name` is an action, `form.<id>` or `flow.<flow>.<stage>`; `why` and `clauses` say what is in the way or applies."""

    name: str
    label: str
    state: str
    why: str = ""
    clauses: list[str] = field(default_factory=list)


def buttons_for(person: Person, file: int) -> list[Button]:
    """The buttons of the customer page; a deed that is not this person's business has none."""
    view = files.view(file)
    if view is None:
        return []
    who, facts, regs = access.standing(person.pk), fact_store(), regulations()
    found: list[Button] = []
    for name, label, action, args in _offered(view, regs):
        try:
            decision = dry_run(action, by=person, facts=facts, who=who, customer=file, **args)
        except Invalid:
            continue
        button = _button(name, label, decision, hide_refused=action == "flow.move")
        if button is not None:
            found.append(button)
    return found


def _offered(view: files.FileView, regs: Regulations) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """(button, label, action, arguments) of everything that can be done about a file."""
    for spec in vocabulary.actions.values():
        if spec.about == "customer" and spec.public and not spec.system:
            yield spec.name, spec.label, spec.name, {}
    for version in regs.in_force():
        if not version.covers(view, ()):
            continue
        for form_id, form in version.regulation.pack.forms.items():
            if form.about == "customer" and not form.attach:
                yield f"form.{form_id}", form.name, "form.file", {"form": f"{version.pack}.{form_id}"}
        for flow_id, flow in version.regulation.pack.flows.items():
            for stage in flow.stages:
                args = {"flow": f"{version.pack}.{flow_id}", "to": stage.id}
                yield f"flow.{flow_id}.{stage.id}", stage.name, "flow.move", args


def _button(name: str, label: str, decision: Decision, *, hide_refused: bool) -> Button | None:
    if decision.verdict == "not_found" or (decision.verdict == "refuse" and hide_refused):
        return None
    clauses = [finding.clause for finding in [*decision.findings, *decision.depends] if finding.clause]
    state = OFF if decision.verdict == "refuse" else ON
    return Button(name, label, state, short(decision) if decision.findings else "", list(dict.fromkeys(clauses)))
