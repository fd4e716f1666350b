"""From notices to sendings: one a channel that its receiver has, after his quiet hours; and the digest of each morning."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta

from django.db import IntegrityError, transaction

from kedang.kernel import clock, inbox
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.delivery import ways
from kedang.kernel.delivery.models import Channel, Delivery, Robot
from kedang.kernel.models import Notice, Pulse
from kedang.kernel.norms.models import Duty, DutyState
from kedang.kernel.norms.store import Regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.workdays import calendar

DIGEST_AT, DIGEST_END = time(8, 30), time(18, 0)
AT_ONCE = 200
PULSE = "digest"
STALE = timedelta(days=2)
"""A notice that waited longer for a worker is not sent any more: it stands in 我的待办."""


def plan() -> int:
    """Plan the notices that nobody has planned yet; how many."""
    planned = 0
    while Notice.objects.filter(planned_at=None).exists():  # an idle round takes no write lock
        with transaction.atomic():
            rows = list(
                Notice.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(planned_at=None).select_related("person").order_by("id")[:AT_ONCE]
            )  # fmt: skip
            if not rows:
                return planned
            _plan(rows)
            planned += len(rows)
    return planned


def _plan(rows: list[Notice]) -> None:
    now = clock.now()
    wishes = ways.preferences(row.person_id for row in rows)
    robots = ways.robots_of(row.person_id for row in rows)
    wanted = [row for row in rows if now - row.at < STALE and row.person.is_active and _unread(row)]
    Delivery.objects.bulk_create(
        (
            Delivery(
                person_id=row.person_id, channel=channel, robot=robots.get(row.person_id) if channel == Channel.ROBOT else None,
                notice=row, urgent=row.urgent, made_at=now,
                due_at=now if row.urgent else ways.quiet_until(wishes[row.person_id], now),
            )
            for row in wanted
            for channel in ways.channels(row.person, wishes[row.person_id], robots.get(row.person_id))
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(planned_at=now)


def _unread(row: Notice) -> bool:
    """A ballot counts as read from the start: it stands in the inbox by itself."""
    return row.read_at is None or row.kind == "ballot"


# ---- the digest --------------------------------------------------------------------------------------------------


def plan_digests(regs: Regulations, ending: Callable[[], bool] = lambda: False) -> int:
    """Between half past eight and the evening of a working day: a digest for everybody for whom something waits; how many.

    A server that was down in the morning sends it when it is up again; none is sent for days that have passed.
    """
    here = clock.local(clock.now())
    if not DIGEST_AT <= here.time() < DIGEST_END or not calendar.load().is_workday(here.date()):
        return 0
    if Pulse.objects.filter(name=PULSE, through=here.date()).exists():
        return 0
    made = 0
    people = list(Person.objects.filter(is_active=True).order_by("id"))
    wishes = ways.preferences(person.pk for person in people)
    robots = ways.robots_of(person.pk for person in people)
    for person in people:
        if ending():
            return made  # the rest follows: whoever has his has it by name and day
        wish, robot = wishes[person.pk], robots.get(person.pk)
        by = ways.channels(person, wish, robot) if wish.digest else []
        if by and anything_for(person, regs):
            made += _digest(person, by[0], robot, here.date())
    Pulse.objects.update_or_create(name=PULSE, defaults={"at": clock.now(), "through": here.date()})
    return made


def _digest(person: Person, channel: Channel, robot: Robot | None, day: date) -> int:
    now = clock.now()
    due = ways.quiet_until(ways.preferences([person.pk])[person.pk], now)
    try:
        with transaction.atomic():
            Delivery.objects.create(
                person=person, channel=channel, robot=robot if channel == Channel.ROBOT else None,
                day=day, due_at=due, made_at=now,
            )  # fmt: skip
    except IntegrityError:
        return 0
    return 1


def anything_for(person: Person, regs: Regulations) -> bool:
    """Whether there is anything to tell this morning."""
    week = clock.now() + timedelta(days=7)
    return (
        inbox.duties_for(person, regs).filter(due_at__lt=week).exists()
        or approvals.pending_count(person) > 0
        or inbox.proposals_for(person, regs).exists()
        or late_below(person) > 0
    )


def late_below(person: Person) -> int:
    """How many duties of one's people are overdue; 0 for who leads nobody."""
    below = org.subordinates(person)
    if not below:
        return 0
    return Duty.objects.filter(state=DutyState.OPEN, bearer__in=below, due_at__lt=clock.now()).count()
