"""What norms may ask of the desk: who is on duty, how a customer came, how many calls and visitors a person had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from kedang.customers.claims import finding
from kedang.customers.claims.facts import day_of
from kedang.engagement.desk.models import NAMED, NEGLECTED, CallLog, DutyTurn, Reception
from kedang.kernel import clock, files
from kedang.kernel.norms.vocabulary import Figure, World, fact, register

Subjects = Sequence[tuple[Any, ...]]
Found = Mapping[tuple[Any, ...], Any]


@fact("on_duty", "当班人", ("unit", "date"), "set[person]")
def load_on_duty(subjects: Subjects, world: World) -> Found:
    """Who receives in a unit on a day."""
    units, days = {s[0] for s in subjects if s[0]}, {s[1] for s in subjects if s[1]}
    held: dict[tuple[int, date], set[int]] = defaultdict(set)
    for unit, day, person in DutyTurn.objects.filter(unit__in=units, day__in=days).values_list(
        "unit_id", "day", "person_id"
    ):
        held[unit, day].add(person)
    return {subject: frozenset(held.get((subject[0], subject[1]), ())) for subject in subjects}


def _newest(subjects: Subjects, column: str) -> Found:
    rows = Reception.objects.filter(customer__in={s[0] for s in subjects}).order_by("occurred_at", "id")
    found = dict(rows.values_list("customer_id", column))
    return {subject: found.get(subject[0]) for subject in subjects}


@fact("customer.received_as", "接待依据", ("customer",), "text", total=False)
def load_received_as(subjects: Subjects, world: World) -> Found:
    """On what ground the customer was received last."""
    return _newest(subjects, "basis")


@fact("customer.asked_for", "客户所找的招商经理", ("customer",), "person", total=False)
def load_asked_for(subjects: Subjects, world: World) -> Found:
    """Whom the customer asked for when he came last."""
    return _newest(subjects, "named_id")


@fact("customer.introduced_by", "介绍人", ("customer",), "customer", total=False)
def load_introduced_by(subjects: Subjects, world: World) -> Found:
    """The customer who brought this one."""
    return _newest(subjects, "introducer_id")


@fact("owners_of", "负责人（一组）", ("customer",), "set[person]")
def load_owners_of(subjects: Subjects, world: World) -> Found:
    """The owner of a customer as a set of one or none, for an assignment to choose from."""
    views = files.views({s[0] for s in subjects if s[0]})
    owners = {subject: views[subject[0]].owner if subject[0] in views else None for subject in subjects}
    return {subject: frozenset([owner] if owner else []) for subject, owner in owners.items()}


@fact("is_received_by", "是接待人", ("person", "customer"), "bool")
def load_is_received_by(subjects: Subjects, world: World) -> Found:
    """Whether a person was the one to receive the customer last."""
    found = _newest([(s[1],) for s in subjects], "by_id")
    return {subject: found.get((subject[1],)) == subject[0] for subject in subjects}


@fact("lookalikes", "疑似同一人的档案", ("text", "text"), "number")
def load_lookalikes(subjects: Subjects, world: World) -> Found:
    """How many files may be the customer of this name and phone."""
    return {s: len(finding.suspects(s[0] or "", s[1] or None)) if s[0] or s[1] else 0 for s in subjects}


def _of_day(rows: Any, day: date | None) -> int:
    start, end = day_of(day or clock.today())
    return int(rows.filter(occurred_at__gte=start, occurred_at__lt=end).count())


def calls(person: int, day: date | None = None, world: Any = None) -> int:
    """来电记录: calls that the desk put through to a person on a day."""
    return _of_day(CallLog.objects.filter(person=person), day)


def receptions(person: int, day: date | None = None, world: Any = None) -> int:
    """接待记录: new visitors of a day that were given to a person."""
    return _of_day(Reception.objects.filter(customer__owner=person).exclude(basis=NAMED), day)


def not_passed_on(person: int, world: Any = None) -> int:
    """无故未转接待: receptions of a person that were found not to have been passed on without a reason."""
    return Reception.objects.filter(by=person, verdict=NEGLECTED).count()


register(Figure("calls", "来电记录", ("person", "date"), calls))
register(Figure("receptions", "来访接待记录", ("person", "date"), receptions))
register(Figure("not_passed_on", "无故未转接待", ("person",), not_passed_on))
