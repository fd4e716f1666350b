"""Many deadlines at one tick: done some at a time, and all the same as if each had been alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kedang.customers.models import Customer
from kedang.kernel import clock, tick
from kedang.kernel.actions import effects
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice, Parked
from kedang.kernel.norms.models import Duty
from kedang.kernel.tick import bearing, rows
from tests.kernel.conftest import register
from tests.support.company import Company

Under = Callable[..., Company]
MANY = 7


@pytest.fixture
def company(under: Under) -> Company:
    return under("lateness")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many of each part were done together; three at a time."""
    sizes: list[int] = []
    real = rows._done_together

    def counted(step: str, *args: Any) -> Any:
        done = real(step, *args)
        if step != "remind" or clock.now().day == 3:
            sizes.append(len(done))
        return done

    monkeypatch.setattr(rows, "PART", 3)
    monkeypatch.setattr(rows, "_done_together", counted)
    return sizes


def late(company: Company, held: clock.Frozen, many: int = MANY) -> list[int]:
    """So many files that nobody has called in time, told to nobody yet."""
    files = [register(company, f"第{number}厂") for number in range(many)]
    held.move_to(datetime(2026, 3, 4, 9))
    return files


def breached() -> list[int | None]:
    return list(Event.objects.filter(kind="norm.breached").order_by("id").values_list("file", flat=True))


def test_all_are_marked_told_and_on_record_in_the_order_of_their_times(
    company: Company, held: clock.Frozen, parts: list[int]
) -> None:
    files = late(company, held)
    Duty.objects.filter(file=files[-1]).update(breach_check_at=clock.now().replace(hour=1))
    tick.tick()
    assert parts == [3, 3]  # the last one stands alone
    assert sorted(breached(), key=str) == sorted(files, key=str)
    assert breached()[-1] == files[-1]
    assert Duty.objects.filter(norm="lateness.call", breached_at=None).count() == 0
    assert [n.person.name for n in Notice.objects.filter(norm="lateness.told")] == ["周经理"] * MANY
    commands = Event.objects.filter(kind="norm.breached").values_list("command", flat=True)
    assert len(set(commands)) == MANY
    tick.tick()
    assert len(breached()) == MANY


def test_each_counts_those_before_it_and_not_those_after(
    company: Company, held: clock.Frozen, parts: list[int]
) -> None:
    late(company, held)
    tick.tick()
    assert parts
    assert Notice.objects.filter(norm="lateness.third").count() == 1
    third = Notice.objects.get(norm="lateness.third")
    assert third.file == breached()[2]


def test_many_reminders_at_once_remind_each_once(company: Company, held: clock.Frozen, parts: list[int]) -> None:
    files = [register(company, f"第{number}厂") for number in range(MANY)]
    held.move_to(datetime(2026, 3, 3, 22))
    tick.tick()
    assert parts == [3, 3]
    tick.tick()
    told = Notice.objects.filter(kind="reminder")
    assert sorted(n.file or 0 for n in told) == files
    assert {n.person_id for n in told} == {company["小王"].pk}
    assert not Duty.objects.filter(norm="lateness.call").exclude(next_remind_at=None).exists()


def test_what_follows_and_changes_a_file_stands_in_a_transaction_of_its_own(
    company: Company, held: clock.Frozen, parts: list[int]
) -> None:
    lost = register(company, "公海厂")
    files = late(company, held, 2)
    tick.tick()
    assert parts == [2]  # two calls; the visit stands alone, and the last call too
    assert Customer.objects.get(pk=lost).owner is None
    assert all(Customer.objects.get(pk=file).owner == company["小王"] for file in files)
    assert Event.objects.filter(kind="customer.released").count() == 1
    assert not Parked.objects.exists()


def test_one_that_raises_takes_none_of_its_part_along(
    company: Company, held: clock.Frozen, parts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = late(company, held)
    real = effects.run

    def broken(case: effects.Case, *args: Any, **more: Any) -> None:
        if case.file == files[1]:
            raise ZeroDivisionError("one bad file")
        real(case, *args, **more)

    monkeypatch.setattr(effects, "run", broken)
    tick.tick()
    assert 0 in parts
    assert Parked.objects.get().step == "breach"
    assert sorted(breached(), key=str) == [file for file in files if file != files[1]]
    assert Notice.objects.filter(norm="lateness.told").count() == MANY - 1
    monkeypatch.undo()
    held.advance(rows.RETRY)
    tick.tick()
    assert Parked.objects.get().solved_at is not None
    assert sorted(breached(), key=str) == files


def test_one_that_was_done_since_it_was_looked_for_is_no_breach(
    company: Company, held: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = late(company, held, 3)
    real = bearing._held

    def meanwhile(*args: Any) -> list[Duty]:
        found = real(*args)
        Duty.objects.filter(file=files[0]).update(state="done", breach_check_at=None)
        return found

    monkeypatch.setattr(bearing, "_held", meanwhile)
    tick.tick()
    assert sorted(breached(), key=str) == files[1:]


def test_a_thousandth_deadline_asks_no_more_of_the_database_than_the_tenth(
    company: Company, held: clock.Frozen
) -> None:
    """Beside what it writes: its mark, two events with a value, a notice, and two looks at its file."""

    def cost(many: int, start: int) -> int:
        files = [register(company, f"第{start + number}厂") for number in range(many)]
        Duty.objects.filter(file__in=files).update(due_at=clock.now(), breach_check_at=clock.now())
        held.advance(rows.RETRY / 60)
        with CaptureQueriesContext(connection) as queries:
            tick.tick()
        return len(queries)

    cost(4, 0)
    few, many = cost(10, 10), cost(40, 30)
    assert many - few <= 30 * 7
