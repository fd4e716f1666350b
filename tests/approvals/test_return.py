"""退回, 再次提交 and 撤回: back to the requester or a step, from the start again or straight back."""

import uuid

import pytest

from kedang.kernel.approvals import service
from kedang.kernel.approvals.models import Ballot, Request, Step
from kedang.kernel.approvals.values import MoveRefused
from kedang.kernel.errors import Invalid
from tests.approvals.conftest import NORM, ask, role
from tests.approvals.test_vote import states


def again(request, by, *steps, digest="d1"):
    return service.resubmit(
        request.pk,
        by=by,
        command=uuid.uuid4(),
        args={"customer": 7, "amount": "200.00"},
        steps=steps,
        norms=[NORM],
        digest=digest,
    )


@pytest.fixture
def three(cast):
    """Head, finance, general manager."""
    return ask(cast.小王, role("部门经理", cast.周经理), role("财务", cast.财务甲), role("总经理", cast.郑总))


def test_returned_to_the_requester_it_waits_for_him_and_starts_again(cast, do, three):
    do(three, cast.周经理, "agree")
    outcome = do(three, cast.财务甲, "return", "请补充合同")
    assert outcome.status_after == "returned" and outcome.asked == ()
    assert Ballot.objects.filter(status="pending").count() == 0
    with pytest.raises(MoveRefused):
        do(three, cast.财务甲, "agree")
    resubmitted = again(three, cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总), digest="d2")
    assert resubmitted.asked == (cast.周经理.pk,)
    three.refresh_from_db()
    assert (three.status, three.round, three.args["amount"], three.digest) == ("pending", 2, "200.00", "d2")
    assert states(three) == ["active", "waiting"]
    assert list(Step.objects.filter(request=three, round=1).values_list("status", flat=True)) == [
        "passed",
        "returned",
        "closed",
    ]


def test_straight_back_after_no_change_keeps_the_steps_between(cast, do, three):
    do(three, cast.周经理, "agree")
    do(three, cast.财务甲, "return", "请写清事由", then="straight")
    outcome = again(three, cast.小王, role("部门经理", cast.周经理))
    assert outcome.asked == (cast.财务甲.pk,) and states(three) == ["passed", "active", "waiting"]
    do(three, cast.财务甲, "agree")
    assert do(three, cast.郑总, "agree").approved


def test_straight_back_is_not_possible_when_the_content_changed(cast, do, three):
    do(three, cast.周经理, "agree")
    do(three, cast.财务甲, "return", "金额不对", then="straight")
    again(three, cast.小王, role("部门经理", cast.周经理), role("财务", cast.财务甲), digest="changed")
    assert states(Request.objects.get()) == ["active", "waiting"]


def test_returned_to_a_step_it_goes_again_through_every_step_after(cast, do, three):
    do(three, cast.周经理, "agree")
    do(three, cast.财务甲, "agree")
    outcome = do(three, cast.郑总, "return", "部门再核", step=0)
    assert outcome.status_after == "pending" and outcome.asked == (cast.周经理.pk,)
    assert states(three) == ["active", "waiting", "returned"]
    for person in (cast.周经理, cast.财务甲):
        assert not do(three, person, "agree").approved
    assert do(three, cast.郑总, "agree").approved


def test_returned_to_a_step_and_straight_back_skips_the_steps_between(cast, do, three):
    do(three, cast.周经理, "agree")
    do(three, cast.财务甲, "agree")
    do(three, cast.郑总, "return", "部门再核", step=0, then="straight")
    assert do(three, cast.周经理, "agree", "已核").asked == (cast.郑总.pk,)
    assert do(three, cast.郑总, "agree").approved


def test_a_signer_added_after_a_returned_step_is_not_jumped_over(cast, do, three):
    do(three, cast.周经理, "agree")
    do(three, cast.财务甲, "agree")
    do(three, cast.郑总, "return", "部门再核", step=0, then="straight")
    assert do(three, cast.周经理, "add_after", to=cast.法务).asked == (cast.法务.pk,)
    assert do(three, cast.法务, "agree").asked == (cast.郑总.pk,)


@pytest.mark.parametrize("step", [1, 2, -1, 9])
def test_it_cannot_be_returned_forward_or_to_itself(cast, do, three, step):
    do(three, cast.周经理, "agree")
    with pytest.raises(Invalid) as refused:
        do(three, cast.财务甲, "return", "看看", step=step)
    assert "step" in refused.value.errors


def test_a_return_needs_an_opinion(cast, do, three):
    with pytest.raises(Invalid) as refused:
        do(three, cast.周经理, "return")
    assert refused.value.errors == {"opinion": "退回必须写明意见。"}


def test_only_the_requester_resubmits_and_only_what_was_returned(cast, do, three):
    with pytest.raises(MoveRefused, match="只有被退回"):
        again(three, cast.小王, role("总经理", cast.郑总))
    do(three, cast.周经理, "return", "补材料")
    with pytest.raises(MoveRefused, match="只有申请人"):
        again(three, cast.周经理, role("总经理", cast.郑总))


def test_withdrawn_it_is_over_for_everybody(cast, do, three):
    do(three, cast.周经理, "agree")
    with pytest.raises(MoveRefused, match="只有申请人"):
        do(three, cast.财务甲, "withdraw")
    assert do(three, cast.小王, "withdraw").status_after == "withdrawn"
    assert states(three) == ["passed", "closed", "waiting"]
    for person, kind in [(cast.财务甲, "agree"), (cast.小王, "withdraw"), (cast.小王, "remind")]:
        with pytest.raises(MoveRefused):
            do(three, person, kind)


def test_a_returned_request_can_be_withdrawn(cast, do, three):
    do(three, cast.周经理, "return", "不必了")
    assert do(three, cast.小王, "withdraw").status_after == "withdrawn"
