"""perform: one way in. What is refused, asked for, warned of; what is on record after each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kedang.kernel import clock, ledger, tick
from kedang.kernel.actions import dry_run, perform, perform_read
from kedang.kernel.approvals.models import Request
from kedang.kernel.errors import AsksReason, Invalid, NeedsApproval, NotFound, Refused
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Chip, CommandKey, Notice
from kedang.kernel.norms.explain import explain
from kedang.kernel.norms.models import Duty, Grant
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.trade.models import ExpenseClaim
from tests.kernel.conftest import register
from tests.support.company import Company

Under = Callable[..., Company]


def submit(company: Company, file: int, amount: int, by: str = "小王", **more: Any) -> Any:
    return perform("expense.submit", by=company[by], customer=file, kind="差旅", amount=amount, **more)


@pytest.fixture
def company(under: Under) -> Company:
    return under("guards")


@pytest.fixture
def factory(company: Company) -> int:
    """小王's file, in touch with."""
    file = register(company, "晨光厂")
    company.do("contact.record", "小王", customer=file)
    return file


def kinds(**where: Any) -> list[str]:
    return list(Event.objects.filter(**where).order_by("id").values_list("kind", flat=True))


def test_a_deed_changes_and_is_on_record_under_one_command(company: Company, factory: int) -> None:
    answer = submit(company, factory, 10)
    assert ExpenseClaim.objects.count() == 1
    assert kinds(command=answer.command) == ["expense.submitted"]


def test_a_deed_records_the_appointment_it_was_done_in(company: Company, factory: int) -> None:
    result = perform("contact.record", by=company["小王"], customer=factory, content="谈了交期")
    event = Event.objects.get(pk=result.events[0])
    assert event.appointment is not None
    assert (event.appointment.person, event.appointment.post.key) == (company["小王"], "salesperson")


def test_a_refusal_is_on_record_with_its_clause_and_changes_nothing(company: Company) -> None:
    file = register(company, "生厂")
    with pytest.raises(Refused) as caught:
        submit(company, file, 10)
    assert caught.value.decision.clauses == ["1"]
    event = Event.objects.get(kind="norm.refused")
    assert (event.file, event.clause, event.norm, event.actor_id) == (
        file,
        "1",
        "guards.no-contact",
        company["小王"].pk,
    )
    assert not ExpenseClaim.objects.exists()
    assert Notice.objects.get(clause="9").person == company["周经理"]


def test_a_refusal_has_four_lines(company: Company) -> None:
    file = register(company, "生厂")
    with pytest.raises(Refused) as caught:
        submit(company, file, 10)
    said = explain(caught.value.decision, reader=company["小王"].pk)
    assert said.what.endswith("“生厂”")
    assert [each.number for each in said.clauses] == ["1"]
    assert said.facts
    assert said.lift == ("登记一次联系",)
    assert said.ask == ("小王",)
    assert said.exception


def test_a_rule_that_raises_rolls_the_deed_back(
    company: Company, factory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(subjects: Any, world: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(vocabulary.facts, "has_event", replace(vocabulary.facts["has_event"], load=broken))
    before = Event.objects.count()
    with pytest.raises(ZeroDivisionError):
        submit(company, factory, 10, key="k")
    assert Event.objects.count() == before
    assert not ExpenseClaim.objects.exists()
    assert not Duty.objects.exists()
    assert not CommandKey.objects.filter(key="k").exists()


def test_a_reaction_that_raises_rolls_the_deed_back(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from kedang.kernel.actions import effects

    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    file = register(company, "生厂")
    monkeypatch.setitem(effects.CATALOGUE, "notify", broken)
    with pytest.raises(ZeroDivisionError):
        submit(company, file, 10)
    assert not Event.objects.filter(kind="norm.refused").exists()


def test_what_needs_approval_is_frozen_and_runs_once_when_agreed(company: Company, factory: int) -> None:
    with pytest.raises(NeedsApproval) as caught:
        submit(company, factory, 6000)
    assert not ExpenseClaim.objects.exists()
    request = caught.value.request
    assert [each["clause"] for each in request.norms] == ["2"]
    perform("approval.move", by=company["郑总"], request=request.pk, move="agree")
    request.refresh_from_db()
    assert request.status == "executed"
    claim = ExpenseClaim.objects.get()
    assert Event.objects.get(kind="expense.submitted").actor == company["小王"]
    assert claim.amount_fen == 600000
    tick.tick()
    from kedang.kernel.actions.executing import execute

    execute(request.pk)
    assert ExpenseClaim.objects.count() == 1


def test_the_same_command_pending_is_not_asked_twice(company: Company, factory: int) -> None:
    for _ in range(2):
        with pytest.raises(NeedsApproval):
            submit(company, factory, 6000)
    assert Request.objects.count() == 1


def test_a_rejected_command_does_not_run(company: Company, factory: int) -> None:
    with pytest.raises(NeedsApproval) as caught:
        submit(company, factory, 6000)
    perform("approval.move", by=company["郑总"], request=caught.value.request.pk, move="reject", opinion="太贵")
    assert not ExpenseClaim.objects.exists()


def test_approved_but_no_longer_possible_is_a_state_with_its_cause(company: Company, factory: int) -> None:
    with pytest.raises(NeedsApproval) as caught:
        submit(company, factory, 6000)
    company.do("customer.transfer", "郑总", customer=factory, to=company["小李"].pk, reason="调整")
    perform("approval.move", by=company["郑总"], request=caught.value.request.pk, move="agree")
    request = Request.objects.get()
    assert request.status == "failed"
    assert request.cause
    assert not ExpenseClaim.objects.exists()
    assert Notice.objects.filter(person=company["小王"], text__contains="未能执行").exists()


def test_several_approvals_are_all_required_and_one_agreement_each(company: Company, factory: int) -> None:
    company.do("customer.classify", "小王", customer=factory, term="level", value="high")
    with pytest.raises(NeedsApproval) as caught:
        submit(company, factory, 6000)
    assert {each["clause"] for each in caught.value.request.norms} == {"2", "7"}
    perform("approval.move", by=company["郑总"], request=caught.value.request.pk, move="agree")
    assert not ExpenseClaim.objects.exists()
    perform("approval.move", by=company["周经理"], request=caught.value.request.pk, move="agree")
    assert ExpenseClaim.objects.count() == 1


def test_an_exception_is_asked_of_whom_the_norm_names(company: Company) -> None:
    file = register(company, "生厂")
    with pytest.raises(NeedsApproval) as caught:
        submit(company, file, 10, ask_exception=True)
    assert caught.value.request.title.startswith("例外")
    perform("approval.move", by=company["郑总"], request=caught.value.request.pk, move="agree")
    assert ExpenseClaim.objects.count() == 1
    with pytest.raises(Refused):
        submit(company, file, 11)


def test_a_reason_lets_pass_and_is_on_record(company: Company, factory: int) -> None:
    with pytest.raises(AsksReason) as caught:
        submit(company, factory, 2000)
    assert caught.value.decision.clauses == ["3"]
    assert not ExpenseClaim.objects.exists()
    submit(company, factory, 2000, reason="年会")
    assert ledger.told(Event.objects.get(kind="norm.reasoned"))["reason"] == "年会"
    assert ExpenseClaim.objects.count() == 1


def test_the_post_that_was_asked_for_a_reason_may_come_again_with_it(company: Company, factory: int) -> None:
    with pytest.raises(AsksReason):
        submit(company, factory, 2000, key="k")
    submit(company, factory, 2000, key="k", reason="年会")
    assert ExpenseClaim.objects.count() == 1


def test_a_confirmation_lets_pass(company: Company, factory: int) -> None:
    with pytest.raises(AsksReason) as caught:
        submit(company, factory, 600)
    assert caught.value.decision.verdict == "confirm"
    submit(company, factory, 600, confirmed=True)
    assert Event.objects.filter(kind="norm.confirmed").count() == 1


def test_a_warning_passes_and_stays_as_a_chip_until_it_ends(company: Company, factory: int) -> None:
    assert not submit(company, factory, 10).warnings
    answer = submit(company, factory, 20)
    assert [each.clause for each in answer.warnings] == ["5"]
    assert Event.objects.filter(kind="norm.warned").count() == 1
    assert Chip.objects.get().file == factory
    submit(company, factory, 30)
    assert Chip.objects.count() == 1
    company.do("customer.classify", "小王", customer=factory, term="level", value="high")
    assert not Chip.objects.exists()


def test_one_key_is_one_deed_and_gets_the_first_answer(company: Company, factory: int) -> None:
    first = submit(company, factory, 10, key="k")
    again = submit(company, factory, 10, key="k")
    assert (again.value, again.events, again.command) == (first.value, first.events, first.command)
    assert ExpenseClaim.objects.count() == 1
    with pytest.raises(Invalid, match="另一次操作"):
        submit(company, factory, 11, key="k")
    with pytest.raises(Invalid, match="另一次操作"):
        submit(company, factory, 10, key="k", by="周经理")


def test_bad_input_leaves_no_key_behind(company: Company, factory: int) -> None:
    with pytest.raises(Invalid):
        perform("expense.submit", by=company["小王"], key="k", customer=factory, kind="差旅", amount="很多")
    assert submit(company, factory, 10, key="k").value


def test_outside_the_list_every_path_answers_not_found(company: Company, factory: int) -> None:
    for name in ("expense.submit", "contact.record", "file.open", "customer.update"):
        more = {"kind": "差旅", "amount": 1} if name == "expense.submit" else {}
        with pytest.raises(NotFound):
            perform(name, by=company["小李"], customer=factory, **more)
        with pytest.raises(NotFound):
            perform(name, by=company["小李"], customer=987654, **more)
        assert dry_run(name, by=company["小李"], customer=factory).verdict == "not_found"
    with pytest.raises(NotFound):
        perform_read("file.open", by=company["小李"], customer=factory)


def test_inside_the_list_but_not_open_is_refused_under_the_access_clause(company: Company, factory: int) -> None:
    with pytest.raises(Refused) as caught:
        perform("customer.update", by=company["小赵"], customer=factory, phone="13800138000")
    assert caught.value.decision.clauses == ["8"]


def test_a_reading_is_recorded_once_an_hour(company: Company, factory: int, held: clock.Frozen) -> None:
    def openings() -> int:
        return Event.objects.filter(kind="file.opened").count()

    for _ in range(3):
        assert perform_read("file.open", by=company["小王"], customer=factory).verdict == "allow"
    assert openings() == 1
    perform_read("file.open", by=company["小王"], customer=factory, purpose="核对")
    assert openings() == 2
    held.advance(timedelta(hours=1))
    perform_read("file.open", by=company["小王"], customer=factory)
    assert openings() == 3


def test_a_grant_opens_the_file_and_ends_by_the_clock_before_any_tick(
    company: Company, factory: int, held: clock.Frozen
) -> None:
    assert perform_read("file.open", by=company["小赵"], customer=factory).verdict == "needs"
    assert not Event.objects.filter(kind="file.opened").exists()
    with pytest.raises(NeedsApproval) as caught:
        perform("file.open", by=company["小赵"], customer=factory, purpose="投标")
    perform("approval.move", by=company["周经理"], request=caught.value.request.pk, move="agree")
    grant = Grant.objects.get()
    assert grant.person == company["小赵"]
    assert perform_read("file.open", by=company["小赵"], customer=factory).verdict == "allow"
    held.move_to(grant.valid_until - timedelta(seconds=1))
    assert perform_read("file.open", by=company["小赵"], customer=factory).verdict == "allow"
    held.move_to(grant.valid_until)
    assert perform_read("file.open", by=company["小赵"], customer=factory).verdict == "needs"
    assert Grant.objects.get().ended_at is None
    tick.tick()
    tick.tick()
    assert Grant.objects.get().ended_at == grant.valid_until
    assert Event.objects.filter(kind="access.expired").count() == 1


def test_a_button_says_what_the_deed_would(company: Company, factory: int) -> None:
    silent = register(company, "生厂")
    assert dry_run("expense.submit", by=company["小王"], customer=silent).verdict == "refuse"
    open_question = dry_run("expense.submit", by=company["小王"], customer=factory)
    assert open_question.verdict == "allow"
    assert {each.clause for each in open_question.depends} == {"2", "3", "4"}
    for amount, verdict in ((10, "allow"), (600, "confirm"), (2000, "reason"), (6000, "needs")):
        assert (
            dry_run("expense.submit", by=company["小王"], customer=factory, kind="差旅", amount=amount).verdict
            == verdict
        )


def test_a_button_writes_nothing(company: Company, factory: int) -> None:
    before = Event.objects.count()
    dry_run("expense.submit", by=company["小王"], customer=factory, amount=6000)
    assert Event.objects.count() == before
    assert not Request.objects.exists()
