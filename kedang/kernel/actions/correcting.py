"""更正: a wrong entry is not taken out of the ledger. Another one names it, undoes what can be undone, and both stay visible.

How an event's own rows are undone the apps say (`undoes`); the kernel undoes what norms made of it: duties that it opened
are void, duties that it closed are open again with their old due time unless a later deed closed them too, absence is
counted anew. What cannot be undone is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kedang.kernel import clock, ledger
from kedang.kernel.actions import clocks, duties
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.ledger.models import Correction, Event
from kedang.kernel.norms.engine import Finding
from kedang.kernel.norms.models import Clock, Duty, DutyState
from kedang.kernel.norms.schema import ConsequenceNorm, DutyNorm
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

if TYPE_CHECKING:
    from kedang.kernel.actions.orders import Order

KIND = "event.corrected"
DEEDS = ("event.correct", "form.correct")
VOIDED = "起因的记录已更正"
CLOSED = (DutyState.DONE, DutyState.LATE, DutyState.LATE_EXCUSED)


@dataclass
class Undone:
    """What a correction undid and what it had to leave, in words."""

    done: list[str]
    left: list[str]


Run = Callable[[Event, Deed], Undone]
_undo: dict[str, Run] = {}


def undoes(*kinds: str) -> Callable[[Run], Run]:
    """Register how the rows that an event of these kinds stands for are undone."""

    def keep(run: Run) -> Run:
        _undo.update(dict.fromkeys(kinds, run))
        return run

    return keep


def correctable(kind: str) -> bool:
    """Whether entries of a kind can be corrected at all."""
    return kind in _undo


def entry_of(pk: int | None) -> Event | None:
    """The entry that a correction is about."""
    return Event.objects.select_related("actor", "on_behalf_of").filter(pk=pk).first() if pk else None


def owner_of(entry: Event) -> int | None:
    """Whose deed an entry is."""
    return entry.on_behalf_of_id or entry.actor_id


def file_of(args: Any) -> int | None:
    """The file that an entry lies in."""
    entry = entry_of(args.get("entry"))
    return entry.file if entry else None


# ---- who may --------------------------------------------------------------------------------------------------------


def objections(order: Order) -> list[Finding]:
    """Whose entry it is, who typed it, and those above him correct; regulations say when one's own needs approval."""
    entry = entry_of(order.args.get("entry")) if order.action.name in DEEDS else None
    if entry is None or order.by is None or may(order.by, entry):
        return []
    who = org.names_of([owner_of(entry)]).get(owner_of(entry) or 0, "系统")
    above = org.superior(owner_of(entry) or 0) if owner_of(entry) else None
    message = f"这条记录由{who}或其上级更正。"
    ask = tuple(one for one in (owner_of(entry), above.pk if above else None) if one)
    return [Finding("", "记录更正", "", "记录由本人或其上级更正。", "refuse", message, "请他们办理", ask)]


def may(person: Person, entry: Event) -> bool:
    """His own, typed by him, or of somebody below him."""
    owner = owner_of(entry)
    if person.pk in (owner, entry.actor_id):
        return True
    return owner is not None and owner in org.subordinates(person)


# ---- the deed -------------------------------------------------------------------------------------------------------


@action(
    "event.correct",
    "更正记录",
    args=[
        Field("entry", "记录", "integer", required=True),
        Field("reason", "更正理由", "long_text", required=True, max=500),
    ],
    about="",
    needs="list",
    events=(KIND,),
    file_of=file_of,
    locks=lambda args: [f"file:{file}"] if (file := file_of(args)) else [],
)
def correct(*, deed: Deed, entry: int, reason: str) -> dict[str, list[str]]:
    """Correct one entry; {undone: [...], left: [...]} in words."""
    row = Event.objects.filter(pk=entry).first()
    if row is None:
        raise NotFound
    if row.kind == KIND:
        raise Invalid({"entry": "更正本身不能再更正；请重新登记正确的情况。"})
    if Correction.objects.filter(event=row).exists():
        raise Invalid({"entry": "这条记录已经更正过。"})
    if row.kind == "form.filed":
        raise Invalid({"entry": "提交的表单逐栏更正：请打开这张表，按“更正”。"})
    if not correctable(row.kind):
        raise Invalid({"entry": f"“{ledger.label(row)}”不能用更正撤销，请用相应的业务办理。"})
    found = _undo[row.kind](row, deed)
    regs = regulations()
    # From here on nothing counts the entry: what it had opened and closed is worked out without it.
    made = Correction.objects.create(event=row, reason=reason, at=deed.now)
    voided = _void_opened(row)
    done = [*found.done, *(f"待办“{duty.title}”作废" for duty in voided)]
    done += [*_open_from_next(row, voided, deed, regs), *_reopen(row, deed, regs)]
    _rewind(row, regs)
    made.by = deed.record(
        KIND,
        file=row.file,
        subject=row.subject,
        data={
            "entry": row.pk,
            "what": ledger.label(row),
            "said": ledger.sentence(row),
            "reason": reason,
            "undone": "；".join(done),
            "left": "；".join(found.left) or None,
        },
    )
    made.save(update_fields=["by"])
    return {"undone": done, "left": found.left}


def _void_opened(row: Event) -> list[Duty]:
    """Duties that exist only because of the entry."""
    rows = list(Duty.objects.select_for_update().filter(opened_by=row.pk).exclude(state=DutyState.VOID))
    for duty in rows:
        duty.state, duty.breach_check_at, duty.next_remind_at = DutyState.VOID, None, None
        duty.closing_note = VOIDED
        duty.save(update_fields=["state", "breach_check_at", "next_remind_at", "closing_note"])
    return rows


def _open_from_next(row: Event, voided: list[Duty], deed: Deed, regs: Regulations) -> list[str]:
    """Where only the first of a kind opens a duty, the next one is the first now, and counts from its own day."""
    from kedang.kernel.actions.reacting import Generation
    from kedang.kernel.rows import insert_all

    norms = {duty.norm for duty in voided}
    later = ledger.counted().filter(kind=row.kind, file=row.file).exclude(pk=row.pk)
    following = later.order_by("occurred_at", "pk").first() if norms and row.file else None
    if following is None:
        return []
    generation = Generation(Deed(by=deed.by, on_behalf_of=deed.on_behalf_of), regs, [following])
    made: list[Duty] = []
    for version in generation.acting(following):
        for norm in version.regulation.opens_on.get(row.kind, ()):
            known = Duty.objects.filter(norm=norm.qid, opened_by=following.pk).exists()
            if norm.qid in norms and not known and isinstance(norm.norm, DutyNorm):
                pairs = generation.holding(version, norm, [following], ("opens.where", "when"), norm.norm.opens)
                made += generation.openings(version, norm, norm.norm, pairs)
    insert_all(made)
    return [f"待办“{duty.title}”改从 {clock.local(following.occurred_at):%Y-%m-%d} 的记录起算" for duty in made]


def _reopen(row: Event, deed: Deed, regs: Regulations) -> list[str]:
    """What the entry had closed is open again with its old due time, or closed by the deed that would have closed it."""
    said = []
    for duty in Duty.objects.select_for_update().filter(done_by=row.pk, state__in=CLOSED).order_by("pk"):
        late = duty.state == DutyState.LATE
        # The mark of a closed duty says that it was late; the tick sets it again, and reacts, when that is still so.
        marked = late and ledger.counted().filter(kind="norm.breached", subject=f"duty:{duty.pk}").exists()
        duty.state, duty.done_at, duty.done_by, duty.asked_request = DutyState.OPEN, None, None, None
        duty.breached_at = duty.due_at if marked else None
        duty.breach_check_at = None if marked else duty.grace_until or duty.due_at
        if other := _next_doer(row, duty, deed, regs):
            duties.close(duty, clock.local(other.occurred_at), other.pk)
            said.append(f"待办“{duty.title}”改由 {clock.local(other.occurred_at):%Y-%m-%d} 的记录办结")
        else:
            said.append(f"待办“{duty.title}”重新打开，期限不变")
        duty.save(update_fields=[*duties.CLOSING_FIELDS])
    return said


def _next_doer(row: Event, duty: Duty, deed: Deed, regs: Regulations) -> Event | None:
    """The first other deed since the duty counts that it would accept."""
    from kedang.kernel.actions import closing
    from kedang.kernel.actions.reacting import Generation

    found = regs.norm(duty.norm, duty.version)
    if found is None:
        return None
    same = ledger.counted().filter(kind=row.kind, occurred_at__gte=duty.counted_from).exclude(pk=row.pk)
    others = list(same.filter(file=row.file, pk__gt=duty.opened_by or 0).order_by("occurred_at", "pk")[:200])
    taken = set(
        Duty.objects.filter(norm=duty.norm, done_by__in=[e.pk for e in others]).values_list("done_by", flat=True)
    )
    generation = Generation(Deed(by=deed.by, on_behalf_of=deed.on_behalf_of), regs, others)
    return next((e for e in others if e.pk not in taken and closing.does(generation, *found, duty, e)), None)


def _rewind(row: Event, regs: Regulations) -> None:
    """Absence that the entry had interrupted is counted from the deed before it."""
    if row.file is None:
        return
    anchored = Clock.objects.filter(file=row.file, anchor=row.occurred_at, fired_at=None)
    for mark in anchored:
        found = regs.norm(mark.norm, mark.version)
        rule = found[1].norm if found else None
        if found is None or not isinstance(rule, ConsequenceNorm) or rule.absent is None:
            continue
        kinds = [rule.absent.event] if isinstance(rule.absent.event, str) else rule.absent.event
        if row.kind in kinds:
            mark.delete()
            clocks.wind_one(found[0], found[1], row.file)


# ---- what pages and norms ask ---------------------------------------------------------------------------------------


def days_since(entry: int | None) -> int:
    """Whole days since an entry was recorded."""
    row = entry_of(entry)
    return (clock.now() - row.recorded_at) // timedelta(days=1) if row else 0
