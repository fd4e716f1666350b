"""One of many ids, as one value: the same rows as Django's own `in`, plain, denied and through a join."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from kedang.customers.models import Customer
from tests.support.company import Company


@pytest.mark.parametrize("ids", [[], [0], [1, 2, 3], {2, 3, 4, 900_000_000_000}, frozenset(range(1, 200))])
def test_it_finds_what_in_finds(company: Company, factory: int, ids: Collection[int]) -> None:
    for name in ("pk", "unit_id", "owner_id", "unit__parent_id"):
        many, each = Q(**{f"{name}__among": ids}), Q(**{f"{name}__in": list(ids)})
        for one, other in ((many, each), (~many, ~each)):
            assert set(Customer.objects.filter(one)) == set(Customer.objects.filter(other)), name
    assert set(Customer.objects.filter(pk__among=[factory, 0])) == set(Customer.objects.all())


def test_more_ids_than_an_engine_takes_values_are_one_question(company: Company, factory: int) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert Customer.objects.filter(pk__among=range(300_000)).count() == 1
    assert len(asked) == 1


def test_what_is_no_number_is_no_id(company: Company) -> None:
    with pytest.raises(ValueError, match="1; DROP"):
        Customer.objects.filter(pk__among=["1; DROP TABLE"]).count()
