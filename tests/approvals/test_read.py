"""The lists, the chain, the buttons, and how many queries they cost."""

import uuid

import pytest

from kedang.kernel.approvals import chain, selectors, service
from kedang.kernel.errors import NotFound
from tests.approvals.conftest import ask, role, together

ADDS = ("add_before", "add_after", "add_beside")


def names(moves):
    return [move for move, _, _ in moves]


def test_the_four_lists_hold_what_their_names_say(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    assert list(selectors.pending_for(cast.周经理)) == [request] and selectors.pending_count(cast.周经理) == 1
    assert list(selectors.pending_for(cast.郑总)) == [] == list(selectors.decided_by(cast.周经理))
    do(request, cast.周经理, "agree")
    assert list(selectors.pending_for(cast.周经理)) == []
    assert list(selectors.decided_by(cast.周经理)) == [request] == list(selectors.pending_for(cast.郑总))
    assert list(selectors.asked_by(cast.小王)) == [request] and list(selectors.asked_by(cast.小李)) == []
    service.copy_to(request.pk, cast.法务, by=cast.小王, command=uuid.uuid4())
    assert list(selectors.watching(cast.法务)) == [request]
    assert list(selectors.open_for_file(7)) == [request]


def test_only_those_involved_get_a_request_from_their_input(cast):
    request = ask(cast.小王, role("总经理", cast.郑总), on_behalf_of=cast.小李)
    for person in (cast.小王, cast.小李, cast.郑总):
        assert selectors.get_request(person, request.pk) == request and selectors.can_see(person, request)
    for person, pk in [(cast.法务, request.pk), (cast.小王, 999_999)]:
        with pytest.raises(NotFound):
            selectors.get_request(person, pk)
    assert not selectors.can_see(cast.法务, request)


def test_asking_for_the_same_again_finds_the_open_request(cast, do):
    request = ask(cast.小王, role("总经理", cast.郑总))
    assert selectors.open_with_digest("file.open", "d1", cast.小王) == request
    assert selectors.open_with_digest("file.open", "d1", cast.小李) is None
    do(request, cast.郑总, "agree")
    assert selectors.open_with_digest("file.open", "d1", cast.小王) is None


def test_every_button_says_what_it_will_do(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    assert names(selectors.allowed_moves(cast.小王, request)) == ["remind", "withdraw", "copy"]
    offered = {move: text for move, _, text in selectors.allowed_moves(cast.周经理, request)}
    assert offered["agree"] == "同意后转入下一步：总经理。" and "审批流将终止" in offered["reject"]
    assert selectors.allowed_moves(cast.郑总, request) == []
    do(request, cast.周经理, "agree")
    assert names(selectors.allowed_moves(cast.周经理, request)) == ["take_back", "copy"]
    assert {m: t for m, _, t in selectors.allowed_moves(cast.郑总, request)}["agree"].startswith("同意后审批完成")
    do(request, cast.郑总, "return", "补材料")
    request.refresh_from_db()
    assert names(selectors.allowed_moves(cast.小王, request)) == ["resubmit", "withdraw", "copy"]
    assert names(selectors.allowed_moves(cast.郑总, request)) == ["copy"]


def test_every_button_that_is_offered_works(cast, do):
    """What is shown and what is enforced cannot differ."""
    extra = {"transfer": cast.法务, "delegate": cast.法务, "add_before": cast.法务, "add_after": cast.法务}
    extra |= {"add_beside": cast.法务, "remove_signer": cast.法务}
    extra["consult"] = cast.法务
    for move in ("agree", "reject", "return", "consult", "transfer", "delegate", *ADDS):
        request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总), digest=move)
        assert move in names(selectors.allowed_moves(cast.周经理, request))
        do(request, cast.周经理, move, "见意见", to=extra.get(move))


def test_a_return_goes_only_where_it_may(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    assert selectors.return_targets(request) == [(None, "退回提交人")]
    do(request, cast.周经理, "agree")
    assert selectors.return_targets(request) == [(None, "退回提交人"), (0, "退回第 1 步 部门经理")]


def test_the_chain_tells_what_happened_who_is_asked_and_who_comes_next(cast, do):
    request = ask(
        cast.小王,
        role("部门经理", cast.周经理),
        together("sequence", cast.财务甲, cast.市场),
        role("总经理", cast.郑总),
    )
    do(request, cast.周经理, "agree", "情况属实")
    first, second, third = chain.chain(request)
    assert (first.status_label, first.people[0].state_label, first.people[0].opinion) == ("已通过", "同意", "情况属实")
    assert second.active and second.mode_label == "依次"
    assert [(p.name, p.state) for p in second.people] == [("财务甲", "pending"), ("市场", "foretold")]
    assert third.foretold and [(p.name, p.state_label) for p in third.people] == [("郑总", "将审批")]


def test_the_chain_keeps_earlier_rounds_and_withdrawn_steps_foretell_nobody(cast, do):
    request = ask(cast.小王, role("部门经理", cast.周经理), role("总经理", cast.郑总))
    do(request, cast.周经理, "return", "补材料")
    service.resubmit(
        request.pk, by=cast.小王, command=uuid.uuid4(), args={}, steps=[role("总经理", cast.郑总)], norms=request.norms
    )
    request.refresh_from_db()
    shown = chain.chain(request)
    assert [(step.round, step.past) for step in shown] == [(1, True), (1, True), (2, False)]
    assert shown[0].people[0].state_label == "退回" and shown[1].people == []
    do(request, cast.小王, "withdraw")
    request.refresh_from_db()
    assert chain.chain(request)[-1].people == []


def test_the_page_costs_the_same_for_a_long_route(cast, django_assert_max_num_queries):
    short = ask(cast.小王, role("总经理", cast.郑总), digest="short")
    long = ask(
        cast.小王, together("all", cast.市场, cast.法务, cast.财务甲), *[role("总经理", cast.郑总, form="f")] * 6
    )
    for request in (short, long):
        with django_assert_max_num_queries(4):
            chain.chain(request)
        with django_assert_max_num_queries(3):
            selectors.allowed_moves(cast.郑总, request)


def test_the_lists_cost_the_same_for_many_rows(cast, django_assert_num_queries):
    for number in range(12):
        ask(cast.小王, role("总经理", cast.郑总), digest=str(number))
    for list_, person in [(selectors.pending_for, cast.郑总), (selectors.asked_by, cast.小王)]:
        with django_assert_num_queries(2 if list_ is selectors.pending_for else 1):
            assert len([request.requester.name for request in list_(person)]) == 12
    with django_assert_num_queries(4):
        assert len([ballot.step.request.requester.name for ballot in selectors.pending_ballots(cast.郑总)]) == 12


def test_a_move_costs_a_fixed_number_of_queries(cast, do, django_assert_max_num_queries):
    request = ask(cast.小王, together("all", cast.市场, cast.法务, cast.财务甲, cast.财务乙), role("总经理", cast.郑总))
    with django_assert_max_num_queries(12):
        do(request, cast.市场, "agree")
