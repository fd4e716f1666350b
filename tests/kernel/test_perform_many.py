"""perform_many: the same answers as perform one by one, in chunks, resumable, with bounded queries."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedang.kernel.actions import perform
from kedang.kernel.actions.many import answered, perform_many
from kedang.kernel.errors import KedangError
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import CommandKey
from kedang.kernel.norms.models import Duty
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.trade.models import ExpenseClaim
from tests.kernel.conftest import register
from tests.support.company import Company

Under = Callable[..., Company]


def claims(*amounts: tuple[int, Any]) -> list[dict[str, Any]]:
    return [{"customer": file, "kind": "差旅", "amount": amount} for file, amount in amounts]


def one_by_one(by: Any, rows: list[dict[str, Any]], **more: Any) -> list[Any]:
    """What perform answers to each row, in a row's form."""
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            answer: Any = perform("expense.submit", by=by, **more, **row)
        except KedangError as error:
            answer = error
        found.append(answered(str(number), answer))
    return found


def shape(rows: list[Any]) -> list[tuple[Any, ...]]:
    return [(row.state, row.message, row.clauses, dict(row.errors)) for row in rows]


class Undo(Exception):
    pass


def test_every_kind_of_answer_stands_in_its_row(under: Under) -> None:
    company = under("many")
    known, silent, foreign = (
        register(company, name, by) for name, by in (("甲厂", "小王"), ("乙厂", "小王"), ("丙厂", "小李"))
    )
    company.do("contact.record", "小王", customer=known, content="来电")
    rows = claims(
        (known, 100), (silent, 100), (known, "很多"), (known, 6000), (known, 2000), (foreign, 100), (99999, 100)
    )
    found = perform_many("expense.submit", rows, by=company["小王"], job="j1")
    assert [row.state for row in found.rows] == ["ok", "refused", "invalid", "needs", "asks", "not_found", "not_found"]
    assert found.rows[1].clauses == ("2",)
    assert "第2条" in found.rows[1].message
    assert set(found.rows[2].errors) == {"amount"}
    assert found.rows[3].request is not None
    assert found.counts["ok"] == ExpenseClaim.objects.count() == 1
    assert Event.objects.filter(kind="norm.refused").count() == 1


def test_a_later_row_sees_what_an_earlier_row_of_its_file_has_done(under: Under) -> None:
    company = under("many")
    file = register(company, "甲厂")
    company.do("contact.record", "小王", customer=file)
    found = perform_many("expense.submit", claims(*[(file, 10)] * 4), by=company["小王"], job="j")
    assert [row.state for row in found.rows] == ["ok", "ok", "refused", "refused"]
    assert found.rows[2].clauses == ("5",)


def test_norms_react_to_the_rows_as_to_single_deeds(under: Under) -> None:
    company = under("many")
    files = [register(company, f"第{n}厂") for n in range(5)]
    perform_many("contact.record", [{"customer": f} for f in files * 2], by=company["小王"], job="j")
    assert sorted(Duty.objects.values_list("file", flat=True)) == files
    perform_many("visit.record", [{"customer": f, "content": "看样"} for f in files[:3]], by=company["小王"], job="k")
    assert Duty.objects.filter(state="done").count() == 3


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from([10, 1000, 3000, 6000, "x", None])), min_size=1, max_size=14
    ),
    chunk=st.sampled_from([1, 3, 200]),
    reason=st.sampled_from(["", "年会"]),
)
def test_a_mixed_list_is_decided_as_one_by_one(under: Under, rows: list[Any], chunk: int, reason: str) -> None:
    try:
        with transaction.atomic():
            company = under("many")
            files = [register(company, f"第{n}厂") for n in range(3)] + [register(company, "外厂", "小李"), 424242]
            for file in files[:2]:
                company.do("contact.record", "小王", customer=file)
            asked = claims(*[(files[which], amount) for which, amount in rows])
            singly: list[Any] = []
            try:
                with transaction.atomic():
                    singly = one_by_one(company["小王"], asked, reason=reason)
                    events = sorted(Event.objects.values_list("kind", flat=True))
                    raise Undo
            except Undo:
                pass
            many = perform_many("expense.submit", asked, by=company["小王"], job="j", reason=reason, chunk=chunk)
            assert shape(many.rows) == shape(singly)
            assert sorted(Event.objects.values_list("kind", flat=True)) == events
            raise Undo
    except Undo:
        pass


def test_a_job_run_again_does_no_row_twice_and_answers_the_same(under: Under) -> None:
    company = under("many")
    files = [register(company, f"第{n}厂") for n in range(4)]
    company.do("contact.record", "小王", customer=files[0])
    rows = claims(*[(file, 10) for file in files])
    first = perform_many("expense.submit", rows[:2], by=company["小王"], job="j")
    seen: list[int] = []
    again = perform_many(
        "expense.submit", rows, by=company["小王"], job="j", chunk=2, progress=lambda n, _: seen.append(n)
    )
    assert shape(again.rows[:2]) == shape(first.rows)
    assert again.rows[0].value == first.rows[0].value
    assert ExpenseClaim.objects.count() == 1
    assert Event.objects.filter(kind="norm.refused").count() == 3
    assert seen == [2, 4]


def test_a_row_changed_since_the_first_run_is_not_taken_for_done(under: Under) -> None:
    company = under("many")
    file = register(company, "甲厂")
    company.do("contact.record", "小王", customer=file)
    perform_many("expense.submit", {"a": claims((file, 10))[0]}, by=company["小王"], job="j")
    found = perform_many("expense.submit", {"a": claims((file, 20))[0]}, by=company["小王"], job="j")
    assert found.rows[0].state == "invalid"
    assert "改过" in found.rows[0].message


def test_bad_rows_may_be_mended_and_run_again_under_the_same_name(under: Under) -> None:
    company = under("many")
    file = register(company, "甲厂")
    company.do("contact.record", "小王", customer=file)
    assert (
        perform_many("expense.submit", {"a": claims((file, "x"))[0]}, by=company["小王"], job="j").rows[0].state
        == "invalid"
    )
    assert (
        perform_many("expense.submit", {"a": claims((file, 5))[0]}, by=company["小王"], job="j").rows[0].state == "ok"
    )


def test_two_rows_of_one_name_open_one_file(under: Under) -> None:
    company = under("many")
    found = perform_many("customer.register", [{"name": "晨光厂"}, {"name": "晨光厂"}], by=company["小王"], job="j")
    assert [row.state for row in found.rows] == ["ok", "invalid"]


def test_a_row_in_which_a_rule_raises_is_set_aside_with_a_number(under: Under, monkeypatch: pytest.MonkeyPatch) -> None:
    company = under("many")
    files = [register(company, f"第{n}厂") for n in range(3)]
    loads = vocabulary.facts["has_event"].load

    def broken(subjects: Any, world: Any) -> Any:
        if any(files[1] in each for each in subjects):
            raise ZeroDivisionError("broken fact")
        return loads(subjects, world)

    for file in files:
        company.do("contact.record", "小王", customer=file)
    from dataclasses import replace

    monkeypatch.setitem(vocabulary.facts, "has_event", replace(vocabulary.facts["has_event"], load=broken))
    found = perform_many("expense.submit", claims(*[(file, 10) for file in files]), by=company["小王"], job="j")
    assert [row.state for row in found.rows] == ["ok", "failed", "ok"]
    assert "故障编号" in found.rows[1].message
    assert ExpenseClaim.objects.count() == 2
    assert not CommandKey.objects.filter(key="j:2").exists()


def test_what_is_recorded_as_opening_balance_triggers_nothing(under: Under) -> None:
    company = under("many")
    file = register(company, "甲厂")
    perform_many("contact.record", [{"customer": file}], by=company["小王"], job="j", origin="opening")
    assert not Duty.objects.exists()
    assert Event.objects.get(kind="contact.recorded").origin == "opening"


def test_queries_a_row_stay_bounded(under: Under) -> None:
    company = under("many")
    files = [register(company, f"第{n}厂") for n in range(60)]

    def cost(part: list[int], job: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            perform_many("contact.record", [{"customer": f} for f in part], by=company["小王"], job=job)
        return len(queries)

    few, more = cost(files[:20], "a"), cost(files[20:], "b")
    each = (more - few) / 20
    assert each <= 11, [few, more]
