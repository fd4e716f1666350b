"""The clock can be held, and holding it does not reach further than asked."""

import threading
from datetime import UTC, date, datetime, time, timedelta

from kedang.kernel import clock


def test_now_is_aware_and_in_shanghai() -> None:
    assert clock.now().tzinfo is clock.SHANGHAI
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_held_clock_stands_still_and_moves_when_told() -> None:
    with clock.frozen(datetime(2026, 3, 2, 10)) as held:
        assert clock.now() == clock.now() == datetime(2026, 3, 2, 10, tzinfo=clock.SHANGHAI)
        held.advance(timedelta(hours=14))
        assert clock.today() == date(2026, 3, 3)
        held.move_to(datetime(2026, 3, 9, tzinfo=UTC))
        assert clock.now().hour == 8


def test_holds_nest_and_end_with_their_block() -> None:
    with clock.frozen("2026-03-02T10:00"):
        with clock.frozen("2020-01-01"):
            assert clock.today() == date(2020, 1, 1)
        assert clock.today() == date(2026, 3, 2)
    assert clock.now() > datetime(2026, 3, 3, tzinfo=UTC)


def test_a_hold_reaches_other_threads_only_when_asked() -> None:
    def seen() -> date:
        found: list[date] = []
        thread = threading.Thread(target=lambda: found.append(clock.today()))
        thread.start()
        thread.join()
        return found[0]

    with clock.frozen("1999-12-31"):
        assert seen() != date(1999, 12, 31)
    with clock.frozen("1999-12-31", all_threads=True):
        assert seen() == date(1999, 12, 31)
    assert seen() != date(1999, 12, 31)


def test_the_end_of_a_utc_day_belongs_to_the_next_day_in_shanghai() -> None:
    with clock.frozen(datetime(2026, 3, 2, 16, 30, tzinfo=UTC)):
        assert clock.today() == date(2026, 3, 3)
    assert clock.at_time(date(2026, 3, 2), time(17, 30)).isoformat() == "2026-03-02T17:30:00+08:00"
