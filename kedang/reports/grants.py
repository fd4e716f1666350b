"""我的授权 and 授权登记: who may read or copy what, until when, by whose word; and what was done by a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from kedang.customers.models import Customer
from kedang.kernel import clock, files, ledger
from kedang.kernel.actions import grants, permits
from kedang.kernel.approvals.models import Ballot, BallotStatus
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.models import Grant
from kedang.kernel.org.models import Person

BY_NUMBER = ("file.opened", "form.opened", "customer.exported", "form.exported", "access.disclosed")
STATES = {"running": "生效中", "ended": "已结束", "": "全部"}


@dataclass(frozen=True)
class Entry:
    """One grant in words."""

    id: int
    number: str
    person: str
    verbs: str
    about: str
    scope: str
    until: datetime
    given_by: str
    purpose: str
    state: str
    """running, expired, revoked"""
    file: int | None
    form: str
    request: int | None
    ended_at: datetime | None = None
    ended_by: str = ""
    end_reason: str = ""

    @property
    def label(self) -> str:
        """生效中, 已到期, 已收回"""
        return {"running": "生效中", "expired": "已到期", "revoked": "已收回"}[self.state]


def received(person: Person) -> QuerySet[Grant]:
    """Grants given to a person."""
    return _rows().filter(person=person)


def given(person: Person) -> QuerySet[Grant]:
    """Grants that a person gave, alone or with others."""
    agreed = Ballot.objects.filter(person=person, status=BallotStatus.AGREED).values("step__request")
    return _rows().filter(Q(granted_by=person) | Q(request__in=agreed))


def on_my_files(person: Person) -> QuerySet[Grant]:
    """Grants on the files that a person owns."""
    return _rows().filter(file__in=Customer.objects.filter(owner=person).values("pk"))


def of_file(file: int) -> QuerySet[Grant]:
    """Grants on one file."""
    return _rows().filter(file=file)


def _rows() -> QuerySet[Grant]:
    return Grant.objects.select_related("person", "granted_by", "of_person", "ended_by").order_by("-id")


def narrowed(rows: QuerySet[Grant], state: str) -> QuerySet[Grant]:
    """Those that run, or those that have ended."""
    now = clock.now()
    over = ~Q(ended_at=None) | Q(valid_until__lte=now)
    if state == "running":
        return rows.exclude(over)
    return rows.filter(over) if state == "ended" else rows


def entries(rows: Sequence[Grant]) -> list[Entry]:
    """Grants in words; one query for the names of the files."""
    views = files.views([each.file for each in rows if each.file is not None])
    return [_entry(each, views) for each in rows]


def _entry(row: Grant, views: Mapping[int, files.FileView]) -> Entry:
    view = views.get(row.file) if row.file is not None else None
    scope = grants.scope_words(row)
    return Entry(
        row.pk, row.number, row.person.name, grants.verb_words(row.verbs), view.name if view else "", scope, row.valid_until,
        row.granted_by.name if row.granted_by else "", row.purpose, state_of(row), row.file, row.form, row.request,
        row.ended_at, row.ended_by.name if row.ended_by else "", row.end_reason,
    )  # fmt: skip


def state_of(row: Grant) -> str:
    """running, expired or revoked, by the clock."""
    if row.ended_at is not None and row.ended_at < row.valid_until:
        return "revoked"
    return "expired" if row.ended_at is not None or row.valid_until <= clock.now() else "running"


def visible(person: Person, pk: int) -> Grant:
    """One grant, for those who may know of it; NotFound for everybody else."""
    row = _rows().filter(pk=pk).first()
    if row is None or not permits.may_see(person.pk, row):
        raise NotFound
    return row


def done_by(row: Grant, limit: int = 100) -> list[tuple[datetime, str, str]]:
    """What was done under a number: (when, what, code of the export)."""
    if not row.number:
        return []
    events = Event.objects.filter(kind__in=BY_NUMBER, actor=row.person, data__number=row.number)
    found = list(events.select_related("actor", "on_behalf_of").order_by("-id")[:limit])
    ledger.attach_texts(found)
    return [(each.recorded_at, ledger.sentence(each), str(each.data.get("code", ""))) for each in found]


def grants_page(person: Person, *, which: str = "received") -> dict[str, Any]:
    """我的授权, for scenarios: received, given, files."""
    rows = {"received": received, "given": given, "files": on_my_files}[which](person)
    return {
        "rows": [
            {
                "number": one.number,
                "person": one.person,
                "verbs": one.verbs,
                "about": one.about,
                "scope": one.scope,
                "state": one.label,
            }
            for one in entries(list(rows[:100]))
        ]
    }
