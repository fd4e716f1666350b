"""The rows behind a figure, with the customer's name only for who may know of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from kedang.kernel import clock, files, ledger
from kedang.kernel.actions import access
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.org.models import Person
from kedang.kernel.register.figures import (
    FIGURES,
    Figure,
    Month,
    Sight,
    Source,
    duty_filter,
    event_filter,
    of_clause,
    sight,
)
from kedang.kernel.register.views import version_for

UNSEEN = "（无权查看的客户）"
PAGE = 30


@dataclass(frozen=True)
class Case:
    """One row behind a figure."""

    at: datetime | None
    what: str
    who: str
    file: int | None = None
    file_name: str = ""
    """The customer's name when the reader may know of the file, else （无权查看的客户）; '' when it is about none."""
    known: bool = False
    due: datetime | None = None
    state: str = ""
    proposal: int | None = None


@dataclass(frozen=True)
class Cases:
    """A page of cases."""

    rows: list[Case] = field(default_factory=list)
    page: int = 1
    more: bool = False
    everybody: bool = True
    """False: only the reader's own and his subordinates' cases are listed."""


def cases(pack: str, clause: str, figure: str, month: Month, person: Person, page: int = 1) -> Cases:
    """The rows behind a figure, newest first; NotFound for a clause or figure that the regulation does not have."""
    start = (page - 1) * PAGE
    found = list(case_rows(pack, clause, figure, month, person)[start : start + PAGE + 1])
    everybody = sight(person, version_for(pack)).everybody
    return Cases(case_lines(found[:PAGE], figure, person), page, len(found) > PAGE, everybody)


def case_rows(pack: str, clause: str, figure: str, month: Month, person: Person) -> QuerySet[Any]:
    """The same rows as a query: for pages and for exports alike."""
    version = version_for(pack)
    if figure not in FIGURES or clause not in version.regulation.pack.clauses:
        raise NotFound
    spec, seen = FIGURES[figure], sight(person, version)
    if spec.source != "event":
        return _duties(version, clause, spec, month, seen)
    events = Event.objects.filter(event_filter(spec.kinds, month), of_clause(version, clause), seen.events(), pack=pack)
    return events.select_related("actor", "on_behalf_of").order_by("-id")


def case_lines(rows: Sequence[Any], figure: str, person: Person) -> list[Case]:
    """What a reader is shown of them; three queries however many there are."""
    ledger.attach_texts([row for row in rows if isinstance(row, Event)])
    names = _names(person, {row.file for row in rows if row.file})
    return [_case(row, names, FIGURES[figure].source) for row in rows]


def _duties(version: Version, clause: str, spec: Figure, month: Month, seen: Sight) -> QuerySet[Duty]:
    rows = Duty.objects.filter(
        duty_filter(spec, month, clock.now()), of_clause(version, clause), seen.duties(), pack=version.pack
    )
    order = {"opened": "-opened_at", "done": "-done_at", "open": "due_at"}[spec.source]
    return rows.select_related("bearer", "unit", "taken_by").order_by(order, "id")


def _names(person: Person, ids: set[int]) -> dict[int, str]:
    """Names of the files that the person may know of."""
    reach = access.reach(person.pk, "list") if ids else None
    return {key: view.name for key, view in files.views(ids).items() if reach is not None and reach.holds(view)}


def _case(row: Duty | Event, names: Mapping[int, str], source: Source) -> Case:
    known = row.file in names
    name = "" if row.file is None else names.get(row.file, UNSEEN)
    if isinstance(row, Duty):
        who = row.taken_by or row.bearer
        at = row.done_at if source == "done" else row.opened_at
        return Case(
            at,
            row.title,
            who.name if who else row.unit.name if row.unit else _role_name(row.role),
            row.file,
            name,
            known,
            row.due_at,
            row.get_state_display(),
        )
    actor = row.on_behalf_of or row.actor
    proposal = row.data.get("proposal") if row.kind == "proposal.opened" else None
    what = ledger.sentence(row) if known or row.file is None else ledger.label(row)
    return Case(row.recorded_at, what, actor.name if actor else "系统", row.file, name, known, proposal=proposal)


def _role_name(qid: str) -> str:
    pack, _, role = qid.partition(".")
    version = regulations().version(pack) if pack else None
    known = version.regulation.pack.roles.get(role) if version else None
    return known.name if known else ""
