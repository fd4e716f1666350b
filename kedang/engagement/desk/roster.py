"""roster.set: who is on duty on which days."""

from __future__ import annotations

from datetime import date, timedelta

from kedang.customers import history
from kedang.engagement.desk.models import DutyTurn
from kedang.kernel.actions import Deed, action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field as F
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person, Unit
from kedang.kernel.workdays import calendar

MAX_DAYS = 93


@action(
    "roster.set",
    "排当班",
    about="",
    needs="none",
    events=("roster.changed",),
    args=[
        F("person", "当班人", "person", required=True),
        F("day", "日期", "date", required=True),
        F("until", "到", "date"),
        F("unit", "部门", "unit"),
    ],
)
def set_roster(*, deed: Deed, person: int, day: date, until: date | None = None, unit: int | None = None) -> int:
    """Put a person on duty on a day, or on every working day up to another; what stood there gives way."""
    last = until or day
    if last < day:
        raise Invalid({"until": "结束日期不能早于开始日期"})
    if (last - day).days > MAX_DAYS:
        raise Invalid({"until": f"一次最多排 {MAX_DAYS} 天"})
    if day < deed.now.date():
        raise Invalid({"day": "不能改已经过去的当班"})
    assert deed.by is not None
    home = _unit(deed.by, unit)
    helper = history.able_person(person, "person")
    if home.pk not in org.unit_subtree(org.units_of(helper)) and home.pk not in org.units_of(helper):
        raise Invalid({"person": f"{helper.name}不在{home.name}"})
    days = _days(day, last)
    for each in days:
        DutyTurn.objects.update_or_create(unit=home, day=each, defaults={"person": helper, "set_by": deed.by})
    deed.record(
        "roster.changed",
        subject=f"unit:{home.pk}",
        data={"unit": home.pk, "person": helper.pk, "person_name": helper.name, "since": day, "until": last},
    )
    return len(days)


def _unit(person: Person, unit: int | None) -> Unit:
    """The unit a roster is for: one the person leads, or any for an administrator."""
    headed = org.headed_units(person)
    if unit is None:
        if not headed:
            raise Invalid({"unit": "请选择部门"})
        unit = min(headed)
    if unit not in org.unit_subtree(headed) and not person.is_admin:
        raise Invalid({"unit": "当班由本部门负责人安排"})
    found = Unit.objects.filter(pk=unit, closed_on=None).first()
    if found is None:
        raise Invalid({"unit": "没有这个部门，或部门已撤销"})
    return found


def _days(day: date, last: date) -> list[date]:
    """The day itself, whatever it is; of several only the working days."""
    if day == last:
        return [day]
    cal = calendar.load()
    every = [day + timedelta(days=n) for n in range((last - day).days + 1)]
    return [each for each in every if cal.is_workday(each)]
