"""What norms may ask of the register: who wrote a customer down, when, and whether somebody has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q

from kedang.customers.claims.models import Claim, Conflict, Likeness
from kedang.kernel import clock
from kedang.kernel.norms.vocabulary import Figure, World, fact, register

Subjects = Sequence[tuple[Any, ...]]
Found = Mapping[tuple[Any, ...], Any]


@fact("customer.claims", "登记", ("customer",), "set[claim]")
def load_claims(subjects: Subjects, world: World) -> Found:
    """The register's lines on a customer."""
    held: dict[int, set[int]] = defaultdict(set)
    for file, pk in Claim.objects.filter(customer__in={s[0] for s in subjects}).values_list("customer_id", "pk"):
        held[file].add(pk)
    return {subject: frozenset(held.get(subject[0], ())) for subject in subjects}


def _of_claims(subjects: Subjects, column: str) -> dict[int, Any]:
    return dict(Claim.objects.filter(pk__in={s[0] for s in subjects}).values_list("pk", column))


@fact("claim.recorded_at", "登记时间（到分钟）", ("claim",), "datetime")
def load_recorded_at(subjects: Subjects, world: World) -> Found:
    """When the line was written, as the register shows it: to the minute."""
    found = _of_claims(subjects, "recorded_at")
    return {subject: _minute(found.get(subject[0])) for subject in subjects}


def _minute(moment: datetime | None) -> datetime | None:
    return clock.local(moment).replace(second=0, microsecond=0) if moment else None


@fact("claim.person", "登记人", ("claim",), "person")
def load_person(subjects: Subjects, world: World) -> Found:
    """Who wrote the line."""
    found = _of_claims(subjects, "person_id")
    return {subject: found.get(subject[0]) for subject in subjects}


@fact("has_claim", "有登记", ("person", "customer"), "bool")
def load_has_claim(subjects: Subjects, world: World) -> Found:
    """Whether a person has written a customer down, or one noted as perhaps the same."""
    files = {s[1] for s in subjects if s[1] is not None}
    same: dict[int, set[int]] = {file: {file} for file in files}
    for one, other in Likeness.objects.filter(Q(customer__in=files) | Q(other__in=files)).values_list(
        "customer_id", "other_id"
    ):
        same.setdefault(one, {one}).add(other)
        same.setdefault(other, {other}).add(one)
    wanted = {each for file in files for each in same[file]}
    held = set(Claim.objects.filter(customer__in=wanted).values_list("person_id", "customer_id"))
    return {pair: any((pair[0], each) in held for each in same.get(pair[1], ())) for pair in subjects}


@fact("customer.in_conflict", "归属待裁定", ("customer",), "bool")
def load_in_conflict(subjects: Subjects, world: World) -> Found:
    """Whether it is still to be decided whose the customer is."""
    rows = Conflict.objects.filter(customer__in={s[0] for s in subjects}, winner=None)
    held = set(rows.values_list("customer_id", flat=True))
    return {subject: subject[0] in held for subject in subjects}


def day_of(moment: date) -> tuple[datetime, datetime]:
    """From when until when a day lasts."""
    start = clock.at_time(moment, time(0))
    return start, start + timedelta(days=1)


def intended(person: int, day: date | None = None, world: Any = None) -> int:
    """意向客户数: customers with an intention that a person wrote down on a day."""
    start, end = day_of(day or clock.today())
    return Claim.objects.filter(person=person, intended=True, recorded_at__gte=start, recorded_at__lt=end).count()


register(Figure("intended", "意向客户数", ("person", "date"), intended))
