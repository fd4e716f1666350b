"""Orders by what not every file has: read off an index where files are many, and the same order then."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from kedang.customers.models import POOL, Customer, FileSummary
from kedang.customers.selectors import columns, listing, ordering
from kedang.kernel import clock
from kedang.kernel.actions import access
from kedang.kernel.norms.models import FileTerm
from tests.support.company import Company

SORTS = ("last_contact", "next_contact", "complete", "owner", "unit", "pool")


@pytest.fixture
def many(company: Company) -> list[int]:
    """Files of three owners and none; each value is missing in some files and the same in several."""
    dice, made = random.Random(7), []
    for number in range(24):
        owner = ("小王", "小赵", "小李")[number % 3]
        file = company.do("customer.register", owner, name=f"第{number}机械厂", phone="13800138000")
        made.append(file)
        moment = clock.now() - timedelta(days=dice.randrange(5))
        FileSummary.objects.filter(pk=file).update(
            last_contact_at=dice.choice([None, moment]),
            next_contact_on=dice.choice([None, clock.today() + timedelta(days=dice.randrange(3))]),
            completeness=dice.choice([None, 0, 50, 100]),
        )
    Customer.objects.filter(pk__in=made[::6]).update(owner=None, status=POOL)
    return made


@pytest.mark.parametrize("person", ["郑总", "周经理", "小王"])
@pytest.mark.parametrize("sort", [sign + sort for sort in SORTS for sign in ("", "-")])
def test_the_order_is_the_same_however_it_is_read(
    company: Company, many: list[int], monkeypatch: pytest.MonkeyPatch, person: str, sort: str
) -> None:
    who = access.standing(company[person].pk)
    files = listing.scope_files(company[person], "all", who=who)
    whole = list(ordering.ordered(files, sort, who).values_list("pk", flat=True))
    assert len(whole) > 3
    monkeypatch.setattr(ordering, "SORTED", 0)
    for size in (1, 5, 50):
        paged = [
            pk for start in range(0, len(whole) + size, size)
            for pk in ordering.numbers_of(files, sort, who, start, start + size)
        ]  # fmt: skip
        assert paged == whole, size


def test_a_class_of_few_files_is_named_by_number_and_one_of_many_asked_for_each(
    company: Company, many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    FileTerm.objects.bulk_create(
        FileTerm(file=file, term="p.grade", value="ab"[file % 2], since=clock.now()) for file in many[:10]
    )
    found = [
        set(Customer.objects.filter(columns.with_value("p.grade", value)).values_list("pk", flat=True))
        for value in ("a", "b", "")
    ]
    assert found[0] and found[1] and set.union(*found) == set(many) and not found[0] & found[1]
    monkeypatch.setattr(columns, "FEW", 1)
    again = [
        set(Customer.objects.filter(columns.with_value("p.grade", value)).values_list("pk", flat=True))
        for value in ("a", "b", "")
    ]
    assert again == found
