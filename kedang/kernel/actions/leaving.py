"""Leaving, in three moments: 停权 at once, 离职 on record at once and never blocked, 交接办结 when all that was held has a receiver.

The list is frozen by a digest with the first signature; whoever changes it voids the signatures. Three sign: giver (the
superior says so where he is not there), each receiver by his count, the superior. Then it is carried out, line by line.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING, Any

from kedang.kernel import clock, holdings
from kedang.kernel.actions import duties
from kedang.kernel.actions.admin import PERSON, administrator, locked_person
from kedang.kernel.actions.deed import Deed
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms import store
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.models import Duty, DutyState, Grant
from kedang.kernel.norms.owners import GENERAL_MANAGER
from kedang.kernel.org import changes
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Delegation, Handover, HandoverLine, Person

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order

NORM = "handover"
LEFT = "person.left"
LEADING = ("handover.assign", "handover.carry_out", "handover.carry_on", "handover.close")


# ---- 离职 -----------------------------------------------------------------------------------------------------------


@administrator(
    "org.leave",
    "办理离职",
    [
        PERSON,
        Field("on", "最后一天", "date"),
        Field("reason", "事由", "text", required=True, max=200),
        Field("supervisor", "监交人", "person"),
    ],
    LEFT,
)
def leave(*, deed: Deed, person: int, reason: str, on: date | None = None, supervisor: int | None = None) -> int:
    """Record that somebody leaves: never blocked. What he holds is listed for its receivers; the handover's id."""
    row = locked_person(person)
    if row.left_on:
        raise Invalid({"person": f"{row.name}已于 {row.left_on.isoformat()} 登记离职。"})
    if deed.by is not None and row.pk == deed.by.pk:
        raise Invalid({"person": "不能给自己办理离职。"})
    day = on or clock.today()
    above = (
        Person.objects.filter(pk=supervisor, is_active=True, left_on=None).first() if supervisor else org.superior(row)
    )
    if supervisor and (above is None or above.pk == row.pk):
        raise Invalid({"supervisor": "监交人须是在职的另一个人。"})
    deed.record(LEFT, subject=f"person:{row.pk}", data={"name": row.name, "on": day, "reason": reason})
    for holding in holdings.kinds().values():
        if holding.left is not None:
            holding.left(row, deed)
    changes.leave(row, day)
    if not row.is_active:
        end_rights(row, deed)
    store.touch()
    made = Handover.objects.create(person=row, supervisor=above, reason=reason, opened_by=deed.by, opened_at=deed.now)
    refresh(made)
    ask(made, above, f"办理{row.name}的离职交接")
    return made.pk


def end_rights(person: Person, deed: Deed) -> None:
    """停权 with the leaving: grants and delegations end at once, they pass to nobody."""
    Grant.objects.filter(person=person, ended_at=None, valid_until__gte=deed.now).update(ended_at=deed.now)
    running = Delegation.objects.filter(revoked_at=None, end__gte=clock.today())
    running.filter(principal=person).update(revoked_at=deed.now)
    running.filter(delegate=person).update(revoked_at=deed.now)


def due_leavers() -> list[Person]:
    """Whose last day has passed and who could still sign in."""
    return list(Person.objects.filter(is_active=True, left_on__lt=clock.today()))


def ask(handover: Handover, person: Person | None, title: str) -> None:
    """A task of its own, under no clause, that leads to the page of the handover."""
    if person is None or asked(handover, person).exists():
        return
    now = clock.now()
    Duty.objects.create(
        norm=f".{NORM}", version=0, title=title[:200], subject=f"handover:{handover.person_id}", bearer=person,
        opened_at=now, counted_from=now,
    )  # fmt: skip


def asked(handover: Handover, person: Person | None = None) -> Any:
    """The open tasks of a handover (a person's)."""
    rows = Duty.objects.filter(norm=f".{NORM}", subject=f"handover:{handover.person_id}", state=DutyState.OPEN)
    return rows.filter(bearer=person) if person else rows


def answered(rows: Any, at: Any) -> None:
    """Close tasks of a handover."""
    for duty in rows:
        duties.close(duty, at, None)
        duty.save(update_fields=duties.CLOSING_FIELDS)


# ---- the list -------------------------------------------------------------------------------------------------------


def refresh(handover: Handover) -> bool:
    """Bring the list up to date with what the person holds now; whether it changed."""
    known = {(line.kind, line.ref): line for line in handover.lines.filter(moved_at=None)}
    now = {(line.kind, line.held.ref): line.held for line in holdings.held_by(handover.person)}
    gone = [line.pk for key, line in known.items() if key not in now]
    new = [key for key in now if key not in known]
    HandoverLine.objects.filter(pk__in=gone).delete()
    for kind, ref in new:
        held = now[kind, ref]
        defaults = {"label": held.label[:300], "file": held.file, "moved_at": None, "receiver": None}
        HandoverLine.objects.update_or_create(handover=handover, kind=kind, ref=ref, defaults=defaults)
    if (gone or new) and handover.digest:
        void(handover)
    return bool(gone or new)


def digest_of(handover: Handover) -> str:
    """What is signed: every line with its receiver."""
    rows = handover.lines.order_by("kind", "ref").values_list("kind", "ref", "receiver")
    return hashlib.sha256("\n".join(f"{kind}:{ref}>{to}" for kind, ref, to in rows).encode()).hexdigest()


def void(handover: Handover) -> None:
    """Signatures and counts given to another list hold no more."""
    handover.digest, handover.giver_signed_at, handover.supervisor_signed_at = "", None, None
    handover.giver_absent = ""
    handover.save(update_fields=["digest", "giver_signed_at", "supervisor_signed_at", "giver_absent"])
    handover.receipts.all().delete()


def without_receiver(handover: Handover) -> list[HandoverLine]:
    """Lines nobody takes yet."""
    return list(handover.lines.filter(receiver=None, moved_at=None))


def still_owed(handover: Handover) -> list[Duty]:
    """What regulations ask because he left (customers to be told): the handover is not finished before."""
    left = Event.objects.filter(kind=LEFT, subject=f"person:{handover.person_id}").order_by("-pk").first()
    if left is None:
        return []
    of_leaving = Event.objects.filter(command=left.command).values("pk")
    return list(Duty.objects.filter(opened_by__in=of_leaving, state=DutyState.OPEN).order_by("due_at", "pk"))


def expected(handover: Handover, receiver: Person) -> int:
    """How many things somebody takes over."""
    return handover.lines.filter(receiver=receiver).count()


def of(person: int) -> Handover:
    """The handover of a leaver, locked; NotFound when there is none."""
    row = Handover.objects.select_for_update(of=("self",)).select_related("person", "supervisor")
    found = row.filter(person=person).first()
    if found is None:
        raise NotFound
    return found


# ---- who may --------------------------------------------------------------------------------------------------------


def leads(person: Person, row: Handover) -> bool:
    """The superior, or the general manager or an administrator where there is none or he does nothing."""
    if row.supervisor_id == person.pk or person.is_admin:
        return True
    return any(held.post == GENERAL_MANAGER for held in org.held_by(person))


def may_see(person: Person, row: Handover) -> bool:
    """Who has to do with it."""
    return leads(person, row) or person.pk == row.person_id or row.lines.filter(receiver=person).exists()


def objections(order: Order) -> list[Finding]:
    """Receivers are named and the handover is carried out by whoever leads it."""
    if order.by is None or order.action.name not in LEADING or not order.args.get("person"):
        return []
    row = Handover.objects.select_related("supervisor").filter(person=order.args["person"]).first()
    if row is None or leads(order.by, row):
        return []
    who = row.supervisor.name if row.supervisor else "总经理或系统管理员"
    text = "离职交接由监交人、总经理或系统管理员办理。"
    return [Finding("", "离职交接", "", text, "refuse", text, f"请{who}办理", tuple(filter(None, [row.supervisor_id])))]
