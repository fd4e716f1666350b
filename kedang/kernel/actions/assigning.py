"""Assignment: choose among candidates by keys, or ask the person who breaks a tie; then run the command."""

from __future__ import annotations

from typing import Any

from kedang.kernel import clock, files
from kedang.kernel.actions import effects
from kedang.kernel.actions.deed import Deed
from kedang.kernel.norms.expressions.types import element
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.schema import AssignmentNorm
from kedang.kernel.norms.store import Regulations, env_of
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org


def assign(case: effects.Case, deed: Deed, regs: Regulations) -> None:
    """Choose among candidates by keys, or open a duty for the person who breaks the tie; then run the command."""
    rule = case.norm.norm
    assert isinstance(rule, AssignmentNorm)
    candidates = case.value("choose")
    found = sorted(candidates) if isinstance(candidates, (set, frozenset)) else list(candidates or [])
    if not found:
        return
    keyed = [(tuple(_key(case, index, each) for index in range(len(rule.by))), each) for each in found]
    keyed.sort(key=lambda pair: pair[0])
    best = [each for key, each in keyed if key == keyed[0][0]]
    if len(best) > 1:
        _ask_tie(case, _persons(case, best))
        return
    chosen = _persons(case, best)[0]
    why = rule.message or case.version.clause_text(case.norm.clauses[0])
    effects.note(case, deed, "norm.assigned", {"person": chosen, "why": why})
    effects.command(case, deed, regs, rule.do, _chosen(rule.do, case.file, chosen))


def _persons(case: effects.Case, best: list[int]) -> list[int]:
    """The persons behind the chosen: themselves, or who made the line that was chosen (`claim.person`)."""
    expr = case.norm.expr("choose")
    kind = element(expr.type) if expr is not None else "person"
    fact = vocabulary.facts.get(f"{kind}.person") if kind != "person" else None
    if fact is None:
        return best
    found = fact.load([(each,) for each in best], case.facts.world)
    return [found[(each,)] for each in best]


def _chosen(name: str, file: int | None, person: int) -> dict[str, Any]:
    """Arguments of the command that carries a choice out: its person is the one chosen, whatever the argument is called."""
    spec = vocabulary.actions[name]
    args: dict[str, Any] = {each.id: person for each in spec.args if each.type == "person"}
    return {**args, **({spec.about: file} if spec.about else {})}


def _key(case: effects.Case, index: int, candidate: int) -> Any:
    expr = case.norm.expr(f"by[{index}]")
    if expr is None:
        return 0
    variables = {**case.variables, "candidate": candidate}
    return expr.value(env_of(case.version, variables, case.facts))


def _ask_tie(case: effects.Case, best: list[int]) -> None:
    names = "、".join(org.names_of(best).values())
    people = case.people("tie.ask")
    Duty.objects.create(
        pack=case.version.pack,
        version=case.version.number,
        norm=case.norm.qid,
        clause=case.norm.clauses[0],
        title=f"条件相同，请裁定归属：{names}"[:200],
        file=case.file,
        subject=f"{case.subject}/tie/{case.event.pk if case.event else ''}",
        bearer_id=people[0] if people else None,
        opened_by=case.event.pk if case.event else None,
        opened_at=clock.now(),
        counted_from=clock.now(),
    )
    view = files.view(case.file) if case.file else None
    effects.tell(people, f"条件相同，请裁定归属：{names}{f'（{view.name}）' if view else ''}", case)
