"""A killed or called off import: what is done is done once, what is left is done by the next attempt."""

from typing import Any

import pytest

from kedang.customers.importing import loading
from kedang.customers.importing.models import Import, ImportRow, Stage
from kedang.customers.models import Customer
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid, NotFound
from kedang.kernel.jobs import Job, JobState, cancel, run_pending
from kedang.kernel.ledger.models import Event
from tests.importing.conftest import HEADINGS, Begin, carry_out
from tests.support.company import Company

COUNT = 50


class Killed(BaseException):
    """The process is gone: nothing of ours runs any more."""


def many(count: int = COUNT) -> list[list[Any]]:
    rows = [
        [f"苏州工业设备第{at}公司", "", "021-62345678", "张三", "13911112222", "", "重点客户"] for at in range(count)
    ]
    rows[7] = ["苏州工业设备第3公司", "", "", "李四", "", "苏州市", "重点客户"]
    rows[9][2] = "电话不对"
    return [HEADINGS, *rows]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_chunks", lambda rows, size=10: _parts(rows))


def _parts(rows: Any) -> Any:
    from itertools import islice

    waiting = iter(rows)
    while part := list(islice(waiting, 10)):
        yield part


def started(batch: Import, policy: str = "skip") -> None:
    perform("customer.import", by=batch.by, batch=batch.pk, rows=batch.checked["rows"], opening=False, policy=policy)


def again() -> None:
    """Another worker takes the job over."""
    Job.objects.filter(state=JobState.RUNNING).update(state=JobState.QUEUED, worker="")
    run_pending()


@pytest.mark.parametrize("where", ["before the rows are written down", "after a chunk", "within a chunk"])
@pytest.mark.parametrize("policy", ["skip", "overwrite"])
def test_a_killed_import_goes_on_without_doubles(
    company: Company, begin: Begin, monkeypatch: pytest.MonkeyPatch, where: str, policy: str
) -> None:
    whole = _whole(begin, policy)
    batch = begin("小王", [HEADINGS, *[[row[0].replace("苏州", "无锡"), *row[1:]] for row in many()[1:]]])
    started(batch, policy)
    times = {"n": 0}
    if where == "before the rows are written down":
        kept = ImportRow.objects.bulk_create

        def write(*args: Any, **more: Any) -> Any:
            times["n"] += 1
            if times["n"] == 3:
                raise Killed
            return kept(*args, **more)

        monkeypatch.setattr(type(ImportRow.objects), "bulk_create", lambda self, *args, **more: write(*args, **more))
    else:
        name = "do" if where == "after a chunk" else "_register"
        real = getattr(loading.Loading, name)

        def once(self: Any, *args: Any) -> Any:
            times["n"] += 1
            if times["n"] == 3 and where == "within a chunk":
                raise Killed
            done = real(self, *args)
            if times["n"] == 3:
                raise Killed
            return done

        monkeypatch.setattr(loading.Loading, name, once)
    with pytest.raises(Killed):
        run_pending()
    monkeypatch.undo()
    monkeypatch.setattr(loading, "_chunks", lambda rows, size=10: _parts(rows))
    again()
    batch.refresh_from_db()
    assert batch.stage == Stage.DONE
    assert batch.counts == whole.counts
    names = Customer.objects.filter(name__startswith="无锡").values_list("name", flat=True)
    assert len(names) == len(set(names)) == whole.counts["created"]
    assert Event.objects.filter(
        kind="customer.registered", file__in=Customer.objects.filter(name__startswith="无锡").values("pk")
    ).count() == len(names)
    assert [row.customer for row in ImportRow.objects.filter(batch=batch, state="created") if not row.customer] == []


def _whole(begin: Begin, policy: str) -> Import:
    """The same list without any accident."""
    return carry_out(begin("小王", many()), policy=policy)


def test_an_import_that_is_called_off_keeps_what_is_done_and_can_be_taken_back(
    company: Company, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin("小王", many())
    started(batch)
    real = loading.Loading.do

    def call_off(self: Any, part: Any) -> None:
        real(self, part)
        cancel(Job.objects.get(kind="customer.import"))
        self.batch.__class__.objects.filter(pk=self.batch.pk)

    monkeypatch.setattr(loading.Loading, "do", call_off)
    monkeypatch.setattr("kedang.kernel.jobs.running.WRITE_EVERY", 0)
    run_pending()
    batch.refresh_from_db()
    assert batch.job is not None and batch.job.state == JobState.CANCELLED
    done = Customer.objects.count()
    assert 0 < done < COUNT
    perform("import.undo", by=company["小王"], batch=batch.pk, importer=company["小王"].pk, reason="不导了")
    run_pending()
    assert set(Customer.objects.values_list("status", flat=True)) == {"作废"}
    assert Customer.objects.count() == done


def test_starting_twice_starts_once(company: Company, begin: Begin) -> None:
    batch = begin("小王", many(12))
    args = {"batch": batch.pk, "rows": 12, "opening": False, "policy": "skip"}
    first = perform("customer.import", by=company["小王"], key="s1", **args)
    assert perform("customer.import", by=company["小王"], key="s1", **args).value == first.value
    with pytest.raises(Invalid, match="导入中"):
        perform("customer.import", by=company["小王"], key="s2", **args)
    assert Job.objects.filter(kind="customer.import").count() == 1


def test_nobody_starts_arranges_or_takes_back_anothers_import_unasked(company: Company, begin: Begin) -> None:
    batch = begin("小王", many(12))
    for action, more in (
        ("customer.import", {"rows": 12}),
        ("import.arrange", {"options": {}}),
        ("import.choose", {"choices": {}}),
        ("import.drop", {}),
        ("import.fetch", {"what": "file"}),
    ):
        with pytest.raises(NotFound):
            perform(action, by=company["小赵"], batch=batch.pk, **more)


def test_what_is_said_of_the_number_of_rows_must_be_true(company: Company, begin: Begin) -> None:
    batch = begin("小王", many(12))
    with pytest.raises(Invalid, match="12 行"):
        perform("customer.import", by=company["小王"], batch=batch.pk, rows=1)


def test_opening_data_opens_no_duties_and_the_rest_does(company: Company, begin: Begin) -> None:
    from kedang.kernel.norms.models import Duty
    from tests.support.company import in_force

    rule = """
pack: filing
version: 1
title: 备案
issuer: 示例公司
effective: 2026-01-01
clauses: {"1": {text: 登记后五个工作日内备案。}}
norms:
  - {id: file-it, clause: "1", kind: duty, opens: {event: customer.registered}, bearer: file.owner, due: {within: 5 working_days}, done: {event: customer.updated}}
"""
    with in_force(rule):
        carry_out(begin("小王", many(12)), opening=True)
        assert Duty.objects.count() == 0
        carry_out(begin("小王", [HEADINGS, ["无锡一公司", "", "", "", "", "", "重点客户"]]), opening=False)
        assert Duty.objects.count() == 1
