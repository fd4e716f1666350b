"""What the passing of time does: once, caught up, set aside when it fails; periods, absences, ladders, summaries."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kedang.customers.models import Customer
from kedang.kernel import clock, tick
from kedang.kernel.actions import schedules
from kedang.kernel.errors import Invalid
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice, Parked
from kedang.kernel.norms.computing import compute
from kedang.kernel.norms.models import Clock, Duty, FileTerm, Proposal
from kedang.kernel.norms.store import regulations
from tests.kernel.conftest import register
from tests.kernel.test_duties import pass_time
from tests.support.company import Company

Under = Callable[..., Company]
SALES = 3
"""小王, 小赵 and 小李."""


@pytest.fixture
def company(under: Under) -> Company:
    return under("ticking")


def duties(norm: str, **where: Any) -> list[Duty]:
    return list(Duty.objects.filter(norm=f"ticking.{norm}", **where).order_by("period", "id"))


def told(clause: str) -> list[str]:
    return [n.person.name for n in Notice.objects.filter(clause=clause).order_by("id")]


def to_day(held: clock.Frozen, text: str) -> None:
    """Only one tick, at that time: the worker has stood still till then."""
    held.move_to(datetime.fromisoformat(text))
    tick.tick()


def level(company: Company, file: int, value: str) -> None:
    company.do("customer.classify", "小王", customer=file, term="level", value=value)


# ---- schedules ---------------------------------------------------------------------------------------------------


def test_a_schedule_opens_one_duty_a_holder_and_period(company: Company, held: clock.Frozen) -> None:
    for _ in range(3):
        tick.tick()
    rows = duties("daily")
    assert len(rows) == SALES
    assert {f"{clock.local(d.due_at):%m-%d %H:%M}" for d in rows if d.due_at} == {"03-02 17:30"}
    pass_time(held, "2026-03-03T09:00")
    assert [d.period for d in duties("daily")] == ["2026-03-02"] * SALES + ["2026-03-03"] * SALES


def test_a_day_off_has_no_working_days_duty(company: Company, held: clock.Frozen) -> None:
    to_day(held, "2026-03-07T09:00")
    assert duties("daily") == []


def test_filing_closes_the_bearers_own_and_the_oldest_first(company: Company, held: clock.Frozen) -> None:
    tick.tick()
    pass_time(held, "2026-03-03T09:00")
    company.do("form.file", "小王", form="daily", data={"text": "昨天的"})
    own = duties("daily", bearer=company["小王"])
    assert [d.state for d in own] == ["late", "open"]
    assert all(d.state == "open" for d in duties("daily").copy() if d.bearer != company["小王"])


def test_thirty_days_down_are_caught_up_without_doubles(company: Company, held: clock.Frozen) -> None:
    tick.tick()
    to_day(held, "2026-04-01T09:00")
    state = [(d.period, d.bearer_id, d.breached_at is not None) for d in duties("daily")]
    assert len(state) == len(set(state))
    periods = sorted({period for period, _, _ in state})
    assert periods[0] == "2026-03-02"
    assert periods[-1] == "2026-04-01"
    assert len(periods) == 23  # 22 working days of March, and the first of April
    assert all(late is (period != "2026-04-01") for period, _, late in state)
    events = Event.objects.count()
    for _ in range(2):
        tick.tick()
    assert [(d.period, d.bearer_id, d.breached_at is not None) for d in duties("daily")] == state
    assert Event.objects.count() == events


def test_a_month_that_ended_while_the_clock_stood_still_is_summed_up_once(company: Company, held: clock.Frozen) -> None:
    tick.tick()
    to_day(held, "2026-03-04T09:00")
    to_day(held, "2026-05-06T09:00")
    assert sorted({p.period for p in Proposal.objects.all()}) == ["2026-03", "2026-04"]
    march = Proposal.objects.get(person=company["小王"], period="2026-03")
    assert march.points == 2 * 22
    rows = Proposal.objects.count()
    tick.tick()
    assert Proposal.objects.count() == rows


def test_a_files_period_follows_its_class(company: Company, held: clock.Frozen) -> None:
    file = register(company, "晨光厂")
    tick.tick()
    assert duties("monthly") == []
    level(company, file, "high")
    (row,) = duties("monthly")
    assert (row.period, row.bearer) == ("2026-03", company["小王"])
    level(company, file, "low")
    assert duties("monthly")[0].state == "void"
    level(company, file, "high")
    (row,) = duties("monthly")
    assert row.state == "open"
    company.do("visit.record", "小王", customer=file, content="看样")
    pass_time(held, "2026-04-01T09:00")
    assert [d.state for d in duties("monthly")] == ["done", "open"]


def test_a_period_counted_from_the_last_deed_moves_with_it(company: Company, held: clock.Frozen) -> None:
    file = register(company, "晨光厂")
    level(company, file, "mid")

    def open_due() -> list[str]:
        return [f"{clock.local(d.due_at):%m-%d}" for d in duties("since", state="open") if d.due_at]

    assert open_due() == ["04-02"]
    held.move_to(datetime(2026, 3, 20, 10))
    company.do("visit.record", "小王", customer=file, content="看样")
    assert open_due() == ["04-20"]
    assert [d.state for d in duties("since")] == ["done", "open"]


def test_opening_a_period_asks_no_more_for_many_files_than_for_few(company: Company, held: clock.Frozen) -> None:
    tick.tick()

    def cost(number: int, start: int) -> int:
        files = [register(company, f"第{start + n}厂") for n in range(number)]
        FileTerm.objects.filter(file__in=files, term="ticking.level").update(value="high")
        (version,) = regulations().in_force()
        with CaptureQueriesContext(connection) as queries:
            schedules.open_all(version, version.regulation.by_id["monthly"])
        assert len(duties("monthly")) == start + number
        return len(queries)

    few = cost(3, 0)
    assert cost(20, 3) <= few + 1


# ---- absences and ladders ----------------------------------------------------------------------------------------


def test_silence_warns_then_releases_and_each_contact_starts_it_anew(company: Company, held: clock.Frozen) -> None:
    file = register(company, "晨光厂")
    pass_time(held, "2026-03-08T10:00")
    company.do("contact.record", "小王", customer=file)
    pass_time(held, "2026-03-14T23:00")
    assert told("3") == []
    pass_time(held, "2026-03-16T10:00")
    assert told("3") == ["小王"]
    pass_time(held, "2026-03-18T23:00")
    assert Customer.objects.get(pk=file).owner == company["小王"]
    pass_time(held, "2026-03-19T01:00")
    assert Customer.objects.get(pk=file).owner is None
    tick.tick()
    assert Event.objects.filter(kind="customer.released").count() == 1


def test_a_file_from_before_the_regulation_is_watched_from_its_first_day(under: Under, held: clock.Frozen) -> None:
    from tests.kernel.conftest import text_of
    from tests.support.company import HOUSE, in_force

    company = under(HOUSE)
    file = register(company, "晨光厂")
    held.move_to(datetime(2026, 4, 1, 9))
    with in_force(text_of("ticking").replace("effective: 2026-01-01", "effective: 2026-04-01")):
        tick.tick()
        clocks = Clock.objects.filter(norm="ticking.silent", file=file)
        assert [f"{clock.local(c.due_at):%m-%d}" for c in clocks] == ["04-11"]
        pass_time(held, "2026-04-12T09:00")
        assert Customer.objects.get(pk=file).owner is None


def test_each_step_of_a_ladder_comes_once_an_anchor(company: Company, held: clock.Frozen) -> None:
    register(company, "晨光厂")
    pass_time(held, "2026-03-08T23:59")
    assert told("5") == []
    pass_time(held, "2026-03-09T00:01")
    assert told("5") == ["小王"]
    company.do("contact.record", "小王", customer=Customer.objects.get().pk)
    pass_time(held, "2026-03-31T23:59")
    assert told("5") == ["小王"]
    for until in ("2026-04-01T00:01", "2026-04-20T00:00"):
        pass_time(held, until)
    assert told("5") == ["小王", "周经理"]


def test_a_ladder_that_is_stopped_skips_its_steps(company: Company, held: clock.Frozen) -> None:
    file = register(company, "晨光厂")
    company.do("contract.register", "小王", customer=file, name="供货合同", signed_on="2026-03-02")
    pass_time(held, "2026-04-05T00:00")
    assert told("5") == []


# ---- sums over a period ------------------------------------------------------------------------------------------


def test_a_summary_comes_in_the_evening_and_is_brought_up_to_date_after_midnight(
    company: Company, held: clock.Frozen
) -> None:
    held.move_to(datetime(2026, 3, 30, 9))
    tick.tick()
    pass_time(held, "2026-03-31T17:59")
    assert not Proposal.objects.exists()
    pass_time(held, "2026-03-31T18:00")
    mine = Proposal.objects.get(person=company["小王"])
    assert (mine.period, mine.points, len(mine.evidence)) == ("2026-03", Decimal(4), 2)
    assert told("4").count("小王") == 1
    for until in ("2026-03-31T23:00", "2026-04-01T00:00", "2026-04-01T09:00", "2026-04-02T09:00"):
        pass_time(held, until)
    assert Proposal.objects.filter(person=company["小王"]).count() == 1
    assert told("4").count("小王") == 1


def test_a_settled_proposal_is_left_alone(company: Company, held: clock.Frozen) -> None:
    held.move_to(datetime(2026, 3, 31, 9))
    tick.tick()
    pass_time(held, "2026-03-31T18:00")
    mine = Proposal.objects.get(person=company["小王"])
    company.do("proposal.settle", "周经理", proposal=mine.pk, adopt=False, reason="出差")
    pass_time(held, "2026-04-01T09:00")
    mine.refresh_from_db()
    assert (mine.state, Proposal.objects.filter(person=company["小王"]).count()) == ("rejected", 1)


# ---- faults ------------------------------------------------------------------------------------------------------


def test_a_row_that_raises_is_set_aside_and_the_rest_go_on(
    company: Company, held: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick.tick()
    first = duties("daily")[0]
    from kedang.kernel.actions import reacting

    real = reacting.react

    def broken(deed: Any, regs: Any, *args: Any) -> None:
        if any(event.data.get("duty") == first.pk for event in deed.events):
            raise ZeroDivisionError("one bad row")
        real(deed, regs, *args)

    monkeypatch.setattr(reacting, "react", broken)
    pass_time(held, "2026-03-03T09:00")
    parked = Parked.objects.get()
    assert (parked.step, parked.row) == ("breach", str(first.pk))
    assert parked.number
    marked = {d.pk for d in duties("daily", period="2026-03-02") if d.breached_at}
    assert marked == {d.pk for d in duties("daily", period="2026-03-02")} - {first.pk}
    tick.tick()
    assert Parked.objects.count() == 1
    monkeypatch.undo()
    held.advance(timedelta(minutes=59))
    tick.tick()
    assert Parked.objects.get().solved_at is None
    held.advance(timedelta(minutes=1))
    tick.tick()
    assert Parked.objects.get().solved_at is not None
    assert duties("daily", pk=first.pk)[0].breached_at is not None


def test_the_pulse_says_how_long_the_clock_of_rules_has_stood_still(company: Company, held: clock.Frozen) -> None:
    tick.tick()
    assert tick.stopped_for() is None
    held.move_to(datetime(2026, 3, 2, 10, 6))
    assert tick.stopped_for() is not None


# ---- choosing and computing --------------------------------------------------------------------------------------


def test_the_best_candidate_gets_the_file(company: Company, held: clock.Frozen) -> None:
    file = register(company, "晨光厂")
    for name in ("小赵", "小李"):
        company.do("customer.add_collaborator", "小王", customer=file, person=company[name].pk)
    tick.tick()
    held.move_to(datetime(2026, 3, 2, 11))
    company.do("form.file", "小李", form="daily", data={"text": "有"})
    to_day(held, "2026-03-03T09:00")
    company.do("customer.release", "周经理", customer=file, reason="无人跟进")
    assert Customer.objects.get(pk=file).owner == company["小李"]
    assert Event.objects.get(kind="norm.assigned").data["person"] == company["小李"].pk
    assert not Duty.objects.filter(title__startswith="待人工处理").exists()


def test_a_tie_is_asked_of_the_person_named(company: Company) -> None:
    file = register(company, "晨光厂")
    for name in ("小赵", "小李"):
        company.do("customer.add_collaborator", "小王", customer=file, person=company[name].pk)
    company.do("customer.release", "周经理", customer=file, reason="无人跟进")
    assert Customer.objects.get(pk=file).owner is None
    (row,) = duties("heir")
    assert "小李" in row.title
    assert "小赵" in row.title
    assert row.bearer == company["周经理"]


def test_a_system_command_that_cannot_run_becomes_a_task_and_leaves_no_event(company: Company) -> None:
    file = register(company, "晨光厂")
    company.do("customer.add_collaborator", "小王", customer=file, person=company["小赵"].pk)
    from kedang.kernel.org.models import Person

    Person.objects.filter(pk=company["小赵"].pk).update(is_active=False)
    company.do("customer.release", "周经理", customer=file, reason="无人跟进")
    assert not Event.objects.filter(kind="customer.assigned").exists()
    assert Duty.objects.filter(title__startswith="待人工处理").count() == 1


def test_a_table_gives_the_row_that_applies(company: Company) -> None:
    assert compute("commission", {"amount": Decimal(10000), "first": True}) == Decimal("0.05")
    assert compute("commission", {"amount": Decimal(10000), "first": False}) == Decimal("0.03")
    assert compute("commission", {"amount": Decimal("9999.99"), "first": True}) == Decimal("0.01")
    assert compute("split", {"amount": Decimal(500)}) == {"A": Decimal("0.8"), "B": Decimal("0.2")}
    assert compute("tax", {"amount": Decimal("1.00")}) == Decimal("0.13")


def test_two_rows_that_both_apply_are_an_error(company: Company) -> None:
    with pytest.raises(Invalid, match="两行"):
        compute("split", {"amount": Decimal(2000)})
    with pytest.raises(Invalid):
        compute("nothing", {})
