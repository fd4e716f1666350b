"""Chunks of many rows: queries and memory do not grow with them, and outcomes are handed over as they come."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kedang.customers.models import Customer, PhoneDigits, SearchText
from kedang.kernel.actions import perform, perform_many
from kedang.kernel.actions.many import RowResult
from kedang.kernel.identifiers import _mobiles, _parsed
from kedang.kernel.ledger.models import Event, Value
from kedang.kernel.names import _spell_word, fold, normalize_name, syllables
from kedang.kernel.norms.models import FileTerm
from tests.support.company import HOUSE, Company

Under = Callable[..., Company]


def rows(start: int, many: int) -> Iterator[dict[str, Any]]:
    for n in range(start, start + many):
        yield {
            "name": f"晨光{n}号机械厂", "phone": f"138{n:08}", "contact_name": "李明", "contact_phone": f"139{n:08}",
            "terms": {"category": "key"},
        }  # fmt: skip


@pytest.fixture
def company(under: Under) -> Company:
    return under(HOUSE)


def test_a_chunk_asks_no_more_for_many_rows_than_for_few(company: Company) -> None:
    def queries(start: int, many: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            found = perform_many("customer.register", rows(start, many), by=company["小王"], job=f"q{start}")
        assert found.counts == {"ok": many}
        return len(seen)

    queries(0, 20)
    few = queries(100, 20)
    assert queries(200, 120) == few < 60


def test_rows_done_together_leave_what_single_deeds_leave(company: Company) -> None:
    def left(file: int) -> Any:
        row = Customer.objects.get(pk=file)
        return (
            row.owner_id, row.unit_id, row.kind, row.version, row.contacts.get().name,
            sorted(PhoneDigits.objects.filter(customer=file).values_list("digits", flat=True))[0][:3],
            SearchText.objects.filter(customer=file).count(), list(FileTerm.objects.filter(file=file).values_list("term", "value")),
            row.owner_history.get().reason, row.summary.contact_count,
            list(Event.objects.filter(file=file).values_list("kind", "actor", "clause", "pack", "origin", "appointment")),
            sorted(Value.objects.filter(file=file).values_list("field", flat=True)),
        )  # fmt: skip

    [one] = rows(1, 1)
    alone = perform("customer.register", by=company["小王"], **one)
    found = perform_many("customer.register", rows(2, 15), by=company["小王"], job="j")
    for result in found.rows:
        assert left(result.value) == left(alone.value)
    commands = set(Event.objects.values_list("command", flat=True))
    assert len(commands) == 16, "each row is a deed of its own"
    numbers = list(Customer.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == sorted(numbers) and len(set(numbers)) == 16


def test_a_row_with_something_against_it_leaves_nothing_and_takes_no_number(company: Company) -> None:
    given = list(rows(1, 12))
    given[4]["terms"] = {"category": "没有的"}
    given[7]["contact_name"] = ""
    given[9]["name"] = given[2]["name"]
    found = perform_many("customer.register", given, by=company["小王"], job="j")
    assert [result.state for result in found.rows].count("ok") == 9
    assert set(found.rows[4].errors) == {"category"} and set(found.rows[7].errors) == {"contact_name"}
    assert set(found.rows[9].errors) == {"name"} and "重复" in found.rows[9].errors["name"]
    numbers = sorted(Customer.objects.values_list("number", flat=True))
    assert [int(number[-5:]) for number in numbers] == list(range(1, 10))


def test_outcomes_are_handed_over_chunk_by_chunk_and_not_kept(company: Company) -> None:
    told: list[list[RowResult]] = []
    found = perform_many(
        "customer.register", rows(1, 25), by=company["小王"], job="j", chunk=10, results=lambda part: told.append(list(part))
    )  # fmt: skip
    assert [len(part) for part in told] == [10, 10, 5] and found.rows == [] and found.counts == {"ok": 25}
    again: list[RowResult] = []
    perform_many("customer.register", rows(1, 25), by=company["小王"], job="j", results=again.extend)
    assert [row.value for row in again] == [row.value for part in told for row in part]


def test_memory_does_not_grow_with_the_rows(company: Company) -> None:
    def forget(part: Any) -> None:
        # Caches of spellings fill up to their bound; that is no growth with the rows.
        for cache in (fold, normalize_name, syllables, _spell_word):
            cache.cache_clear()

    def peak(start: int, many: int) -> int:
        forget(None)
        tracemalloc.start()
        perform_many(
            "customer.register",
            rows(start, many),
            by=company["小王"],
            job=f"m{start}",
            chunk=40,
            results=forget,
        )
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    peak(0, 80)
    assert peak(1000, 480) < 1.5 * peak(10_000, 80)


def test_the_quick_way_to_a_mobile_number_is_the_librarys_own() -> None:
    for text in ("13800138000", "17012345678", "19912345678", "14712345678", "16612345678", "17212345678"):
        assert bool(_mobiles().fullmatch(text)) == (_is_mobile(text) is not None), text


def _is_mobile(text: str) -> str | None:
    try:
        found = _parsed(text)
    except ValueError:
        return None
    return found if found == text else None


def test_words_spelled_apart_are_spelled_as_the_library_spells_the_whole() -> None:
    from pypinyin import Style, lazy_pinyin

    for name in ("重庆银行股份有限公司", "长沙行知科技", "音乐之声传媒", "北京朝阳医院", "单县还乡河厂", "ABC贸易3号"):
        whole = lazy_pinyin(name, style=Style.NORMAL, errors=lambda run: "\0" + run)
        assert list(syllables(name)) == whole
