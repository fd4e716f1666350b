"""交接: receivers named, the list signed by three and counted, every line passed on, the account closed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from kedang.kernel import clock, holdings
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.leaving import (
    answered,
    ask,
    asked,
    digest_of,
    end_rights,
    expected,
    leads,
    of,
    refresh,
    still_owed,
    void,
    without_receiver,
)
from kedang.kernel.actions.performing import perform
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, KedangError, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.jobs import Run, enqueue, job
from kedang.kernel.org import changes, links
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Handover, HandoverLine, HandoverReceipt, Person

ABOUT = Field("person", "移交人", "person", required=True)
PART = 100
"""Lines passed on in one transaction."""


def _open(person: int) -> Handover:
    row = of(person)
    if row.closed_at is not None:
        raise Invalid("这次交接已经办结。")
    return row


def _told(deed: Deed, row: Handover, what: str) -> None:
    data = {"name": row.person.name, "what": what, "digest": row.digest or None}
    deed.record("handover.changed", subject=f"person:{row.person_id}", data=data)


@action(
    "handover.assign",
    "指定接收人",
    args=[
        ABOUT,
        Field("receiver", "接收人", "person", required=True),
        Field("lines", "哪些", "json"),
        Field("kind", "种类", "text", max=40),
    ],
    about="",
    needs="none",
    events=("handover.changed",),
    locks=lambda args: [f"handover:{args.get('person')}"],
)
def assign(*, deed: Deed, person: int, receiver: int, lines: Any = None, kind: str | None = None) -> int:
    """Name who takes the given lines (a kind, or all that have nobody yet); signatures given before are void."""
    row = _open(person)
    refresh(row)
    heir = Person.objects.filter(pk=receiver).first()
    if heir is None or not heir.is_active or heir.left_on or not org.held_by(heir):
        raise Invalid({"receiver": "接收人须在职，并有岗位。"})
    wanted = row.lines.filter(moved_at=None)
    if lines:
        wanted = wanted.filter(pk__in=_ids(lines))
    else:
        wanted = wanted.filter(kind=kind) if kind else wanted.filter(receiver=None)
    count = wanted.exclude(receiver=heir).update(receiver=heir, problem="")
    if not count:
        raise Invalid({"lines": "没有要改的：所选各项已由他接收，或清单里没有未定接收人的项。"})
    if row.digest:
        void(row)
    _told(deed, row, f"{count} 项由{heir.name}接收")
    return count


def _ids(lines: Iterable[Any]) -> list[int]:
    try:
        return [int(one) for one in lines]
    except (TypeError, ValueError):
        raise Invalid({"lines": "请勾选清单里的项。"}) from None


@action(
    "handover.sign",
    "交接签字",
    args=[ABOUT, Field("absent", "移交人不在场的说明", "text", max=200)],
    about="",
    needs="none",
    events=("handover.changed",),
    locks=lambda args: [f"handover:{args.get('person')}"],
)
def sign(*, deed: Deed, person: int, absent: str | None = None) -> str:
    """The giver signs the list, or his superior does: for himself, and for a giver who is not there, saying so."""
    row = _open(person)
    by = deed.by
    if by is None or not (by.pk == row.person_id or leads(by, row)):
        raise NotFound
    if refresh(row):
        raise Invalid("清单有变动，原来的签字作废；请看过新的清单再签。")
    if missing := without_receiver(row):
        raise Invalid({"receiver": f"还有 {len(missing)} 项没有接收人：{_few(missing)}。"})
    row.digest = digest_of(row)
    if by.pk == row.person_id:
        if row.giver_signed_at:
            raise Invalid("您已经签过这份清单。")
        row.giver_signed_at, said = deed.now, "移交人签字"
    elif not row.giver_signed_at and not absent:
        raise Invalid({"absent": "移交人还没有签字；他不在场的，请写明情况，由监交人代为确认清单。"})
    else:
        if row.supervisor_signed_at:
            raise Invalid("监交人已经签过这份清单。")
        row.giver_absent = "" if row.giver_signed_at else (absent or "")
        row.supervisor_signed_at = deed.now
        said = "监交人签字" + (f"（移交人不在场：{absent}）" if row.giver_absent else "")
    row.save()
    for heir in Person.objects.filter(pk__in=row.lines.values("receiver")):
        ask(row, heir, f"清点接收{row.person.name}移交的 {expected(row, heir)} 项")
    _told(deed, row, said)
    return said


def _few(lines: list[HandoverLine]) -> str:
    return "、".join(line.label for line in lines[:5]) + ("等" if len(lines) > 5 else "")


@action(
    "handover.confirm",
    "清点接收",
    args=[
        ABOUT,
        Field("counted", "实点件数", "integer", required=True, min=0),
        Field("note", "差异说明", "text", max=200),
    ],
    about="",
    needs="none",
    events=("handover.changed",),
    locks=lambda args: [f"handover:{args.get('person')}"],
)
def confirm(*, deed: Deed, person: int, counted: int, note: str | None = None) -> bool:
    """A receiver counts what he takes; True when it agrees. A difference is recorded and stands in the way until it does."""
    row = _open(person)
    if deed.by is None or not row.lines.filter(receiver=deed.by).exists():
        raise NotFound
    if not row.digest:
        raise Invalid("清单还没有签字，签字后再清点。")
    due = expected(row, deed.by)
    if counted != due and not note:
        raise Invalid({"note": f"清单上由您接收 {due} 项，实点 {counted} 项；请写明差异。"})
    defaults = {"expected": due, "counted": counted, "note": note or "", "at": deed.now}
    HandoverReceipt.objects.update_or_create(handover=row, receiver=deed.by, defaults=defaults)
    if counted == due:
        answered(asked(row, deed.by).exclude(title__startswith="办理"), deed.now)
    _told(deed, row, f"{deed.by.name}清点 {counted} 项" + (f"，应接 {due} 项：{note}" if counted != due else "，相符"))
    return counted == due


def unsigned(row: Handover) -> list[str]:
    """Whose signature or count is missing, in words."""
    missing = [] if row.giver_signed_at or row.giver_absent else ["移交人签字"]
    agreed = {one.receiver_id for one in row.receipts.all() if one.counted == one.expected}
    heirs = Person.objects.filter(pk__in=row.lines.values("receiver")).exclude(pk__in=agreed)
    missing += [f"{heir.name}清点相符" for heir in heirs]
    return missing if row.supervisor_signed_at else [*missing, "监交人签字"]


@action(
    "handover.carry_out",
    "执行交接",
    args=[ABOUT],
    about="",
    needs="none",
    events=("handover.changed", "handover.closed"),
    locks=lambda args: [f"handover:{args.get('person')}"],
)
def carry_out(*, deed: Deed, person: int) -> dict[str, int]:
    """Pass every line on to its receiver; what cannot be stays with its reason. Closes the account when nothing is left.
    A long list is begun here and finished in the background, part by part: {moved, left, waiting}."""
    row = _open(person)
    if not _begun(row) and refresh(row):
        raise Invalid("清单有变动，原来的签字作废；请看过新的清单再签。")
    if row.lines.exists() and (missing := unsigned(row)):
        raise Invalid(f"还缺：{'、'.join(missing)}。")
    row.lines.filter(moved_at=None).update(problem="")
    done = _pass_part(deed, row)
    if done["waiting"]:
        enqueue("handover.carry_out", by=deed.by, title=f"执行{row.person.name}的离职交接", params={"person": person})
    return done


@action(
    "handover.carry_on",
    "继续执行交接",
    args=[ABOUT],
    about="",
    needs="none",
    events=("handover.changed", "handover.closed"),
    locks=lambda args: [f"handover:{args.get('person')}"],
)
def carry_on(*, deed: Deed, person: int) -> dict[str, int]:
    """The next part of a handover that is being carried out."""
    row = _open(person)
    if not _begun(row):
        raise Invalid("交接还没有开始执行。")
    return _pass_part(deed, row)


@job("handover.carry_out", "执行交接")
def finish_carrying(run: Run, *, person: int) -> dict[str, int]:
    """The rest of a long list. What has moved is marked on its line, so a killed run goes on where it was."""
    moved, done = 0, {"waiting": 1}
    while done["waiting"]:
        done = perform("handover.carry_on", by=run.by, person=person).value
        moved += done["moved"]
        run.progress(moved, total=moved + done["waiting"])
    return {"moved": moved, "left": done["left"]}


def _begun(row: Handover) -> bool:
    """Whether lines of the list that was signed have moved: what moves along with them is no change of the list."""
    signed = row.supervisor_signed_at
    return signed is not None and row.lines.filter(moved_at__gte=signed).exists()


def _pass_part(deed: Deed, row: Handover) -> dict[str, int]:
    """Pass on the next lines that have not been tried."""
    untried = row.lines.filter(moved_at=None, problem="").select_related("receiver").order_by("pk")
    moved = sum(_passed(deed, row, line) for line in untried[:PART])
    left = row.lines.filter(moved_at=None).exclude(problem="").count()
    waiting = untried.count()
    _told(deed, row, f"移交 {moved} 项" + (f"，{left} 项没有办成" if left else ""))
    gone = row.person.left_on and row.person.left_on <= clock.today()
    if not left and not waiting and gone and not still_owed(row):
        _finish(deed, row)
    return {"moved": moved, "left": left, "waiting": waiting}


def _passed(deed: Deed, row: Handover, line: HandoverLine) -> bool:
    try:
        with transaction.atomic():
            assert line.receiver is not None
            reason = f"离职交接：{row.person.name}"
            holdings.one_kind(line.kind).pass_on(line.ref, row.person, line.receiver, deed, reason)
        line.moved_at, line.problem = deed.now, ""
    except KedangError as error:
        line.problem = str(error)[:300] or "没有办成"
    line.save(update_fields=["moved_at", "problem"])
    return line.moved_at is not None


@action(
    "handover.close",
    "交接办结",
    args=[ABOUT],
    about="",
    needs="none",
    events=("handover.closed",),
    locks=lambda args: [f"handover:{args.get('person')}"],
)
def close(*, deed: Deed, person: int) -> int:
    """Close the account: refused with the list while anything has no receiver or is still to be done."""
    row = _open(person)
    refresh(row)
    if missing := without_receiver(row):
        raise Invalid({"receiver": f"还有 {len(missing)} 项没有接收人：{_few(missing)}。"})
    if waiting := row.lines.filter(moved_at=None).count():
        raise Invalid({"lines": f"还有 {waiting} 项没有移交，请先签字、清点并执行交接。"})
    if owed := still_owed(row):
        raise Invalid(
            {"duties": f"还有 {len(owed)} 件制度要求的事没有办：{'、'.join(one.title for one in owed[:5])}。"}
        )
    if row.person.left_on is None or row.person.left_on > clock.today():
        raise Invalid("还没有到离职的最后一天。")
    _finish(deed, row)
    return row.pk


def _finish(deed: Deed, row: Handover) -> None:
    """交接办结: the account is closed for good; history still names its owner."""
    row.closed_at = deed.now
    row.save(update_fields=["closed_at"])
    changes.suspend(row.person)
    links.take_away(row.person)
    end_rights(row.person, deed)
    answered(asked(row), deed.now)
    data = {"name": row.person.name, "count": row.lines.count()}
    deed.record("handover.closed", subject=f"person:{row.person_id}", data=data)
