"""A person's own duties as a calendar that other programs fetch under a secret address.

Whoever holds the address reads it without signing in, and calendars are shared and cached by strangers' servers: entries say
what the regulation calls the duty, its clause and its time, and lead to the sign-in. No customer, no title, nobody's name.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from kedang.kernel import clock, inbox
from kedang.kernel.actions import telling
from kedang.kernel.delivery.models import Feed
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.org import links
from kedang.kernel.org.models import Person

if TYPE_CHECKING:
    from icalendar import Event

MOST = 500
USED_EVERY = timedelta(hours=1)


def feed_of(secret: str) -> Feed | None:
    """The feed of a secret, while its person may sign in."""
    row = Feed.objects.select_related("person").filter(digest=links.digest_of(secret)).first()
    if row is None or not row.person.is_active:
        return None
    if row.used_at is None or clock.now() - row.used_at > USED_EVERY:
        Feed.objects.filter(pk=row.pk).update(used_at=clock.now())
    return row


def calendar_of(person: Person) -> bytes:
    """The calendar; the same bytes as long as the duties are the same."""
    from icalendar import Calendar  # many modules, which only this needs

    regs = regulations()
    made = Calendar()
    for key, value in (("prodid", "-//Kedang//Duties//ZH"), ("version", "2.0"), ("method", "PUBLISH")):
        made.add(key, value)
    for key, value in (("x-wr-calname", "客档待办"), ("x-published-ttl", "PT1H")):
        made.add(key, value)
    for duty in inbox.duties_for(person, regs).exclude(due_at=None)[:MOST]:
        made.add_component(_entry(duty, regs))
    return bytes(made.to_ical())


def _entry(duty: Duty, regs: Regulations) -> Event:
    from icalendar import Alarm, Event

    assert duty.due_at is not None
    due = clock.local(duty.due_at)
    version = regs.version(duty.pack, duty.version)
    entry = Event()
    entry.add("uid", f"duty-{duty.pk}@kedang")
    entry.add("dtstamp", duty.opened_at)
    entry.add("summary", _name(duty, regs))
    if version is not None:
        entry.add("description", f"《{version.title}》第 {duty.clause} 条")
    entry.add("url", f"{settings.SITE_URL}/to/duty/{duty.pk}/")
    if (due.hour, due.minute) == (23, 59):
        entry.add("dtstart", due.date())
        entry.add("dtend", due.date() + timedelta(days=1))
    else:
        entry.add("dtstart", duty.due_at - timedelta(minutes=30))
        entry.add("dtend", duty.due_at)
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _name(duty, regs))
        alarm.add("trigger", timedelta(minutes=-30))
        entry.add_component(alarm)
    entry.add("transp", "TRANSPARENT")
    return entry


def _name(duty: Duty, regs: Regulations) -> str:
    """What the regulation calls it; a duty that no norm of the regulation opened has only its title, which is not told."""
    return telling.norm_name(duty.norm) if regs.norm(duty.norm, duty.version) is not None else "客档待办"
