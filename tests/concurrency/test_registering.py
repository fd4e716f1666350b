"""Registrations at the same moment, on PostgreSQL: one name once, numbers never twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction

from kedang.customers.models import Customer
from kedang.kernel.actions import perform
from kedang.kernel.errors import Invalid
from kedang.kernel.norms.numbers import next_number
from tests.support.company import HOUSE, Company, found, in_force

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
THREADS = 8


@pytest.fixture
def company() -> Iterator[Company]:
    """The company, committed, so that other connections see it."""
    made = found()
    with in_force(HOUSE):
        yield made


def at_once(work: Callable[[int], Any], times: int = THREADS) -> list[Any]:
    """Run the work in as many connections at one moment; Invalid answers as values."""
    gate = Barrier(times)

    def run(number: int) -> Any:
        try:
            # Before connecting: the pool holds fewer connections than the twenty posts of one test.
            gate.wait(timeout=20)
            return work(number)
        except Invalid as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_parallel_registrations_of_one_name_open_one_file(company: Company) -> None:
    spellings = ["晨光文具有限公司", "晨光文具"]

    def register(number: int) -> Any:
        return perform("customer.register", by=company["小王"], name=spellings[number % 2]).value

    answers = at_once(register)
    assert Customer.objects.count() == 1
    assert sum(isinstance(answer, Invalid) for answer in answers) == THREADS - 1


def test_parallel_registrations_of_many_names_get_numbers_without_gap_or_double(company: Company) -> None:
    at_once(lambda number: perform("customer.register", by=company["小王"], name=f"第{number}机床厂").value)
    numbers = sorted(int(one.rpartition("-")[2]) for one in Customer.objects.values_list("number", flat=True))
    assert numbers == list(range(1, THREADS + 1))


def test_twenty_posts_of_one_key_are_one_deed(company: Company) -> None:
    answers = at_once(lambda _: perform("customer.register", by=company["小王"], key="one", name="大禹厂").value, 20)
    assert Customer.objects.count() == 1
    assert len(set(answers)) == 1


def test_a_number_rolled_back_goes_to_the_next_and_none_is_given_twice(transactional_db: None) -> None:
    def take(number: int) -> str:
        with transaction.atomic():
            return next_number("t", "T-{year}-{seq:3}", date(2026, 3, 2))

    assert sorted(at_once(take)) == [f"T-2026-{n:03}" for n in range(1, THREADS + 1)]
    with transaction.atomic():
        next_number("t", "T-{year}-{seq:3}", date(2026, 3, 2))
        transaction.set_rollback(True)
    assert take(0) == f"T-2026-{THREADS + 1:03}"
