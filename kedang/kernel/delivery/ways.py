"""By which ways a person can be reached, and when not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.conf import settings

from kedang.kernel import clock
from kedang.kernel.delivery.models import Channel, Preference, Robot
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person


def mail_ready() -> bool:
    """Whether the installation has a mail server."""
    return bool(settings.EMAIL_HOST)


def preferences(people: Iterable[int]) -> dict[int, Preference]:
    """Of each person, what he has set or what holds without it."""
    wanted = list(dict.fromkeys(people))
    found = {row.person_id: row for row in Preference.objects.filter(person__in=wanted)}
    return {each: found.get(each) or Preference(person_id=each) for each in wanted}


def robots_of(people: Iterable[int]) -> dict[int, Robot]:
    """The robot of each person's department, else of the nearest department above, else the company's."""
    running = list(Robot.objects.filter(ended_at=None).order_by("id"))
    if not running:
        return {}
    by_unit: dict[int | None, Robot] = {}
    for robot in running:
        by_unit.setdefault(robot.unit_id, robot)
    found = {}
    for person in dict.fromkeys(people):
        home = org.primary_appointment(person)
        chain: list[int | None] = [*org.unit_ancestors(home.unit_id), None] if home else [None]
        nearest = next((by_unit[unit] for unit in chain if unit in by_unit), None)
        if nearest is not None:
            found[person] = nearest
    return found


def channels(person: Person, wish: Preference, robot: Robot | None) -> list[Channel]:
    """Those that are set up and that the person has not turned off."""
    ways = [Channel.MAIL] if wish.mail and person.email and mail_ready() else []
    return [*ways, Channel.ROBOT] if wish.robot and robot is not None else ways


def quiet_until(wish: Preference, at: datetime) -> datetime:
    """The first instant from `at` on at which the person may be disturbed."""
    start, end = wish.quiet_from, wish.quiet_until
    if start is None or end is None or start == end:
        return at
    here = clock.local(at)
    inside = start <= here.time() < end if start < end else here.time() >= start or here.time() < end
    if not inside:
        return at
    day = here.date() + timedelta(days=1 if here.time() >= end else 0)
    return clock.at_time(day, _minute(end))


def _minute(at: time) -> time:
    return at.replace(second=0, microsecond=0)
