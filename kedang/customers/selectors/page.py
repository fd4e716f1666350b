"""The customer page: head, fields, contacts and figures, with every value passed through the reader's field rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from kedang.customers.history import GROUPS, LABELS
from kedang.customers.masking import shown
from kedang.customers.models import Change, Collaborator, Contact, Customer, OwnerHistory
from kedang.customers.selectors.listing import duties_of, stages_of, tags_of
from kedang.customers.visibility import file_for
from kedang.kernel import clock, ledger
from kedang.kernel.actions import access
from kedang.kernel.actions.access import Standing
from kedang.kernel.files import FileView
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person

ALL_GROUPS = ("base", "contact", "credit", "id_number", "deal")
FIELD_KINDS = {"phone": "phone", "address": "address", "credit_code": "credit_code"}


@dataclass(frozen=True)
class FileHead:
    """What everyone who may know of the file may see of it."""

    id: int
    number: str
    name: str
    kind: str
    status: str
    owner_id: int | None
    owner: str
    unit_id: int
    unit: str
    registered_on: date
    registered_by: str
    owner_since: datetime | None
    version: int
    collaborators: list[dict[str, Any]] = field(default_factory=list)
    tags: list[tuple[str, str]] = field(default_factory=list)
    stages: list[tuple[str, str]] = field(default_factory=list)
    rights: Mapping[str, str] = field(default_factory=dict)
    mine: bool = False


@dataclass(frozen=True)
class FieldRow:
    """One line of 档案资料. `right` says whether `value` is whole, masked or hidden; `missing` that nothing is stored."""

    id: str
    label: str
    value: str
    right: str
    missing: bool


@dataclass(frozen=True)
class ContactRow:
    """One contact as the reader may see him."""

    id: int
    name: str
    post: str
    phone: str
    email: str
    decision_role: str
    primary: bool
    left: bool
    right: str
    version: int


@dataclass(frozen=True)
class Figures:
    """The five figures of the head; None where the reader has no right to see dealings."""

    contract: Decimal | None
    expense: Decimal | None
    contact_count: int | None
    last_contact_at: datetime | None
    last_contact_kind: str
    next_contact_on: date | None
    next_contact_past: bool
    open_duties: int
    overdue_duties: int
    next_due_at: datetime | None


@dataclass(frozen=True)
class FilePage:
    """The opened file."""

    head: FileHead
    former_names: list[str]
    fields: list[FieldRow]
    contacts: list[ContactRow]
    figures: Figures


@dataclass(frozen=True)
class ChangeRow:
    """One line of 变更记录: which field, old → new, who, for whom, why."""

    at: datetime
    label: str
    old: str
    new: str
    by: str
    on_behalf_of: str
    reason: str
    event: int | None


def customer_head(person: Person, file: int, *, who: Standing | None = None) -> FileHead:
    """The head of a file within the person's list; NotFound outside it. Four queries after the standing."""
    who = who or access.standing(person.pk)
    return _head(file_for(person, file, "list", who=who), who)


def customer_page(person: Person, file: int, *, who: Standing | None = None) -> FilePage:
    """The content of a file. Call it only after `perform_read('file.open')` has said yes; the field rights apply here."""
    who = who or access.standing(person.pk)
    row = file_for(person, file, "list", who=who)
    head = _head(row, who)
    return FilePage(
        head=head,
        former_names=list(row.former_names.values_list("name", flat=True)),
        fields=_fields(row, head.rights),
        contacts=_contacts(row, head.rights["contact"]),
        figures=_figures(row, head.rights["deal"]),
    )


def _head(row: Customer, who: Standing) -> FileHead:
    regs = regulations()
    helpers = Collaborator.objects.filter(customer=row, until=None).select_related("person")
    shared = [{"id": line.person_id, "name": line.person.name, "access": line.access} for line in helpers]
    view = FileView(row.pk, row.name, row.number, row.owner_id, row.unit_id, frozenset(line["id"] for line in shared))
    return FileHead(
        id=row.pk,
        number=row.number,
        name=row.name,
        kind=row.kind,
        status=row.status,
        owner_id=row.owner_id,
        owner=row.owner.name if row.owner else "",
        unit_id=row.unit_id,
        unit=row.unit.name,
        registered_on=row.registered_on,
        registered_by=row.registered_by.name,
        owner_since=row.owner_since,
        version=row.version,
        collaborators=shared,
        tags=tags_of([row.pk], regs)[row.pk],
        stages=stages_of({row.pk: view}, regs)[row.pk],
        rights=access.field_rights(who, view, ALL_GROUPS),
        mine=row.owner_id == who.person,
    )


def _fields(row: Customer, rights: Mapping[str, str]) -> list[FieldRow]:
    lines = []
    for name, label in LABELS.items():
        value = getattr(row, name) or ""
        right = access.right_of(rights, f"customer.{name}", GROUPS.get(name, "base"))
        text = shown(value, right, FIELD_KINDS.get(name, "text"))
        lines.append(FieldRow(name, label, text, right, not value and right == "show"))
    return lines


def _contacts(row: Customer, right: str) -> list[ContactRow]:
    if right == "hide":
        return []
    return [
        ContactRow(
            id=one.pk,
            name=shown(one.name, right),
            post=one.post,
            phone=shown(one.phone, right, "phone"),
            email=shown(one.email, right, "email"),
            decision_role=one.decision_role,
            primary=one.primary,
            left=one.left_at is not None,
            right=right,
            version=one.version,
        )
        for one in Contact.objects.filter(customer=row).order_by("left_at", "-primary", "id")
    ]


def _figures(row: Customer, right: str) -> Figures:
    summary = row.summary
    count, late, due = duties_of([row.pk])[row.pk]
    sees = right == "show"
    coming = summary.next_contact_on if sees else None
    return Figures(
        contract=_yuan(summary.contract_fen) if sees else None,
        expense=_yuan(summary.expense_fen) if sees else None,
        contact_count=summary.contact_count if sees else None,
        last_contact_at=summary.last_contact_at if sees else None,
        last_contact_kind=summary.last_contact_kind if sees else "",
        next_contact_on=coming,
        next_contact_past=bool(coming and coming < clock.today()),
        open_duties=count,
        overdue_duties=late,
        next_due_at=due,
    )


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


# ---- tabs ------------------------------------------------------------------------------------------------------------


def change_history(file: int, rights: Mapping[str, str], limit: int = 200) -> list[ChangeRow]:
    """变更记录: fields, contacts, major changes, and classes (which the ledger keeps); two queries."""
    rows = Change.objects.filter(customer=file).select_related("by", "on_behalf_of")[:limit]
    lines = [_change(row, rights) for row in rows if rights.get(row.group, "hide") != "hide"]
    classed = Event.objects.filter(file=file, kind="customer.classified").select_related("actor", "on_behalf_of")
    lines += [_class_change(event) for event in classed.order_by("-id")[:limit]]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:limit]


def _change(row: Change, rights: Mapping[str, str]) -> ChangeRow:
    right = rights.get(row.group, "hide")
    kind = FIELD_KINDS.get(row.field.rpartition(".")[2], "text")
    return ChangeRow(
        at=row.at,
        label=row.label,
        old=shown(row.old, right, kind),
        new=shown(row.new, right, kind),
        by=row.by.name if row.by else "系统",
        on_behalf_of=row.on_behalf_of.name if row.on_behalf_of else "",
        reason=row.reason,
        event=row.event,
    )


def _class_change(event: Event) -> ChangeRow:
    return ChangeRow(
        at=event.recorded_at,
        label=event.data["name"],
        old=event.data.get("old_label", ""),
        new=event.data["new_label"],
        by=event.actor.name if event.actor else "系统",
        on_behalf_of=event.on_behalf_of.name if event.on_behalf_of else "",
        reason="",
        event=event.pk,
    )


def owner_history(file: int) -> list[OwnerHistory]:
    """负责人记录, newest first; one query."""
    return list(OwnerHistory.objects.filter(customer=file).select_related("owner", "unit", "by")[:100])


@dataclass(frozen=True)
class Opening:
    """One line of 查阅记录: who did or tried what, what for, and by which grant."""

    at: datetime
    person: str
    sentence: str
    data: Mapping[str, Any]
    what: str = ""
    refused: bool = False
    clause: str = ""

    @property
    def purpose(self) -> str:
        """What for, as it was given."""
        return str(self.data.get("purpose") or "")

    @property
    def number(self) -> str:
        """授权编号"""
        return str(self.data.get("number") or "")

    @property
    def code(self) -> str:
        """Number of the export."""
        return str(self.data.get("code") or "")


SEEN = ("file.opened", "form.opened", "file.viewed")
TAKEN = ("customer.exported", "file.copied", "access.disclosed", "record.sent")
PERMITTED = ("access.granted", "access.expired", "access.revoked")
LOGS = {"": "全部", "seen": "查阅", "taken": "带出", "permitted": "授权", "refused": "被拒绝"}


def access_events(file: int, *, only: str = "", of: int | None = None) -> QuerySet[Event]:
    """查阅记录, newest first: what was read, taken along, permitted and refused; `of` narrows it to one person's own."""
    guarded = [name for name, each in vocabulary.actions.items() if each.reads or each.copies]
    refused = Q(kind="norm.refused", subject__in=guarded)
    wanted = {
        "seen": Q(kind__in=SEEN), "taken": Q(kind__in=TAKEN), "permitted": Q(kind__in=PERMITTED), "refused": refused,
    }.get(only, Q(kind__in=(*SEEN, *TAKEN, *PERMITTED)) | refused)  # fmt: skip
    rows = Event.objects.filter(wanted, file=file).select_related("actor", "on_behalf_of").order_by("-id")
    return rows if of is None else rows.filter(actor=of)


def openings(events: Iterable[Event]) -> list[Opening]:
    """Events of 查阅记录 as lines; one query for what was said."""
    told = list(events)
    ledger.attach_texts(told)
    return [
        Opening(
            event.recorded_at, event.actor.name if event.actor else "系统", ledger.sentence(event), ledger.told(event), ledger.label(event),
            event.kind == "norm.refused", event.clause,
        )
        for event in told
    ]  # fmt: skip


def access_log(file: int, limit: int = 100) -> list[Opening]:
    """The newest lines of 查阅记录; one query."""
    return openings(access_events(file)[:limit])
