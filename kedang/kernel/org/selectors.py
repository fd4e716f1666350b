"""Who is who, and who was on a given day. Every reader takes `on` (default today) and answers for that day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from kedang.kernel import clock, direct, once
from kedang.kernel.org.models import Appointment, Delegation, Person, Unit
from kedang.kernel.picking import one_of, pick


def current(on: date | None = None, prefix: str = "") -> Q:
    """Appointments in force on a day; `prefix` ('appointments__') for a join."""
    day = on or clock.today()
    open_ended = Q(**{f"{prefix}end": None}) | Q(**{f"{prefix}end__gte": day})
    return Q(**{f"{prefix}start__lte": day}) & open_ended


def able(on: date | None = None, prefix: str = "") -> Q:
    """People who can act: someone suspended (停权) today counts as absent today, not in the past."""
    if on is not None and on < clock.today():
        return Q()
    return Q(**{f"{prefix}is_active": True})


@dataclass(frozen=True, slots=True)
class Held:
    """A post somebody holds in a unit on a day."""

    unit: int
    post: str
    is_head: bool
    unit_name: str
    post_name: str
    appointment: int


def held_by_many(person_ids: Iterable[int], on: date | None = None) -> dict[int, list[Held]]:
    """What each person holds on a day, the primary post first; one query, once a deed or page. Everyone has an entry."""
    day, kept = on or clock.today(), once.memory()
    ids = set(person_ids)
    unknown = [one for one in ids if ("held", one, day) not in kept]
    loaded: dict[int, list[Held]] = {one: [] for one in unknown}
    if unknown:
        for person, unit, post, head, unit_name, post_name, appointment in _running(unknown, day):
            loaded[person].append(Held(unit, post, bool(head), unit_name, post_name, appointment))
        kept.update({("held", person, day): held for person, held in loaded.items()})
    return {one: loaded[one] if one in loaded else kept["held", one, day] for one in ids}


RUNNING = """
    SELECT a.person_id, a.unit_id, p.key, p.is_head, u.name, p.name, a.id
    FROM org_appointment a JOIN org_post p ON p.id = a.post_id JOIN org_unit u ON u.id = a.unit_id
    WHERE a.person_id IN ({}) AND a.start <= %s AND (a."end" IS NULL OR a."end" >= %s)
    ORDER BY a."primary" DESC, a.start, a.id
"""


def _running(person_ids: Sequence[int], day: date) -> list[tuple[int, int, str, bool, str, str, int]]:
    """`current()` as SQL: every deed and page asks this, and composing it costs ten times what it takes to run."""
    on = connection.ops.adapt_datefield_value(day)
    marks = ", ".join(["%s"] * len(person_ids))
    found: list[Any] = direct.fetch(RUNNING.format(marks), [*person_ids, on, on])
    return found


def held_by(person: Person | int, on: date | None = None) -> list[Held]:
    """What a person holds on a day, the primary post first."""
    return held_by_many([_id(person)], on)[_id(person)]


def home_unit(person: Person | int, on: date | None = None) -> int | None:
    """The unit of a person's primary appointment."""
    held = held_by(person, on)
    return held[0].unit if held else None


def appointments_of(person: Person | int, on: date | None = None) -> list[Appointment]:
    """A person's appointments on a day, the primary one first."""
    rows = Appointment.objects.filter(current(on), person_id=_id(person)).select_related("unit", "post")
    return list(rows.order_by("-primary", "start", "id"))


def primary_appointment(person: Person | int, on: date | None = None) -> Appointment | None:
    """The appointment a deed records when nothing says otherwise."""
    return next(iter(appointments_of(person, on)), None)


def units_of(person: Person | int, on: date | None = None) -> set[int]:
    """Ids of the units a person belongs to on a day."""
    return units_of_many([_id(person)], on)[_id(person)]


def units_of_many(person_ids: Iterable[int], on: date | None = None) -> dict[int, set[int]]:
    """Units per person, one query; every asked person has an entry."""
    return {person: {each.unit for each in held} for person, held in held_by_many(person_ids, on).items()}


def posts_of(person: Person | int, on: date | None = None) -> set[str]:
    """Keys of the posts a person holds on a day."""
    return posts_of_many([_id(person)], on)[_id(person)]


def posts_of_many(person_ids: Iterable[int], on: date | None = None) -> dict[int, set[str]]:
    """Post keys per person, one query."""
    return {person: {each.post for each in held} for person, held in held_by_many(person_ids, on).items()}


def unit_subtree(unit_ids: Collection[int]) -> set[int]:
    """The units and everything below them."""
    if not unit_ids:
        return set()
    asked = frozenset(unit_ids)
    return set(once.remember(("subtree", asked), lambda: _subtree(asked)))


def _subtree(unit_ids: frozenset[int]) -> set[int]:
    below = Q()
    for path in Unit.objects.filter(pk__in=unit_ids).values_list("path", flat=True):
        below |= Q(path__startswith=path)
    return set(Unit.objects.filter(below).values_list("pk", flat=True)) if below else set()


def unit_ancestors(unit_id: int) -> list[int]:
    """The unit itself, then its parents up to the root."""
    return ancestors_of_many([unit_id]).get(unit_id, [])


def ancestors_of_many(unit_ids: Iterable[int]) -> dict[int, list[int]]:
    """Each unit that exists, then its parents up to the root; two queries."""
    asked = set(unit_ids)
    paths = dict(Unit.objects.filter(pk__in=asked).values_list("pk", "path")) if asked else {}
    above = {unit: _paths_above(path) for unit, path in paths.items()}
    ids = dict(Unit.objects.filter(path__in={one for each in above.values() for one in each}).values_list("path", "pk"))
    return {unit: [ids[one] for one in each if one in ids] for unit, each in above.items()}


def _paths_above(path: str) -> list[str]:
    """'1.4.7.' → itself, '1.4.', '1.'."""
    parts = path.rstrip(".").split(".")
    return [".".join(parts[:n]) + "." for n in range(len(parts), 0, -1)]


def holders(
    post_key: str,
    *,
    unit_id: int | None = None,
    within_subtree: bool = False,
    units: Collection[int] | None = None,
    on: date | None = None,
) -> list[int]:
    """Ids of who holds a post on a day: anywhere, in one unit, in a unit and below, among some units; by name."""
    among = None if units is None else frozenset(units)
    if unit_id is not None:
        own = frozenset(unit_subtree({unit_id})) if within_subtree else frozenset({unit_id})
        among = own if among is None else own & among
    day = on or clock.today()
    return list(once.remember(("holders", post_key, among, day), lambda: _holders(post_key, among, day)))


HOLDERS = """
    SELECT DISTINCT p.id, p.sort_key
    FROM org_appointment a JOIN org_post o ON o.id = a.post_id JOIN org_person p ON p.id = a.person_id
    WHERE o.key = %s AND a.start <= %s AND (a."end" IS NULL OR a."end" >= %s){}
    ORDER BY p.sort_key, p.id
"""


def _holders(post_key: str, among: frozenset[int] | None, day: date) -> list[int]:
    """`current()` and `able()` as SQL: a tick asks it for every department whose duties have passed."""
    if among is not None and not among:
        return []
    on = connection.ops.adapt_datefield_value(day)
    able_now = " AND p.is_active" if day >= clock.today() else ""
    where, units = one_of(" AND a.unit_id", sorted(among)) if among else ("", [])
    return [person for person, _ in direct.fetch(HOLDERS.format(able_now + where), [post_key, on, on, *units])]


def head_of(unit_id: int, on: date | None = None) -> Person | None:
    """Who leads a unit on a day; None when the post is vacant."""
    return heads_of_many([unit_id], on).get(unit_id)


def heads_of_many(unit_ids: Iterable[int], on: date | None = None) -> dict[int, Person]:
    """Heads per unit, one query; vacant units are absent. Of two heads the primary, then the earlier one leads."""
    rows = (
        Appointment.objects.filter(current(on), able(on, "person__"), unit_id__in=set(unit_ids), post__is_head=True)
        .select_related("person")
        .order_by("-primary", "start", "id")
    )
    heads: dict[int, Person] = {}
    for row in rows:
        heads.setdefault(row.unit_id, row.person)
    return heads


def superior(person: Person | int, *, unit_id: int | None = None, on: date | None = None) -> Person | None:
    """The head of the person's unit, or of the nearest unit above when the post is vacant or is the person's own.

    `unit_id` says which of the units the matter belongs to (default: the primary appointment's).
    """
    me = _id(person)
    unit = home_unit(me, on) if unit_id is None else unit_id
    return next((head for head in heads_above([unit], on)[unit] if head.pk != me), None) if unit is not None else None


def heads_above(unit_ids: Iterable[int], on: date | None = None) -> dict[int, list[Person]]:
    """Who leads each unit and the units above it, the nearest first; three queries, once a deed or page."""
    day, kept = on or clock.today(), once.memory()
    ids = set(unit_ids)
    unknown = {one for one in ids if ("heads above", one, day) not in kept}
    chains = ancestors_of_many(unknown)
    heads = heads_of_many({unit for chain in chains.values() for unit in chain}, on) if chains else {}
    loaded = {one: [heads[unit] for unit in chains.get(one, ()) if unit in heads] for one in unknown}
    kept.update({("heads above", unit, day): found for unit, found in loaded.items()})
    return {one: loaded[one] if one in loaded else kept["heads above", one, day] for one in ids}


def headed_units(person: Person | int, on: date | None = None) -> set[int]:
    """Units the person leads (not those below them)."""
    return {each.unit for each in held_by(person, on) if each.is_head}


def subordinates(person: Person | int, on: date | None = None) -> set[int]:
    """Ids of everyone in the units the person leads and below, without the person."""
    units = unit_subtree(headed_units(person, on))
    if not units:
        return set()
    rows = Appointment.objects.filter(current(on), unit_id__in=units)
    return set(rows.values_list("person_id", flat=True)) - {_id(person)}


def members_of(unit_ids: Collection[int], on: date | None = None) -> QuerySet[Person]:
    """People with an appointment in one of the units on a day."""
    ids = Appointment.objects.filter(current(on), unit_id__in=set(unit_ids)).values("person_id")
    return Person.objects.filter(pk__in=ids)


def delegates_for(person: Person | int, on: date | None = None) -> list[Person]:
    """Who may act for this person on a day."""
    ids = _delegations(on).filter(principal_id=_id(person)).values("delegate_id")
    return list(Person.objects.filter(able(on), pk__in=ids))


def principals_of(person: Person | int, on: date | None = None) -> list[Person]:
    """For whom this person may act on a day."""
    ids = _delegations(on).filter(delegate_id=_id(person)).values("principal_id")
    return list(Person.objects.filter(pk__in=ids))


def principal_ids(person: Person | int) -> list[int]:
    """The same for today, by id; once a deed or page."""
    me, day = _id(person), clock.today()
    where = {"delegate_id": me, "start__lte": day, "end__gte": day, "revoked_at": None}
    return once.remember(
        ("principals", me, day), lambda: [one for (one,) in pick(Delegation, ("principal_id",), **where)]
    )


def delegations_given(person: Person) -> list[Delegation]:
    """Every 代理 that somebody has given, the latest first."""
    return list(Delegation.objects.filter(principal=person).select_related("delegate").order_by("-start", "-id"))


def delegations_held(person: Person) -> list[Delegation]:
    """The 代理 that somebody holds now or will hold, the next to end first."""
    rows = Delegation.objects.filter(delegate=person, end__gte=clock.today(), revoked_at=None)
    return list(rows.select_related("principal").order_by("end", "id"))


def standing_in(people: Iterable[int], on: date | None = None) -> set[int]:
    """Ids of those who may act for one of these people today."""
    return set(_delegations(on).filter(principal__in=list(people)).values_list("delegate_id", flat=True))


def _delegations(on: date | None) -> QuerySet[Delegation]:
    day = on or clock.today()
    return Delegation.objects.filter(start__lte=day, end__gte=day, revoked_at=None)


def root_unit() -> Unit | None:
    """The company itself: the first unit without a parent."""
    return Unit.objects.filter(parent=None).order_by("path").first()


def unit_tree() -> list[Unit]:
    """All units in tree order; `depth` says how far to indent."""
    return list(Unit.objects.order_by("path"))


def names_of(person_ids: Iterable[int | None]) -> dict[int, str]:
    """Names by id, one query."""
    ids = frozenset(person_id for person_id in person_ids if person_id is not None)
    return dict(once.remember(("names", ids), lambda: _names(ids)))


def _names(ids: frozenset[int]) -> dict[int, str]:
    rows = pick(Person, ("id", "name", "sort_key"), id=ids)
    return {pk: name for pk, name, _ in sorted(rows, key=lambda row: (row[2], row[0]))}


def unit_names_of(unit_ids: Iterable[int | None]) -> dict[int, str]:
    """Unit names by id, one query."""
    ids = {unit_id for unit_id in unit_ids if unit_id is not None}
    return dict(Unit.objects.filter(pk__in=ids).values_list("pk", "name"))


def topmost_named(names: Collection[str]) -> list[str]:
    """Which of the names are those of departments that lie below no other so named, in tree order: a department says enough
    for all below it."""
    found: list[tuple[str, str]] = []
    for path, name in Unit.objects.filter(name__in=names).order_by("path").values_list("path", "name"):
        if not found or not path.startswith(found[-1][0]):
            found.append((path, name))
    return [name for _, name in found]


def active_people() -> QuerySet[Person]:
    """Everyone who can sign in and has not left, by name."""
    return Person.objects.filter(is_active=True, left_on=None)


def _id(person: Person | int) -> int:
    return person if isinstance(person, int) else person.pk
