"""动态: the ledger's events of one file in Chinese, with what the reader may see of their personal values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from kedang.customers.history import CONTACT_LABELS, GROUPS, LABELS
from kedang.customers.masking import shown
from kedang.kernel import ledger
from kedang.kernel.actions import correcting, formfixes
from kedang.kernel.ledger.models import Event, Value

VALUE_LABELS = {
    **LABELS, **CONTACT_LABELS, "name": "名称", "title": "题名", "content": "内容", "with_person": "对方联系人", "note": "说明", "opinion": "意见",
    "purpose": "用途", "old": "变动前", "new": "变动后", "reason": "事由", "cause": "原因", "summary": "内容摘要", "q": "检索词",
}  # fmt: skip
OTHER = "其他"
"""What a value is called that no word is known for: never by its key."""
FILED = "form.filed"
"""Corrected value by value, on the form's page."""
TIMELINE_HIDES = ("file.opened", "norm.")
"""Openings stand in the access log; refusals and breaches in the enforcement register."""
PAGE = 30
CONTACT_EVENTS = ("customer.contact_added", "customer.contact_updated")
CONTACT_FIELDS = {"with_person"}
DEAL_FIELDS = {"content", "note", "opinion", "purpose", "old", "new"}
KINDS = {"with_person": "text", "phone": "phone", "email": "email", "address": "address"}
FILTERS = {
    "engagement": ("跟进", ("contact.recorded", "visit.recorded", "visit.planned", "visit.cancelled")),
    "change": ("变更", ("customer.",)),
    "approval": ("审批", ("approval.",)),
    "form": ("表单", ("form.filed", "flow.moved")),
    "trade": ("合同费用", ("contract.", "expense.")),
    "record": ("档案", ("record.", "inventory.")),
}


@dataclass(frozen=True)
class Detail:
    """One value of an event; `old` is '' for something new."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Entry:
    """One event as the timeline shows it. Its `actor` is 系统 for what norms did."""

    id: int
    kind: str
    label: str
    sentence: str
    actor: str
    on_behalf_of: str
    at: datetime
    recorded_at: datetime
    pack: str
    clause: str
    details: list[Detail] = field(default_factory=list)
    data: Mapping[str, object] = field(default_factory=dict)
    owner: int | None = None
    """Whose deed it is, and who typed it: they and those above them may correct it."""
    typist: int | None = None
    corrected_by: int | None = None
    """The entry by which this one was corrected; it is shown struck through."""
    correctable: bool = False


def timeline_page(
    file: int, rights: Mapping[str, str], *, only: str = "", before_id: int | None = None, limit: int = PAGE
) -> list[Entry]:
    """A file's events, newest first, two queries; pass the last id as `before_id` for the next page."""
    rows = Event.objects.filter(file=file)
    if only in FILTERS:
        rows = rows.filter(_kind_in(FILTERS[only][1]))
    else:
        rows = rows.exclude(_kind_in(TIMELINE_HIDES))
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    events = list(rows.select_related("actor", "on_behalf_of", "correction").order_by("-id")[:limit])
    return entries(events, rights)


def _kind_in(names: Collection[str]) -> Q:
    found = Q()
    for name in names:
        found |= Q(kind__startswith=name) if name.endswith(".") else Q(kind=name)
    return found


def entries(events: list[Event], rights: Mapping[str, str]) -> list[Entry]:
    """Events as entries, with the values the reader may see; one query for all values."""
    values: dict[int, list[Value]] = {event.pk: [] for event in events}
    for value in Value.objects.filter(event__in=list(values)):
        values[value.event_id].append(value)
    return [_entry(event, values[event.pk], rights) for event in events]


def _entry(event: Event, values: list[Value], rights: Mapping[str, str]) -> Entry:
    event.texts = {value.field: value.new for value in values}
    named = ledger.kinds.get(event.kind).shows if ledger.kinds.known(event.kind) else frozenset()
    if event.kind == correcting.KIND:
        # What it undid and had to leave stands beside it, with a link to what was corrected.
        named |= {"said", "undone", "left"}
    if event.kind == formfixes.KIND:
        named |= {formfixes.CHANGES}  # shown on the form's own page, field by field and by each field's right
    details = [detail for value in values if value.field not in named and (detail := _detail(event, value, rights))]
    return Entry(
        id=event.pk,
        kind=event.kind,
        label=ledger.label(event),
        sentence=ledger.sentence(event),
        actor=event.actor.name if event.actor else "系统",
        on_behalf_of=event.on_behalf_of.name if event.on_behalf_of else "",
        at=event.occurred_at,
        recorded_at=event.recorded_at,
        pack=event.pack,
        clause=event.clause,
        details=details,
        data=ledger.told(event),
        owner=event.on_behalf_of_id or event.actor_id,
        typist=event.actor_id,
        corrected_by=event.correction.by_id if hasattr(event, "correction") else None,
        correctable=event.kind == FILED or (correcting.correctable(event.kind) and not hasattr(event, "correction")),
    )


def _detail(event: Event, value: Value, rights: Mapping[str, str]) -> Detail | None:
    right = rights.get(_group(event, value.field), "hide")
    if right == "hide" or not (value.old or value.new):
        return None
    kind = KINDS.get(value.field, "text")
    labels = {**VALUE_LABELS, **CONTACT_LABELS} if event.kind in CONTACT_EVENTS else VALUE_LABELS
    own = ledger.kinds.get(event.kind).personal if ledger.kinds.known(event.kind) else {}
    label = labels.get(value.field) or own.get(value.field, OTHER)
    return Detail(label, shown(value.old, right, kind), shown(value.new, right, kind))


def _group(event: Event, name: str) -> str:
    if event.kind in CONTACT_EVENTS or name in CONTACT_FIELDS:
        return "contact"
    return "deal" if name in DEAL_FIELDS else GROUPS.get(name, "base")
