"""Deadlines before a day, within a window, moved by the bearer, and standing still between two events."""

from __future__ import annotations

import pytest

from kedang.kernel.errors import Invalid
from tests.norms.language import pack, story

pytestmark = pytest.mark.django_db


def duty(due: str, opens: str = "{event: visit.planned}", more: str = "") -> str:
    return pack(f"""
  - id: prepare
    clause: "1"
    kind: duty
    name: 准备
    opens: {opens}
    bearer: event.actor
    done: {{form: sheet, for: customer}}
    due: {due}
    {more}
  - {{id: late, clause: "1", kind: consequence, breach: prepare, do: [{{notify: gm}}]}}
""")


@pytest.mark.parametrize(
    ("n", "due"),
    [
        ("2 working_days", "2026-03-12 23:59"),  # Monday the 16th, less Friday and Thursday
        ("three_days", "2026-03-13 23:59"),
        ("1 week", "2026-03-09 23:59"),
        ("1 month", "2026-02-16 23:59"),
        ("2 hours", "2026-03-15 22:00"),
    ],
)
def test_before_a_day_that_the_case_names(n: str, due: str) -> None:
    with story(duty(f"{{before: {{event: planned_on, n: {n}}}}}")) as it:
        it.do("visit.plan", "小王", customer=it.register(), planned_on="2026-03-16", purpose="洽谈")
        assert it.due("prepare") == due


def test_before_a_day_of_the_file_and_at_an_hour() -> None:
    text = duty('{before: {event: "event.planned_on + days(1)", n: 1 day}, at: "17:30"}')
    with story(text) as it:
        it.do("visit.plan", "小王", customer=it.register(), planned_on="2026-03-16", purpose="洽谈")
        assert it.due("prepare") == "2026-03-16 17:30"


def test_a_window_opens_and_closes() -> None:
    text = duty(
        '{window: {from: day 10 of this month, to: day 20 of this month, at: "17:30"}}', "{event: contact.recorded}"
    )
    with story(text) as it:
        customer = it.register()
        it.do("contact.record", "小王", customer=customer, kind="电话")
        assert it.due("prepare") == "2026-03-20 17:30"
        it.run_to("2026-03-09 23:00")
        it.file(customer, note="太早")
        assert it.duty("prepare").state == "open"
        it.run_to("2026-03-10 00:00")
        it.file(customer, note="当天")
        assert it.duty("prepare").state == "done"


def test_one_is_in_the_middle_of_a_window_already() -> None:
    text = duty("{window: {from: '12-20', to: '01-31'}}", "{event: contact.recorded}")
    with story(text, at="2026-01-05 10:00") as it:
        customer = it.register()
        it.do("contact.record", "小王", customer=customer, kind="电话")
        assert it.due("prepare") == "2026-01-31 23:59"
        it.file(customer, note="在期间内")
        assert it.duty("prepare").state == "done"


EXTEND = "{within: 5 days, extend: {times: twice, each: 3 days, total: 5 days}}"


def test_the_bearer_moves_the_due_time_within_its_limits() -> None:
    with story(duty(EXTEND, "{event: contact.recorded}")) as it:
        it.do("contact.record", "小王", customer=it.register(), kind="电话")
        row = it.duty("prepare")
        it.do("duty.extend", "小王", duty=row.pk, reason="客户出差")
        assert it.due("prepare") == "2026-03-10 23:59"
        with pytest.raises(Invalid, match="延期合计不能超过5天"):
            it.do("duty.extend", "小王", duty=row.pk, reason="再延")
        assert it.events("duty.extended")[0].data["until"] == "2026-03-10 23:59"
        it.run_to("2026-03-10 23:00")
        assert it.told("郑总") == []
        it.run_to("2026-03-11 08:00")
        assert it.told("郑总") != []
        with pytest.raises(Invalid, match="期限已过"):
            it.do("duty.extend", "小王", duty=row.pk, reason="晚了")


def test_extensions_are_counted() -> None:
    with story(duty("{within: 5 days, extend: {times: 1, each: 3 days}}", "{event: contact.recorded}")) as it:
        it.do("contact.record", "小王", customer=it.register(), kind="电话")
        it.do("duty.extend", "小王", duty=it.duty("prepare").pk, reason="一次")
        with pytest.raises(Invalid, match="最多延期 1 次"):
            it.do("duty.extend", "小王", duty=it.duty("prepare").pk, reason="两次")


def test_without_a_rule_there_is_no_extension() -> None:
    with story(duty("{within: 5 days}", "{event: contact.recorded}")) as it:
        it.do("contact.record", "小王", customer=it.register(), kind="电话")
        with pytest.raises(Invalid, match="没有延期的规定"):
            it.do("duty.extend", "小王", duty=it.duty("prepare").pk, reason="想延")


@pytest.mark.parametrize(
    ("within", "due"),
    [("5 working_days", "2026-03-11 23:59"), ("7 days", "2026-03-11 23:59"), ("200 hours", "2026-03-12 18:00")],
)
def test_the_clock_stands_still_between_two_events(within: str, due: str) -> None:
    text = duty(
        f"{{within: {within}, pause: customer.change_reported, resume: [visit.recorded]}}",
        "{event: contact.recorded}",
        "remind: [1 day]",
    )
    with story(text) as it:
        customer = it.register()
        it.do("contact.record", "小王", customer=customer, kind="电话")
        before = it.due("prepare")
        it.run_to("2026-03-04 10:00")
        it.do(
            "customer.report_change", "小王", customer=customer, matter="停产", occurred_on="2026-03-04", side="客户方"
        )
        assert it.duty("prepare").paused_at is not None
        it.run_to("2026-03-06 10:00")
        it.do("visit.record", "小王", customer=customer, content="复产")
        assert it.duty("prepare").paused_at is None
        assert before < it.due("prepare") == due


def test_nothing_fires_while_it_stands_still() -> None:
    text = duty(
        "{within: 2 days, pause: customer.change_reported, resume: visit.recorded}",
        "{event: contact.recorded}",
        "remind: [1 day]",
    )
    with story(text) as it:
        customer = it.register()
        it.do("contact.record", "小王", customer=customer, kind="电话")
        it.run_to("2026-03-02 12:00")
        it.do(
            "customer.report_change", "小王", customer=customer, matter="停产", occurred_on="2026-03-02", side="客户方"
        )
        it.run_to("2026-03-20 10:00")
        assert it.told("小王") == it.told("郑总") == []
        assert it.duty("prepare").breached_at is None
        it.do("visit.record", "小王", customer=customer, content="复产")
        assert it.due("prepare") == "2026-03-22 23:59"
        it.run_to("2026-03-23 08:00")
        assert it.told("小王") and it.told("郑总")


def test_what_is_done_while_it_stands_still_is_in_time() -> None:
    text = duty(
        "{within: 2 days, pause: customer.change_reported, resume: visit.recorded}", "{event: contact.recorded}"
    )
    with story(text) as it:
        customer = it.register()
        it.do("contact.record", "小王", customer=customer, kind="电话")
        it.do(
            "customer.report_change", "小王", customer=customer, matter="停产", occurred_on="2026-03-02", side="客户方"
        )
        it.run_to("2026-03-20 10:00")
        it.file(customer, note="照交")
        assert it.duty("prepare").state == "done"
