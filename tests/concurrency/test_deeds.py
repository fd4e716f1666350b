"""Deeds and ticks at the same moment, on PostgreSQL."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from kedang.kernel import clock, tick
from kedang.kernel.actions import perform
from kedang.kernel.actions.many import perform_many
from kedang.kernel.errors import NeedsApproval
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Notice, Parked
from kedang.kernel.norms.models import Duty, Proposal
from kedang.trade.models import ExpenseClaim
from tests.concurrency.test_registering import at_once
from tests.kernel.conftest import register, text_of
from tests.support.company import Company, found, in_force

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
WORKERS = 4


@pytest.fixture
def held() -> Iterator[clock.Frozen]:
    """The clock of all threads, held."""
    with clock.frozen("2026-03-02 10:00", all_threads=True) as at:
        yield at


@pytest.fixture
def guarded(held: clock.Frozen) -> Iterator[Company]:
    """The company under guards, committed."""
    made = found()
    with in_force(text_of("guards")):
        yield made


@pytest.fixture
def ticking(held: clock.Frozen) -> Iterator[Company]:
    """The company under schedules, committed."""
    made = found()
    with in_force(text_of("ticking")):
        yield made


def test_twenty_posts_of_one_key_submit_one_claim(guarded: Company) -> None:
    file = register(guarded, "晨光厂")
    guarded.do("contact.record", "小王", customer=file)

    def post(_: int) -> object:
        return perform("expense.submit", by=guarded["小王"], key="one", customer=file, kind="差旅", amount=10).value

    assert len(set(at_once(post, 20))) == 1
    assert ExpenseClaim.objects.count() == 1
    assert Event.objects.filter(kind="expense.submitted").count() == 1


def test_twenty_posts_of_one_key_ask_for_one_approval(guarded: Company) -> None:
    file = register(guarded, "晨光厂")
    guarded.do("contact.record", "小王", customer=file)

    def post(_: int) -> int:
        try:
            perform("expense.submit", by=guarded["小王"], key="one", customer=file, kind="差旅", amount=6000)
        except NeedsApproval as answer:
            return answer.request.pk
        raise AssertionError("not asked")

    assert len(set(at_once(post, 20))) == 1


def test_one_job_run_by_several_workers_does_each_row_once(guarded: Company) -> None:
    files = [register(guarded, f"第{n}厂") for n in range(12)]
    rows = [{"customer": file} for file in files]

    def work(_: int) -> int:
        return perform_many("contact.record", rows, by=guarded["小王"], job="import", chunk=3).counts["ok"]

    assert at_once(work, WORKERS) == [len(files)] * WORKERS
    assert Event.objects.filter(kind="contact.recorded").count() == len(files)


def test_several_ticks_at_one_moment_do_everything_once(ticking: Company, held: clock.Frozen) -> None:
    file = register(ticking, "晨光厂")
    ticking.do("customer.classify", "小王", customer=file, term="level", value="high")

    def run(_: int) -> None:
        tick.tick()

    at_once(run, WORKERS)
    assert Duty.objects.filter(norm="ticking.daily").count() == 3
    held.move_to(datetime(2026, 3, 3, 9))
    at_once(run, WORKERS)
    assert Event.objects.filter(kind="norm.breached").count() == 3
    held.move_to(datetime(2026, 3, 10, 9))
    at_once(run, WORKERS)
    assert Notice.objects.filter(clause="5").count() == 1
    assert Notice.objects.filter(clause="3", kind="reminder").count() == 1
    held.move_to(datetime(2026, 3, 13, 1))
    at_once(run, WORKERS)
    assert Event.objects.filter(kind="customer.released").count() == 1
    held.move_to(datetime(2026, 3, 31, 18))
    at_once(run, WORKERS)
    assert Proposal.objects.count() == 3
    assert Notice.objects.filter(clause="4").count() == 3
    assert not Parked.objects.exists()


def test_many_deadlines_at_several_ticks_are_each_told_once(held: clock.Frozen) -> None:
    made = found()
    with in_force(text_of("lateness")):
        files = [register(made, f"第{number}厂") for number in range(130)]
        held.move_to(datetime(2026, 3, 3, 23))

        def run(_: int) -> None:
            tick.tick()

        at_once(run, WORKERS)
        assert Notice.objects.filter(kind="reminder").count() == len(files)
        held.move_to(datetime(2026, 3, 4, 9))
        at_once(run, WORKERS)
        late = Event.objects.filter(kind="norm.breached").values_list("file", flat=True)
        assert sorted(late, key=str) == sorted(files, key=str)
        assert Notice.objects.filter(norm="lateness.told").count() == len(files)
        assert not Duty.objects.filter(norm="lateness.call", breached_at=None).exists()
        assert not Parked.objects.exists()


def test_an_approved_command_executed_by_several_workers_runs_once(guarded: Company) -> None:
    from kedang.kernel.actions.executing import execute
    from kedang.kernel.approvals.models import Request, RequestStatus

    file = register(guarded, "晨光厂")
    guarded.do("contact.record", "小王", customer=file)
    with pytest.raises(NeedsApproval) as caught:
        perform("expense.submit", by=guarded["小王"], customer=file, kind="差旅", amount=6000)
    Request.objects.filter(pk=caught.value.request.pk).update(status=RequestStatus.APPROVED)
    at_once(lambda _: execute(caught.value.request.pk), WORKERS)
    assert ExpenseClaim.objects.count() == 1
