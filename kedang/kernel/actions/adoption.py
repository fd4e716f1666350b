"""制度告知: whoever a regulation binds signs that he has read it. Each new version is signed anew; newcomers on appointment.

The duty is the product's own, under no clause: no regulation could ask it before it is in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kedang.kernel import clock
from kedang.kernel.actions import duties
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.fields import Field
from kedang.kernel.models import Notice
from kedang.kernel.norms.models import Acknowledgement, Duty, DutyState, PackState, PackVersion
from kedang.kernel.norms.people import role_held
from kedang.kernel.norms.store import Version, regulations
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Appointment, Person
from kedang.kernel.workdays import calendar, deadlines
from kedang.kernel.workdays.durations import Duration

NORM = "adoption"
SIGN_WITHIN = Duration.parse("5 working_days")
REMIND_BEFORE = 1
"""Working days before the last one; after it every working day."""


def norm_of(pack: str) -> str:
    """Under which name the duty to sign a regulation stands."""
    return f"{pack}.{NORM}"


def is_notice(duty: Duty) -> bool:
    """Whether a duty is one to sign a regulation."""
    return duty.norm == norm_of(duty.pack)


# ---- who is asked ---------------------------------------------------------------------------------------------------


def bound_by(version: Version) -> set[int]:
    """Everybody whom a version binds today: who works in its departments, and who holds a role in it."""
    held: dict[int, list[tuple[str, int]]] = {}
    rows = Appointment.objects.filter(org.current(), person__is_active=True, person__left_on=None)
    for person, post, unit in rows.values_list("person", "post__key", "unit"):
        held.setdefault(person, []).append((post, unit))
    roles = version.regulation.pack.roles.values()
    return {
        person
        for person, posts in held.items()
        if version.units is None
        or any(unit in version.units for _, unit in posts)
        or any(role.post and role_held(role, posts, version) for role in roles)
    }


def to_be_signed() -> list[Version]:
    """Versions in force today that have to be signed."""
    wanted = set(PackVersion.objects.filter(notify=True, state=PackState.EFFECTIVE).values_list("pk", flat=True))
    return [version for version in regulations().in_force() if version.row in wanted] if wanted else []


def ask_all() -> int:
    """Ask everybody who is bound and was not asked; end what nobody needs to sign any more. How many were asked."""
    asked = 0
    running = to_be_signed()
    for version in running:
        asked += _ask(version)
    return asked


def _ask(version: Version) -> int:
    bound = bound_by(version)
    of_version = Acknowledgement.objects.filter(pack=version.pack, version=version.number)
    known = {row.person_id: row for row in of_version}
    _end([row for row in known.values() if row.person_id not in bound and not (row.signed_at or row.ended_at)])
    older = Acknowledgement.objects.filter(pack=version.pack, signed_at=None, ended_at=None)
    _end(list(older.exclude(version=version.number)))
    new = sorted(bound - {person for person, row in known.items() if row.signed_at or not row.ended_at})
    if new:
        _ask_these(version, new)
    return len(new)


def _ask_these(version: Version, people: Iterable[int]) -> None:
    """A row, a duty and a notice each; who had been let off before is asked again in his old row."""
    now = clock.now()
    due = deadlines.due_at(now, SIGN_WITHIN, calendar.load())
    title = f"阅读并签收《{version.title}》第 {version.number} 版"
    for person in people:
        duty = Duty.objects.create(
            pack=version.pack,
            version=version.number,
            norm=norm_of(version.pack),
            title=title[:200],
            subject=f"person:{person}",
            bearer_id=person,
            opened_at=now,
            counted_from=now,
            due_at=due,
            breach_check_at=due,
            next_remind_at=_reminder(due),
        )
        Acknowledgement.objects.update_or_create(
            pack=version.pack,
            version=version.number,
            person_id=person,
            defaults={"asked_at": now, "due_at": due, "duty": duty.pk, "ended_at": None},
        )
        _tell(duty, f"请阅读并签收《{version.title}》第 {version.number} 版，期限 {clock.local(due):%Y-%m-%d}")


def _reminder(due: datetime) -> datetime:
    """Nine o'clock of the last working day but one, or of the next one when that has passed."""
    cal, today = calendar.load(), clock.today()
    day = cal.add_workdays(clock.local(due).date(), -REMIND_BEFORE)
    return clock.at_time(day if day > today else cal.add_workdays(today, 1), duties.REMIND_HOUR)


def remind(duty: Duty) -> None:
    """The reminder that is due; the next one follows on the next working day."""
    due = f"，期限 {clock.local(duty.due_at):%Y-%m-%d}" if duty.due_at else ""
    _tell(duty, f"请办理：{duty.title}{due}", kind="reminder")
    duty.next_remind_at = clock.at_time(calendar.load().add_workdays(clock.today(), 1), duties.REMIND_HOUR)
    duty.save(update_fields=["next_remind_at"])


def _tell(duty: Duty, text: str, kind: str = "notice") -> None:
    assert duty.bearer_id is not None
    Notice.objects.create(
        person_id=duty.bearer_id, kind=kind, text=text, duty=duty.pk, pack=duty.pack, norm=duty.norm, at=clock.now()
    )


def _end(rows: list[Acknowledgement]) -> None:
    """A newer version is in force, or the person is bound no more: nothing is owed, and that is no breach."""
    if not rows:
        return
    now = clock.now()
    Acknowledgement.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=now)
    Duty.objects.filter(pk__in=[row.duty for row in rows if row.duty], state=DutyState.OPEN).update(
        state=DutyState.VOID, breach_check_at=None, next_remind_at=None
    )


# ---- signing --------------------------------------------------------------------------------------------------------

PACK = Field("pack", "制度", "text", required=True)


@action(
    "pack.acknowledge",
    "签收制度",
    args=[PACK, Field("version", "版本", "integer", required=True)],
    about="",
    needs="none",
    events=("pack.acknowledged",),
    public=False,
)
def acknowledge(*, deed: Deed, pack: str, version: int) -> int:
    """Sign that one has read a version. Nobody signs for another."""
    if deed.by is None or deed.on_behalf_of is not None:
        raise Invalid("签收须由本人办理，不能代办。")
    row = (
        Acknowledgement.objects.select_for_update().filter(pack=pack, version=version, person=deed.by, ended_at=None)
    ).first()
    stored = PackVersion.objects.filter(pack=pack, version=version).first()
    if row is None or stored is None:
        raise NotFound
    if row.signed_at is not None:
        raise Invalid(f"您已在 {clock.local(row.signed_at):%Y-%m-%d %H:%M} 签收过这一版。")
    event = deed.record(
        "pack.acknowledged",
        subject=f"pack:{pack}",
        pack=pack,
        # What was signed can be proved: the digest is that of the whole text.
        data={"pack": pack, "title": stored.title, "version": version, "digest": stored.digest},
    )
    row.signed_at, row.event = deed.now, event.pk
    row.save(update_fields=["signed_at", "event"])
    duty = Duty.objects.select_for_update().filter(pk=row.duty or 0, state=DutyState.OPEN).first()
    if duty is not None:
        duties.close(duty, deed.now, event.pk)
        duty.save(update_fields=duties.CLOSING_FIELDS)
    return row.pk


@action(
    "pack.urge",
    "催签",
    args=[PACK],
    about="",
    needs="none",
    events=("pack.urged",),
    public=False,
)
def urge(*, deed: Deed, pack: str) -> int:
    """Remind everybody who has not signed; for whoever looks after the regulation. How many."""
    version = regulations().version(pack)
    if version is None:
        raise NotFound
    rows = list(Acknowledgement.objects.filter(pack=pack, version=version.number, signed_at=None, ended_at=None))
    if not rows:
        raise Invalid("没有还没签收的人。")
    for duty in Duty.objects.filter(pk__in=[row.duty for row in rows if row.duty]):
        _tell(duty, f"请尽快签收：{duty.title}", kind="reminder")
    deed.record("pack.urged", subject=f"pack:{pack}", pack=pack, data={"title": version.title, "count": len(rows)})
    return len(rows)


# ---- reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """Whether somebody had signed a regulation when he acted."""

    version: int | None
    signed_at: datetime | None

    @property
    def text(self) -> str:
        """In words, for the page of a proposal."""
        if self.signed_at is None:
            return "行为发生前没有签收过这项制度"
        return f"已于 {clock.local(self.signed_at):%Y-%m-%d %H:%M} 签收第 {self.version} 版"


def known_before(person: int, pack: str, at: datetime) -> Known | None:
    """What of a regulation a person had signed by an instant; None where nobody was ever asked to sign it."""
    if not Acknowledgement.objects.filter(pack=pack).exists():
        return None
    rows = Acknowledgement.objects.filter(person=person, pack=pack, signed_at__lte=at)
    row = rows.order_by("-signed_at").first()
    return Known(row.version if row else None, row.signed_at if row else None)


def waiting_for(person: Person) -> list[Acknowledgement]:
    """What the person still has to sign, the soonest first."""
    rows = Acknowledgement.objects.filter(person=person, signed_at=None, ended_at=None)
    return list(rows.order_by("due_at", "pack"))
