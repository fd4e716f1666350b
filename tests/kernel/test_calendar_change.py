"""The company calendar changes: open deadlines move, what is settled stays."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from kedang.kernel import clock, tick
from kedang.kernel.norms.models import Duty
from kedang.kernel.workdays import calendar
from tests.kernel.conftest import register
from tests.kernel.test_duties import due, duty, pass_time, report
from tests.support.company import Company

Under = Callable[..., Company]


@pytest.fixture
def company(under: Under) -> Company:
    return under("duties")


def test_a_day_off_in_between_moves_an_open_deadline_with_its_reminder(company: Company, held: clock.Frozen) -> None:
    file = register(company, "晨光厂")
    company.do("contact.record", "小王", customer=file)
    tick.tick()
    assert due("report") == "03-04 23:59"
    calendar.set_day(date(2026, 3, 3), is_workday=False, name="厂庆")
    tick.tick()
    assert due("report") == "03-05 23:59"
    assert f"{clock.local(duty('report').next_remind_at):%m-%d}" == "03-04"  # type: ignore[arg-type]
    pass_time(held, "2026-03-05T12:00")
    assert duty("report").breached_at is None
    calendar.set_day(date(2026, 3, 3), is_workday=True)
    tick.tick()
    assert duty("report").breached_at is not None


def test_what_is_done_or_breached_keeps_its_due_time(company: Company, held: clock.Frozen) -> None:
    done, late = register(company, "甲厂"), register(company, "乙厂")
    for file in (done, late):
        company.do("contact.record", "小王", customer=file)
    report(company, done)
    tick.tick()
    pass_time(held, "2026-03-05T09:00")
    calendar.set_day(date(2026, 3, 3), is_workday=False)
    tick.tick()
    dues = {clock.local(d.due_at).date() for d in Duty.objects.filter(norm="duties.report") if d.due_at}
    assert dues == {date(2026, 3, 4)}


def test_deadlines_that_count_calendar_days_do_not_move(company: Company, held: clock.Frozen) -> None:
    file = register(company, "晨光厂")
    company.do("customer.report_change", "小王", customer=file, matter="停产", occurred_on="2026-03-02", side="客户方")
    tick.tick()
    was = due("claim-it")
    calendar.set_day(date(2026, 3, 3), is_workday=False)
    tick.tick()
    assert due("claim-it") == was


def test_a_schedules_period_stays_and_a_second_tick_changes_nothing(under: Under, held: clock.Frozen) -> None:
    under("ticking")
    tick.tick()
    calendar.set_day(date(2026, 3, 4), is_workday=False)
    tick.tick()
    tick.tick()
    rows = Duty.objects.filter(norm="ticking.daily")
    assert {clock.local(d.due_at) for d in rows if d.due_at} == {clock.local(datetime(2026, 3, 2, 17, 30))}
