"""建议与裁定, for reading: which proposals somebody may see, and the rows behind one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from kedang.kernel import files, ledger
from kedang.kernel.actions import access, adoption
from kedang.kernel.errors import NotFound
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms import deciders
from kedang.kernel.norms.models import Duty, FormRecord, Proposal, ProposalState
from kedang.kernel.norms.owners import governs, posts_of
from kedang.kernel.norms.people import roles_of
from kedang.kernel.norms.store import regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

UNSEEN = "（无权查看的客户）"


def concerns(person: Person) -> Q:
    """Proposals about the person or about a department he leads: whoever is concerned is heard."""
    return Q(person=person) | Q(person=None, unit__in=org.headed_units(person))


def for_settling(person: Person) -> Q:
    """Proposals that the person decides, open and settled alike."""
    return deciders.to_settle(person, set(roles_of(person.pk, regulations())))


def visible(person: Person) -> QuerySet[Proposal]:
    """Those the person decides or has decided, those that concern him, and all of the regulations he looks after."""
    posts = posts_of(person)
    own = [version.pack for version in regulations().in_force() if governs(person, version, posts)]
    seen = Q(pack__in=own) | concerns(person) | for_settling(person) | Q(decided_by=person)
    return Proposal.objects.filter(seen).select_related("person", "unit", "decided_by")


def proposal_for(person: Person, pk: int) -> Proposal:
    """The one way from an address to a proposal; NotFound for everybody who has nothing to do with it."""
    row = visible(person).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


def may_settle(person: Person, row: Proposal) -> bool:
    """Whether it is open and this person's to decide."""
    return row.state == ProposalState.OPEN and Proposal.objects.filter(for_settling(person), pk=row.pk).exists()


def may_be_heard(person: Person, row: Proposal) -> bool:
    """Whether it is open and concerns this person or a department he leads."""
    return row.state == ProposalState.OPEN and Proposal.objects.filter(concerns(person), pk=row.pk).exists()


def concerned(row: Proposal) -> str:
    """Name of the person or department the proposal is about."""
    return row.person.name if row.person else row.unit.name if row.unit else ""


def touches_wages(row: Proposal) -> bool:
    """Points and amounts may end in somebody's pay: the legal note stands beside them."""
    return row.points is not None or row.amount_fen is not None


def signed_before(row: Proposal) -> adoption.Known | None:
    """Whether the person concerned had signed the regulation before the act; None where it was never to be signed."""
    if row.person_id is None:
        return None
    ids = [int(entry["event"]) for entry in row.evidence if entry.get("event")]
    duties = [int(entry["duty"]) for entry in row.evidence if entry.get("duty")]
    acts = list(Event.objects.filter(pk__in=ids).values_list("occurred_at", flat=True))
    acts += [at for at in Duty.objects.filter(pk__in=duties).values_list("due_at", flat=True) if at]
    return adoption.known_before(row.person_id, row.pack, min(acts, default=row.opened_at))


@dataclass(frozen=True)
class Evidence:
    """One row behind a proposal."""

    kind: str
    text: str
    who: str = ""
    at: datetime | None = None
    state: str = ""
    file: int | None = None
    file_name: str = ""
    known: bool = False
    record: int | None = None
    """The filed form to open, for who may know of its file."""
    due: datetime | None = None


def evidence_of(row: Proposal, person: Person) -> list[Evidence]:
    """The rows in the order the proposal names them; five queries however many there are."""
    ids: dict[str, set[int]] = {"duty": set(), "record": set(), "event": set()}
    for entry in row.evidence:
        for kind, wanted in ids.items():
            if entry.get(kind):
                wanted.add(int(entry[kind]))
    duties = {each.pk: each for each in Duty.objects.filter(pk__in=ids["duty"]).select_related("bearer", "unit")}
    records = {each.pk: each for each in FormRecord.objects.filter(pk__in=ids["record"]).select_related("filed_by")}
    events = {
        each.pk: each for each in Event.objects.filter(pk__in=ids["event"]).select_related("actor", "on_behalf_of")
    }
    ledger.attach_texts(events.values())
    rows: list[Any] = [*duties.values(), *records.values(), *events.values()]
    names = known_names(person, {each.file for each in rows if each.file})
    found = [_evidence(entry, duties, records, events, names) for entry in row.evidence]
    return [each for each in found if each is not None]


def known_names(person: Person, ids: set[int]) -> dict[int, str]:
    """Names of the files that the person may know of."""
    reach = access.reach(person.pk, "list") if ids else None
    return {key: view.name for key, view in files.views(ids).items() if reach is not None and reach.holds(view)}


def _evidence(
    entry: Mapping[str, Any],
    duties: Mapping[int, Duty],
    records: Mapping[int, FormRecord],
    events: Mapping[int, Event],
    names: Mapping[int, str],
) -> Evidence | None:
    if duty := duties.get(entry.get("duty", 0)):
        who = duty.bearer.name if duty.bearer else duty.unit.name if duty.unit else ""
        return Evidence(
            "待办", duty.title, who, duty.done_at, duty.get_state_display(), due=duty.due_at, **_file(duty.file, names)
        )
    if record := records.get(entry.get("record", 0)):
        about = _file(record.file, names)
        opens = record.pk if about["known"] or record.file is None else None
        text = f"《{record.name}》{record.number}"
        return Evidence("表单", text, record.filed_by.name, record.filed_at, record=opens, **about)
    if event := events.get(entry.get("event", 0)):
        about = _file(event.file, names)
        actor = event.on_behalf_of or event.actor
        text = ledger.sentence(event) if about["known"] or event.file is None else ledger.label(event)
        return Evidence("记录", text, actor.name if actor else "系统", event.recorded_at, **about)
    return Evidence("其他", str(entry["title"])) if entry.get("title") else None


def _file(file: int | None, names: Mapping[int, str]) -> dict[str, Any]:
    return {"file": file, "file_name": "" if file is None else names.get(file, UNSEEN), "known": file in names}
