"""转办 and 延期 by a superior: where the regulation lets him, with a reason, and refused by clause where it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kedang.kernel.actions import dry_run
from kedang.kernel.actions.judging import judge_many
from kedang.kernel.actions.many import perform_many
from kedang.kernel.errors import Invalid, NotFound, Refused
from kedang.kernel.ledger.models import Event
from tests.norms.language import Story, pack, story

pytestmark = pytest.mark.django_db

TEXT = pack("""
  - id: free
    clause: "1"
    kind: duty
    name: 准备材料
    opens: {event: contact.recorded}
    done: {form: sheet, for: customer}
    due: {within: 2 days, extend: {times: 1, each: 3 days, superior: true}}
  - id: alone
    clause: "2"
    kind: duty
    name: 自己延
    opens: {event: contact.recorded}
    done: {form: sheet, for: customer}
    due: {within: 2 days, extend: {times: 1, each: 3 days}}
  - id: owners
    clause: "2"
    kind: duty
    name: 负责人的事
    opens: {event: contact.recorded}
    bearer: file.owner
    follow: owner
    done: {form: sheet, for: customer}
    due: {within: 2 days}
  - id: forbidden
    clause: "1"
    kind: prohibition
    action: duty.reassign
    when: to == actor
    message: 上级不得转给自己
""")


@pytest.fixture
def it() -> Iterator[Story]:
    """A contact on Monday: three duties of 小赵 about a file of 小王's, due on Wednesday."""
    with story(TEXT) as told:
        customer = told.register()
        told.do("customer.add_collaborator", "小王", customer=customer, person=told.company["小赵"].pk)
        told.do("contact.record", "小赵", customer=customer, kind="电话")
        told.company.hire("小孙", "salesperson", "业务一部")
        yield told


def test_a_superior_passes_a_duty_on_with_a_reason_and_the_deadline_stays(it: Story) -> None:
    duty = it.duty("alone")
    helper = it.company["小孙"]
    before, former = duty.due_at, duty.bearer
    it.do("duty.reassign", "周经理", duty=duty.pk, to=helper.pk, reason="小赵出差")
    duty.refresh_from_db()
    assert (duty.bearer, duty.due_at) == (helper, before)
    [event] = it.events("duty.reassigned")
    assert event.data["former"] == former.name and event.data["name"] == "小孙"
    assert "小赵出差" not in str(event.data), "a reason is free text and stands beside the ledger"
    assert event.values.get(field="reason").new == "小赵出差"


def test_without_a_reason_nothing_is_passed_on(it: Story) -> None:
    duty = it.duty("alone")
    with pytest.raises(Invalid) as said:
        it.do("duty.reassign", "周经理", duty=duty.pk, to=it.company["周经理"].pk, reason=" ")
    assert "reason" in said.value.errors


@pytest.mark.parametrize("who", ["小李", "吴经理", "小赵", "钱会计"])
def test_who_does_not_lead_the_bearer_finds_no_such_duty(it: Story, who: str) -> None:
    with pytest.raises(NotFound):
        it.do("duty.reassign", who, duty=it.duty("alone").pk, to=it.company["周经理"].pk, reason="试试看")
    assert not it.events("duty.reassigned")


def test_a_duty_of_the_owner_moves_with_the_file_only(it: Story) -> None:
    with pytest.raises(Refused) as said:
        it.do("duty.reassign", "周经理", duty=it.duty("owners").pk, to=it.company["小孙"].pk, reason="换人")
    assert said.value.decision.clauses == ["2"]


def test_a_receiver_outside_the_department_is_refused(it: Story) -> None:
    with pytest.raises(Refused) as said:
        it.do("duty.reassign", "周经理", duty=it.duty("alone").pk, to=it.company["小李"].pk, reason="换人")
    assert "下属" in said.value.decision.refusals[0].message


def test_a_regulation_may_forbid_passing_on(it: Story) -> None:
    duty, boss = it.duty("alone"), it.company["周经理"]
    with pytest.raises(Refused) as said:
        it.do("duty.reassign", "周经理", duty=duty.pk, to=boss.pk, reason="换人")
    assert said.value.decision.refusals[0].qid == "house.forbidden"


def test_a_superior_extends_a_late_duty_only_where_the_regulation_lets_him(it: Story) -> None:
    it.run_to("2026-03-06 10:00")
    free, alone, owners = it.duty("free"), it.duty("alone"), it.duty("owners")
    it.do("duty.extend", "周经理", duty=free.pk, reason="客户停产")
    free.refresh_from_db()
    assert it.due("free")[:10] == "2026-03-09", "three days from now, not from the day it was due"
    assert free.breached_at is not None, "that it was late stays on record"
    for duty in (alone, owners):
        with pytest.raises(Refused) as said:
            it.do("duty.extend", "周经理", duty=duty.pk, reason="客户停产")
        assert said.value.decision.clauses == ["2"]
    with pytest.raises(Refused) as said:
        it.do("duty.extend", "周经理", duty=free.pk, reason="再延")
    assert "最多延期 1 次" in said.value.decision.refusals[0].message
    with pytest.raises(Invalid):
        it.do("duty.extend", "小赵", duty=alone.pk, reason="我自己来")
    with pytest.raises(NotFound):
        it.do("duty.extend", "吴经理", duty=alone.pk, reason="不是我的人")


def test_what_a_list_of_duties_foretells_is_what_becomes_of_it(it: Story) -> None:
    boss = it.company["周经理"]
    rows = [it.duty(norm).pk for norm in ("free", "alone", "owners")]
    given = [{"duty": pk, "to": it.company["小孙"].pk, "reason": "接手"} for pk in rows]
    told = judge_many("duty.reassign", given, by=boss)
    assert (told.total, told.allowed, told.refused) == (3, 2, 1)
    done = perform_many("duty.reassign", given, by=boss, job="test-1")
    assert [row.state for row in done.rows] == ["ok", "ok", "refused"]
    assert Event.objects.filter(kind="duty.reassigned").count() == 2
    again = perform_many("duty.reassign", given, by=boss, job="test-1")
    assert [row.state for row in again.rows] == ["ok", "ok", "refused"]
    assert Event.objects.filter(kind="duty.reassigned").count() == 2, "a job begun again does nothing twice"


def test_the_dry_run_says_the_same_of_a_single_duty(it: Story) -> None:
    boss = it.company["周经理"]
    assert dry_run("duty.reassign", by=boss, duty=it.duty("owners").pk).verdict == "refuse"
    assert dry_run("duty.reassign", by=boss, duty=it.duty("alone").pk).verdict == "allow"
    assert dry_run("duty.reassign", by=it.company["小李"], duty=it.duty("alone").pk).verdict == "not_found"
