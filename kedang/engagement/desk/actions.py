"""Receptions and calls. They happen in the world and are only reported; who came before is asked first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kedang.customers import history
from kedang.customers.actions.registering import identity_locks
from kedang.customers.claims import finding
from kedang.customers.models import INDIVIDUAL, ORGANISATION, Customer
from kedang.engagement.desk.models import (
    AWAY,
    BROUGHT,
    BROUGHT_NAMED,
    NAMED,
    NEGLECTED,
    NEW,
    UNNAMED,
    CallLog,
    DutyTurn,
    Reception,
)
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field as F
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.norms.models import Duty
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

YES, NO = "是", "否"


@action(
    "reception.report",
    "接待登记",
    place="outside",
    about="",
    needs="none",
    events=("reception.reported", "customer.registered"),
    locks=lambda args: identity_locks({"name": args.get("visitor")}),
    args=[
        F("contacted", "是否联系过其他招商经理", "choice", required=True, values=[YES, NO]),
        F("named", "招商经理姓名", "text", max=40),
        F("cannot_name", "说不出姓名", "bool"),
        F("visitor", "来访客户", "text", required=True, min=2, max=120),
        F("kind", "客户性质", "choice", values=[ORGANISATION, INDIVIDUAL], default=ORGANISATION),
        F("phone", "联系方式", "phone", personal=True, purpose="业务联络", group="contact"),
        F("introducer", "介绍人（老客户）", "customer"),
        F("designated", "指定原招商经理接待", "bool"),
        F("unit", "接待部门", "unit"),
        F("note", "来意", "text", max=200),
        F("occurred_at", "到访时间", "datetime"),
        F("terms", "分类", "json", shape="object"),
    ],
)
def report_reception(
    *,
    deed: Deed,
    contacted: str,
    visitor: str,
    named: str | None = None,
    cannot_name: bool | None = None,
    kind: str | None = ORGANISATION,
    phone: str | None = None,
    introducer: int | None = None,
    designated: bool | None = None,
    unit: int | None = None,
    note: str | None = None,
    occurred_at: datetime | None = None,
    terms: Mapping[str, str] | None = None,
) -> int:
    """Write down a visitor; the id of the reception. Who can be named keeps his customer; else a new file is opened."""
    moment = occurred_at or deed.now
    if moment > deed.now:
        raise Invalid({"occurred_at": "时间不能晚于现在"})
    if deed.person is None:
        raise Invalid("接待须由人登记")
    basis = _basis(contacted, named, cannot_name, introducer, designated)
    person = _person_named(named or "") if basis == NAMED else None
    home = unit or _unit_on_duty(moment) or history.home_unit(deed.person)
    row: Customer | None
    alike = []
    if basis == NAMED:
        row = finding.same_file(visitor, phone)
    else:
        alike = finding.suspects(visitor, phone)
        row = finding.open_file(
            deed, visitor, alike=alike, kind=kind or ORGANISATION, phone=phone, unit=home,
            source="老客户带来" if introducer else "来访", terms=finding.classes(terms),
        )  # fmt: skip
    made = Reception.objects.create(
        unit_id=home,
        by=deed.person,
        visitor=visitor,
        phone=phone or "",
        basis=basis,
        named=person,
        customer=row,
        introducer_id=introducer,
        note=note or "",
        occurred_at=moment,
        recorded_at=deed.now,
    )
    _record(deed, made, len(alike))
    return made.pk


def _basis(
    contacted: str, named: str | None, cannot_name: bool | None, introducer: int | None, designated: bool | None
) -> str:
    """What the visitor's answers lead to; Invalid where they do not go together."""
    if contacted == NO:
        if named or cannot_name:
            raise Invalid({"contacted": "填了招商经理姓名或“说不出姓名”，这里应选“是”"})
        if designated and not introducer:
            raise Invalid({"introducer": "指定原招商经理的，请选择介绍他来的老客户"})
        return (BROUGHT_NAMED if designated else BROUGHT) if introducer else NEW
    if named and cannot_name:
        raise Invalid({"named": "填了姓名，就不要再选“说不出姓名”"})
    if not named and not cannot_name:
        raise Invalid({"named": "请填写招商经理姓名，说不出的选“说不出姓名”"})
    return NAMED if named else UNNAMED


def _person_named(said: str) -> Person:
    found = list(Person.objects.filter(name=said.strip(), is_active=True, left_on=None)[:2])
    if not found:
        raise Invalid({"named": f"没有叫“{said}”的同事，请核对姓名，说不准的选“说不出姓名”"})
    if len(found) > 1:
        raise Invalid({"named": f"叫“{said}”的同事不止一位，请填登录名"})
    return found[0]


def _unit_on_duty(moment: datetime) -> int | None:
    """The unit that receives: the one with somebody on duty that day, when there is one only."""
    units = set(DutyTurn.objects.filter(day=moment.date()).values_list("unit_id", flat=True)[:2])
    return units.pop() if len(units) == 1 else None


def _record(deed: Deed, made: Reception, alike: int) -> None:
    texts = [ValueDraft("name", new=made.visitor), ValueDraft("phone", new=made.phone)]
    deed.record(
        "reception.reported",
        file=made.customer_id,
        subject=f"reception:{made.pk}",
        occurred_at=made.occurred_at,
        data={
            "reception": made.pk,
            "basis": made.basis,
            "named": made.named_id,
            "introducer": made.introducer_id,
            "unit": made.unit_id,
            "day": made.occurred_at.date(),
            "alike": alike,
        },
        values=[text for text in texts if text.new],
    )


def _file_of_reception(args: Mapping[str, Any]) -> int | None:
    return Reception.objects.filter(pk=args.get("reception")).values_list("customer_id", flat=True).first()


def _locked(reception: int) -> Reception:
    found = Reception.objects.select_for_update().filter(pk=reception).first()
    if found is None:
        raise NotFound
    return found


@action(
    "reception.handover",
    "已联系",
    about="",
    needs="list",
    file_of=_file_of_reception,
    events=("reception.handed_over",),
    locks=lambda args: [f"reception:{args.get('reception')}"],
    args=[F("reception", "接待", "integer", required=True)],
)
def hand_over_visitor(*, deed: Deed, reception: int) -> int:
    """Say that the manager the visitor asked for has been reached."""
    found = _locked(reception)
    if found.basis != NAMED:
        raise Invalid({"reception": "这位来访客户没有要找的招商经理"})
    if found.handed_at is not None:
        raise Invalid({"reception": "已经登记过“已联系”"})
    if deed.person is None or deed.person.pk not in (found.by_id, found.named_id):
        raise Invalid({"reception": "由接待人或所找的招商经理登记“已联系”"})
    found.handed_at = deed.now
    found.save(update_fields=["handed_at"])
    data = {"reception": found.pk, "named": found.named_id}
    deed.record("reception.handed_over", file=found.customer_id, subject=f"reception:{found.pk}", data=data)
    return found.pk


@action(
    "reception.verify",
    "核实未转接待",
    about="",
    needs="list",
    file_of=_file_of_reception,
    events=("reception.verified",),
    locks=lambda args: [f"reception:{args.get('reception')}"],
    args=[
        F("reception", "接待", "integer", required=True),
        F("verdict", "核实结果", "choice", required=True, values=[AWAY, NEGLECTED]),
        F("note", "说明", "text", max=200),
    ],
)
def verify_reception(*, deed: Deed, reception: int, verdict: str, note: str | None = None) -> int:
    """Say why a visitor was not passed on in time; one whose manager was away does not count."""
    found = _locked(reception)
    late = Duty.objects.filter(subject=f"reception:{found.pk}").exclude(breached_at=None).first()
    if found.basis != NAMED or late is None:
        raise Invalid({"reception": "这次接待没有超过时限，不用核实"})
    if found.verdict:
        raise Invalid({"reception": f"已经核实过：{found.verdict}"})
    if deed.person is not None and deed.person.pk == found.by_id:
        raise Invalid({"reception": "接待人不能核实自己的接待"})
    found.verdict, found.verified_by = verdict, deed.person
    found.save(update_fields=["verdict", "verified_by"])
    deed.record(
        "reception.verified",
        file=found.customer_id,
        subject=f"duty:{late.pk}",
        data={"reception": found.pk, "verdict": verdict},
        values=[ValueDraft("note", new=note)] if note else [],
    )
    return found.pk


@action(
    "call.report",
    "登记来电",
    place="outside",
    about="",
    needs="none",
    events=("call.reported",),
    args=[
        F("person", "接听人", "person", required=True),
        F("caller", "来电客户", "text", max=120, personal=True, purpose="业务联络", group="contact"),
        F("phone", "来电号码", "phone", personal=True, purpose="业务联络", group="contact"),
        F("note", "事由", "text", max=200),
        F("occurred_at", "来电时间", "datetime"),
    ],
)
def report_call(
    *,
    deed: Deed,
    person: int,
    caller: str | None = None,
    phone: str | None = None,
    note: str | None = None,
    occurred_at: datetime | None = None,
) -> int:
    """Write down a call that was put through to somebody; his register is held against it in the evening."""
    moment = occurred_at or deed.now
    if moment > deed.now:
        raise Invalid({"occurred_at": "时间不能晚于现在"})
    if deed.person is None:
        raise Invalid("来电须由人登记")
    taker = history.able_person(person, "person")
    row = CallLog.objects.create(
        person=taker, caller=caller or "", phone=phone or "", note=note or "", occurred_at=moment, by=deed.person
    )
    texts = [ValueDraft("name", new=row.caller), ValueDraft("phone", new=row.phone)]
    deed.record(
        "call.reported",
        subject=f"call:{row.pk}",
        occurred_at=moment,
        data={"call": row.pk, "person": taker.pk, "person_name": taker.name},
        values=[text for text in texts if text.new],
    )
    return row.pk


def people_by_unit(unit: int) -> list[Person]:
    """Whom a visitor may ask for: the people of a unit and below it, by name."""
    return list(org.members_of(org.unit_subtree({unit})).order_by("name"))
