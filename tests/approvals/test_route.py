"""The safe defaults: not one's own judge, no empty post, one person once."""

from datetime import date

import pytest

from kedang.kernel.approvals import chain, machine, route
from kedang.kernel.approvals.models import Ballot
from kedang.kernel.approvals.route import EmptyPost
from kedang.kernel.approvals.values import MoveRefused, StepSpec
from kedang.kernel.org.models import Delegation
from tests.approvals.conftest import ask, role, together
from tests.approvals.test_vote import states


def voters(specs):
    return [spec.voters for spec in specs]


def test_the_requesters_own_step_goes_to_his_superior_and_says_so(cast):
    (spec,) = route.prepare([role("部门经理", cast.周经理)], cast.周经理)
    assert spec.voters == (cast.郑总.pk,) and spec.notes == ("因提交人即审批人，由上级审批",)


def test_other_holders_of_the_role_decide_without_the_requester(cast):
    (spec,) = route.prepare([role("财务", cast.财务甲, cast.财务乙)], cast.财务甲)
    assert spec.voters == (cast.财务乙.pk,) and spec.notes == ("提交人不参与审批，由该岗位的其他人审批",)


def test_the_one_spoken_for_is_no_judge_either(cast):
    (spec,) = route.prepare([role("部门经理", cast.周经理)], cast.小王, on_behalf_of=cast.周经理)
    assert spec.voters == (cast.郑总.pk,)


def test_with_nobody_above_the_request_is_refused(cast):
    with pytest.raises(EmptyPost, match="没有上级") as refused:
        route.prepare([role("总经理", cast.郑总)], cast.郑总)
    assert refused.value.role_name == "总经理"


def test_an_empty_post_refuses_at_the_preview_and_names_the_post(cast):
    with pytest.raises(EmptyPost, match="“档案管理员”（业务一部）现在无人担任"):
        chain.preview([role("总经理", cast.郑总), role("档案管理员")], cast.小王, ["业务一部"])


def test_an_empty_seat_of_a_countersign_refuses_too(cast):
    spec = together("all", cast.市场)
    with pytest.raises(EmptyPost):
        route.prepare([StepSpec("all", (*spec.seats, *role("法务").seats), role_name="会签")], cast.小王)


def test_a_route_never_opens_with_the_requester_in_it(cast):
    with pytest.raises(MoveRefused):
        machine.start(cast.小王.pk, (role("总经理", cast.小王),))
    with pytest.raises(MoveRefused, match="路线为空"):
        machine.start(cast.小王.pk, ())


def test_one_person_in_two_steps_in_a_row_is_asked_once(cast, do):
    request = ask(cast.小王, role("部门经理", cast.郑总), role("总经理", cast.郑总), role("财务", cast.财务甲))
    shown = chain.chain(request)
    assert shown[1].people[0].state_label == "无须再审" and "不再重复审批" in shown[1].notes[0]
    outcome = do(request, cast.郑总, "agree")
    assert states(request) == ["passed", "skipped", "active"] and outcome.asked == (cast.财务甲.pk,)
    assert "同一人只审一次" in chain.chain(request)[1].notes[0]


def test_two_packs_ask_one_person_once_wherever_he_stands(cast, do):
    steps = [
        role("部门经理", cast.周经理),
        role("总经理", cast.郑总),
        role("部门经理", cast.周经理, pack="sales-files"),
    ]
    request = ask(cast.小王, *steps)
    do(request, cast.周经理, "agree")
    assert do(request, cast.郑总, "agree").approved and states(request)[2] == "skipped"


def test_within_one_pack_a_last_word_after_another_is_asked_for(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总), role("部门经理", cast.周经理))
    do(request, cast.周经理, "agree")
    assert do(request, cast.郑总, "agree").asked == (cast.周经理.pk,)


def test_who_passed_his_ballot_on_has_not_been_asked(cast, do):
    request = ask(cast.小王, role("部门经理", cast.郑总), role("总经理", cast.郑总))
    do(request, cast.郑总, "transfer", to=cast.周经理)
    outcome = do(request, cast.周经理, "agree")
    assert not outcome.approved and outcome.asked == (cast.郑总.pk,)


def test_in_a_countersign_only_those_not_yet_heard_are_asked(cast, do):
    request = ask(cast.小王, role("财务", cast.财务甲), together("all", cast.财务甲, cast.法务))
    do(request, cast.财务甲, "agree")
    assert list(Ballot.objects.filter(status="pending").values_list("person", flat=True)) == [cast.法务.pk]
    assert do(request, cast.法务, "agree").approved


def test_a_step_with_a_form_is_never_skipped(cast, do):
    request = ask(cast.小王, role("财务", cast.财务甲), role("财务", cast.财务甲, form="review"))
    assert do(request, cast.财务甲, "agree").asked == (cast.财务甲.pk,)


def test_the_preview_names_people_modes_clauses_and_stand_ins(cast):
    Delegation.objects.create(principal=cast.郑总, delegate=cast.周经理, start=date(2020, 1, 1), end=date(2099, 1, 1))
    steps = [together("all", cast.市场, cast.法务), role("总经理", cast.郑总, clause="1.5.2")]
    first, second = chain.preview(steps, cast.小王)
    assert (first.mode_label, [p.name for p in first.people]) == ("会签", ["市场", "法务"])
    assert (second.role_name, second.clause, second.mode_label) == ("总经理", "1.5.2", "")
    assert second.people[0].deputies == ("周经理",) and second.people[0].state == "foretold"
