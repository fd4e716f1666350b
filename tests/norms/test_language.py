"""Outside parties, drafting tasks, ladders, figures, stricter regulations, who is asked, missing data, broken prohibitions."""

from __future__ import annotations

import pytest

from kedang.kernel import gaps, inbox
from kedang.kernel.actions.performing import perform
from kedang.kernel.approvals.models import Request
from kedang.kernel.errors import AsksReason, NeedsApproval, Refused
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.vocabulary import vocabulary
from tests.norms.language import HEAD, OTHER, pack, story

pytestmark = pytest.mark.django_db


# ---- what others must do -----------------------------------------------------------------------------------------


def test_an_outside_party_must_act_and_a_role_reports_it() -> None:
    text = pack("""
  - id: answer
    clause: "1"
    kind: duty
    name: 签回确认单
    opens: {event: contact.recorded}
    bearer: {outside: customer, reported_by: clerk}
    done: {form: sheet, for: customer, by: bearer}
    due: {within: 2 days}
""")
    with story(text) as it:
        customer = it.register()
        it.do("contact.record", "小王", customer=customer, kind="电话")
        row = it.duty("answer")
        assert (row.outside, row.title, row.role, row.bearer_id) == (
            "客户",
            "客户应办：签回确认单",
            "house.clerk",
            None,
        )
        assert row in inbox.duties_for(it.company["何内勤"])
        assert row not in inbox.duties_for(it.company["小王"])
        it.file(customer, by="小王", note="不是他报")
        assert it.duty("answer").state == "open"
        perform("customer.add_collaborator", by=it.company["小王"], customer=customer, person=it.company["何内勤"].pk)
        it.file(customer, by="何内勤", note="已签回")
        assert it.duty("answer").state == "done"


# ---- tasks that consequences give --------------------------------------------------------------------------------


def consequence(do: str, trigger: str = "event: contact.recorded") -> str:
    return pack(f"""
  - id: then
    clause: "2"
    kind: consequence
    {trigger}
    do: {do}
""")


def test_a_form_is_to_be_drafted_and_filing_it_ends_the_task() -> None:
    with story(consequence("[{draft: sheet, within: 2 working_days}]")) as it:
        customer, other = it.register(), it.register("北京云帆科技有限公司")
        it.do("contact.record", "小王", customer=customer, kind="电话")
        row = it.duty("then")
        assert (row.title, row.bearer) == ("起草《情况表》", it.company["小王"])
        assert it.due("then") == "2026-03-04 23:59"
        it.file(other, note="别家的")
        assert it.duty("then").state == "open"
        it.file(customer, note="起草好了")
        assert it.duty("then").state == "done"
        assert it.events("duty.done")[0].clause == "2"


def test_a_text_is_to_be_drafted_by_a_role_and_finished_by_hand() -> None:
    with story(consequence("[{draft: 催款函, by: gm}]")) as it:
        it.do("contact.record", "小王", customer=it.register(), kind="电话")
        row = it.duty("then")
        assert (row.title, row.bearer) == ("起草《催款函》", it.company["郑总"])
        it.do("duty.finish", "郑总", duty=row.pk, note="已发出")
        assert it.duty("then").state == "done"


@pytest.mark.parametrize(
    "do",
    [
        "[{open_case: {title: 核实投诉, bearer: gm, within: 2 days}}]",
        "[{open_case: 核实投诉, bearer: gm, within: 2 days}]",
    ],
)
def test_a_case_is_opened(do: str) -> None:
    with story(consequence(do)) as it:
        it.do("contact.record", "小王", customer=it.register(), kind="电话")
        row = it.duty("then")
        assert (row.title, row.bearer, it.due("then")) == ("核实投诉", it.company["郑总"], "2026-03-04 23:59")


def test_it_warns_before_an_absence_and_says_what_it_is_told_to() -> None:
    text = consequence(
        "[{notify: gm, message: 长期未联系}]",
        "absent: {event: contact.recorded, for: 10 days}\n    warn: 3 working_days",
    )
    with story(text) as it:
        it.do("contact.record", "小王", customer=it.register(), kind="电话")
        it.run_to("2026-03-09 08:00")
        assert it.told("小王") == []
        it.run_to("2026-03-09 10:00")
        assert len(it.told("小王")) == 1
        it.run_to("2026-03-12 12:00")
        assert it.told("郑总") == []
        it.run_to("2026-03-13 01:00")
        assert it.told("郑总") == ["长期未联系"]


def test_a_ladder_begins_before_its_day() -> None:
    text = (
        HEAD.replace("fields: [{id: note", "fields: [{id: sum, name: 数, type: number}, {id: note")
        + """
  - id: climb
    clause: "2"
    kind: consequence
    ladder:
      anchor: "file.registered_on + days(10)"
      steps: [{on_day: -3, do: {notify: owner, message: 快到期}}, {on_day: 0, do: {notify: owner, message: 今天到期}}, {on_day: 2, do: {draft: 催办函}}]
      stop_when: has_form('sheet', file)
"""
    )
    with story(text) as it:
        it.register()
        it.run_to("2026-03-08 23:00")
        assert it.told("小王") == []
        it.run_to("2026-03-09 08:00")
        assert it.told("小王") == ["快到期"]
        it.run_to("2026-03-12 08:00")
        assert it.told("小王") == ["快到期", "今天到期"]
        it.run_to("2026-03-14 08:00")
        assert it.duty("climb").title == "起草《催办函》"


# ---- facts -------------------------------------------------------------------------------------------------------


def test_figures_and_spans_of_days_decide() -> None:
    text = pack("""
  - id: busy
    clause: "1"
    kind: prohibition
    action: expense.submit
    when: "figure('contacts', actor) < 2"
    message: 跟进不足两次
  - id: fresh
    clause: "2"
    kind: prohibition
    action: expense.submit
    when: "known(customer) and working_days_between(customer.registered_at, now()) < 5 or days_between(today(), '2026-03-01') > 0"
    message: 登记不足五个工作日
  - id: mine
    clause: "2"
    kind: prohibition
    action: expense.submit
    when: "known(customer) and known(customer.assigned_at) and days_between(customer.assigned_at, now()) < 7"
    message: 负责不足七天
""")
    with story(text) as it:
        customer = it.register()

        def said() -> set[str]:
            try:
                it.do("expense.submit", "小王", customer=customer, kind="差旅", amount=10, occurred_on="2026-03-02")
            except Refused as refusal:
                return {finding.message for finding in refusal.decision.refusals}
            return set()

        assert said() == {"跟进不足两次", "登记不足五个工作日", "负责不足七天"}
        it.do("contact.record", "小王", customer=customer, kind="电话")
        it.do("contact.record", "小王", customer=customer, kind="电话")
        it.run_to("2026-03-08 10:00")
        assert said() == {"登记不足五个工作日", "负责不足七天"}
        it.run_to("2026-03-09 10:00")
        assert said() == set()


# ---- the stricter of two -----------------------------------------------------------------------------------------

TWO_DAYS = pack("""
  - {id: a, clause: "1", kind: duty, opens: {event: contact.recorded}, done: {event: visit.recorded, for: customer}, due: {within: 2 days}}
""")


@pytest.mark.parametrize(("stricter", "kept"), [("shorter", "house.a"), ("longer", "other.b")])
def test_of_two_deadlines_only_one_is_set(stricter: str, kept: str) -> None:
    other = (
        OTHER
        + f"""
  - {{id: b, clause: "9", kind: duty, opens: {{event: contact.recorded}}, done: {{event: visit.recorded, for: customer}}, due: {{within: 5 days}}, stricter: {stricter}}}
"""
    )
    with story(TWO_DAYS, other) as it:
        customer = it.register()
        it.do("contact.record", "小王", customer=customer, kind="电话")
        assert list(Duty.objects.values_list("norm", flat=True)) == [kept]
        (left,) = it.events("norm.yielded")
        assert {left.norm, left.data["norm"]} == {"house.a", "other.b"}
        assert left.data["norm"] == kept


def test_without_the_word_both_deadlines_stand() -> None:
    other = (
        OTHER
        + """
  - {id: b, clause: "9", kind: duty, opens: {event: contact.recorded}, done: {event: visit.recorded, for: customer}, due: {within: 5 days}}
"""
    )
    with story(TWO_DAYS, other) as it:
        it.do("contact.record", "小王", customer=it.register(), kind="电话")
        assert sorted(Duty.objects.values_list("norm", flat=True)) == ["house.a", "other.b"]


@pytest.mark.parametrize(("stricter", "clauses"), [("stricter: more_approvers, ", ["9"]), ("", ["1", "9"])])
def test_only_the_longer_route_is_asked(stricter: str, clauses: list[str]) -> None:
    mine = pack("""
  - {id: ask, clause: "1", kind: approval, action: expense.submit, when: amount > 0, route: [{role: gm}], then: run}
""")
    other = (
        OTHER
        + f"""
  - {{id: ask, clause: "9", kind: approval, action: expense.submit, {stricter}when: amount > 0, route: [{{role: finance}}, {{role: gm}}], then: run}}
"""
    )
    with story(mine, other) as it:
        customer = it.register()
        with pytest.raises(NeedsApproval):
            it.do("expense.submit", "小王", customer=customer, kind="差旅", amount=10, occurred_on="2026-03-02")
        assert sorted(norm["clause"] for norm in Request.objects.get().norms) == clauses
        assert [event.clause for event in it.events("norm.yielded")] == (["1"] if stricter else [])


# ---- who is asked, and how often ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        "for_each: file, where: \"customer.category == '重点客户'\"",
        "for_each: \"file where customer.category == '重点客户'\"",
        "for_each: file where customer.category == 'key', when: not customer.archived",
    ],
)
def test_a_schedule_asks_of_those_for_whom_a_condition_holds(asked: str) -> None:
    text = pack(f"""
  - {{id: visit, clause: "1", kind: schedule, every: rhythm, {asked}, if_missing_: x}}
""").replace(", if_missing_: x", ", bearer: file.owner, done: {event: visit.recorded}")
    with story(
        text.replace(
            "category: {name: 客户类别, values: {key: 重点客户, general: 一般客户}}",
            "category: {name: 客户类别, values: {key: 重点客户, general: 一般客户}, default: general}",
        )
    ) as it:
        plain, key = it.register(), it.register("北京云帆科技有限公司")
        it.do("customer.classify", "小王", customer=key, term="category", value="key")
        it.run_to("2026-03-03 10:00")
        assert list(Duty.objects.values_list("file", "period")) == [(key, "2026H1")]
        assert it.due("visit") == "2026-06-30 23:59"
        assert plain != key


def test_holders_of_a_role_for_whom_a_condition_holds() -> None:
    text = pack("""
  - {id: log, clause: "1", kind: schedule, every: month, for_each: "holder of sales where in_unit(person, '业务一部')", bearer: each, done: {form: sheet}}
""")
    with story(text) as it:
        it.run_to("2026-03-03 10:00")
        assert set(Duty.objects.values_list("bearer__name", flat=True)) == {"小王", "小赵"}


def test_a_table_counts_from_the_last_form_of_its_own_kind() -> None:
    text = pack("""
  - id: by-class
    clause: "1"
    kind: schedule
    every: {table: category, values: {key: rhythm, general: month}, since: last_done}
    for_each: file
    bearer: file.owner
    done: {form: sheet, for: customer}
""")
    with story(text) as it:
        customer = it.register()
        it.do("customer.classify", "小王", customer=customer, term="category", value="general")
        assert it.due("by-class") == "2026-04-02 23:59"
        it.run_to("2026-03-20 10:00")
        it.file(customer, note="三月")
        assert Duty.objects.filter(state="done").count() == 1
        assert it.due("by-class") == "2026-04-20 23:59"
        it.do("customer.classify", "小王", customer=customer, term="category", value="key")
        assert it.due("by-class") == "2026-09-20 23:59"


# ---- missing data ------------------------------------------------------------------------------------------------


def test_what_cannot_be_decided_is_reviewed_and_listed_until_it_is_mended() -> None:
    text = pack("""
  - {id: needs-phone, clause: "2", kind: prohibition, action: expense.submit, when: "customer.parent_unit == '总公司'", if_missing: review}
""")
    with story(text) as it:
        customer = it.register()
        for _ in range(2):
            it.do("expense.submit", "小王", customer=customer, kind="差旅", amount=10, occurred_on="2026-03-02")
        (event,) = it.events("norm.gap")
        assert (event.norm, event.file, event.data["facts"]) == ("house.needs-phone", customer, "主管单位")
        (notice,) = it.told("郑总")
        assert notice.startswith("缺资料：第2条") and "上海晨光文具厂" in notice
        (gap,) = gaps.open_gaps(it.company["郑总"])
        assert (gap.name, gap.facts, gap.review, gap.clause) == ("上海晨光文具厂", "主管单位", True, "2")
        assert gaps.open_gaps(it.company["小王"]) == []
        assert vocabulary.pages["gaps"].view(it.company["郑总"])["rows"] == [
            {"customer": "上海晨光文具厂", "clause": "2", "facts": "主管单位"}
        ]
        it.company["丁仓管"].is_admin = True
        (unnamed,) = gaps.open_gaps(it.company["丁仓管"])
        assert (unnamed.name, unnamed.file) == ("（无权查看的客户）", None)
        it.do("customer.update", "小王", customer=customer, parent_unit="分公司")
        assert gaps.open_gaps(it.company["郑总"]) == []


def test_a_gap_that_passes_is_listed_without_a_notice() -> None:
    text = pack("""
  - {id: soft, clause: "2", kind: prohibition, action: expense.submit, when: "customer.parent_unit == '总公司'", if_missing: pass}
""")
    with story(text) as it:
        it.do("expense.submit", "小王", customer=it.register(), kind="差旅", amount=10, occurred_on="2026-03-02")
        assert it.told("郑总") == []
        assert [gap.review for gap in gaps.open_gaps(it.company["郑总"])] == [False]


# ---- what happens outside ----------------------------------------------------------------------------------------


def test_a_prohibition_on_what_happens_outside_is_broken_not_refused() -> None:
    text = pack("""
  - {id: no-wechat, clause: "1", kind: prohibition, action: contact.record, when: "kind == '微信'", message: 不得用微信联系客户}
  - {id: told, clause: "2", kind: consequence, breach: no-wechat, do: [{notify: gm}, {propose: points, points: 1, about: person}]}
""")
    with story(text) as it:
        customer = it.register()
        done = perform("contact.record", by=it.company["小王"], customer=customer, kind="微信")
        assert [finding.message for finding in done.warnings] == ["不得用微信联系客户"]
        (event,) = it.events("norm.breached")
        assert (event.norm, event.clause, event.file, event.actor) == (
            "house.no-wechat",
            "1",
            customer,
            it.company["小王"],
        )
        assert it.events("norm.warned") == []
        assert len(it.told("郑总")) == 1
        assert it.events("proposal.opened")[0].norm == "house.told"
        it.do("contact.record", "小王", customer=customer, kind="电话")
        assert len(it.events("norm.breached")) == 1


def test_a_reason_is_still_asked_for_what_happens_outside() -> None:
    text = pack("""
  - {id: why, clause: "1", kind: prohibition, action: contact.record, effect: reason, when: "kind == '微信'"}
""")
    with story(text) as it, pytest.raises(AsksReason):
        it.do("contact.record", "小王", customer=it.register(), kind="微信")


# ---- several bearers, missing data of duties, files of a person ---------------------------------------------------


def shared(bearers: str) -> str:
    return pack(f"""
  - id: answer
    clause: "1"
    kind: duty
    opens: {{event: contact.recorded, once_per: customer}}
    bearer: customer.collaborators
    bearers: {bearers}
    done: {{form: sheet, for: customer}}
    due: {{within: 2 days}}
""")


@pytest.mark.parametrize(
    ("bearers", "states"), [("any", ["done", "void"]), ("first", ["done", "void"]), ("all", ["done", "open"])]
)
def test_several_bearers(bearers: str, states: list[str]) -> None:
    with story(shared(bearers)) as it:
        customer = it.register()
        for name in ("小赵", "周经理"):
            it.do("customer.add_collaborator", "小王", customer=customer, person=it.company[name].pk)
        it.do("contact.record", "小王", customer=customer, kind="电话")
        it.do("contact.record", "小王", customer=customer, kind="电话")
        assert sorted(Duty.objects.values_list("bearer__name", flat=True)) == ["周经理", "小赵"]
        it.file(customer, by="小赵", note="已答复")
        by_name = dict(Duty.objects.values_list("bearer__name", "state"))
        assert [by_name["小赵"], by_name["周经理"]] == states
        it.do("contact.record", "小王", customer=customer, kind="电话")
        assert Duty.objects.count() == 2


def test_a_duty_that_cannot_be_decided_is_reviewed() -> None:
    text = pack("""
  - {id: a, clause: "1", kind: duty, opens: {event: contact.recorded}, when: customer.parent_unit == '总公司', if_missing: review, done: {form: sheet, for: customer}}
""")
    with story(text) as it:
        customer = it.register()
        it.do("contact.record", "小王", customer=customer, kind="电话")
        it.do("contact.record", "小王", customer=customer, kind="电话")
        assert not Duty.objects.exists()
        assert [event.data["label"] for event in it.events("norm.gap")] == ["跟进"]
        assert len(it.told("郑总")) == 1
        it.do("customer.update", "小王", customer=customer, parent_unit="总公司")
        it.do("contact.record", "小王", customer=customer, kind="电话")
        assert it.duty("a").state == "open"


def test_one_event_opens_a_duty_for_each_file_of_a_person() -> None:
    text = pack("""
  - {id: a, clause: "1", kind: duty, opens: {event: visit.planned, for_each: files_of(event.actor)}, bearer: file.owner, done: {form: sheet, for: customer}}
""")
    with story(text) as it:
        mine = {it.register(), it.register("北京云帆科技有限公司")}
        it.register("广州海印贸易行", by="小李")
        it.do("visit.plan", "小王", customer=min(mine), planned_on="2026-03-16", purpose="洽谈")
        assert set(Duty.objects.values_list("file", flat=True)) == mine


def test_a_periodic_consequence_asks_all_its_conditions() -> None:
    text = pack("""
  - id: sums
    clause: "1"
    kind: consequence
    every: month_end
    for_each: "file where customer.name != '北京云帆科技有限公司'"
    where: not has_form('sheet', file)
    when: customer.kind == '组织'
    do: [{notify: owner, message: 本月没有情况表}]
""")
    with story(text) as it:
        it.run_to("2026-03-02 10:30")  # February is summed up before there is a file
        first, _ = it.register(), it.register("北京云帆科技有限公司")
        done = it.register("广州海印贸易行")
        it.file(done, note="已交")
        it.run_to("2026-03-31 19:00")
        assert it.told("小王") == ["本月没有情况表"]
        assert [event.file for event in it.events("norm.notified")] == [first]
