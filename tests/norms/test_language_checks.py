"""What the checker says of deadlines, bearers, tasks, figures and stricter regulations that cannot hold."""

from __future__ import annotations

import pytest

from kedang.kernel.norms.check import check
from kedang.kernel.norms.describe import schema_json
from kedang.kernel.norms.loader import load_text
from kedang.kernel.norms.problems import PackError
from kedang.kernel.norms.vocabulary import vocabulary
from tests.norms.language import OTHER, pack

DUTY = """
  - {{id: a, clause: "1", kind: duty, opens: {{event: visit.planned}}, bearer: {bearer}, done: {{form: sheet, for: customer}}, due: {due}}}
"""
DO = """
  - {{id: a, clause: "1", kind: consequence, event: contact.recorded, do: [{do}]}}
"""
WHEN = """
  - {{id: a, clause: "1", kind: prohibition, action: expense.submit, when: "{when}", if_missing: pass}}
"""


def said(text: str, context: str = "") -> list[str]:
    """The problems of a regulation, but for clauses that nothing enforces."""
    try:
        loaded = load_text({"pack.yaml": text})
        others = [load_text({"pack.yaml": context})] if context else []
        found = check([loaded], vocabulary, context=others)
    except PackError as fault:
        found = fault.problems
    return [str(each) for each in found if "没有任何内容执行它" not in str(each)]


def due(text: str, bearer: str = "event.actor") -> list[str]:
    return said(pack(DUTY.format(due=text, bearer=bearer)))


@pytest.mark.parametrize(
    "good",
    [
        "{before: {event: planned_on, n: three_days}}",
        "{before: {event: event.planned_on + days(1), n: 2 hours}}",
        "{window: {from: day 1 of next month, to: day 10 of next month, at: '17:30'}}",
        "{within: 3 days, extend: {times: twice, each: three_days, total: 10 days}}",
        "{within: 3 days, pause: customer.change_reported, resume: [visit.recorded, contact.recorded]}",
    ],
)
def test_a_deadline_that_holds(good: str) -> None:
    assert due(good) == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{before: {event: planed_on, n: 3 days}}", "没有“planed_on”（是不是要写 planned_on？）"),
        ("{before: {event: event.kind, n: 3 days}}", "这里要日期或时刻，“event.kind”是文字"),
        ("{before: {event: planned_on, n: tree_days}}", "没有参数“tree_days”"),
        ("{before: {event: planned_on, n: twice}}", "参数“twice”的类型是 number，这里要 duration"),
        ("{before: {event: planned_on}}", "缺少“n”"),
        (
            "{within: 3 days, before: {event: planned_on, n: 3 days}}",
            "期限只能写 within、on、before、window 之一，写了 within、before",
        ),
        ("{window: {from: day 40 of month, to: month_end}}", "一个月里没有第 40 天"),
        ("{window: {from: month_start, to: month_end}}", "不认识的到期日“month_start”"),
        ("{window: {to: month_end}}", "缺少“from”"),
        ("{within: 3 days, extend: {times: 0, each: 3 days}}", "至少能延期一次"),
        (
            "{within: 3 days, extend: {times: three_days, each: 3 days}}",
            "参数“three_days”的类型是 duration，这里要 number",
        ),
        ("{within: 3 days, extend: {each: 3 dayz}}", "不认识的时间单位：dayz"),
        ("{within: 3 days, pause: contact.recorded}", "pause 与 resume 要一起写"),
        ("{within: 3 days, pause: contact.recordd, resume: visit.recorded}", "没有事件“contact.recordd”"),
    ],
)
def test_a_deadline_that_cannot_hold(bad: str, message: str) -> None:
    assert any(message in each for each in due(bad)), due(bad)


def test_an_outside_bearer() -> None:
    within = "{within: 3 days}"
    assert (
        due(within, "{outside: customer, reported_by: clerk}")
        == due(within, "{outside: 供应商, reported_by: clerk}")
        == []
    )
    assert any("没有角色“clark”" in each for each in due(within, "{outside: customer, reported_by: clark}"))
    assert any(
        "不认识的外部当事人“supplier”" in each for each in due(within, "{outside: supplier, reported_by: clerk}")
    )
    assert any("缺少“reported_by”" in each for each in due(within, "{outside: customer}"))


def test_tasks_of_consequences() -> None:
    for good in (
        "{draft: sheet, by: gm, within: 3 days}",
        "{draft: 催款函}",
        "{open_case: {title: 核实, bearer: gm, within: 2 days}}",
    ):
        assert said(pack(DO.format(do=good))) == []
    for bad, message in (
        ("{draft: shet}", "没有表单“shet”（是不是要写 sheet？）"),
        ("{draft: sheet, by: gmm}", "没有角色“gmm”"),
        ("{draft: sheet, whom: gm}", "“draft”没有“whom”这个键"),
        ("{open_case: {bearer: gm}}", "没有写要办什么"),
        ("{open_case: {title: 核实, bearer: gmm}}", "没有角色“gmm”"),
        ("{open_case: {title: 核实, within: soon}}", "没有参数“soon”"),
    ):
        assert any(message in each for each in said(pack(DO.format(do=bad)))), (bad, said(pack(DO.format(do=bad))))


def test_figures_and_spans_of_days() -> None:
    for good in (
        "figure('contacts', actor) > 3",
        "figure('missing_files') > 0",
        "working_days_between(customer.registered_on, now()) > 3",
    ):
        assert said(pack(WHEN.format(when=good))) == []
    for bad, message in (
        ("figure('contcts', actor) > 3", "没有统计数字“contcts”（是不是要写 contacts？）"),
        ("figure('contacts') > 3", "“figure”要 3 个参数，写了 1 个"),
        ("figure('contacts', customer) > 3", "这里要人员"),
        ("days_between(actor, today()) > 3", "这里要日期或时刻"),
        ("days_between(today()) > 3", "days_between(…) 的参数个数不对"),
    ):
        assert any(message in each for each in said(pack(WHEN.format(when=bad)))), (
            bad,
            said(pack(WHEN.format(when=bad))),
        )


def test_schedules_and_their_periods() -> None:
    schedule = '  - {id: a, clause: "1", kind: schedule, every: %s, for_each: %s, bearer: file.owner, done: {event: visit.recorded}}\n'
    assert said(pack(schedule % ("rhythm", "file where customer.category == 'key'"))) == []
    assert any(
        "没有“categry”" in each for each in said(pack(schedule % ("rhythm", "file where customer.categry == 'key'")))
    )
    assert any("不认识“files”" in each for each in said(pack(schedule % ("rhythm", "files where customer.archived"))))
    assert any("参数“twice”的类型是 number" in each for each in said(pack(schedule % ("twice", "file"))))
    fortnight = pack(schedule % ("rhythm", "file")).replace("2026-01-01: half_year", "2026-01-01: fortnight")
    assert any("不认识的周期“fortnight”" in each for each in said(fortnight))


def test_stricter_stands_where_it_means_something() -> None:
    prohibition = '  - {id: a, clause: "1", kind: prohibition, action: expense.submit, stricter: shorter}\n'
    assert any("stricter: shorter 只用于义务" in each for each in said(pack(prohibition)))
    visit = '  - {id: %s, clause: "%s", kind: duty, opens: {event: contact.recorded}, done: {event: visit.recorded}, due: {within: %s}%s}\n'
    mine = pack(visit % ("a", "1", "2 days", ", stricter: shorter"))
    plain, longer = (OTHER + visit % ("b", "9", "5 days", more) for more in ("", ", stricter: longer"))
    assert any(
        "stricter: more_approvers 只用于审批" in each
        for each in said(pack(visit % ("a", "1", "2 days", ", stricter: more_approvers")))
    )
    assert said(mine, plain) == []
    assert any("一条要 shorter，一条要 longer" in each for each in said(mine, longer))
    assert any("同一件事有两个期限" in each for each in said(pack(visit % ("a", "1", "2 days", "")), plain))


def test_only_what_happens_outside_can_break_a_prohibition() -> None:
    norms = """
  - {id: a, clause: "1", kind: prohibition, action: %s, effect: %s}
  - {id: b, clause: "2", kind: consequence, breach: a, do: [{notify: gm}]}
"""
    assert said(pack(norms % ("contact.record", "refuse"))) == []
    assert any("“a”会被系统拒绝，不会违反" in each for each in said(pack(norms % ("expense.submit", "refuse"))))
    assert any("不会违反" in each for each in said(pack(norms % ("contact.record", "warn"))))


def test_editors_are_told_of_it() -> None:
    known = schema_json()["$defs"]
    assert {"before", "window", "extend", "pause", "resume"} <= set(known["Due"]["properties"])
    assert set(known["OutsideBearer"]["required"]) == {"outside", "reported_by"}
    assert "where" in known["ScheduleNorm"]["properties"]
