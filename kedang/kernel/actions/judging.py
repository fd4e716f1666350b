"""What would be said to many deeds if they were done now, set-wise: for selection bars and for the step before a bulk deed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from kedang.kernel import files
from kedang.kernel.actions import access
from kedang.kernel.actions.orders import Order, Shared, call_of, decision_of, prepare
from kedang.kernel.errors import Invalid, KedangError, NotFound
from kedang.kernel.norms import engine
from kedang.kernel.norms.engine import Decision
from kedang.kernel.norms.store import fact_store, regulations
from kedang.kernel.norms.vocabulary import Action, vocabulary
from kedang.kernel.once import once
from kedang.kernel.org.models import Person

CHUNK = 500


@dataclass
class Judged:
    """What was found of a number of rows: by verdict, refusals grouped by what refuses them."""

    total: int = 0
    allowed: int = 0
    needs: int = 0
    asks: int = 0
    refused: int = 0
    not_found: int = 0
    invalid: int = 0
    groups: dict[tuple[tuple[str, str], ...], tuple[int, Decision]] = field(default_factory=dict)
    """{((pack, clause) …): (rows, the first such decision)} of refusals."""
    first_error: str = ""

    @property
    def doable(self) -> int:
        """Rows that are not refused outright."""
        return self.allowed + self.needs + self.asks

    @property
    def hopeless(self) -> bool:
        """Whether not one row may be done."""
        return self.total > 0 and self.doable == 0 and self.invalid == 0


def judge_many(name: str, rows: Iterable[Mapping[str, Any]], *, by: Person) -> Judged:
    """Decide one action for every row by the rule that will decide the deed; facts load set-wise, nothing is recorded."""
    spec, found = vocabulary.actions[name], Judged()
    waiting = iter(rows)
    while part := list(islice(waiting, CHUNK)):
        with once():
            _judge(spec, part, by, found)
    return found


def _judge(spec: Action, part: Sequence[Mapping[str, Any]], by: Person, found: Judged) -> None:
    regs = regulations()
    numbers = [int(row[spec.about]) for row in part] if spec.about else []
    shared = Shared(regs, fact_store(), access.standing(by.pk, regs), files.views(numbers))
    orders: list[Order] = []
    for row in part:
        found.total += 1
        try:
            orders.append(prepare(spec, row, by=by, dry=True, shared=shared))
        except NotFound:
            found.not_found += 1
        except Invalid as error:
            found.invalid += 1
            found.first_error = found.first_error or str(error)
        except KedangError:
            found.invalid += 1
    engine.prefetch([call_of(order) for order in orders])
    for order in orders:
        _count(decision_of(order), found)


def _count(decision: Decision, found: Judged) -> None:
    if decision.verdict == "refuse":
        found.refused += 1
        key = tuple((each.pack, each.clause) for each in decision.refusals)
        number, first = found.groups.get(key, (0, decision))
        found.groups[key] = (number + 1, first)
    elif decision.verdict == "needs":
        found.needs += 1
    elif decision.verdict in ("reason", "confirm"):
        found.asks += 1
    else:
        found.allowed += 1
