"""The machine's clock stands still, goes back, jumps ahead: everything happens once, and administrators are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from kedang.kernel import clock, tick
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice, Parked, Pulse
from kedang.kernel.norms.models import Clock, Duty, Proposal
from kedang.kernel.tick import watching
from tests.kernel.conftest import register
from tests.support.company import Company

Under = Callable[..., Company]
JUMPING = """
pack: jumping
version: 1
title: 时钟试验办法
issuer: 示例公司
effective: 2026-01-01
roles:
  sales: {name: 业务员, post: salesperson}
  head: {name: 部门经理, post: head, of: file.unit}
access:
  sales: {list: 全部, open: 本部门}
  head: {list: 全部, open: 全部}
clauses:
  "1": {text: 登记后五天内拜访，提前一天提醒。}
  "2": {text: 业务员每月交一次月报。}
  "3": {text: 十天不联系的客户放入公海。}
  "4": {text: 月末对逾期提出扣分建议。}
  "5": {text: 登记后第七天、第三十天催报。}
forms:
  report: {name: 月报, clause: "2", fields: [{id: text, name: 内容, type: text, required: true}]}
norms:
  - {id: visit, clause: "1", kind: duty, opens: {event: customer.registered}, bearer: event.actor, done: {event: visit.recorded, for: customer, by: anyone}, due: {within: 5 days}, remind: [1 day]}
  - {id: late, clause: "1", kind: consequence, breach: visit, do: [{notify: head}], message: 逾期未拜访}
  - {id: report, clause: "2", kind: schedule, every: month, for_each: holder of sales, bearer: each, done: {form: report, by: bearer}}
  - {id: silent, clause: "3", kind: consequence, absent: {event: contact.recorded, for: 10 days}, warn: 3 days, do: [{release: pool}, {notify: owner}]}
  - {id: points, clause: "4", kind: consequence, every: month_end, for_each: person, when: "count('late', person, month) > 0", do: [{propose: points, per: 2, with: late_duties}, {notify: person}]}
  - {id: urge, clause: "5", kind: consequence, ladder: {anchor: customer.registered_on, steps: [{on_day: 7, do: {notify: file.owner}}, {on_day: 30, do: [{notify: head}]}]}, do: []}
"""


@pytest.fixture
def company(under: Under) -> Company:
    made = under(JUMPING)
    for name in ("晨光厂", "安康厂"):
        register(made, name)
    tick.tick()
    return made


def at(held: clock.Frozen, text: str) -> None:
    held.move_to(datetime.fromisoformat(text))
    tick.tick()


def happened() -> dict[str, Any]:
    """Everything that time has brought so far, counted."""
    return {
        "duties": Counter(Duty.objects.values_list("norm", "period", "bearer", "file", "state")),
        "breaches": Counter(Event.objects.filter(kind="norm.breached").values_list("subject", flat=True)),
        "events": Counter(Event.objects.values_list("kind", flat=True)),
        "notices": Counter(Notice.objects.values_list("person", "text")),
        "clocks": Counter(
            Clock.objects.exclude(fired_at=None).values_list("norm", "file", "subject", "step", "anchor")
        ),
        "proposals": Counter(Proposal.objects.values_list("person", "period", "points")),
    }


def doubled(found: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: {key: number for key, number in found[kind].items() if number > 1}
        for kind in ("duties", "breaches", "notices", "clocks", "proposals")
    }


NOTHING: dict[str, Any] = {kind: {} for kind in ("duties", "breaches", "notices", "clocks", "proposals")}


def test_after_thirty_days_without_a_server_everything_is_caught_up_once(company: Company, held: clock.Frozen) -> None:
    at(held, "2026-04-01T09:00")
    found = happened()
    assert found["breaches"], "visits were due"
    assert found["proposals"], "March had late duties"
    assert {period for _, period, *_ in found["duties"]} >= {"2026-03", "2026-04"}
    # Both files of a person give him the same words; nothing else is said twice.
    texts = Counter(Notice.objects.values_list("person", "text", "file", "duty", "clause"))
    assert [key for key, number in texts.items() if number > 1] == []
    for _ in range(3):
        tick.tick()
    assert happened() == found
    assert not Parked.objects.exists()


def test_a_clock_that_goes_back_an_hour_and_comes_again_doubles_nothing(company: Company, held: clock.Frozen) -> None:
    for text in ("2026-03-07T10:30", "2026-03-08T00:10"):
        at(held, text)
        before = happened()
        at(held, (datetime.fromisoformat(text) - timedelta(hours=1)).isoformat())
        assert happened() == before
        at(held, text)
        assert happened() == before
    assert before["breaches"]


def test_a_clock_that_goes_back_over_midnight_of_a_month_sums_up_once(company: Company, held: clock.Frozen) -> None:
    at(held, "2026-03-31T18:30")
    at(held, "2026-04-01T00:20")
    before = happened()
    at(held, "2026-03-31T23:20")
    at(held, "2026-04-01T00:21")
    assert happened() == before


def test_ten_years_ahead_and_back_again_double_nothing(company: Company, held: clock.Frozen) -> None:
    at(held, "2036-03-02T10:00")
    ahead = happened()
    assert doubled(ahead) | {"notices": {}} == NOTHING
    tick.tick()
    assert happened() == ahead
    at(held, "2026-03-02T10:05")
    at(held, "2026-03-20T10:00")
    back = happened()
    assert doubled(back) | {"notices": {}} == NOTHING
    assert back["breaches"] == ahead["breaches"]
    assert not Parked.objects.exists()


# ---- who is told -------------------------------------------------------------------------------------------------


def told() -> list[str]:
    return list(Notice.objects.filter(kind="clock").order_by("id").values_list("text", flat=True))


def admin(company: Company) -> None:
    company["钱会计"].is_admin = True
    company["钱会计"].save()


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("2026-03-02T09:00", "服务器时间倒退了60分钟"),
        ("2026-02-20T10:00", "服务器时间倒退了10天"),
        ("2026-04-01T10:00", "规则时钟停了30天"),
        ("2026-03-02T15:00", "规则时钟停了5小时"),
        ("2036-03-02T10:00", "规则时钟停了3653天"),
    ],
)
def test_administrators_are_told_once_that_time_stood_still_or_was_moved(company: Company, to: str, words: str) -> None:
    admin(company)
    watching.look(clock.local(datetime.fromisoformat("2026-03-02T10:00")))
    moved = clock.local(datetime.fromisoformat(to))
    for minute in range(3):
        watching.look(moved + timedelta(minutes=minute))
    (text,) = told()
    assert text.startswith(words)
    assert "核对服务器的日期和时间" in text
    assert {row.person for row in Notice.objects.filter(kind="clock")} == {company["钱会计"]}


def test_small_corrections_and_a_short_restart_need_no_word(company: Company) -> None:
    admin(company)
    start = clock.local(datetime.fromisoformat("2026-03-02T10:00"))
    for minutes in (0, 1, 0.5, 2, 40, 95):
        watching.look(start + timedelta(minutes=minutes))
    assert told() == []


def test_a_clock_held_by_a_scenario_says_nothing(company: Company, held: clock.Frozen) -> None:
    admin(company)
    at(held, "2026-05-06T09:00")
    assert told() == []
    assert not Pulse.objects.filter(name=watching.SEEN).exists()
