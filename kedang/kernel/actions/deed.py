"""One deed in progress: who does it, for whom, when, and the events it has recorded so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from kedang.kernel import clock, files, ledger
from kedang.kernel.ledger.models import Event
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

SAYING = frozenset({"norm.breached", "norm.notified", "proposal.opened", "file.opened"})
"""Events that say something about a file and leave it as it is."""


@dataclass(slots=True)
class Happening:
    """An event about to be recorded together with others."""

    kind: str
    file: int | None = None
    subject: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    values: Sequence[Any] = ()
    clause: str = ""
    pack: str = ""


@dataclass
class Deed:
    """Handed to every action function. `by` is None when a norm acts as 系统."""

    by: Person | None
    on_behalf_of: Person | None = None
    now: datetime = field(default_factory=clock.now)
    command: UUID = field(default_factory=uuid4)
    origin: str = ""
    norm: str = ""
    clause: str = ""
    pack: str = ""
    events: list[Event] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)
    """What runs in its own transaction once this one has committed (a frozen command that was just approved)."""

    @property
    def person(self) -> Person | None:
        """Whose deed it is: the person spoken for, else the one who acts."""
        return self.on_behalf_of or self.by

    @property
    def appointment(self) -> int | None:
        """The appointment the deed is done in: the primary one of whose deed it is."""
        held = org.held_by(self.person) if self.person else []
        return held[0].appointment if held else None

    def record(
        self,
        kind: str,
        *,
        file: int | None = None,
        subject: str = "",
        occurred_at: datetime | None = None,
        data: Mapping[str, Any] | None = None,
        values: Sequence[ledger.ValueDraft] = (),
        norm: str = "",
        clause: str = "",
        pack: str = "",
    ) -> Event:
        """Record an event of this deed; norms react to it before the transaction ends."""
        event = ledger.record(
            kind,
            file=file,
            subject=subject,
            actor=self.by,
            on_behalf_of=self.on_behalf_of,
            command=self.command,
            occurred_at=occurred_at or self.now,
            norm=norm or self.norm,
            clause=clause or self.clause,
            pack=pack or self.pack,
            origin=self.origin,
            data=dict(data or {}),
            values=values,
            appointment=self.appointment,
        )
        self.events.append(event)
        if kind not in SAYING:
            files.changed([file])
        return event

    def record_all(self, drafts: Sequence[Happening]) -> list[Event]:
        """Record several events of this deed in order, in one statement."""
        return record_together([(self, each) for each in drafts])


@dataclass(frozen=True)
class Task:
    """One of many commands of an action that does them together: its deed and its cleaned arguments."""

    deed: Deed
    args: Mapping[str, Any]


def record_together(drafts: Sequence[tuple[Deed, Happening]]) -> list[Event]:
    """Record the events of several deeds in order, in one statement; each deed keeps its own."""
    appointments = {id(deed): deed.appointment for deed in {id(deed): deed for deed, _ in drafts}.values()}
    made = ledger.record_many(
        ledger.EventDraft(
            each.kind,
            deed.command,
            each.file,
            each.subject,
            deed.by,
            deed.on_behalf_of,
            deed.now,
            deed.norm,
            each.clause or deed.clause,
            each.pack or deed.pack,
            deed.origin,
            each.data,
            each.values,
            appointments[id(deed)],
        )
        for deed, each in drafts
    )
    for (deed, _), event in zip(drafts, made, strict=True):
        deed.events.append(event)
    files.changed(each.file for _, each in drafts)
    return made
