"""Jobs: asked for within a deed, worked off one at a time, resumed after a killed worker, cancelled, given up visibly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from kedang.customers.models import Customer
from kedang.kernel import clock
from kedang.kernel.actions import perform, perform_many
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.jobs import Job, JobState, Run, cancel, enqueue, files, job, queue, registry, run_pending
from kedang.kernel.jobs.running import Stopped, execute
from kedang.kernel.ledger.models import Event
from tests.support.company import HOUSE, Company

Under = Callable[..., Company]


@pytest.fixture
def company(under: Under) -> Company:
    return under(HOUSE)


@pytest.fixture
def work() -> Iterator[Callable[[Callable[..., Any]], None]]:
    """Register a function as the kind `test` for one test."""

    def use(function: Callable[..., Any]) -> None:
        registry._kinds.pop("test", None)
        job("test", "试验")(function)

    yield use
    registry._kinds.pop("test", None)


def again(one: Job) -> Job:
    return Job.objects.get(pk=one.pk)


def test_a_job_runs_with_its_params_and_keeps_what_it_returned(company: Company, work: Any) -> None:
    def sum_up(run: Run, *, numbers: list[int]) -> int:
        run.progress(1, total=2, counts={"ok": 1}, message="一半")
        return sum(numbers)

    work(sum_up)
    one = enqueue("test", by=company["小王"], title="求和", params={"numbers": [1, 2, 3]})
    assert one.state == JobState.QUEUED
    run_pending()
    done = again(one)
    assert (done.state, done.result, done.done, done.total, done.counts) == ("done", 6, 2, 2, {"ok": 1})
    assert done.started_at and done.finished_at and not done.worker


def test_a_deed_that_is_rolled_back_leaves_no_job(company: Company, work: Any) -> None:
    work(lambda run: None)

    @transaction.atomic
    def deed() -> None:
        enqueue("test", by=company["小王"])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        deed()
    assert not Job.objects.exists()


def test_an_unknown_kind_cannot_be_asked_for(company: Company) -> None:
    with pytest.raises(KeyError):
        enqueue("no.such", by=company["小王"])


def test_what_the_product_refuses_ends_the_job_with_its_words(company: Company, work: Any) -> None:
    def refuse(run: Run) -> None:
        raise Invalid("文件里没有一行数据。")

    work(refuse)
    one = enqueue("test", by=company["小王"])
    run_pending()
    assert (again(one).state, again(one).message) == ("failed", "文件里没有一行数据。")


def test_a_fault_is_tried_again_later_and_given_up_with_a_number(
    company: Company, work: Any, held: clock.Frozen
) -> None:
    calls = []

    def fail(run: Run) -> None:
        calls.append(1)
        raise ZeroDivisionError

    work(fail)
    one = enqueue("test", by=company["小王"])
    run_pending()
    waiting = again(one)
    assert waiting.state == JobState.QUEUED and "稍后自动重试" in waiting.message and waiting.not_before > clock.now()
    assert len(calls) == 1 and not run_pending()
    for _ in range(2):
        held.advance(timedelta(minutes=5))
        run_pending()
    assert len(calls) == 3 and again(one).state == JobState.FAILED and "故障编号" in again(one).message
    held.advance(timedelta(hours=1))
    assert not run_pending()


def test_a_queued_job_is_cancelled_at_once_and_a_running_one_at_its_next_chunk(company: Company, work: Any) -> None:
    seen = []

    def long(run: Run) -> None:
        for number in range(1, 5):
            seen.append(number)
            cancel(run.job) if number == 2 else None
            run._written = 0
            run.progress(number, total=4)

    work(long)
    waiting, running = enqueue("test", by=company["小王"]), enqueue("test", by=company["小王"])
    cancel(waiting)
    assert again(waiting).state == JobState.CANCELLED
    run_pending()
    assert seen == [1, 2] and again(running).state == JobState.CANCELLED and again(running).done == 2


def test_a_worker_that_must_end_puts_its_job_back_and_counts_no_attempt(company: Company, work: Any) -> None:
    work(lambda run: run.progress(3, total=9))
    one = enqueue("test", by=company["小王"])
    taken = queue.take("me:1")
    assert taken is not None and taken.attempts == 1
    execute(taken, stopping=lambda: True)
    back = again(one)
    assert (back.state, back.attempts, back.worker) == ("queued", 0, "")
    assert issubclass(Stopped, BaseException) and not issubclass(Stopped, Exception)


def test_a_job_taken_by_one_worker_is_not_taken_by_another(company: Company, work: Any) -> None:
    work(lambda run: None)
    enqueue("test", by=company["小王"])
    assert queue.take("one:1") is not None and queue.take("two:2") is None


def test_the_rows_of_a_killed_worker_are_resumed_without_doubles(
    company: Company, work: Any, held: clock.Frozen
) -> None:
    names = [f"晨光{n}号机械厂" for n in range(30)]

    class Killed(BaseException):
        pass

    def load(run: Run, *, die_after: int) -> int:
        def chunk(done: int, found: Any) -> None:
            run.after_chunk(done, found)
            if run.job.attempts == 1 and done >= die_after:
                raise Killed

        rows = ({"name": name} for name in names)
        found = perform_many("customer.register", rows, by=run.by, job=run.key, chunk=5, progress=chunk)
        return found.counts["ok"]

    work(load)
    one = enqueue("test", by=company["小王"], params={"die_after": 10})
    taken = queue.take("elsewhere:77")
    assert taken is not None
    with pytest.raises(Killed):
        execute(taken)
    assert Customer.objects.count() == 10 and again(one).state == JobState.RUNNING
    assert queue.reap("here:1") == 0, "its heart may still beat"
    held.advance(timedelta(minutes=2))
    assert queue.reap("here:1") == 1
    run_pending()
    assert again(one).state == JobState.DONE and again(one).result == 30
    assert Customer.objects.count() == 30 and Event.objects.filter(kind="customer.registered").count() == 30


def test_a_worker_of_this_machine_that_no_longer_runs_loses_its_job_at_once(company: Company, work: Any) -> None:
    work(lambda run: None)
    enqueue("test", by=company["小王"])
    host = queue.worker_name().rpartition(":")[0]
    queue.take(f"{host}:999999999")
    assert queue.reap(queue.worker_name()) == 1


def test_a_job_that_kills_its_worker_three_times_is_given_up(company: Company, work: Any, held: clock.Frozen) -> None:
    work(lambda run: None)
    one = enqueue("test", by=company["小王"])
    for _ in range(3):
        assert queue.take("elsewhere:1") is not None
        held.advance(timedelta(minutes=2))
        queue.reap("here:1")
    assert again(one).state == JobState.FAILED and "中断了 3 次" in again(one).message


def test_a_worker_that_was_thought_dead_writes_nothing_more(company: Company, work: Any, held: clock.Frozen) -> None:
    work(lambda run: run.progress(5, total=9))
    one = enqueue("test", by=company["小王"])
    slow = queue.take("slow:1")
    held.advance(timedelta(minutes=2))
    queue.reap("here:1")
    quick = queue.take("quick:2")
    assert slow is not None and quick is not None
    execute(slow)
    assert again(one).state == JobState.RUNNING and again(one).worker == "quick:2" and again(one).done == 0
    execute(quick)
    assert again(one).state == JobState.DONE


def test_a_result_is_for_its_requester_until_it_expires_and_each_fetching_is_on_record(
    company: Company, work: Any, held: clock.Frozen
) -> None:
    def write(run: Run) -> None:
        with run.output("错误数据.csv") as handle:
            handle.write("行号\n".encode())

    work(write)
    one = enqueue("test", by=company["小王"])
    run_pending()
    path = company.do("job.fetch", "小王", job=one.pk)
    assert Path(path).read_bytes() == "行号\n".encode()
    assert Event.objects.filter(kind="job.fetched", subject=f"job:{one.pk}").count() == 1
    with pytest.raises(NotFound):
        company.do("job.fetch", "小赵", job=one.pk)
    held.advance(files.KEPT_FOR + timedelta(seconds=1))
    with pytest.raises(Invalid, match="已过期"):
        company.do("job.fetch", "小王", job=one.pk)
    assert files.sweep() == 1 and files.path_of(again(one)) is None and not again(one).file


def test_a_file_that_was_not_finished_is_not_there(company: Company, work: Any) -> None:
    def half(run: Run) -> None:
        with run.output("x.csv") as handle:
            handle.write(b"half")
            raise Invalid("中途出错")

    work(half)
    before = set(files.folder().iterdir())
    one = enqueue("test", by=company["小王"])
    run_pending()
    assert set(files.folder().iterdir()) == before and not again(one).file


def test_only_the_requester_or_an_administrator_calls_a_job_off_and_only_while_it_runs(
    company: Company, work: Any
) -> None:
    work(lambda run: None)
    one = enqueue("test", by=company["小王"])
    with pytest.raises(NotFound):
        company.do("job.cancel", "小赵", job=one.pk)
    boss = company["郑总"]
    boss.is_admin = True
    boss.save(update_fields=["is_admin"])
    perform("job.cancel", by=boss, job=one.pk)
    assert again(one).state == JobState.CANCELLED
    with pytest.raises(Invalid, match="已经结束"):
        company.do("job.cancel", "小王", job=one.pk)
