"""缺资料清单: what norms could not decide for want of a fact, and lack still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kedang.kernel import clock, files
from kedang.kernel.actions import access
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.owners import governs, posts_of
from kedang.kernel.norms.store import fact_store, regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person

MOST = 500
UNSEEN = "（无权查看的客户）"


@dataclass(frozen=True)
class Gap:
    """One norm, one file, and the facts that are missing."""

    norm: str
    pack_title: str
    clause: str
    clause_text: str
    file: int | None
    name: str
    number: str
    owner: int | None
    label: str
    """The deed that could not be judged."""
    facts: str
    """What is missing, in Chinese."""
    review: bool
    """Whether the norm asks somebody to look (`if_missing: review`)."""
    since: datetime


def open_gaps(person: Person) -> list[Gap]:
    """Gaps not mended yet, newest first, of the regulations this person looks after; files he may not know of unnamed."""
    regs = regulations()
    posts = posts_of(person)
    mine = {version.pack: version for version in regs.in_force() if governs(person, version, posts)}
    # By time, not by id: there are few gaps, and an order by id would look for them through all events from the last.
    events = list(Event.objects.filter(kind="norm.gap", pack__in=list(mine)).order_by("-recorded_at", "-id")[:MOST])
    views = files.views(event.file for event in events if event.file)
    reach = access.standing(person.pk, regs).reach("list")
    mended = _mended(events)
    found = []
    for event in events:
        view = views.get(event.file) if event.file else None
        if event.pk in mended or (event.file and view is None):
            continue
        known = view is not None and reach.holds(view)
        found.append(
            Gap(
                norm=event.norm,
                pack_title=mine[event.pack].title,
                clause=event.clause,
                clause_text=mine[event.pack].clause_text(event.clause),
                file=event.file if known else None,
                name=view.name if view and known else UNSEEN if view else "",
                number=view.number if view and known else "",
                owner=view.owner if view and known else None,
                label=str(event.data["label"]),
                facts=str(event.data["facts"]),
                review=event.data["rule"] == "review",
                since=clock.local(event.recorded_at),
            )
        )
    return found


def _mended(events: list[Event]) -> set[int]:
    """Events all of whose missing facts are attributes of the file that have a value by now."""
    wanted = {event.pk: (event.file, _attributes(event.data)) for event in events if event.file}
    store = fact_store()
    for name in {name for _, names in wanted.values() for name in names}:
        store.prefetch(name, [(file,) for file, names in wanted.values() if name in names])
    return {
        pk
        for pk, (file, names) in wanted.items()
        if names and all(store.get(name, (file,)) is not None for name in names)
    }


def _attributes(data: Mapping[str, str]) -> list[str]:
    """The facts behind `file.owner, customer.phone`; none when one of them is no plain attribute of the file."""
    found = []
    for text in str(data.get("names", "")).split(","):
        head, _, tail = text.partition(".")
        name = next((each for each in (f"customer.{tail}", f"file.{tail}") if each in vocabulary.facts), "")
        if head not in ("file", "customer") or not name or len(vocabulary.facts[name].args) != 1:
            return []
        found.append(name)
    return found
