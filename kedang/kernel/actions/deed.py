"""One deed in progress: who does it, for whom, when, and the events it has recorded so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from kedang.kernel import clock, ledger
from kedang.kernel.ledger.models import Event
from kedang.kernel.org.models import Person


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
        )
        self.events.append(event)
        return event
