"""The calendar against an oracle, deadlines against hand-counted days, periods against each other."""

from datetime import date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedang.kernel import clock
from kedang.kernel.workdays import calendar, deadlines, library, periods
from kedang.kernel.workdays.calendar import Calendar
from kedang.kernel.workdays.durations import LABELS, Duration
from kedang.kernel.workdays.models import CalendarDay, CalendarStamp, CalendarYear

CAL = Calendar()
days = st.dates(date(2004, 1, 1), date(2026, 12, 31))
# 国办发明电〔2005〕: Saturday 31 December 2005 was worked for the New Year holiday of 2006; the oracle has it as a day off.
ORACLE_IS_WRONG = {date(2005, 12, 31)}


def last(start: str, within: str, **rules: str) -> str:
    moment = deadlines.due_at(datetime.fromisoformat(start), Duration.parse(within), CAL, **rules)
    return moment.date().isoformat()


def test_every_day_from_2004_to_2026_agrees_with_the_oracle() -> None:
    span = (date(2026, 12, 31) - date(2004, 1, 1)).days
    every = [date(2004, 1, 1) + timedelta(days=i) for i in range(span + 1)]
    assert [day for day in every if CAL.is_workday(day) != chinese_calendar.is_workday(day)] == sorted(ORACLE_IS_WRONG)


def test_2026_as_published() -> None:
    for makeup in ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10"):
        assert CAL.is_workday(date.fromisoformat(f"2026-{makeup}")), makeup
    for off in (
        "01-01",
        "01-02",
        "02-15",
        "02-16",
        "02-23",
        "04-06",
        "05-01",
        "05-05",
        "06-19",
        "09-25",
        "10-01",
        "10-07",
    ):
        assert not CAL.is_workday(date.fromisoformat(f"2026-{off}")), off


@pytest.mark.parametrize(
    ("start", "within", "expected"),
    [
        ("2026-03-02 10:00", "5 working_days", "2026-03-09"),
        ("2026-02-13 10:00", "5 working_days", "2026-02-27"),
        ("2026-09-30 10:00", "3 working_days", "2026-10-10"),
        ("2026-10-01 10:00", "1 working_day", "2026-10-08"),
        ("2026-07-01 10:00", "5 working_days", "2026-07-08"),
        ("2026-03-02 10:00", "3 days", "2026-03-05"),
        ("2026-03-02 10:00", "2 weeks", "2026-03-16"),
        ("2026-01-31 10:00", "1 month", "2026-02-28"),
        ("2028-01-31 10:00", "1 month", "2028-02-29"),
        ("2028-02-29 10:00", "1 year", "2029-02-28"),
        ("2028-02-29 10:00", "4 years", "2032-02-29"),
        ("2026-11-30 10:00", "1 quarter", "2027-02-28"),
        ("2026-01-01 00:00", "10 years", "2036-01-01"),
    ],
)
def test_a_span_ends_on_the_day_counted_by_hand(start: str, within: str, expected: str) -> None:
    assert last(start, within) == expected


def test_the_last_instant_is_the_end_of_the_day_or_the_closing_hour() -> None:
    start = datetime(2026, 3, 2, 10)
    whole = deadlines.due_at(start, Duration(5, "working_day"), CAL)
    assert whole.isoformat() == "2026-03-09T23:59:59.999999+08:00"
    closed = deadlines.due_at(start, Duration(5, "working_day"), CAL, closing=time(17, 30))
    assert closed.isoformat() == "2026-03-09T17:30:00+08:00"


def test_hours_and_minutes_run_from_the_instant_even_over_a_holiday() -> None:
    start = datetime(2026, 9, 30, 23, 30)
    assert (
        deadlines.due_at(start, Duration(24, "hour"), CAL, closing=time(17)).isoformat() == "2026-10-01T23:30:00+08:00"
    )
    assert deadlines.due_at(start, Duration(45, "minute"), CAL).isoformat() == "2026-10-01T00:15:00+08:00"


def test_a_last_day_on_a_day_off_stays_or_moves() -> None:
    assert last("2026-09-29 10:00", "3 days") == "2026-10-02"
    assert last("2026-09-29 10:00", "3 days", holiday="next") == "2026-10-08"
    assert last("2026-09-29 10:00", "3 days", holiday="previous") == "2026-09-30"
    with pytest.raises(ValueError, match="holiday 只能是"):
        last("2026-09-29 10:00", "3 days", holiday="later")


def test_the_start_day_is_the_day_in_shanghai() -> None:
    evening_in_utc = datetime.fromisoformat("2026-03-02T17:00:00+00:00")  # 3 March, 01:00 in Shanghai
    assert deadlines.due_at(evening_in_utc, Duration(1, "day"), CAL).date() == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("spec", "start", "expected"),
    [
        ("month_end", "2026-02-10", "2026-02-28"),
        ("week_end", "2026-03-04", "2026-03-08"),
        ("quarter_end", "2026-02-10", "2026-03-31"),
        ("half_year_end", "2026-07-01", "2026-12-31"),
        ("year_end", "2026-02-10", "2026-12-31"),
        ("day 3 of next month", "2026-12-31", "2027-01-03"),
        ("day 31 of next month", "2026-01-15", "2026-02-28"),
        ("workday 3 of next month", "2026-09-10", "2026-10-10"),
        ("day 25 of month", "2026-03-25", "2026-03-25"),
        ("day 25 of month", "2026-03-26", "2026-04-25"),
        ("day 10 of next quarter", "2026-02-10", "2026-04-10"),
        ("01-31", "2026-01-31", "2026-01-31"),
        ("01-31", "2026-02-01", "2027-01-31"),
        ("02-29", "2026-01-01", "2026-02-28"),
    ],
)
def test_a_named_day(spec: str, start: str, expected: str) -> None:
    assert deadlines.due_on(spec, date.fromisoformat(start), CAL).date().isoformat() == expected


@pytest.mark.parametrize(
    "spec", ["monthend", "decade_end", "13-01", "02-30", "day 32 of next month", "day 0 of next month", ""]
)
def test_a_named_day_that_does_not_exist_is_refused(spec: str) -> None:
    with pytest.raises(ValueError):
        deadlines.check_spec(spec)


@given(days, st.integers(0, 60))
def test_the_nth_workday_is_the_one_a_day_by_day_count_finds(start: date, n: int) -> None:
    found = CAL.add_workdays(start, n)
    assert CAL.workdays_between(start, found) == n
    assert n == 0 or CAL.is_workday(found)


@given(days, st.integers(1, 60))
def test_counting_back_undoes_counting_on_from_a_workday(start: date, n: int) -> None:
    start = CAL.next_workday(start)
    assert CAL.add_workdays(CAL.add_workdays(start, n), -n) == start


@given(days, st.integers(0, 20), st.sampled_from(sorted(set(LABELS))))
def test_a_longer_span_is_never_due_earlier(start: date, n: int, unit: str) -> None:
    begin = clock.at_time(start, time(9))
    assert deadlines.due_at(begin, Duration(n, unit), CAL) <= deadlines.due_at(begin, Duration(n + 1, unit), CAL)


@given(st.integers(0, 999), st.sampled_from(sorted(LABELS)))
def test_a_span_reads_back_from_its_text_and_its_label(n: int, unit: str) -> None:
    span = Duration(n, unit)
    assert Duration.parse(str(span)) == Duration.parse(span.label()) == span


def test_spans_of_different_units_are_different() -> None:
    assert Duration.parse("1 week") != Duration.parse("7 days")
    assert Duration.parse("5 working_days") * 2 == 2 * Duration(5, "working_day") == Duration.parse("10个工作日")
    assert Duration.parse("5 working_days").label() == "5个工作日"


@pytest.mark.parametrize("text", ["5", "working_days", "-1 days", "5 fortnights", "五天", "1.5 days", ""])
def test_a_span_that_cannot_be_read_says_so_in_chinese(text: str) -> None:
    with pytest.raises(ValueError, match="时限|时间单位"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("kind", "key", "first", "last_day"),
    [
        ("day", "2026-03-04", "2026-03-04", "2026-03-04"),
        ("week", "2026-W10", "2026-03-02", "2026-03-08"),
        ("month", "2026-03", "2026-03-01", "2026-03-31"),
        ("quarter", "2026Q1", "2026-01-01", "2026-03-31"),
        ("half_year", "2026H1", "2026-01-01", "2026-06-30"),
        ("year", "2026", "2026-01-01", "2026-12-31"),
    ],
)
def test_periods_of_the_fourth_of_march(kind: str, key: str, first: str, last_day: str) -> None:
    period = periods.period_of(kind, date(2026, 3, 4), CAL)
    assert (period.key, period.first.isoformat(), period.last.isoformat()) == (key, first, last_day)


@given(days, st.sampled_from(sorted(periods.KINDS)))
def test_periods_follow_one_another_without_a_gap(day: date, kind: str) -> None:
    period = periods.period_of(kind, day, CAL)
    after = periods.next(period, CAL)
    assert after.key > period.key
    assert periods.previous(after, CAL) == period
    if kind != "workday":
        assert day in period
        assert after.first == period.last + timedelta(days=1)


def test_workday_periods_skip_the_holiday() -> None:
    found = periods.between("workday", date(2026, 9, 30), date(2026, 10, 10), CAL)
    assert [period.key for period in found] == ["2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10"]


def test_an_unpublished_year_is_provisional() -> None:
    assert library.year_of(2026).confirmed
    assert not library.year_of(2040).confirmed
    assert CAL.confirmed(date(2026, 5, 1))
    assert not CAL.confirmed(date(2040, 5, 1))


@pytest.mark.django_db
def test_seeding_twice_changes_nothing_and_keeps_what_a_person_set() -> None:
    calendar.seed_years(2025, 2030)
    calendar.set_day(date(2030, 8, 8), is_workday=False, name="公司周年")
    rows = list(CalendarDay.objects.values_list())
    assert calendar.seed_years(2025, 2030) == []
    assert list(CalendarDay.objects.values_list()) == rows
    assert not calendar.load().is_workday(date(2030, 8, 8))


@pytest.mark.django_db
def test_a_provisional_year_is_replaced_once_published() -> None:
    # 2026 as it stood before it was published: the first of January only.
    CalendarDay.objects.filter(date__year=2026).delete()
    CalendarYear.objects.filter(pk=2026).update(confirmed=False)
    CalendarDay.objects.create(
        date=date(2026, 2, 17), is_workday=False, name="春节", source=library.PROVISIONAL, confirmed=False
    )
    CalendarDay.objects.create(date=date(2026, 3, 3), is_workday=False, name="搬家", source="公司设定")
    calendar.touch()
    assert not calendar.load().confirmed(date(2026, 3, 1))
    assert calendar.seed_years(2026, 2026) == [2026]
    cal = calendar.load()
    assert cal.confirmed(date(2026, 3, 1))
    assert cal.is_workday(date(2026, 2, 14))
    assert not cal.is_workday(date(2026, 3, 3))


@pytest.mark.django_db
def test_a_change_by_another_process_is_seen_and_an_unchanged_calendar_costs_one_query(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    calendar.load()
    with django_assert_num_queries(1):  # type: ignore[operator]
        first = calendar.load()
    # What another process does: rows and the stamp change behind this one's back.
    CalendarDay.objects.create(date=date(2026, 7, 1), is_workday=False, name="停电")
    CalendarStamp.objects.update(version=1)
    assert first.is_workday(date(2026, 7, 1))
    assert not calendar.load().is_workday(date(2026, 7, 1))


@pytest.mark.django_db
def test_confirming_a_year_is_seen() -> None:
    assert not calendar.load().confirmed(date(2027, 1, 1))
    calendar.confirm_year(2027)
    assert calendar.load().confirmed(date(2027, 1, 1))
