"""Writing a customer down, claiming one, and deciding whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from kedang.customers import history
from kedang.customers.actions.owners import file_lock
from kedang.customers.actions.registering import identity_locks
from kedang.customers.claims import finding
from kedang.customers.claims.models import APPEAL, LATER, SAME_MINUTE, Claim, Conflict, Likeness
from kedang.customers.models import INDIVIDUAL, ORGANISATION, Customer
from kedang.kernel import clock
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.models import Notice
from kedang.kernel.org.models import Person

INTENDED, CASUAL = "意向客户", "非意向"
SOURCES = ["来电", "来访", "自行开发", "中介介绍", "老客户带来"]


def claim_locks(args: Mapping[str, Any]) -> Iterable[str]:
    """Two who write one customer down at the same moment wait for one another."""
    return [*identity_locks(args), *(file_lock(args) if args.get("customer") else [])]


@action(
    "customer.claim",
    "登记客户信息",
    needs="none",
    events=("customer.claimed", "customer.claim_odd", "customer.conflict_opened"),
    locks=claim_locks,
    system=True,
    args=[
        F("customer", "客户", "customer"),
        F("name", "客户姓名", "text", min=2, max=120),
        F("kind", "客户性质", "choice", values=[ORGANISATION, INDIVIDUAL], default=ORGANISATION),
        F("phone", "联系方式", "phone", personal=True, purpose="业务联络", group="contact"),
        F("source", "来源", "choice", values=SOURCES),
        F("intention", "是否意向", "choice", values=[INTENDED, CASUAL]),
        F("need", "意向说明", "text", max=200),
        F("said_at", "自填登记时间", "datetime"),
        F("terms", "分类", "json", shape="object"),
    ],
)
def claim_customer(
    *,
    deed: Deed,
    customer: int | None = None,
    name: str | None = None,
    kind: str | None = ORGANISATION,
    phone: str | None = None,
    source: str | None = None,
    intention: str | None = None,
    need: str | None = None,
    said_at: datetime | None = None,
    terms: Mapping[str, str] | None = None,
) -> int:
    """Write a customer into the register; the id of the claim. The time is the system's, whatever was typed.

    Who has written the customer down before keeps his first time.
    """
    person = _doer(deed)
    row = _file(deed, customer, name, phone=phone, kind=kind or ORGANISATION, source=source or "", terms=terms)
    held = Claim.objects.filter(customer=row, person=person).first()
    if held is not None:
        _complete(held, source, intention, need)
        return held.pk
    _count_standing_owner(row, deed)
    claim = Claim.objects.create(
        customer=row,
        person=person,
        recorded_at=deed.now,
        said_at=said_at,
        source=source or "",
        intended=intention == INTENDED,
        need=need or "",
    )
    event = deed.record(
        "customer.claimed",
        file=row.pk,
        subject=f"claim:{claim.pk}",
        data={"claim": claim.pk, "person": person.pk, "source": source or None},
    )
    Claim.objects.filter(pk=claim.pk).update(event=event.pk)
    _note_odd_time(claim, deed)
    _meet_others(claim, deed)
    return claim.pk


def _doer(deed: Deed) -> Person:
    if deed.person is None:
        raise Invalid("登记须由人办理")
    return deed.person


def _file(deed: Deed, customer: int | None, name: str | None, **attributes: Any) -> Customer:
    if customer is not None:
        return history.locked(customer)
    if not name:
        raise Invalid({"name": "请填写客户姓名"})
    found = finding.same_file(name, attributes["phone"])
    if found is not None:
        return history.locked(found.pk)
    attributes["terms"] = finding.classes(attributes["terms"])
    return finding.open_file(deed, name, **attributes)


def _complete(claim: Claim, source: str | None, intention: str | None, need: str | None) -> None:
    """What is filled in later of one's own line: never its time."""
    claim.source = source or claim.source
    claim.need = need or claim.need
    claim.intended = intention == INTENDED if intention else claim.intended
    claim.save(update_fields=["source", "need", "intended"])


def _count_standing_owner(row: Customer, deed: Deed) -> None:
    """A file that already has an owner is not taken by whoever writes it down first: his time of ownership counts."""
    if row.owner_id is None or row.owner_id == _doer(deed).pk or Claim.objects.filter(customer=row).exists():
        return
    Claim.objects.create(customer=row, person_id=row.owner_id, recorded_at=row.owner_since or deed.now)


def _note_odd_time(claim: Claim, deed: Deed) -> None:
    if claim.odd and claim.said_at is not None:
        said = clock.local(claim.said_at).strftime("%Y-%m-%d %H:%M")
        data = {"claim": claim.pk, "person": claim.person_id, "said": said}
        deed.record("customer.claim_odd", file=claim.customer_id, subject=f"claim:{claim.pk}", data=data)


def _meet_others(claim: Claim, deed: Deed) -> None:
    """A second line on one customer is a conflict, settled by the register's times or, in one minute, by a person."""
    others = list(Claim.objects.filter(customer=claim.customer_id).exclude(pk=claim.pk))
    if not others:
        return
    first = min(each.recorded_at for each in others)
    cause = SAME_MINUTE if _minute(first) == _minute(claim.recorded_at) else LATER
    if not Conflict.objects.filter(customer=claim.customer_id, winner=None).exists():
        open_conflict(deed, claim.customer, cause)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def open_conflict(
    deed: Deed, customer: Customer, cause: str, *, ground: str = "", other: Customer | None = None
) -> Conflict:
    """Open the record in which it will stand whose the customer is."""
    made = Conflict.objects.create(
        customer=customer, other=other, cause=cause, ground=ground, opened_by=_doer(deed), opened_at=deed.now
    )
    deed.record(
        "customer.conflict_opened",
        file=customer.pk,
        subject=f"conflict:{made.pk}",
        data={"conflict": made.pk, "cause": cause},
        values=[ValueDraft("note", new=ground)] if ground else [],
    )
    return made


@action(
    "customer.contest",
    "主张归属",
    needs="list",
    events=("customer.conflict_opened",),
    locks=file_lock,
    args=[
        F("customer", "客户", "customer", required=True),
        F("ground", "理由", "text", required=True, max=400),
    ],
)
def contest_customer(*, deed: Deed, customer: int, ground: str) -> int:
    """Say that a customer is one's own; a person decides. The id of the conflict."""
    row = history.locked(customer)
    person = _doer(deed)
    if row.owner_id == person.pk:
        raise Invalid({"customer": "您已是负责人，不必主张归属"})
    if Conflict.objects.filter(customer=row, winner=None).exists():
        raise Invalid({"customer": "这个客户的归属正在裁定"})
    mine = Claim.objects.filter(person=person, customer__in=likes_of(row.pk)).select_related("customer").first()
    return open_conflict(deed, row, APPEAL, ground=ground, other=mine.customer if mine else None).pk


def likes_of(file: int) -> set[int]:
    """Files noted as being perhaps the same customer, either way round."""
    rows = Likeness.objects.filter(Q(customer=file) | Q(other=file)).values_list("customer", "other")
    return {each for pair in rows for each in pair} - {file}


def _file_of_conflict(args: Mapping[str, Any]) -> int | None:
    return Conflict.objects.filter(pk=args.get("conflict")).values_list("customer_id", flat=True).first()


def _conflict_lock(args: Mapping[str, Any]) -> Iterable[str]:
    return [f"file:{_file_of_conflict(args)}"]


@action(
    "customer.settle_conflict",
    "裁定归属",
    about="",
    needs="list",
    file_of=_file_of_conflict,
    events=("customer.conflict_settled", "customer.assigned"),
    locks=_conflict_lock,
    args=[
        F("conflict", "撞单", "integer", required=True),
        F("to", "认定归属", "person", required=True),
        F("reason", "依据", "text", required=True, max=400),
    ],
)
def settle_conflict(*, deed: Deed, conflict: int, to: int, reason: str) -> int:
    """Decide whose the customer is, with the reason; only one of those who wrote it down, or who holds it, can win."""
    found = Conflict.objects.select_for_update().filter(pk=conflict).first()
    if found is None:
        raise Invalid({"conflict": "没有这件撞单"})
    if found.winner_id is not None:
        raise Invalid({"conflict": "这件撞单已经认定"})
    row = history.locked(found.customer_id)
    winner = history.able_person(to, "to")
    if winner.pk not in sides_of(found):
        raise Invalid({"to": f"{winner.name}没有登记过这个客户，不能认定给他"})
    close(found, winner.pk, deed, basis=reason)
    if row.owner_id != winner.pk:
        former = row.owner_id
        history.give_to(row, winner, deed, reason=f"撞单裁定：{reason}"[:200])
        data = {"to": winner.pk, "to_name": winner.name, "former": former, "reason": "撞单裁定"}
        deed.record("customer.assigned", file=row.pk, data=data)
    deed.record(
        "customer.conflict_settled",
        file=row.pk,
        subject=f"conflict:{found.pk}",
        data={"conflict": found.pk, "to": winner.pk, "to_name": winner.name},
        values=[ValueDraft("note", new=reason)],
    )
    return found.pk


def sides_of(conflict: Conflict) -> set[int]:
    """Whose the customer may be: who wrote it (or what looks like it) down, and who holds it."""
    files = {conflict.customer_id, *([conflict.other_id] if conflict.other_id else [])}
    people = set(Claim.objects.filter(customer__in=files).values_list("person_id", flat=True))
    owner = Customer.objects.filter(pk=conflict.customer_id).values_list("owner_id", flat=True).first()
    return {*people, *([owner] if owner else [])}


def close(conflict: Conflict, winner: int, deed: Deed, *, basis: str) -> None:
    """Write the outcome into the record of the conflict."""
    conflict.winner_id, conflict.settled_at, conflict.basis = winner, deed.now, basis
    conflict.settled_by = deed.by
    conflict.save(update_fields=["winner", "settled_at", "basis", "settled_by"])
    _tell_losers(conflict, winner, deed)


def _tell_losers(conflict: Conflict, winner: int, deed: Deed) -> None:
    """Nobody finds out by chance that a customer he wrote down is another's."""
    names = dict(Person.objects.filter(pk=winner).values_list("pk", "name"))
    text = (
        f"您登记的“{conflict.customer.name}”归属认定为{names.get(winner, '')}（{conflict.basis}）。"
        "不同意的，打开这件撞单主张归属。"
    )
    told = sides_of(conflict) - {winner}
    Notice.objects.bulk_create(
        Notice(person_id=person, text=text, file=conflict.customer_id, at=deed.now) for person in sorted(told)
    )


def found_by_norm(row: Customer, person: int, deed: Deed) -> None:
    """A norm has said whose the customer is: the open record of the conflict, if there is one, is closed with it."""
    for each in Conflict.objects.select_for_update().filter(customer=row, winner=None).exclude(cause=APPEAL):
        close(each, person, deed, basis=f"登记时间在先（第{deed.clause}条）" if deed.clause else "登记时间在先")
